import type { LineFunction } from '../../../shared/line-functions.ts';
import type { InputRequest } from '../../../shared/terminal.ts';
import { insert } from './editing/changing.ts';
import { countOf, withDigit } from './editing/counting.ts';
import { run } from './editing/functions.ts';
import { findCharacter } from './editing/moving.ts';
import { chooseInList, leaveList, settled } from './editing/predicting.ts';
import { actInSearch, chooseInSearch, keepFound, typeIntoSearch } from './editing/searching.ts';
import { submit } from './editing/submitting.ts';
import type { EditorEvent, EditorState, EditorStep } from './editor-state.ts';
import { answersHost, only, withText } from './editor-state.ts';
import { choose, completed, cycle, narrow, page, revertCompletion, widen } from './line-completion.ts';
import { cleanInput } from './text.ts';

/**
 * The line at the prompt. Pure: a state and an event give a state and effects; which key means which function is the keymap's, how it looks
 * is the painter's. No keystroke crosses the network but Enter and Tab, and Ctrl+C.
 *
 * The functions are PSReadLine's (about_PSReadLine_Functions) and do what it documents. On purpose different: a character is what a person
 * counts as one; Up and Down go on into the history at the ends of a command of several lines; NextWord at the end of the line takes a word
 * of the prediction; Escape leaves a search with the line as it was.
 *
 * Whose text is in the buffer: the command's being typed, also while another runs (type-ahead, shown at the next prompt), or the answer to
 * a prompt of the host. A host prompt that appears while a command is being typed puts the command aside and gives it back after.
 */

function receiveRequest(state: EditorState, request: InputRequest | null): EditorStep {
  if (request === null) {
    // A prompt that went away unanswered takes its half-typed answer with it: it may have been a password.
    const dropped = answersHost(state) ? withText(state, '', 0) : state;
    return only({ ...dropped, request: null });
  }
  if (request.requestId === state.request?.requestId) return only({ ...state, request });
  const before = answersHost(state) ? withText(state, '', 0) : state;
  const fresh: EditorState = { ...before, request, base: '', submitted: null };

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
  const plain: EditorState = { ...fresh, completing: null, search: null, walk: null };
  if (fresh.conversation && request.kind !== 'key') return only(plain);
  return only({
    ...withText(plain, '', 0),
    aside: fresh.text === '' ? fresh.aside : (fresh.aside ?? '') + fresh.text,
  });
}

function refused(state: EditorState, requestId: number): EditorStep {
  const { submitted } = state;
  if (submitted?.requestId !== requestId) return only(state);
  const text = submitted.text + state.text;
  return only({ ...withText(state, text, submitted.text.length), submitted: null });
}

function typed(state: EditorState, text: string): EditorStep {
  if (state.awaited !== null) return findCharacter(state, text);
  if (state.search !== null) return typeIntoSearch(state, text);
  const count = countOf(state) ?? 1;
  const ready = settled({ ...state, count: null });
  const narrowed = count === 1 ? narrow(ready, cleanInput(text)) : null;
  return narrowed === null ? insert(ready, text, count) : only(narrowed);
}

/** Functions that give up what is under way, rather than doing what they are called. */
const givingUp: ReadonlySet<LineFunction> = new Set([
  'RevertLine',
  'Abort',
  'CopyOrCancelLine',
  'CancelLine',
]);

function act(state: EditorState, action: LineFunction, digit: string): EditorStep {
  if (action === 'DigitArgument') return only(withDigit({ ...state, awaited: null }, digit));
  const counted = state.count !== null;
  const count = countOf(state);
  const ready: EditorState = { ...state, count: null, awaited: null };
  // Abort and Ctrl+C give up a count and nothing else, as in PSReadLine; Escape takes back the line with it.
  if (counted && givingUp.has(action) && action !== 'RevertLine') return only(ready);
  if (state.awaited !== null && givingUp.has(action)) return only(ready);

  const inSearch = actInSearch(ready, action);
  if (inSearch !== null) return inSearch;
  if (ready.search !== null) return act(keepFound(ready), action, digit);

  if (ready.completing !== null) {
    const menu = ready.completing.kind === 'showing' && ready.completing.menu;
    if (action === 'RevertLine' || action === 'Abort') {
      const { state: reverted } = only(revertCompletion(ready));
      return { state: reverted, effects: [{ kind: 'give-up-completion' }] };
    }
    if (menu && action === 'PreviousHistory') return cycle(ready, -1);
    if (menu && action === 'NextHistory') return cycle(ready, 1);
    if (menu && action === 'ScrollDisplayUp') return page(ready, -1);
    if (menu && action === 'ScrollDisplayDown') return page(ready, 1);
    if (menu && action === 'BackwardDeleteChar') return only(widen(ready) ?? ready);
    if (ready.completing.kind === 'asked' && givingUp.has(action)) {
      return { state: { ...ready, completing: null, note: null }, effects: [{ kind: 'give-up-completion' }] };
    }
  }
  if (ready.predicting.typed !== null) {
    if (action === 'RevertLine') return leaveList(ready) ?? only(ready);
    if (!staysInList.has(action)) return run(settled(ready), action, count);
  }
  return run(ready, action, count);
}

const staysInList: ReadonlySet<LineFunction> = new Set([
  'PreviousHistory',
  'NextHistory',
  'NextSuggestion',
  'PreviousSuggestion',
  'ShowFullPredictionTooltip',
  'SwitchPredictionView',
]);

export function step(state: EditorState, event: EditorEvent): EditorStep {
  switch (event.kind) {
    case 'insert':
      return typed(state, event.text);
    case 'paste': {
      const ready = settled({ ...state, count: null, awaited: null });
      return state.search === null ? insert(ready, event.text, 1) : typeIntoSearch(ready, event.text);
    }
    case 'action':
      return act(state, event.action, event.digit ?? '');
    case 'request':
      return receiveRequest(state, event.request);
    case 'echoed':
      return only({ ...state, submitted: null });
    case 'refused':
      return refused(state, event.requestId);
    case 'completion':
      return completed(state, event.token, event.completion);
    case 'choose':
      if (state.search !== null) return only(chooseInSearch(state, event.index));
      return state.completing === null ? chooseInList(state, event.index) : choose(state, event.index);
    case 'history':
      return only({
        ...state,
        history: event.history,
        everywhere: event.everywhere ?? event.history,
        walk: null,
        search: null,
      });
    case 'prediction':
      if (state.predicting.view === event.view) return only(state);
      return only({ ...settled(state), predicting: { view: event.view, index: -1, typed: null } });
    case 'note':
      return only({ ...state, note: event.note });
    case 'replace': {
      const text = cleanInput(event.text);
      return only(withText({ ...state, completing: null, search: null, walk: null }, text, text.length));
    }
  }
  return event satisfies never;
}
