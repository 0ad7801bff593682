import type { Completion, InputRequest } from '../../../shared/terminal.ts';
import {
  backwardWord,
  cleanInput,
  lineEnd,
  lineStart,
  nextBoundary,
  nextWord,
  onBoundary,
  previousBoundary,
  wordEnd,
} from './text.ts';

/**
 * The line at the prompt. Pure: a state and an event give a state and effects; which key means which action is the keymap's, how it looks
 * is the painter's. No keystroke crosses the network but Enter, Tab and Ctrl+C.
 *
 * Whose text is in the buffer: the command's being typed, also while another runs (type-ahead, shown at the next prompt), or the answer to
 * a prompt of the host. A host prompt that appears while a command is being typed puts the command aside and gives it back after.
 */

export type EditorAction =
  | 'backward-char'
  | 'forward-char'
  | 'backward-word'
  | 'next-word'
  | 'beginning-of-line'
  | 'end-of-line'
  | 'select-backward-char'
  | 'select-forward-char'
  | 'select-backward-word'
  | 'select-next-word'
  | 'select-beginning-of-line'
  | 'select-end-of-line'
  | 'select-all'
  | 'backward-delete-char'
  | 'delete-char'
  | 'backward-kill-word'
  | 'kill-word'
  | 'previous-history'
  | 'next-history'
  | 'history-search-backward'
  | 'history-search-forward'
  | 'revert-line'
  | 'accept-line'
  | 'add-line'
  | 'complete-next'
  | 'complete-previous'
  | 'menu-complete'
  | 'copy-or-cancel'
  | 'clear-screen';

/** An answer on its way: drawn until its echo takes its place. */
export interface Submitted {
  readonly requestId: number;
  readonly kind: InputRequest['kind'];
  readonly prompt: string;
  readonly text: string;
}

export type Completing =
  | { readonly kind: 'asked'; readonly token: number; readonly menu: boolean; readonly back: boolean }
  | {
      readonly kind: 'showing';
      readonly menu: boolean;
      readonly index: number;
      readonly matches: Completion['matches'];
      /** The text and the place of the replacement before anything was completed. */
      readonly original: { readonly text: string; readonly cursor: number };
      readonly from: number;
      readonly length: number;
    };

export interface EditorState {
  readonly text: string;
  readonly cursor: number;
  /** Where the selection began, while there is one. */
  readonly anchor: number | null;
  readonly request: InputRequest | null;
  /** The lines of an unfinished command that were sent before: they stand in the page already, and go out again with what is typed now. */
  readonly base: string;
  readonly submitted: Submitted | null;
  /** Command lines finished by Enter before there was a prompt to take them. */
  readonly queue: readonly string[];
  /** A command that a host prompt interrupted. */
  readonly aside: string | null;
  /** The running command has had an answer: what is typed now is meant for its next question. */
  readonly conversation: boolean;
  /** Oldest first. */
  readonly history: readonly string[];
  readonly browsing: {
    readonly index: number;
    readonly draft: string;
    readonly prefix: string | null;
  } | null;
  readonly completing: Completing | null;
  readonly nextToken: number;
}

export type EditorEvent =
  | { kind: 'insert'; text: string }
  | { kind: 'action'; action: EditorAction }
  | { kind: 'request'; request: InputRequest | null }
  | { kind: 'echoed' }
  | { kind: 'refused'; requestId: number }
  | { kind: 'completion'; token: number; completion: Completion | null }
  | { kind: 'choose'; index: number }
  | { kind: 'history'; history: readonly string[] }
  | { kind: 'replace'; text: string };

export type EditorEffect =
  | { kind: 'submit'; requestId: number; text: string }
  | { kind: 'interrupt'; text: string }
  | { kind: 'complete'; token: number; text: string; cursor: number }
  | { kind: 'copy'; text: string }
  | { kind: 'clear-screen' }
  | { kind: 'bell' };

export interface EditorStep {
  state: EditorState;
  effects: readonly EditorEffect[];
}

export function createEditor(history: readonly string[] = []): EditorState {
  return {
    text: '',
    cursor: 0,
    anchor: null,
    request: null,
    base: '',
    submitted: null,
    queue: [],
    aside: null,
    conversation: false,
    history,
    browsing: null,
    completing: null,
    nextToken: 1,
  };
}

export function isCommand(kind: InputRequest['kind']): boolean {
  return kind === 'command' || kind === 'continuation';
}

