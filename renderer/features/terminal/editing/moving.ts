import { tokenize } from '../../../../shared/powershell/parse.ts';
import type { Token } from '../../../../shared/powershell/tokens.ts';
import type { EditorState, EditorStep } from '../editor-state.ts';
import { at, bell, ended, only } from '../editor-state.ts';
import {
  backwardWord,
  byCharacters,
  lineEnd,
  lineStart,
  nextBoundary,
  nextWord,
  previousBoundary,
  wordEnd,
} from '../text.ts';
import { mostLaidOut, placeIn, rowsOf } from './rows.ts';
import type { Geometry } from './rows.ts';

/** Where PSReadLine's cursor movement functions go. Each gives a place; moving there or selecting up to it is the caller's. */
export type Place = (state: EditorState, count: number) => number;

export const backwardChar: Place = ({ text, cursor }, count) => byCharacters(text, cursor, -count);
export const forwardChar: Place = ({ text, cursor }, count) => byCharacters(text, cursor, count);

type Step = (text: string, at: number) => number;

/** So many words on, or back where negative. */
function byWords(forward: Step, back: Step): Place {
  return ({ text, cursor }, count) => {
    const step = count < 0 ? back : forward;
    let to = cursor;
    for (let left = Math.abs(count); left > 0; left--) {
      const next = step(text, to);
      if (next === to) break;
      to = next;
    }
    return to;
  };
}

export const nextWords = byWords(nextWord, backwardWord);
export const forwardWords = byWords(wordEnd, backwardWord);
export const backwardWords: Place = (state, count) => nextWords(state, -count);

/** Tokens of the text, those inside of expandable strings and `$( )` among them, in order of their beginnings. */
function shellTokens(text: string): readonly Token[] {
  return tokenize(text).filter(({ kind }) => kind !== 'NewLine' && kind !== 'EndOfInput');
}

function shellEnd(text: string, from: number): number {
  return shellTokens(text).find((token) => token.to > from)?.to ?? text.length;
}

function shellNext(text: string, from: number): number {
  return shellTokens(text).find((token) => token.from > from)?.from ?? text.length;
}

function shellStart(text: string, from: number): number {
  return shellTokens(text).findLast((token) => token.from < from)?.from ?? 0;
}

export const shellNextWords = byWords(shellNext, shellStart);
export const shellForwardWords = byWords(shellEnd, shellStart);
export const shellBackwardWords: Place = (state, count) => shellNextWords(state, -count);

/** To the start of the line, and from there to the start of the input. */
export const beginningOfLine: Place = ({ text, cursor }) => {
  const start = lineStart(text, cursor);
  return start === cursor ? 0 : start;
};

export const endOfLine: Place = ({ text, cursor }) => {
  const end = lineEnd(text, cursor);
  return end === cursor ? text.length : end;
};

export function move(state: EditorState, place: number): EditorStep {
  return only(ended(at(state, place)));
}

export function select(state: EditorState, place: number): EditorStep {
  const mark = state.selecting ? state.mark : state.cursor;
  return only(ended(at({ ...state, mark, selecting: true }, place), 'select'));
}

export function selectAll(state: EditorState): EditorStep {
  return only(ended(at({ ...state, mark: 0, selecting: true }, state.text.length), 'select'));
}

export function setMark(state: EditorState): EditorStep {
  return only(ended({ ...state, mark: state.cursor }));
}

export function exchangePointAndMark(state: EditorState): EditorStep {
  return only(ended(at({ ...state, mark: state.cursor }, state.mark)));
}

const partners: Readonly<Record<string, { kind: string; by: -1 | 1 }>> = {
  LParen: { kind: 'RParen', by: 1 },
  LCurly: { kind: 'RCurly', by: 1 },
  LBracket: { kind: 'RBracket', by: 1 },
  RParen: { kind: 'LParen', by: -1 },
  RCurly: { kind: 'LCurly', by: -1 },
  RBracket: { kind: 'LBracket', by: -1 },
};

