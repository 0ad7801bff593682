/** The line as it stands in the terminal, cell by cell and look by look, held against a model of it at widths from 20 to 200. */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCellWidths } from '../../renderer/features/terminal/cell-width.ts';
import { lineOf } from '../../renderer/features/terminal/edited-line.ts';
import type { EditorEvent, EditorState } from '../../renderer/features/terminal/editor-state.ts';
import { createEditor } from '../../renderer/features/terminal/editor-state.ts';
import { step } from '../../renderer/features/terminal/line-editor.ts';
import { menuHeight } from '../../renderer/features/terminal/line-menu.ts';
import type { Painted } from '../../renderer/features/terminal/painter.ts';
import { paint } from '../../renderer/features/terminal/painter.ts';
import type { LineFunction } from '../../shared/line-functions.ts';
import type { Cell, Glyph, Look, ModelScreen } from './screen-model.ts';
import { cellsOf, expectedScreen, plain } from './screen-model.ts';

const widths = createCellWidths();
/** Pixels of a row, as at the usual size of type. */
const cellHeight = 20;

/** Rows of `above` stand before the line; the cursor is where it begins. */
class Screen {
  readonly #terminal;
  readonly #above: number;
  #painted: Painted | null = null;

  constructor(columns: number, rows: number, above: number) {
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      scrollback: 1000,
    });
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#above = above;
  }

  async begin(): Promise<void> {
    await this.#write('above\r\n'.repeat(this.#above));
  }

  /** As the terminal's view does it: what was drawn is taken away, and the line drawn where it stood. */
  async draw(editor: EditorState, reserve = 0): Promise<void> {
    const line = lineOf(editor);
    const erase = this.#painted?.erase ?? '';
    this.#painted = null;
    if (line === null) return await this.#write(erase);
    const { cols, rows } = this.#terminal;
    const painted = paint({ ...line, columns: cols, rows, startColumn: 0, reserve }, widths);
    this.#painted = painted;
    await this.#write(erase + painted.vt);
  }

  async resize(columns: number, editor: EditorState): Promise<void> {
    await this.#write(this.#painted?.erase ?? '');
    this.#painted = null;
    this.#terminal.resize(columns, this.#terminal.rows);
    await this.draw(editor);
  }

  #write(vt: string): Promise<void> {
    return new Promise((done) => this.#terminal.write(vt, done));
  }

  /** Row of the cursor among all there are. */
  get cursor(): { row: number; column: number } {
    const { baseY, cursorY, cursorX } = this.#terminal.buffer.active;
    return { row: baseY + cursorY, column: cursorX };
  }

  /** Rows that stand above what is seen. */
  get scrolled(): number {
    return this.#terminal.buffer.active.baseY;
  }

  get height(): number {
    return this.#terminal.buffer.active.length;
  }

  row(at: number): readonly Cell[] {
    const line = this.#terminal.buffer.active.getLine(at);
    return Array.from({ length: this.#terminal.cols }, (_, column) => {
      const cell = line?.getCell(column);
      if (cell === undefined) return { ...plain, text: '' };
      const text = cell.getChars();
      // A space nobody typed and an empty cell look the same.
      if ((text === '' || text === ' ') && cell.getWidth() === 1 && cell.isInverse() === 0)
        return { ...plain, text: ' ' };
      return {
        text,
        colour: cell.isFgDefault() ? -1 : cell.getFgColor(),
        bold: cell.isBold() !== 0,
        italic: cell.isItalic() !== 0,
        inverse: cell.isInverse() !== 0,
        underline: cell.isUnderline() !== 0,
      };
    });
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

function shows(screen: Screen, wanted: ModelScreen, above: number): void {
  expect(screen.cursor).toEqual({ row: above + wanted.cursor.row, column: wanted.cursor.column });
  for (const [at, row] of wanted.rows.entries()) {
    expect(screen.row(above + at), `row ${String(at)}`).toEqual(row.map(blank));
  }
  for (let row = above + wanted.rows.length; row < screen.height; row++) {
    expect(told(screen.row(row)), `row ${String(row)}, below the line`).toBe('');
  }
  for (let row = 0; row < above; row++) expect(told(screen.row(row))).toBe('above');
}

/** Spaces and empty cells look alike, whatever their colour. */
function blank(cell: Cell, at: number, row: readonly Cell[]): Cell {
  const wide = (cellsOf[row[at - 1]?.text ?? ''] ?? 1) === 2;
  if (cell.inverse || wide || (cell.text !== '' && cell.text !== ' ')) return cell;
  return { ...plain, text: ' ' };
}

function told(row: readonly Cell[]): string {
  return row
    .map((cell) => (cell.text === '' ? ' ' : cell.text))
    .join('')
    .trimEnd();
}

const look = (colour: number, more: Partial<Look> = {}): Look => ({ ...plain, colour, ...more });
const strong: Look = { ...plain, bold: true };

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
function glyphs(text: string, of: Look): Glyph[] {
  return [...segments.segment(text)].map(({ segment }) => ({ text: segment, look: of }));
}

/** A prompt as the server made it, and how it looks: bold, or in its own colours. */
const prompts: readonly (readonly [string, readonly Glyph[]])[] = [
  ['PS> ', glyphs('PS> ', strong)],
  ['[Z002]: PS C:\\日本> ', glyphs('[Z002]: PS C:\\日本> ', strong)],
  [
    '\u001b[32mgit\u001b[0m \u001b[1;34m~/x\u001b[0m> ',
    [
      ...glyphs('git', look(2)),
      ...glyphs(' ', plain),
      ...glyphs('~/x', look(4, { bold: true })),
      ...glyphs('> ', plain),
    ],
  ],
  // Longer than most of the widths.
  [`[Z002]: PS C:\\${'folder\\'.repeat(12)}> `, glyphs(`[Z002]: PS C:\\${'folder\\'.repeat(12)}> `, strong)],
];

const exotic = Object.keys(cellsOf).filter((character) => character.length > 1 || character > '~');
/** Parts of a command with the colour that PowerShell's syntax gives them. */
const argument = fc.oneof(
  fc
    .array(fc.constantFrom(...exotic, 'x', 'y z', '.'), { maxLength: 24 })
    .map((parts) => glyphs(`"${parts.join('')}"`, look(6))),
  fc.constantFrom('-Path', '-Recurse').map((text) => glyphs(text, look(8))),
  fc.constantFrom('$x', '$home').map((text) => glyphs(text, look(2))),
  fc.integer({ min: 1, max: 60 }).map((length) => glyphs('w'.repeat(length), plain)),
);
const command = fc
  .tuple(fc.constantFrom('Get-Item', 'dir', 'Set-LocationOfSomething'), fc.array(argument, { maxLength: 5 }))
  .map(([name, parts]) => [
    ...glyphs(name, look(3)),
    ...parts.flatMap((part) => [...glyphs(' ', plain), ...part]),
  ]);
const lines = fc
  .array(command, { minLength: 1, maxLength: 4 })
  .map((each) => each.flatMap((line, at) => (at === 0 ? line : [{ text: '\n', look: plain }, ...line])));

const textOf = (line: readonly Glyph[]) => line.map(({ text }) => text).join('');

function editorOf(prompt: string, text: string, events: readonly EditorEvent[] = [], history: string[] = []) {
  let state = createEditor(history);
  const tell = (event: EditorEvent): void => void (state = step(state, event).state);
  tell({ kind: 'request', request: { requestId: 1, kind: 'command', prompt, afterSeq: 0 } });
  if (text !== '') tell({ kind: 'paste', text });
  for (const event of events) tell(event);
  return state;
}
const act = (action: LineFunction): EditorEvent => ({ kind: 'action', action });

test('commands of several lines, wide, joined and combined characters: every cell, wherever the cursor is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...prompts),
      lines,
      fc.integer({ min: 20, max: 200 }),
      fc.nat(1000),
      fc.nat(5),
      async ([prompt, promptGlyphs], text, columns, place, above) => {
        const cursor = place % (text.length + 1);
        const back = Array.from({ length: text.length - cursor }, () => act('BackwardChar'));
        const screen = new Screen(columns, 120, above);
        await screen.begin();
        await screen.draw(editorOf(prompt, textOf(text), back));
        shows(screen, expectedScreen({ prompt: promptGlyphs, text, cursor, ghost: [], columns }), above);
        screen.dispose();
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

test('what is selected is shown the other way round, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.integer({ min: 20, max: 200 }),
      fc.nat(1000),
      fc.nat(60),
      async (text, columns, place, many) => {
        const from = place % (text.length + 1);
        const to = Math.min(text.length, from + many);
        const back = Array.from({ length: text.length - from }, () => act('BackwardChar'));
        const select = Array.from({ length: to - from }, () => act('SelectForwardChar'));
        const screen = new Screen(columns, 120, 0);
        await screen.draw(editorOf('PS> ', textOf(text), [...back, ...select]));
        const selected = text.map((glyph, at) =>
          at >= from && at < to ? { ...glyph, look: { ...plain, inverse: true } } : glyph,
        );
        shows(
          screen,
          expectedScreen({ prompt: glyphs('PS> ', strong), text: selected, cursor: to, ghost: [], columns }),
          0,
        );
        screen.dispose();
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

test('a prediction stands faint behind the line and never makes it a row longer', async () => {
  await fc.assert(
    fc.asyncProperty(
      command,
      fc.integer({ min: 20, max: 200 }),
      fc.nat(1000),
      async (text, columns, place) => {
        const cursor = 1 + (place % text.length);
        const typed = text.slice(0, cursor);
        const inline: EditorEvent = { kind: 'prediction', view: 'inline' };
        const screen = new Screen(columns, 60, 2);
        await screen.begin();
        await screen.draw(editorOf('PS> ', textOf(typed), [inline], [textOf(text)]));
        const ghost = text.slice(cursor).map((glyph) => glyph.text);
        // A half-typed string or name has colours of its own: only where things stand is asked here.
        const wanted = expectedScreen({
          prompt: glyphs('PS> ', strong),
          text: typed,
          cursor,
          ghost,
          columns,
        });
        expect(screen.cursor).toEqual({ row: 2 + wanted.cursor.row, column: wanted.cursor.column });
        for (const [at, row] of wanted.rows.entries()) {
          expect(told(screen.row(2 + at))).toBe(told(row));
          const faint = (cells: readonly Cell[]) =>
            cells.filter((cell) => cell.italic && cell.colour === 8).length;
          expect(faint(screen.row(2 + at))).toBe(faint(row.map(blank)));
        }
        screen.dispose();
      },
    ),
    { numRuns: 120 },
  );
}, 120_000);

test('a window that becomes wider and narrower while somebody types leaves nothing of the old drawing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...prompts),
      lines,
      fc.nat(1000),
      async ([prompt, promptGlyphs], text, place) => {
        const cursor = place % (text.length + 1);
        const back = Array.from({ length: text.length - cursor }, () => act('BackwardChar'));
        const editor = editorOf(prompt, textOf(text), back);
        const screen = new Screen(20, 120, 3);
        await screen.begin();
        await screen.draw(editor);
        for (const columns of [20, 200, 37, 38, 20]) {
          // oxlint-disable-next-line no-await-in-loop -- one size after the other
          await screen.resize(columns, editor);
          shows(screen, expectedScreen({ prompt: promptGlyphs, text, cursor, ghost: [], columns }), 3);
        }
        screen.dispose();
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

test('of a line higher than the screen the part around the cursor is there, cell for cell', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 2, max: 24 }),
      fc.nat(10_000),
      fc.constantFrom('x', '日', '👩‍👩‍👧', 'e\u0301'),
      async (columns, rows, place, filling) => {
        const text = [
          ...glyphs('dir ', look(3)).slice(0, 3),
          ...glyphs(` "${filling.repeat(2000)}"`, look(6)),
        ];
        const cursor = place % (text.length + 1);
        const editor = { ...editorOf('PS> ', textOf(text)), cursor: textOf(text.slice(0, cursor)).length };
        const screen = new Screen(columns, rows, 0);
        await screen.draw(editor);
        const wanted = expectedScreen({ prompt: glyphs('PS> ', strong), text, cursor, ghost: [], columns });
        const { row, column } = screen.cursor;
        expect(column).toBe(wanted.cursor.column);
        const top = wanted.cursor.row - row;
        for (let at = Math.max(0, screen.height - rows); at < screen.height; at++) {
          const expected = wanted.rows[top + at] ?? [];
          expect(told(screen.row(at))).toBe(told(expected));
        }
        screen.dispose();
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

test('a menu opens in rows of its own below the line: none of them holds anything, and nothing above is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      command,
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 10, max: 40 }),
      fc.nat(60),
      fc.boolean(),
      async (text, columns, rows, above, search) => {
        const match = (name: string) => ({ text: name, label: name, kind: 'Command', toolTip: '' });
        const length = textOf(text).length;
        const events: EditorEvent[] = search
          ? [act('ReverseSearchHistory'), { kind: 'insert', text: 'e' }]
          : [
              act('MenuComplete'),
              {
                kind: 'completion',
                token: 1,
                completion: {
                  replacementIndex: length,
                  replacementLength: 0,
                  matches: [match('-One'), match('-Two')],
                },
              },
            ];
        const typed = search ? '' : textOf(text);
        const editor = editorOf('PS> ', typed, events, search ? [textOf(text)] : []);
        const wanted = Math.ceil(menuHeight(editor) / cellHeight);
        expect(wanted).toBeGreaterThan(0);
        const screen = new Screen(columns, rows, above);
        await screen.begin();
        await screen.draw(editor, wanted);
        const line = expectedScreen({
          prompt: glyphs('PS> ', strong),
          text: glyphs(editor.text, plain),
          cursor: glyphs(editor.text.slice(0, editor.cursor), plain).length,
          ghost: [],
          columns,
        });
        // Where line and menu are higher than the screen there is as much of a menu as fits.
        const free = Math.min(wanted, rows - line.rows.length);
        if (free > 0) {
          const below = above + line.rows.length;
          expect(screen.cursor).toEqual({ row: above + line.cursor.row, column: line.cursor.column });
          for (let row = below; row < below + free; row++) expect(told(screen.row(row))).toBe('');
          expect(below + free - screen.scrolled).toBeLessThanOrEqual(rows);
          for (let row = 0; row < above; row++) expect(told(screen.row(row))).toBe('above');
        }
        // Closed again: the line alone, where it stood.
        await screen.draw(editorOf('PS> ', textOf(text)));
        shows(
          screen,
          expectedScreen({ prompt: glyphs('PS> ', strong), text, cursor: text.length, ghost: [], columns }),
          above,
        );
        screen.dispose();
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

describe('looks of their own', () => {
  async function drawn(editor: EditorState, columns = 40): Promise<Screen> {
    const screen = new Screen(columns, 24, 0);
    await screen.draw(editor);
    return screen;
  }

  test('what PowerShell would refuse has a line below it, and keeps its colour', async () => {
    const screen = await drawn(editorOf('PS> ', 'dir ) $x'));
    const row = screen.row(0);
    expect(told(row)).toBe('PS> dir ) $x');
    expect(row.filter((cell) => cell.underline).map((cell) => cell.text)).toEqual([')']);
    expect(row[4]).toEqual({ ...look(3), text: 'd' });
    expect(row[10]).toEqual({ ...look(2), text: '$' });
  });

  test('of what a search found, the part that was looked for stands out', async () => {
    const screen = await drawn(
      editorOf(
        'PS> ',
        '',
        [act('ReverseSearchHistory'), { kind: 'insert', text: 'WID' }],
        ['Get-Item "a wide 日本 one"'],
      ),
      20,
    );
    expect([0, 1].map((row) => told(screen.row(row)))).toEqual(['PS> Get-Item "a wide', ' 日 本  one"']);
    const marked = screen.row(0).filter((cell) => cell.underline && cell.bold);
    expect(marked.map((cell) => cell.text).join('')).toBe('wid');
  });

  test('a password shows as many stars as it has characters, whatever they are', async () => {
    let editor = editorOf('', '');
    editor = step(editor, {
      kind: 'request',
      request: { requestId: 2, kind: 'secret', prompt: 'Password: ', afterSeq: 0 },
    }).state;
    editor = step(editor, { kind: 'insert', text: 'a日e\u0301👩‍👩‍👧' }).state;
    const screen = await drawn(editor);
    expect(told(screen.row(0))).toBe('Password: ****');
    expect(screen.cursor).toEqual({ row: 0, column: 14 });
  });
});