/** The buffer holds an answer to the host rather than a command. */
function answersHost(state: EditorState): boolean {
  return state.request !== null && state.submitted === null && !isCommand(state.request.kind);
}

export function isSecret(state: EditorState): boolean {
  return answersHost(state) && state.request?.kind === 'secret';
}

export function selectionOf(state: EditorState): { from: number; to: number } | null {
  if (state.anchor === null || state.anchor === state.cursor) return null;
  return { from: Math.min(state.anchor, state.cursor), to: Math.max(state.anchor, state.cursor) };
}

function only(state: EditorState): EditorStep {
  return { state, effects: [] };
}

function bell(state: EditorState): EditorStep {
  return { state, effects: [{ kind: 'bell' }] };
}

/** Every change of the text goes through here: it ends what belonged to the text before. */
function withText(state: EditorState, text: string, cursor: number): EditorState {
  return {
    ...state,
    text,
    cursor: onBoundary(text, Math.max(0, Math.min(cursor, text.length))),
    anchor: null,
    browsing: null,
    completing: null,
  };
}

function replaceRange(state: EditorState, from: number, to: number, by: string): EditorState {
  return withText(state, state.text.slice(0, from) + by + state.text.slice(to), from + by.length);
}

function insert(state: EditorState, raw: string): EditorStep {
  const clean = cleanInput(raw);
  // A host prompt takes one line.
  const text = answersHost(state) ? clean.replaceAll('\n', ' ') : clean;
  if (text === '') return only(state);
  const selection = selectionOf(state);
  return only(replaceRange(state, selection?.from ?? state.cursor, selection?.to ?? state.cursor, text));
}

function move(state: EditorState, cursor: number, select: boolean): EditorStep {
  return only({
    ...state,
    cursor,
    anchor: select ? (state.anchor ?? state.cursor) : null,
    browsing: state.browsing === null ? null : { ...state.browsing, prefix: null },
    completing: null,
  });
}

function remove(state: EditorState, from: number, to: number): EditorStep {
  const selection = selectionOf(state);
  if (selection !== null) return only(replaceRange(state, selection.from, selection.to, ''));
  if (from === to) return only({ ...state, anchor: null, completing: null });
  return only(replaceRange(state, from, to, ''));
}

function remember(history: readonly string[], text: string): readonly string[] {
  if (text.trim() === '' || history.at(-1) === text) return history;
  return [...history, text];
}

function submit(state: EditorState, text: string, rest: string): EditorStep {
  const { request } = state;
  if (request === null) return only(state);
  const command = isCommand(request.kind);
  const after = withText(state, rest, rest.length);
  return {
    state: {
      ...after,
      submitted: {
        requestId: request.requestId,
        kind: request.kind,
        prompt: request.prompt,
        text,
      },
      history: command ? remember(state.history, state.base + text) : state.history,
      conversation: !command,
    },
    effects: [{ kind: 'submit', requestId: request.requestId, text: state.base + text }],
  };
}

function accept(state: EditorState): EditorStep {
  if (state.completing?.kind === 'showing' && state.completing.menu) {
    return only({ ...state, completing: null });
  }
  if (state.request === null || state.submitted !== null) {
    // Between two questions of a running command the text waits for the next one; nobody wants an answer run as a command.
    if (state.conversation) return bell(state);
    return only({ ...withText(state, '', 0), queue: [...state.queue, state.text] });
  }
  return submit(state, state.text, '');
}

function interrupt(state: EditorState): EditorStep {
  const selection = selectionOf(state);
  if (selection !== null) {
    if (isSecret(state)) return bell(state);
    return {
      state: { ...state, anchor: null },
      effects: [{ kind: 'copy', text: state.text.slice(selection.from, selection.to) }],
    };
  }
  // What stood on the line stays in the page, with `^C`; a password does not.
  const waiting = state.request !== null && state.submitted === null;
  const text = waiting && !isSecret(state) ? state.text : '';
  const cleared = waiting ? withText(state, '', 0) : state;
  return { state: { ...cleared, queue: [] }, effects: [{ kind: 'interrupt', text }] };
}

