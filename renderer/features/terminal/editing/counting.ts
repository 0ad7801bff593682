import type { EditorState } from '../editor-state.ts';

/** DigitArgument: Alt and digits make a count for the next function. */

/** More is a slip of the finger; nobody moves by so much. */
const greatest = 9999;

/** `Alt+-` alone is -1, and turns the sign of what was typed so far. */
export function withDigit(state: EditorState, digit: string): EditorState {
  const now = state.count;
  if (digit === '-')
    return { ...state, count: now === null ? '-' : now.startsWith('-') ? now.slice(1) : `-${now}` };
  if (!/^[0-9]$/.test(digit)) return state;
  const count = (now ?? '') + digit;
  // Enough to reach the bound.
  return count.length > 6 ? state : { ...state, count };
}

/** Null where none was typed. */
export function countOf({ count }: EditorState): number | null {
  if (count === null) return null;
  const value = count === '' ? 1 : count === '-' ? -1 : Number(count);
  return Math.max(-greatest, Math.min(greatest, value));
}
