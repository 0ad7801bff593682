import { cellsOf } from './cell-width.ts';
import type { CellWidths } from './cell-width.ts';
import { highlight, sgrOf } from './highlight.ts';
import { isHidden, nextBoundary, onBoundary } from './text.ts';

/**
 * Draws the line being typed into the terminal and takes it away again. Pure: it foresees where every character will stand, row by row,
 * with the terminal's own width rules, so that it always knows how far up the drawing began.
 */

export interface PaintInput {
  /** May carry colours (SGR) and line ends, as a prompt function made it. */
  prompt: string;
  /** Stands before every further line of the text. */
  continuationPrompt: string;
  text: string;
  cursor: number;
  selection: { from: number; to: number } | null;
  masked: boolean;
  /** Colour the text as a command. */
  command: boolean;
  /** What comes before the text as far as its colours go: the lines of the command that stand in the page already. */
  before?: string;
  /** A prediction: dim behind the text, where the text does not fill the line. */
  ghost?: string;
  /** Of a search: what was found. */
  emphasis?: { from: number; to: number } | null;
  /** Nobody waits for it yet: drawn dim, so that it is not taken for output or for a line at a prompt. */
  ahead: boolean;
  columns: number;
  rows: number;
  /** Column the drawing begins at: 0 unless output before it did not end its line. */
  startColumn: number;
  /** Empty rows kept free below, for the completion menu. */
  reserve: number;
}

export interface Painted {
  vt: string;
  /** Takes the drawing away, from where the cursor is left, and puts the cursor where the drawing began. */
  erase: string;
  /** Row of the cursor, counted from the first drawn one. */
  cursorRow: number;
  cursorColumn: number;
  /** Drawn rows, without the reserve. */
  rows: number;
  reserve: number;
  /** What is drawn, row by row, from `firstRow` on: an empty one may stand before it. */
  content: readonly Row[];
  firstRow: number;
  startColumn: number;
}

export interface Row {
  vt: string;
  /** Ended by the text and not by the edge. */
  hard: boolean;
  /** The SGR parameters it begins with; null where a prompt's own sequences decide that. */
  style: string | null;
}

// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const sgrSequence = /^\u001b\[[\d;:]*m/;
/** Any other escape sequence in a prompt (a title, a link): it has no place inside a line that is drawn again and again. */
// oxlint-disable-next-line no-control-regex -- as above
const otherSequence = /^\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[[\d;:?<>=!]*[ -/]*[@-~]?|.?)/u;

const selectionSgr = '7';
const emphasisSgr = '4;1';
const ghostSgr = '90;3';
const aheadSgr = '90';
export const tabStop = 8;

class Layout {
  readonly rows: Row[] = [];
  readonly #widths: CellWidths;
  readonly #columns: number;
  #row = '';
  #column: number;
  #joinState = 0;
  /** The cluster that may still grow: its text and width, not yet on the row. */
  #cluster = '';
  #clusterWidth = 0;
  #sgr = '';
  /** A prompt set colours of its own that nothing has ended yet. */
  #foreign = false;
  #rowStyle: string | null = '';

  constructor(widths: CellWidths, columns: number, startColumn: number) {
    this.#widths = widths;
    this.#columns = columns;
    this.#column = startColumn;
  }

