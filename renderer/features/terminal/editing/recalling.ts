import type { EditorState, EditorStep, Snapshot, Walk } from '../editor-state.ts';
import { answersHost, bell, ended, only, snapshotOf, withSnapshot } from '../editor-state.ts';
import { lowerCased } from './history-lines.ts';
import { moveLines, verticalPlace } from './moving.ts';

/**
 * Walking the history: Up and Down, F8, the first and the last line. Each line is met once on a way (PSReadLine's HistoryNoDuplicates, on
 * unless it is switched off), and what was being typed stands behind the newest.
 */

function start(state: EditorState, afresh: boolean): Walk {
  const { walk } = state;
  if (walk === null) {
    const draft = snapshotOf(state);
    return { index: state.history.length, draft, prefix: '', seen: new Map() };
  }
  return afresh ? { ...walk, seen: new Map() } : walk;
}

/** A line of the history, as if inserted into an empty one: it can be undone. */
function recalled(text: string, cursor: number): Snapshot {
  return { text, cursor, edits: [{ from: 0, removed: '', inserted: text, undoCursor: 0 }], done: 1 };
}

function show(state: EditorState, walk: Walk, cursor: number | null): EditorState {
  const { history } = state;
  const line = history[walk.index];
  const snapshot =
    walk.index === history.length || line === undefined
      ? { ...walk.draft, cursor: cursor ?? walk.draft.text.length }
      : recalled(line, cursor ?? line.length);
  return { ...withSnapshot(state, snapshot), walk };
}

function step(state: EditorState, walk: Walk, by: number, fits: (index: number) => boolean): Walk {
  const seen = new Map(walk.seen);
  let { index } = walk;
  for (let left = Math.abs(by); left > 0;) {
    index += Math.sign(by);
    const line = state.history[index];
    if (line === undefined) break;
    if (!fits(index)) continue;
    const known = seen.get(line);
    if (known === undefined) seen.set(line, index);
    if (known === undefined || known === index) left--;
  }
  return { ...walk, index, seen };
}

function arrived(
  state: EditorState,
  from: Walk,
  to: Walk,
  cursor: number | null,
  previous: 'recall' | 'search',
): EditorStep {
  const there = to.index >= 0 && to.index <= state.history.length && to.index !== from.index;
  if (!there) return bell(ended({ ...state, walk: { ...from, seen: to.seen } }, previous));
  return only(ended(show(state, to, cursor), previous));
}

/** In a command of several lines its own lines come first, unless the walk has begun. */
function withinLines(state: EditorState, by: number, going: boolean): EditorStep | null {
  if (going || !state.text.includes('\n')) return null;
  return verticalPlace(state, by).place === null ? null : moveLines(state, by);
}

export function recall(state: EditorState, by: number): EditorStep {
  const going = state.previous === 'recall';
  const within = withinLines(state, by, going);
  if (within !== null) return within;
  if (answersHost(state)) return bell(ended(state));
  const walk = start(state, !going);
  return arrived(
    state,
    walk,
    step(state, walk, by, () => true),
    null,
    'recall',
  );
}

/** Lines that begin like what stands before the cursor, in whatever case. */
export function searchByPrefix(state: EditorState, by: number): EditorStep {
  const going = state.previous === 'search';
  const within = withinLines(state, by, going);
  if (within !== null) return within;
  if (answersHost(state)) return bell(ended(state));
  const begun = start(state, !going);
  const walk = going ? begun : { ...begun, prefix: state.text.slice(0, state.cursor) };
  const prefix = walk.prefix.toLowerCase();
  const low = lowerCased(state.history);
  const to = step(state, walk, by, (index) => low[index]?.startsWith(prefix) === true);
  return arrived(state, walk, to, walk.prefix.length, 'search');
}

export function endOfHistory(state: EditorState, oldest: boolean): EditorStep {
  if (answersHost(state)) return bell(ended(state));
  const walk = start(state, true);
  if (oldest && state.history.length === 0) return bell(ended({ ...state, walk }, 'history'));
  return only(ended(show(state, { ...walk, index: oldest ? 0 : state.history.length }, null), 'history'));
}
