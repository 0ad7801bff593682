import { nextBoundary } from '../text.ts';

/** Where the text stands on the screen, for who moves up and down in it. */
export interface Geometry {
  readonly columns: number;
  /** The column behind the prompt, and behind the prompt of each further line. */
  readonly first: number;
  readonly further: number;
  /** Cells that one character takes at a column. */
  readonly widthOf: (character: string, column: number) => number;
}

/** A row of the screen. A cursor stands before one of its characters; behind the last only where a line ends there. */
interface Row {
  readonly places: readonly { readonly at: number; readonly column: number }[];
}

/** Nobody looks for a column in a pasted file; laying it out at every key would take long. */
export const mostLaidOut = 20_000;

/** The rows that the text takes, as a terminal breaks them: a character that does not fit goes to the next row as a whole. */
export function rowsOf(text: string, { columns, first, further, widthOf }: Geometry): readonly Row[] {
  const rows: { at: number; column: number }[][] = [[]];
  let column = first;
  for (let at = 0; at <= text.length;) {
    const end = nextBoundary(text, at);
    const character = text.slice(at, end);
    const isEnd = character === '' || character === '\n';
    // A line's end has no cell of its own: behind a full row it is still that row's.
    const width = isEnd ? 0 : widthOf(character, column);
    if (column + width > columns && column > 0) {
      rows.push([]);
      column = 0;
    }
    rows.at(-1)?.push({ at, column });
    if (at === text.length) break;
    if (isEnd) {
      rows.push([]);
      column = further;
    } else column += width;
    at = end;
  }
  return rows.map((places) => ({ places }));
}

/** The last place of a row that is not right of a column; the first where all are. */
export function placeIn(row: Row, column: number): number {
  const left = row.places.findLast((place) => place.column <= column) ?? row.places[0];
  return left?.at ?? 0;
}