  /** SGR for what follows; the empty string is plain. */
  style(sgr: string): void {
    if (sgr === this.#sgr) return;
    this.#settle();
    this.#sgr = sgr;
    this.#row += sgr === '' ? '\u001b[0m' : `\u001b[0;${sgr}m`;
  }

  /** A sequence without width, as it stands. */
  raw(vt: string): void {
    this.#settle();
    this.#row += vt;
    this.#foreign = vt !== '\u001b[0m';
  }

  put(codePoint: number): void {
    const { state, width, joins } = this.#widths.next(codePoint, this.#joinState);
    const character = String.fromCodePoint(codePoint);
    if (joins && this.#cluster !== '') {
      this.#cluster += character;
      this.#clusterWidth = width;
    } else {
      this.#settle();
      this.#cluster = character;
      this.#clusterWidth = width;
    }
    this.#joinState = state;
  }

  newLine(): void {
    this.#settle();
    this.#joinState = 0;
    this.#endRow(true);
  }

  /** Where the next character would stand if it were one column wide. */
  position(): { row: number; column: number } {
    this.#settle();
    if (this.#column >= this.#columns) return { row: this.rows.length + 1, column: 0 };
    return { row: this.rows.length, column: this.#column };
  }

  roomLeft(): number {
    this.#settle();
    return this.#columns - this.#column;
  }

  widthOf(character: string): number {
    return cellsOf(character, this.#widths);
  }

  tab(): void {
    this.#settle();
    const to = Math.min((Math.floor(this.#column / tabStop) + 1) * tabStop, this.#columns);
    const count = Math.max(1, to - this.#column);
    for (let space = 0; space < count; space++) this.put(0x20);
  }

  /** A cursor behind a full row needs a row of its own: the space brings the terminal's pending wrap about. */
  reach(cursorRow: number): void {
    this.#settle();
    if (cursorRow <= this.rows.length) return;
    this.#endRow(false);
    this.#row += ' ';
  }

  finish(): void {
    this.#settle();
    this.#endRow(true);
  }

  #settle(): void {
    if (this.#cluster === '') return;
    if (this.#column + this.#clusterWidth > this.#columns && this.#column > 0) this.#endRow(false);
    this.#row += this.#cluster;
    this.#column += this.#clusterWidth;
    this.#cluster = '';
    this.#clusterWidth = 0;
  }

  #endRow(hard: boolean): void {
    this.rows.push({ vt: this.#row, hard, style: this.#rowStyle });
    this.#rowStyle = this.#foreign ? null : this.#sgr;
    this.#row = '';
    this.#column = 0;
  }
}

function putText(layout: Layout, character: string): void {
  const codePoint = character.codePointAt(0) ?? 0x20;
  if (character === '\t') layout.tab();
  else if (codePoint < 0x20) {
    layout.put(0x5e);
    layout.put(codePoint + 0x40);
  } else if (codePoint === 0x7f || (codePoint >= 0x80 && codePoint < 0xa0)) layout.put(0xfffd);
  // A half of a surrogate pair alone is drawn as the replacement character, as the terminal would; so is what would not be seen at all.
  else if ((codePoint >= 0xd800 && codePoint <= 0xdfff) || isHidden(character)) layout.put(0xfffd);
  else layout.put(codePoint);
}

/** The prompt of a command, where it has no colours of its own, is drawn strong, as the page's echo is. */
function putPrompt(layout: Layout, prompt: string, command: boolean): void {
  layout.style(command && !prompt.includes('\u001b') ? '1' : '');
  let at = 0;
  while (at < prompt.length) {
    const rest = prompt.slice(at, at + 4096);
    const sgr = sgrSequence.exec(rest)?.[0];
    if (sgr !== undefined) {
      layout.raw(sgr);
      at += sgr.length;
      continue;
    }
    if (rest.startsWith('\u001b')) {
      at += otherSequence.exec(rest)?.[0].length ?? 1;
      continue;
    }
    const character = String.fromCodePoint(prompt.codePointAt(at) ?? 0x20);
    at += character.length;
    if (character === '\n') layout.newLine();
    else if (character !== '\r' && character !== '\u0007') putText(layout, character);
  }
  if (prompt.includes('\u001b')) layout.raw('\u001b[0m');
  layout.style('');
}

/** SGR of each position of what is drawn; cheap to ask from left to right. */
function styles(input: PaintInput, { from, to }: Part): (at: number) => string {
  const before = input.before ?? '';
  const shift = before.length;
  const coloured = input.command && !input.masked && !input.ahead;
  const tokens = coloured ? highlight(before + input.text, shift + from, shift + to) : [];
  let next = 0;
  return (place) => {
    const { selection, emphasis } = input;
    if (selection !== null && place >= selection.from && place < selection.to) return selectionSgr;
    if (emphasis !== undefined && emphasis !== null && place >= emphasis.from && place < emphasis.to)
      return emphasisSgr;
    if (input.ahead) return aheadSgr;
    const at = place + shift;
    while (next < tokens.length && (tokens[next]?.to ?? 0) <= at) next++;
    const token = tokens[next];
    return token !== undefined && token.from <= at ? sgrOf(token) : '';
  };
}

/** A prediction has no line of its own to say: it ends where the row does, so that typing never makes the page jump. */
function putGhost(layout: Layout, ghost: string): void {
  if (ghost === '') return;
  let room = layout.roomLeft();
  layout.style(ghostSgr);
  for (let at = 0; at < ghost.length;) {
    const end = nextBoundary(ghost, at);
    const character = ghost.slice(at, end);
    if (character < ' ') break;
    room -= layout.widthOf(character);
    // The last column stays free: behind a full row the cursor would need another.
    if (room < 1) break;
    for (const part of character) putText(layout, part);
    at = end;
  }
  layout.style('');
}

export function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : '';
}

export function right(columns: number): string {
  return columns > 0 ? `\u001b[${columns}C` : '';
}

/** More than any screen shows of one line: of a pasted one only the surroundings of the cursor are laid out. */
const mostLaidOut = 50_000;

interface Part {
  readonly from: number;
  readonly to: number;
}

/**
 * Of a text higher than the screen `frame` shows the rows up to the cursor's, or those from the first: as many lines above the cursor's as there are rows,
 * one more, and as many below hold them all. Typing in a long text costs no more than in one that fills the screen.
 */
function aroundCursor({ text, cursor, rows }: PaintInput): Part {
  let from = cursor;
  for (let lines = 0; lines <= rows + 1 && from >= 0; lines++)
    from = from === 0 ? -1 : text.lastIndexOf('\n', from - 1);
  let to = cursor - 1;
  for (let lines = 0; lines <= rows && to < text.length; lines++) {
    const end = text.indexOf('\n', to + 1);
    to = end < 0 ? text.length : end;
  }
  return {
    from: Math.max(from + 1, onBoundary(text, cursor - mostLaidOut / 2)),
    to: Math.min(to, onBoundary(text, cursor + mostLaidOut / 2)),
  };
}

export function paint(input: PaintInput, widths: CellWidths): Painted {
  const part = aroundCursor(input);
  const layout = new Layout(widths, input.columns, input.startColumn);
  putPrompt(layout, part.from === 0 ? input.prompt : input.continuationPrompt, input.command);

  const styleAt = styles(input, part);
  let cursor: { row: number; column: number } | null = null;
  let at = part.from;
  while (at < part.to) {
    if (at === input.cursor) cursor = layout.position();
    const character = String.fromCodePoint(input.text.codePointAt(at) ?? 0x20);
    if (character === '\n') {
      if (at === input.cursor && cursor !== null) layout.reach(cursor.row);
      layout.newLine();
      putPrompt(layout, input.continuationPrompt, input.command);
    } else {
      layout.style(styleAt(at));
      putText(layout, input.masked ? '*' : character);
    }
    // A star for each character, so that as many go as keys are pressed.
    at = input.masked ? nextBoundary(input.text, at) : at + character.length;
  }
  layout.style('');
  cursor ??= layout.position();
  if (part.to === input.text.length) putGhost(layout, input.ghost ?? '');
  layout.reach(cursor.row);
  layout.finish();
  return frame(layout.rows, cursor, input);
}

/** Puts the rows together; of a drawing higher than the screen, the part around the cursor. */
function frame(all: readonly Row[], cursor: { row: number; column: number }, input: PaintInput): Painted {
  const room = Math.max(1, input.rows - (input.startColumn > 0 ? 1 : 0));
  const shown = Math.min(all.length, room);
  const first = all.length <= room ? 0 : Math.min(Math.max(0, cursor.row - shown + 1), all.length - shown);
  const reserve = Math.max(0, Math.min(input.reserve, room - shown));
  // Rows before the window are not drawn; the window then starts on a row of its own.
  const lead = first > 0 && input.startColumn > 0 ? 1 : 0;

  let vt = lead === 1 ? '\r\n' : '';
  for (let row = first; row < first + shown; row++) {
    const { vt: content, hard } = all[row] ?? { vt: '', hard: true };
    vt += content;
    if (hard && row < first + shown - 1) vt += '\r\n';
  }
  vt += '\u001b[0m' + '\r\n'.repeat(reserve);

  const cursorRow = cursor.row - first + lead;
  const rows = shown + lead;
  vt += up(rows - 1 + reserve - cursorRow) + '\r' + right(cursor.column);
  return {
    vt,
    erase: up(cursorRow) + '\r' + right(input.startColumn) + '\u001b[J',
    cursorRow,
    cursorColumn: cursor.column,
    rows,
    reserve,
    content: all.slice(first, first + shown),
    firstRow: lead,
    startColumn: input.startColumn,
  };
}
