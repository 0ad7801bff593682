import { firstError, isIncomplete } from '../../../../shared/powershell/parse.ts';
import type { EditorState, EditorStep } from '../editor-state.ts';
import {
  at,
  bell,
  ended,
  isCommand,
  isPowerShell,
  isSecret,
  only,
  selectionOf,
  withText,
} from '../editor-state.ts';
import { deleteChars, insert } from './changing.ts';
import { remembered } from './history-lines.ts';

/** What ends a line: running it, giving it up, leaving. */

/** The line goes out as the answer to what waits for one; `rest` stands in the editor after. */
export function submit(state: EditorState, text: string, rest: string): EditorStep {
  const { request } = state;
  if (request === null) return only(state);
  const command = isCommand(request.kind);
  const after = withText(ended(state), rest, rest.length);
  const whole = state.base + text;
  const history = command ? remembered(state.history, whole) : state.history;
  return {
    state: {
      ...after,
      submitted: { requestId: request.requestId, kind: request.kind, prompt: request.prompt, text },
      history,
      everywhere: command ? remembered(state.everywhere, whole) : state.everywhere,
      conversation: !command,
    },
    effects: [
      ...(command && whole.trim() !== '' ? [{ kind: 'remember' as const, text: whole }] : []),
      { kind: 'submit', requestId: request.requestId, text: whole },
    ],
  };
}

export function accept(state: EditorState): EditorStep {
  if (state.completing?.kind === 'showing' && state.completing.menu) return only(ended(state));
  const { text, request } = state;
  // Decided here, as PSReadLine does: the whole command stays one to be edited, and nothing is sent before it is finished.
  if (isPowerShell(state) && isIncomplete(state.base + text)) return insert(state, '\n', 1);
  if (request === null || state.submitted !== null) {
    // Between two questions of a running command the text waits for the next one; nobody wants an answer run as a command.
    if (state.conversation) return bell(ended(state));
    return only({ ...withText(ended(state), '', 0), queue: [...state.queue, text] });
  }
  return submit(state, text, '');
}

/** A line with a syntax error stays, the cursor at the error; pressed again it goes out for PowerShell to complain. */
export function validateAndAccept(state: EditorState): EditorStep {
  if (state.previous === 'validate' || !isPowerShell(state)) return accept(state);
  const whole = state.base + state.text;
  const error = isIncomplete(whole) ? undefined : firstError(whole);
  if (error === undefined) return accept(state);
  const placed = at(state, error.to - state.base.length);
  return bell({
    ...ended(placed, 'validate'),
    note: `${error.message} The same key again runs it all the same.`,
  });
}

/** After a line that came from the history the next one of it stands in the editor. */
export function acceptAndGetNext(state: EditorState): EditorStep {
  const next = state.walk === null ? undefined : state.history[state.walk.index + 1];
  const { state: after, effects } = accept(state);
  if (after.submitted === null || after.submitted === state.submitted) return { state: after, effects };
  if (next === undefined) return { state: after, effects: [...effects, { kind: 'bell' }] };
  return { state: withText(after, next, next.length), effects };
}

export function exitOrDelete(state: EditorState): EditorStep {
  if (state.text !== '') return deleteChars(state, 1);
  if (state.request?.kind !== 'command' || state.submitted !== null) return bell(ended(state));
  return submit(state, 'exit', '');
}

export function interrupt(state: EditorState): EditorStep {
  const selection = selectionOf(state);
  if (selection !== null) {
    if (isSecret(state)) return bell(ended(state));
    return {
      state: ended(state),
      effects: [{ kind: 'copy', text: state.text.slice(selection.from, selection.to) }],
    };
  }
  return giveUp(state);
}

/** What stood on the line stays in the page, with `^C`; a password does not. */
export function giveUp(state: EditorState): EditorStep {
  const waiting = state.request !== null && state.submitted === null;
  const text = waiting && !isSecret(state) ? state.text : '';
  const cleared = waiting ? withText(ended(state), '', 0) : ended(state);
  return { state: { ...cleared, queue: [] }, effects: [{ kind: 'interrupt', text }] };
}

export function abort(state: EditorState): EditorStep {
  return bell(ended(state));
}