function browse(state: EditorState, by: -1 | 1, byPrefix: boolean): EditorStep {
  if (answersHost(state)) return bell(state);
  const start = state.browsing ?? { index: state.history.length, draft: state.text, prefix: null };
  const prefix = byPrefix ? (start.prefix ?? state.text.slice(0, state.cursor)) : null;
  let index = start.index + by;
  while (index >= 0 && index < state.history.length) {
    const entry = state.history[index] ?? '';
    if (prefix === null || (entry.startsWith(prefix) && entry !== state.text)) break;
    index += by;
  }
  if (index < 0) return bell(state);
  if (index >= state.history.length) {
    if (by < 0 || state.browsing === null) return bell(state);
    return only({ ...withText(state, start.draft, start.draft.length), browsing: null });
  }
  const entry = state.history[index] ?? '';
  return only({
    ...withText(state, entry, prefix === null ? entry.length : prefix.length),
    browsing: { index, draft: start.draft, prefix },
  });
}

/** Up and Down walk the lines of a command of several lines before they walk the history. */
function vertical(state: EditorState, by: -1 | 1): EditorStep {
  if (state.completing?.kind === 'showing' && state.completing.menu) return cycle(state, by);
  const start = lineStart(state.text, state.cursor);
  const end = lineEnd(state.text, state.cursor);
  if (by < 0 ? start === 0 : end === state.text.length) return browse(state, by, false);
  const column = state.cursor - start;
  const otherStart = by < 0 ? lineStart(state.text, start - 1) : end + 1;
  const otherEnd = lineEnd(state.text, otherStart);
  return only({
    ...state,
    cursor: onBoundary(state.text, Math.min(otherStart + column, otherEnd)),
    anchor: null,
    completing: null,
  });
}

function show(state: EditorState, completing: Extract<Completing, { kind: 'showing' }>): EditorState {
  const { original, from, length } = completing;
  const by = completing.matches[completing.index]?.text ?? '';
  const text = original.text.slice(0, from) + by + original.text.slice(from + length);
  return { ...withText(state, text, from + by.length), completing };
}

function cycle(state: EditorState, by: -1 | 1): EditorStep {
  const { completing } = state;
  if (completing?.kind !== 'showing') return only(state);
  const index = (completing.index + by + completing.matches.length) % completing.matches.length;
  return only(show(state, { ...completing, index }));
}

function complete(state: EditorState, by: -1 | 1, menu: boolean): EditorStep {
  if (state.completing?.kind === 'showing') {
    if (menu && !state.completing.menu) {
      return only({ ...state, completing: { ...state.completing, menu: true } });
    }
    return cycle(state, by);
  }
  if (state.request === null || state.submitted !== null || answersHost(state)) return bell(state);
  const token = state.nextToken;
  return {
    state: {
      ...state,
      anchor: null,
      nextToken: token + 1,
      completing: { kind: 'asked', token, menu, back: by < 0 },
    },
    effects: [
      { kind: 'complete', token, text: state.base + state.text, cursor: state.base.length + state.cursor },
    ],
  };
}

function completed(state: EditorState, token: number, completion: Completion | null): EditorStep {
  const { completing } = state;
  // Typing on has already given the question up.
  if (completing?.kind !== 'asked' || completing.token !== token) return only(state);
  const from = (completion?.replacementIndex ?? 0) - state.base.length;
  const length = completion?.replacementLength ?? 0;
  const inside = from >= 0 && from + length <= state.text.length;
  if (completion === null || completion.matches.length === 0 || !inside) {
    return bell({ ...state, completing: null });
  }
  const shown = show(state, {
    kind: 'showing',
    menu: completing.menu,
    index: completing.back ? completion.matches.length - 1 : 0,
    matches: completion.matches,
    original: { text: state.text, cursor: state.cursor },
    from,
    length,
  });
  return only(completion.matches.length === 1 ? { ...shown, completing: null } : shown);
}

function revert(state: EditorState): EditorStep {
  const { completing } = state;
  if (completing?.kind === 'showing') {
    return only(withText(state, completing.original.text, completing.original.cursor));
  }
  if (state.anchor !== null) return only({ ...state, anchor: null });
  return only(withText(state, '', 0));
}

