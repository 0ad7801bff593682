import type { InputRequest } from '../../../shared/terminal.ts';
import type { EditorAction, EditorEvent, EditorState, EditorStep } from './editor-state.ts';
import {
  answersHost,
  bell,
  isCommand,
  isSecret,
  only,
  replaceRange,
  selectionOf,
  withText,
} from './editor-state.ts';
import { complete, completed, cycle, show } from './line-completion.ts';
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
