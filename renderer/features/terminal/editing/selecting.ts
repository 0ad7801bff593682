import { commandsIn } from '../../../../shared/powershell/commands.ts';
import type { EditorState, EditorStep } from '../editor-state.ts';
import { at, ended, only } from '../editor-state.ts';
import { bell } from '../editor-state.ts';
import { select } from './moving.ts';

/**
 * SelectCommandArgument: the arguments of the commands in the innermost script block at the cursor that has any, one after the other, round
 * and round. A quoted one without its quotes. With a count so many further on or back.
 */
export function selectCommandArgument(state: EditorState, count: number | null): EditorStep {
  const { text, cursor } = state;
  const commands = commandsIn(text);
  const inside = commands
    .map((command) => command.block)
    .filter((block) => block.from <= cursor && cursor <= block.to)
    .toSorted((left, right) => right.from - left.from || left.to - right.to);
  const block = inside[0] ?? { from: 0, to: text.length };
  const pieces = commands
    .filter((command) => command.block.from === block.from && command.block.to === block.to)
    .flatMap((command) => command.arguments)
    .map((piece) => withoutQuotes(text, piece))
    .toSorted((left, right) => left.from - right.from);
  if (pieces.length === 0) return bell(ended(state));
  const chosen = state.selecting
    ? pieces.findIndex((piece) => piece.from === state.mark && piece.to === cursor)
    : -1;
  let index: number;
  if (chosen >= 0) index = chosen + (count ?? 1);
  else {
    const here = pieces.findIndex((piece) => piece.from <= cursor && cursor < piece.to);
    const next = pieces.findIndex((piece) => piece.from > cursor);
    const before = pieces.findLastIndex((piece) => piece.to <= cursor);
    if (count !== null && count < 0) index = here >= 0 ? here + count : before + count + 1;
    else
      index =
        (here >= 0 ? here : next >= 0 ? next : 0) + (count === null ? 0 : here >= 0 ? count : count - 1);
  }
  const piece = pieces[((index % pieces.length) + pieces.length) % pieces.length];
  if (piece === undefined) return only(ended(state));
  return select({ ...at(state, piece.from), selecting: false }, piece.to);
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

function withoutQuotes(text: string, { from, to }: Piece): Piece {
  const whole = text.slice(from, to);
  if (/^@(["'])\n[\s\S]*\n\1@$/.test(whole)) return { from: from + 3, to: to - 3 };
  if (/^(["'])[\s\S]*\1$/.test(whole) && whole.length >= 2) return { from: from + 1, to: to - 1 };
  return { from, to };
}