function receiveRequest(state: EditorState, request: InputRequest | null): EditorStep {
  if (request === null) {
    // A prompt that went away unanswered takes its half-typed answer with it: it may have been a password.
    const dropped = answersHost(state) ? withText(state, '', 0) : state;
    return only({ ...dropped, request: null, completing: null });
  }
  if (request.requestId === state.request?.requestId) return only({ ...state, request });
  const before = answersHost(state) ? withText(state, '', 0) : state;
  const fresh: EditorState = { ...before, request, base: '', submitted: null, completing: null };

  if (request.kind === 'continuation') {
    const sent = request.text ?? '';
    // The whole command will be remembered, not its beginning.
    const history = fresh.history.at(-1) === sent ? fresh.history.slice(0, -1) : fresh.history;
    const [next, ...queue] = fresh.queue;
    const ready: EditorState = { ...fresh, base: `${sent}\n`, history };
    return next === undefined ? only(ready) : submit({ ...ready, queue }, next, ready.text);
  }
  if (request.kind === 'command') {
    const text = (fresh.aside ?? '') + fresh.text;
    const ready: EditorState = {
      ...(fresh.aside === null ? fresh : withText(fresh, text, text.length)),
      aside: null,
      conversation: false,
    };
    const [next, ...queue] = ready.queue;
    if (next === undefined) return only(ready);
    return submit({ ...ready, queue }, next, ready.text);
  }
  if (fresh.conversation && request.kind !== 'key') return only(fresh);
  return only({
    ...withText(fresh, '', 0),
    aside: fresh.text === '' ? fresh.aside : (fresh.aside ?? '') + fresh.text,
  });
}

function refused(state: EditorState, requestId: number): EditorStep {
  const { submitted } = state;
  if (submitted?.requestId !== requestId) return only(state);
  const text = submitted.text + state.text;
  return only({ ...withText(state, text, submitted.text.length), submitted: null });
}

function act(state: EditorState, action: EditorAction): EditorStep {
  const { text, cursor } = state;
  const selection = selectionOf(state);
  switch (action) {
    case 'backward-char':
      return move(state, selection?.from ?? previousBoundary(text, cursor), false);
    case 'forward-char':
      return move(state, selection?.to ?? nextBoundary(text, cursor), false);
    case 'backward-word':
      return move(state, backwardWord(text, cursor), false);
    case 'next-word':
      return move(state, nextWord(text, cursor), false);
    case 'beginning-of-line':
      return move(state, lineStart(text, cursor), false);
    case 'end-of-line':
      return move(state, lineEnd(text, cursor), false);
    case 'select-backward-char':
      return move(state, previousBoundary(text, cursor), true);
    case 'select-forward-char':
      return move(state, nextBoundary(text, cursor), true);
    case 'select-backward-word':
      return move(state, backwardWord(text, cursor), true);
    case 'select-next-word':
      return move(state, nextWord(text, cursor), true);
    case 'select-beginning-of-line':
      return move(state, lineStart(text, cursor), true);
    case 'select-end-of-line':
      return move(state, lineEnd(text, cursor), true);
    case 'select-all':
      return only({ ...state, cursor: text.length, anchor: text === '' ? null : 0, completing: null });
    case 'backward-delete-char':
      return remove(state, previousBoundary(text, cursor), cursor);
    case 'delete-char':
      return remove(state, cursor, nextBoundary(text, cursor));
    case 'backward-kill-word':
      return remove(state, backwardWord(text, cursor), cursor);
    case 'kill-word':
      return remove(state, cursor, wordEnd(text, cursor));
    case 'previous-history':
      return vertical(state, -1);
    case 'next-history':
      return vertical(state, 1);
    case 'history-search-backward':
      return browse(state, -1, true);
    case 'history-search-forward':
      return browse(state, 1, true);
    case 'revert-line':
      return revert(state);
    case 'accept-line':
      return accept(state);
    case 'add-line':
      return answersHost(state) ? accept(state) : insert(state, '\n');
    case 'complete-next':
      return complete(state, 1, false);
    case 'complete-previous':
      return complete(state, -1, false);
    case 'menu-complete':
      return complete(state, 1, true);
    case 'copy-or-cancel':
      return interrupt(state);
    case 'clear-screen':
      return { state, effects: [{ kind: 'clear-screen' }] };
  }
  return action satisfies never;
}

export function step(state: EditorState, event: EditorEvent): EditorStep {
  switch (event.kind) {
    case 'insert':
      return insert(state, event.text);
    case 'action':
      return act(state, event.action);
    case 'request':
      return receiveRequest(state, event.request);
    case 'echoed':
      return only({ ...state, submitted: null });
    case 'refused':
      return refused(state, event.requestId);
    case 'completion':
      return completed(state, event.token, event.completion);
    case 'choose':
      if (state.completing?.kind !== 'showing') return only(state);
      return only(show(state, { ...state.completing, index: event.index }));
    case 'history':
      return only({ ...state, history: event.history, browsing: null });
    case 'replace':
      return only(withText(state, cleanInput(event.text), event.text.length));
  }
  return event satisfies never;
}
