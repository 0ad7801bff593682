import type { EditorState, EditorStep } from '../editor-state.ts';
import {
  answersHost,
  at,
  bell,
  ended,
  isSecret,
  only,
  regionOf,
  replaceRange,
  selectionOf,
} from '../editor-state.ts';
import {
  byCharacters,
  cleanInput,
  lineEnd,
  lineStart,
  nextBoundary,
  previousBoundary,
  wordEnd,
} from '../text.ts';

/** PSReadLine's basic editing functions: what inserts, deletes, swaps, cuts and undoes. */

/**
 * A count that was meant for another key must not fill the memory: more than this is not inserted at once. A paste is one insertion and has
 * no count.
 */
const mostRepeated = 1_000_000;

export function insert(state: EditorState, raw: string, count: number): EditorStep {
  const clean = cleanInput(raw);
  // A host prompt takes one line.
  const text = answersHost(state) ? clean.replaceAll('\n', ' ') : clean;
  if (text === '') return only(state);
  if (count <= 0 || (count > 1 && text.length * count > mostRepeated)) return bell(ended(state));
  const { from, to } = state.selecting ? regionOf(state) : { from: state.cursor, to: state.cursor };
  return only(ended(replaceRange(state, from, to, count === 1 ? text : text.repeat(count))));
}

export function remove(state: EditorState, from: number, to: number): EditorStep {
  if (from >= to) return bell(ended(state));
  return only(ended(replaceRange(state, from, to, '')));
}

export function deleteChars(state: EditorState, count: number): EditorStep {
  if (state.selecting) return removeSelection(state);
  const to = byCharacters(state.text, state.cursor, Math.abs(count));
  // “Ignore useless counts”: a negative one deletes nothing rather than the other way.
  if (count < 1) return only(ended(state));
  return remove(state, state.cursor, to);
}

export function backwardDeleteChars(state: EditorState, count: number): EditorStep {
  if (state.selecting) return removeSelection(state);
  if (count < 1) return only(ended(state));
  return remove(state, byCharacters(state.text, state.cursor, -count), state.cursor);
}

function removeSelection(state: EditorState): EditorStep {
  const { from, to } = regionOf(state);
  return from === to ? only(ended(state)) : remove(state, from, to);
}

export function insertLineAbove(state: EditorState): EditorStep {
  if (answersHost(state)) return bell(ended(state));
  const start = lineStart(state.text, state.cursor);
  return only(ended(at(replaceRange(state, start, start, '\n'), start)));
}

export function insertLineBelow(state: EditorState): EditorStep {
  if (answersHost(state)) return bell(ended(state));
  const end = lineEnd(state.text, state.cursor);
  return only(ended(replaceRange(state, end, end, '\n')));
}

/** The character at the cursor and the one before; at the end the last two. */
export function swapCharacters(state: EditorState): EditorStep {
  const { text, cursor } = state;
  const middle = cursor === text.length ? previousBoundary(text, cursor) : cursor;
  const from = previousBoundary(text, middle);
  const to = nextBoundary(text, middle);
  if (from === middle || middle === to) return bell(ended(state));
  return only(ended(replaceRange(state, from, to, text.slice(middle, to) + text.slice(from, middle))));
}

export function changeCase(state: EditorState, change: (word: string) => string): EditorStep {
  const { text, cursor } = state;
  if (cursor >= text.length) return bell(ended(state));
  const to = wordEnd(text, cursor);
  return only(ended(replaceRange(state, cursor, to, change(text.slice(cursor, to)))));
}

export function capitalized(word: string): string {
  return word.toLowerCase().replace(/\p{L}/u, (letter) => letter.toUpperCase());
}

export function undo(state: EditorState): EditorStep {
  const edit = state.edits[state.done - 1];
  if (edit === undefined) return bell(ended(state));
  return only(ended(withoutEdit(state)));
}

function withoutEdit(state: EditorState): EditorState {
  const edit = state.edits[state.done - 1];
  if (edit === undefined) return state;
  const { from, removed, inserted, undoCursor } = edit;
  const text = state.text.slice(0, from) + removed + state.text.slice(from + inserted.length);
  return at({ ...state, text, done: state.done - 1 }, undoCursor);
}

export function redo(state: EditorState): EditorStep {
  const edit = state.edits[state.done];
  if (edit === undefined) return bell(ended(state));
  const { from, removed, inserted } = edit;
  const text = state.text.slice(0, from) + inserted + state.text.slice(from + removed.length);
  return only(ended(at({ ...state, text, done: state.done + 1 }, from + inserted.length)));
}

/** “Reverts all input to the current input”: every edit is undone, and can be done again. */
export function revertLine(state: EditorState): EditorStep {
  let reverted = state;
  while (reverted.done > 0) reverted = withoutEdit(reverted);
  return only(ended(reverted));
}

/** A password is never copied out of a prompt. */
export function copy(state: EditorState): EditorStep {
  if (isSecret(state)) return bell(ended(state));
  const { from, to } = state.selecting ? regionOf(state) : { from: 0, to: state.text.length };
  if (from === to) return only(ended(state));
  return { state: ended(state), effects: [{ kind: 'copy', text: state.text.slice(from, to) }] };
}

export function cut(state: EditorState): EditorStep {
  const selection = selectionOf(state);
  if (selection === null) return only(ended(state));
  if (isSecret(state)) return bell(ended(state));
  const text = state.text.slice(selection.from, selection.to);
  return {
    state: ended(replaceRange(state, selection.from, selection.to, '')),
    effects: [{ kind: 'copy', text }],
  };
}
