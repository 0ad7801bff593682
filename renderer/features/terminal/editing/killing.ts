import { argumentsOf } from '../../../../shared/powershell/commands.ts';
import type { EditorState, EditorStep } from '../editor-state.ts';
import { bell, ended, isSecret, only, replaceRange } from '../editor-state.ts';

/** Kill and yank. Kills that follow one another join; a ring keeps the last ten (Set-PSReadLineOption -MaximumKillRingCount). */

const killRingSize = 10;

export function kill(state: EditorState, from: number, to: number, prepend: boolean): EditorStep {
  const joins = state.previous === 'kill';
  if (from >= to) return bell(ended(state, joins ? 'kill' : null));
  const killed = state.text.slice(from, to);
  const removed = ended(replaceRange(state, from, to, ''), 'kill');
  // What is killed at a prompt for a password could be yanked into a command.
  if (isSecret(state)) return only(ended(removed));
  return only({
    ...removed,
    kills: joins ? joined(state.kills, killed, prepend) : added(state.kills, killed),
  });
}

type Kills = EditorState['kills'];

function joined({ ring, at }: Kills, killed: string, prepend: boolean): Kills {
  return {
    at,
    ring: ring.map((text, index) => (index !== at ? text : prepend ? killed + text : text + killed)),
  };
}

function added({ ring, at }: Kills, killed: string): Kills {
  if (ring.length < killRingSize) return { ring: [...ring, killed], at: ring.length };
  const next = (at + 1) % ring.length;
  return { ring: ring.with(next, killed), at: next };
}

export function yank(state: EditorState): EditorStep {
  const text = state.kills.ring[state.kills.at];
  if (text === undefined) return bell(ended(state));
  const { cursor } = state;
  return only(
    ended({ ...replaceRange(state, cursor, cursor, text), mark: cursor, yankFrom: cursor }, 'yank'),
  );
}

export function yankPop(state: EditorState): EditorStep {
  const { ring, at } = state.kills;
  if (state.previous !== 'yank' || ring.length === 0) return bell(ended(state));
  const next = (at + ring.length - 1) % ring.length;
  const yanked = replaceRange(state, state.yankFrom, state.cursor, ring[next] ?? '');
  return only(ended({ ...yanked, kills: { ring, at: next } }, 'yank'));
}

type LastArg = EditorState['lastArg'];

/** Inserts an argument of a line of the history, or puts it in the place of the one inserted before. */
function insertArgument(state: EditorState, lastArg: LastArg): EditorStep {
  const line = state.history[lastArg.line];
  const words = line === undefined ? [] : argumentsOf(line);
  const chosen = lastArg.word < 0 ? words[words.length + lastArg.word] : words[lastArg.word];
  if (chosen === undefined) return bell({ ...state, lastArg });
  if (lastArg.from >= 0) return only({ ...replaceRange(state, lastArg.from, state.cursor, chosen), lastArg });
  const { cursor } = state;
  return only({ ...replaceRange(state, cursor, cursor, chosen), lastArg: { ...lastArg, from: cursor } });
}

function ending({ state, effects }: EditorStep, previous: 'yank-last' | null): EditorStep {
  return { state: ended(state, previous), effects };
}

export function yankNthArg(state: EditorState, count: number | null): EditorStep {
  const line = (state.walk?.index ?? state.history.length) - 1;
  return ending(insertArgument(state, { word: count ?? 1, line, by: -1, from: -1 }), null);
}

export function yankLastArg(state: EditorState, count: number | null): EditorStep {
  if (state.previous !== 'yank-last') {
    const line = (state.walk?.index ?? state.history.length) - 1;
    return ending(insertArgument(state, { word: count ?? -1, line, by: -1, from: -1 }), 'yank-last');
  }
  const { lastArg } = state;
  const by = count !== null && count < 0 ? (lastArg.by < 0 ? 1 : -1) : lastArg.by;
  const wanted = lastArg.line + by;
  const line = Math.max(0, Math.min(wanted, state.history.length - 1));
  const next: LastArg = { ...lastArg, by, line };
  if (line !== wanted) return ending(bell({ ...state, lastArg: next }), 'yank-last');
  return ending(insertArgument(state, next), 'yank-last');
}
