/**
 * How a line at the prompt has to look, cell by cell, as plainly as it can be said: characters of known widths put one after another, a row
 * full, the next row. It shares no code with the painter it judges, and knows widths from its own short table.
 */

/** The alphabet, and how many cells each character takes ([UAX #11]; emoji sequences take two, whatever they are made of). */
export const cellsOf: Readonly<Record<string, 1 | 2>> = {
  ...Object.fromEntries(Array.from({ length: 95 }, (_, at) => [String.fromCharCode(32 + at), 1])),
  é: 1,
  'e\u0301': 1,
  'a\u0302\u0323': 1,
  ß: 1,
  Ω: 1,
  ﬁ: 1,
  日: 2,
  本: 2,
  한: 2,
  Ａ: 2,
  '👩‍👩‍👧': 2,
  '👍🏽': 2,
  '🇩🇪': 2,
  '🇫🇷': 2,
  '❤️': 2,
  '🎉': 2,
};

/** What can be seen of a cell beside its character; `colour` is one of the palette's sixteen, -1 the terminal's own. */
export interface Look {
  readonly colour: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly inverse: boolean;
  readonly underline: boolean;
}

export const plain: Look = { colour: -1, bold: false, italic: false, inverse: false, underline: false };

/** A character of the line, or the end of one of its lines. */
export interface Glyph {
  readonly text: string;
  readonly look: Look;
}

export interface Cell extends Look {
  readonly text: string;
}

export interface ModelScreen {
  /** Each as wide as the screen. The second cell of a wide character is empty. */
  readonly rows: readonly (readonly Cell[])[];
  readonly cursor: { readonly row: number; readonly column: number };
}

export interface ModelLine {
  readonly prompt: readonly Glyph[];
  /** `\n` ends a line; the next one begins behind `>> `. */
  readonly text: readonly Glyph[];
  /** The cursor stands before this one of `text`; behind the last where it is their number. */
  readonly cursor: number;
  /** A prediction: it fills its row at most, and leaves the last column free. */
  readonly ghost: readonly string[];
  readonly columns: number;
}

const empty: Cell = { ...plain, text: '' };
const strong: Look = { ...plain, bold: true };
const faint: Look = { ...plain, colour: 8, italic: true };

export function expectedScreen({ prompt, text, cursor, ghost, columns }: ModelLine): ModelScreen {
  const rows: Cell[][] = [[]];
  const last = (): Cell[] => rows.at(-1) ?? [];
  function put({ text: character, look }: Glyph): void {
    const width = cellsOf[character];
    if (width === undefined) throw new Error(`not in the alphabet: ${character}`);
    if (last().length + width > columns) {
      // The cell that a wide character leaves free belongs to it: a selection goes on through it.
      if (last().length < columns) last().push({ ...look, text: '' });
      rows.push([]);
    }
    last().push({ ...look, text: character });
    if (width === 2) last().push({ ...look, text: '' });
  }
  /** Where the cursor stands before what comes next: behind a full row it is the next row's first column. */
  function here(): { row: number; column: number } {
    return last().length >= columns
      ? { row: rows.length, column: 0 }
      : { row: rows.length - 1, column: last().length };
  }

  for (const glyph of prompt) put(glyph);
  let at: ModelScreen['cursor'] | null = null;
  for (const [index, glyph] of text.entries()) {
    if (index === cursor) at = here();
    if (glyph.text !== '\n') {
      put(glyph);
      continue;
    }
    // A cursor behind a full row, before the line's end, has a row of its own.
    if (index === cursor && last().length >= columns) rows.push([]);
    rows.push([]);
    for (const character of '>> ') put({ text: character, look: strong });
  }
  at ??= here();
  for (const character of ghost) {
    if (character === '\n' || last().length + (cellsOf[character] ?? 1) >= columns) break;
    put({ text: character, look: faint });
  }
  while (rows.length <= at.row) rows.push([]);
  return {
    rows: rows.map((row) => [...row, ...Array.from({ length: columns - row.length }, () => empty)]),
    cursor: at,
  };
}