/** Brackets that PowerShell sees as such: none inside of a string or a comment. `$(`, `@(` and `@{` open as well. */
export function gotoBrace(state: EditorState): EditorStep {
  const tokens = tokenize(state.text);
  const braces = tokens.flatMap((token) => {
    const kind =
      token.kind === 'AtParen' || token.kind === 'DollarParen'
        ? 'LParen'
        : token.kind === 'AtCurly'
          ? 'LCurly'
          : token.kind;
    return partners[kind] === undefined ? [] : [{ kind, place: token.to - 1, from: token.from }];
  });
  const start = braces.findIndex(({ place, from }) => place === state.cursor || from === state.cursor);
  const first = braces[start];
  const partner = first === undefined ? undefined : partners[first.kind];
  if (first === undefined || partner === undefined) return bell(ended(state));
  let depth = 0;
  for (let index = start; index >= 0 && index < braces.length; index += partner.by) {
    const brace = braces[index];
    if (brace?.kind === first.kind) depth++;
    else if (brace?.kind === partner.kind && --depth === 0) return move(state, brace.place);
  }
  return bell(ended(state));
}

/** PSReadLine's CharacterSearch, once the character is known. The one at the cursor is not looked at. */
export function findCharacter(state: EditorState, typed: string): EditorStep {
  const { awaited, text, cursor } = state;
  const after: EditorState = { ...state, awaited: null };
  if (awaited === null) return only(after);
  const wanted = typed.slice(0, nextBoundary(typed, 0));
  let left = awaited.count;
  if (left === 0) return bell(ended(after));
  let place = cursor;
  for (;;) {
    const next = awaited.forward ? nextBoundary(text, place) : previousBoundary(text, place);
    if (next === place || next >= text.length) return bell(ended(after));
    place = next;
    if (text.slice(place, nextBoundary(text, place)) === wanted && --left <= 0) return move(after, place);
  }
}

/** Where Up or Down lead, null where there is no such line; and where in a line they want to be. */
interface Vertical {
  readonly place: number | null;
  readonly column: number;
}

/**
 * As PSReadLine does it in an input of several lines: a cursor at a line's end stays at ends of lines; any other keeps the column of the
 * screen and goes by its rows. Without a screen, and in a text that is longer than any, by lines and characters.
 */
export function verticalPlace(state: EditorState, by: number): Vertical {
  const { text, cursor, geometry } = state;
  const start = lineStart(text, cursor);
  const going = state.previous === 'lines';
  const atEnd = going ? state.column === Number.POSITIVE_INFINITY : cursor === lineEnd(text, cursor);
  if (!atEnd && geometry !== null && text.length <= mostLaidOut) return onScreen(state, geometry, by);
  const here = atEnd ? Number.POSITIVE_INFINITY : charactersBetween(text, start, cursor);
  return byLines(text, start, going ? state.column : here, by);
}

function onScreen(state: EditorState, geometry: Geometry, by: number): Vertical {
  const rows = rowsOf(state.text, geometry);
  const from = rows.findIndex(({ places }) => places.some((place) => place.at === state.cursor));
  const here = rows[from]?.places.find((place) => place.at === state.cursor)?.column ?? 0;
  const column = state.previous === 'lines' ? state.column : here;
  const to = Math.max(0, Math.min(rows.length - 1, from + by));
  const row = rows[to];
  return { place: row === undefined || to === from ? null : placeIn(row, column), column };
}

function byLines(text: string, first: number, column: number, by: number): Vertical {
  let start = first;
  for (let left = Math.abs(by); left > 0; left--) {
    if (by < 0 ? start === 0 : lineEnd(text, start) === text.length) break;
    start = by < 0 ? lineStart(text, start - 1) : lineEnd(text, start) + 1;
  }
  if (start === first) return { place: null, column };
  const end = lineEnd(text, start);
  return {
    place: column === Number.POSITIVE_INFINITY ? end : Math.min(byCharacters(text, start, column), end),
    column,
  };
}

function charactersBetween(text: string, from: number, to: number): number {
  let count = 0;
  for (let place = from; place < to; place = nextBoundary(text, place)) count++;
  return count;
}

export function moveLines(state: EditorState, by: number): EditorStep {
  const { place, column } = verticalPlace(state, by);
  if (place === null) return bell(ended({ ...state, column }, 'lines'));
  return only(ended({ ...at(state, place), column }, 'lines'));
}
