import type { LineFunction } from '../../../../shared/line-functions.ts';
import type { EditorState, EditorStep, HistorySearch } from '../editor-state.ts';
import {
  answersHost,
  at,
  bell,
  ended,
  only,
  replaceRange,
  snapshotOf,
  withSnapshot,
} from '../editor-state.ts';
import { cleanInput, previousBoundary } from '../text.ts';
import { linesHolding } from './history-lines.ts';

/**
 * Ctrl+R and Ctrl+S: what is typed is looked for in the history while the line shows what was found, and a list around it. Enter runs it,
 * Escape gives the line back as it was, any other key goes on editing what was found.
 */

/** Lines that the list of a search shows at once. */
export const searchRows = 10;

export function searchLines({ search, history, everywhere }: EditorState): readonly string[] {
  return search?.everywhere === true ? everywhere : history;
}

export function startSearch(state: EditorState, newer: boolean): EditorStep {
  if (answersHost(state)) return bell(ended(state));
  const search: HistorySearch = {
    query: '',
    everywhere: false,
    matches: linesHolding(state.history, ''),
    // Backwards the newest line comes with the first key; forwards there is nothing newer than the line itself.
    index: -1,
    original: snapshotOf(state),
  };
  const begun = { ...ended(state), search };
  return newer ? bell(begun) : only(begun);
}

/** The found line stands in the editor, what was looked for selected by the painter. */
function shown(state: EditorState, search: HistorySearch): EditorState {
  const next: EditorState = { ...state, search };
  const line = searchLines(next)[search.matches[search.index] ?? -1];
  if (line === undefined) return withSnapshot(next, search.original);
  const found = Math.max(0, line.toLowerCase().indexOf(search.query.toLowerCase()));
  const original = withSnapshot(next, search.original);
  // One edit, so that Undo gives back what stood there before the search.
  return at(replaceRange(original, 0, original.text.length, line), found);
}

function look(state: EditorState, search: HistorySearch, query: string): EditorStep {
  const looking: HistorySearch = { ...search, query };
  const matches =
    query === ''
      ? linesHolding(searchLines({ ...state, search: looking }), '')
      : linesHolding(searchLines({ ...state, search: looking }), query);
  // The line that was found stays as long as it fits.
  const before = search.matches[search.index];
  const kept = before === undefined ? -1 : matches.indexOf(before);
  const index = query === '' ? -1 : matches.length === 0 ? -1 : Math.max(0, kept);
  const next = shown(state, { ...looking, matches, index });
  return query !== '' && matches.length === 0 ? bell(next) : only(next);
}

export function typeIntoSearch(state: EditorState, raw: string): EditorStep {
  const { search } = state;
  if (search === null) return only(state);
  return look(state, search, search.query + cleanInput(raw).replaceAll('\n', ' '));
}

function moveInSearch(state: EditorState, search: HistorySearch, by: -1 | 1): EditorStep {
  const index = search.index + by;
  if (index < 0 || index >= search.matches.length) return bell(state);
  return only(shown(state, { ...search, index }));
}

function pageInSearch(state: EditorState, search: HistorySearch, by: -1 | 1): EditorStep {
  const index = Math.max(0, Math.min(search.index + by * searchRows, search.matches.length - 1));
  if (index === search.index || search.matches.length === 0) return bell(state);
  return only(shown(state, { ...search, index }));
}

export function chooseInSearch(state: EditorState, index: number): EditorState {
  return state.search === null ? state : shown(state, { ...state.search, index });
}

/** The search ends, the found line stays in the editor. */
export function keepFound(state: EditorState): EditorState {
  return { ...state, search: null };
}

/** What a function does while a search goes on; null where it ends the search and is then done as ever. */
export function actInSearch(state: EditorState, action: LineFunction): EditorStep | null {
  const { search } = state;
  if (search === null) return null;
  switch (action) {
    // The newest line stands on top: the arrows go where they point, Ctrl+R and Ctrl+S back and forth in time.
    case 'ReverseSearchHistory':
    case 'NextHistory':
      return moveInSearch(state, search, 1);
    case 'ForwardSearchHistory':
    case 'PreviousHistory':
      return moveInSearch(state, search, -1);
    case 'ScrollDisplayUp':
      return pageInSearch(state, search, -1);
    case 'ScrollDisplayDown':
      return pageInSearch(state, search, 1);
    case 'BackwardDeleteChar':
      if (search.query === '') return bell(state);
      return look(state, search, search.query.slice(0, previousBoundary(search.query, search.query.length)));
    case 'SwitchHistoryScope':
      return look(
        { ...state },
        { ...search, everywhere: !search.everywhere, matches: [], index: -1 },
        search.query,
      );
    case 'RevertLine':
    case 'Abort':
    case 'CopyOrCancelLine':
    case 'CancelLine':
      return only({ ...withSnapshot(state, search.original), search: null });
    case 'ShowKeyBindings':
    case 'ScrollDisplayUpLine':
    case 'ScrollDisplayDownLine':
      return only(state);
    default:
      return null;
  }
}
