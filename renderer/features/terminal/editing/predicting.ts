import type { EditorState, EditorStep } from '../editor-state.ts';
import {
  at,
  bell,
  ended,
  isPowerShell,
  only,
  replaceRange,
  snapshotOf,
  withSnapshot,
} from '../editor-state.ts';
import { wordEnd } from '../text.ts';
import { predictedLine, predictedLines } from './history-lines.ts';

/** Predictions out of the history: the rest of a line behind the cursor, or a list below. What was typed stays as it is until one is accepted. */

function mayPredict(state: EditorState): boolean {
  return (
    isPowerShell(state) &&
    state.search === null &&
    state.completing === null &&
    state.walk === null &&
    !state.text.includes('\n') &&
    state.base === ''
  );
}

/** The line that would be accepted; null where there is none, or where predictions are not shown in the line. */
export function inlinePrediction(state: EditorState): string | null {
  if (state.predicting.view !== 'inline' || !mayPredict(state)) return null;
  return predictedLine(state.history, state.text);
}

/** The list below the line, for what was typed before one of it was chosen. */
export function listedPredictions(state: EditorState): readonly string[] {
  const { view, typed } = state.predicting;
  if (view !== 'list') return [];
  if (typed !== null) return predictedLines(state.history, typed.text);
  return mayPredict(state) ? predictedLines(state.history, state.text) : [];
}

export function acceptSuggestion(state: EditorState): EditorStep | null {
  const line = inlinePrediction(state);
  if (line === null) return null;
  return only(ended(replaceRange(state, 0, state.text.length, line)));
}

/** A word of the prediction, with the white space before it. */
export function acceptSuggestionWords(state: EditorState, count: number): EditorStep | null {
  const line = inlinePrediction(state);
  if (line === null) return null;
  let to = state.text.length;
  for (let left = count; left > 0; left--) to = wordEnd(line, to);
  return only(ended(replaceRange(state, 0, state.text.length, line.slice(0, to))));
}

/** Up and Down in the list: the chosen line stands in the editor, and before the first stands what was typed. Null where there is no list. */
export function moveInList(state: EditorState, by: number): EditorStep | null {
  const listed = listedPredictions(state);
  if (listed.length === 0) return null;
  // Round and round, what was typed being one of the places.
  const places = listed.length + 1;
  return chooseInList(state, ((((state.predicting.index + 1 + by) % places) + places) % places) - 1);
}

/** A line of the list stands in the editor; -1 is what was typed. */
export function chooseInList(state: EditorState, next: number): EditorStep {
  const listed = listedPredictions(state);
  const original = state.predicting.typed ?? snapshotOf(state);
  const back = withSnapshot(state, original);
  const line = listed[next];
  const shown = line === undefined ? back : at(replaceRange(back, 0, back.text.length, line), line.length);
  const predicting = { ...state.predicting, index: next, typed: line === undefined ? null : original };
  return only({ ...ended(shown), predicting });
}

/** Escape in the list gives back what was typed. */
export function leaveList(state: EditorState): EditorStep | null {
  const { typed } = state.predicting;
  if (typed === null) return null;
  return only({
    ...ended(withSnapshot(state, typed)),
    predicting: { ...state.predicting, index: -1, typed: null },
  });
}

/** Any other key takes the chosen line as the one being edited. */
export function settled(state: EditorState): EditorState {
  const { predicting } = state;
  return predicting.typed === null
    ? state
    : { ...state, predicting: { ...predicting, index: -1, typed: null } };
}

export function switchView(state: EditorState): EditorStep {
  const view = state.predicting.view === 'inline' ? 'list' : 'inline';
  return {
    state: { ...ended(state), predicting: { view, index: -1, typed: null } },
    effects: [{ kind: 'prediction-view', view }],
  };
}

export function showWhole(state: EditorState): EditorStep {
  const listed = listedPredictions(state);
  const line = listed[state.predicting.index];
  return line === undefined ? bell(state) : only({ ...state, note: line });
}
