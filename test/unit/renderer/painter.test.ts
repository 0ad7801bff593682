import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCellWidths } from '../../../renderer/features/terminal/cell-width.ts';
import { dressEcho } from '../../../renderer/features/terminal/echo.ts';
import { highlight } from '../../../renderer/features/terminal/highlight.ts';
import type { PaintInput } from '../../../renderer/features/terminal/painter.ts';
import { paint } from '../../../renderer/features/terminal/painter.ts';
import { repaint } from '../../../renderer/features/terminal/repaint.ts';
import { onBoundary } from '../../../renderer/features/terminal/text.ts';

const widths = createCellWidths();

function terminal(columns: number, rows: number) {
  const made = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 500 });
  made.loadAddon(new UnicodeGraphemesAddon());
  return made;
}

type Screen = ReturnType<typeof terminal>;

function write(screen: Screen, vt: string): Promise<void> {
  return new Promise((done) => screen.write(vt, done));
}

function lines(screen: Screen): string[] {
  const buffer = screen.buffer.active;
  const all: string[] = [];
  for (let row = 0; row < buffer.length; row++) {
    all.push(buffer.getLine(row)?.translateToString(true) ?? '');
  }
  while (all.at(-1) === '') all.pop();
  return all;
}

function trimmed(all: string[]): string[] {
  while (all.at(-1) === '') all.pop();
  return all;
}

function cursor(screen: Screen): { row: number; column: number } {
  const { baseY, cursorY, cursorX } = screen.buffer.active;
  return { row: baseY + cursorY, column: cursorX };
}

function input(patch: Partial<PaintInput>): PaintInput {
  return {
    prompt: 'PS> ',
    continuationPrompt: '>> ',
    text: '',
    cursor: 0,
    selection: null,
    masked: false,
    command: true,
    ahead: false,
    columns: 20,
    rows: 10,
    startColumn: 0,
    reserve: 0,
    ...patch,
  };
}

describe('the drawn line', () => {
  test('wraps at the edge, and the cursor after a full row stands on the next', async () => {
    const screen = terminal(20, 10);
    const text = 'x'.repeat(16);
    const painted = paint(input({ text, cursor: 16 }), widths);
    await write(screen, painted.vt);
    expect(lines(screen)[0]).toBe(`PS> ${text}`);
    expect(cursor(screen)).toEqual({ row: 1, column: 0 });
    expect(screen.buffer.active.getLine(1)?.isWrapped).toBe(true);
  });

  test('what is typed ahead is dim as a whole, and its drawing is taken away again', async () => {
    const screen = terminal(20, 10);
    await write(screen, 'output');
    const painted = paint(
      input({
        prompt: '\n',
        continuationPrompt: '',
        text: 'Get-Date\n$x',
        cursor: 11,
        ahead: true,
        startColumn: 6,
      }),
      widths,
    );
    await write(screen, painted.vt);
    expect(lines(screen)).toEqual(['output', 'Get-Date', '$x']);
    // Bright black, the terminal's dim colour, whatever the highlighter would make of it.
    for (const [row, columns] of [8, 2].entries()) {
      for (let column = 0; column < columns; column++) {
        expect(
          screen.buffer.active
            .getLine(row + 1)
            ?.getCell(column)
            ?.getFgColor(),
        ).toBe(8);
      }
    }
    await write(screen, painted.erase);
    expect(lines(screen)).toEqual(['output']);
    expect(cursor(screen)).toEqual({ row: 0, column: 6 });
  });

  test('a wide character that does not fit goes to the next row as a whole', async () => {
    const screen = terminal(20, 10);
    const text = `${'x'.repeat(15)}日本`;
    await write(screen, paint(input({ text, cursor: 15 }), widths).vt);
    expect(lines(screen)).toEqual([`PS> ${'x'.repeat(15)}`, '日本']);
  });

  test('what would not be seen, or turns the text around, is shown as a sign that takes room', async () => {
    const screen = terminal(40, 10);
    const text = 'a\u202eb\u200bc\ufeff\u2066d\u00ade';
    const painted = paint(input({ text, cursor: text.length, columns: 40 }), widths);
    await write(screen, painted.vt);
    expect(lines(screen)).toEqual(['PS> a\ufffdb\ufffdc\ufffd\ufffdd\ufffde']);
    expect(cursor(screen)).toEqual({ row: 0, column: 14 });
    // Joiners make emoji and letters, and stay.
    const family = terminal(40, 10);
    await write(family, paint(input({ text: '👩‍👩‍👧', cursor: 0, columns: 40 }), widths).vt);
    expect(lines(family)).toEqual(['PS> 👩‍👩‍👧']);
  });

  test('several lines stand behind their prompt', async () => {
    const screen = terminal(20, 10);
    await write(screen, paint(input({ text: 'if (1) {\n  2\n}', cursor: 9 }), widths).vt);
    expect(lines(screen)).toEqual(['PS> if (1) {', '>>   2', '>> }']);
    expect(cursor(screen)).toEqual({ row: 1, column: 3 });
  });

  test('a secret shows its length and nothing else', async () => {
    const screen = terminal(40, 10);
    const painted = paint(input({ text: 'hunter2', cursor: 7, masked: true, columns: 40 }), widths);
    await write(screen, painted.vt);
    expect(lines(screen)).toEqual(['PS> *******']);
    expect(painted.vt).not.toContain('hunter');
  });

  test('a prompt keeps its colours and loses titles and cursor moves', async () => {
    const screen = terminal(40, 10);
    const prompt = '\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u001b[0m\u001b[10;10H> ';
    await write(screen, paint(input({ prompt, text: 'ab', cursor: 2, columns: 40 }), widths).vt);
    expect(lines(screen)).toEqual(['red> ab']);
    expect(screen.buffer.active.getLine(0)?.getCell(0)?.getFgColor()).toBe(1);
  });

  test('of a pasted file only what is near the cursor is drawn', async () => {
    const text = Array.from({ length: 60_000 }, (_, at) => `line ${String(at)}`).join('\n');
    const at = text.indexOf('line 30000');
    const screen = terminal(20, 10);
    const painted = paint(input({ text, cursor: at }), widths);
    await write(screen, painted.vt);
    expect(lines(screen)).toContain('>> line 29999');
    expect(lines(screen).length).toBeLessThanOrEqual(10);
    expect(painted.vt.length).toBeLessThan(2000);
  });

  test('of a text higher than the screen the same rows are drawn as if all of it were', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', '宽', ' ', '$x', '"', 'e\u0301'), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (drawn, place) => {
          const text = drawn.join('\n');
          const at = Math.round(place * text.length);
          // A cursor stands between what a person counts as characters.
          const to = text[at] === '\u0301' ? at + 1 : at;
          const whole = paint(input({ text, cursor: to, rows: 500 }), widths);
          const part = paint(input({ text, cursor: to, rows: 10 }), widths);
          const high = terminal(20, 500);
          const low = terminal(20, 10);
          await write(high, whole.vt);
          await write(low, part.vt);
          const first = whole.cursorRow - part.cursorRow;
          expect(cursor(low).column).toBe(cursor(high).column);
          expect(lines(low)).toEqual(trimmed(lines(high).slice(first, first + part.rows)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('rows are kept free below for the menu, also at the end of the screen', async () => {
    const screen = terminal(20, 10);
    await write(screen, 'a\r\n'.repeat(9));
    const painted = paint(input({ text: 'x', cursor: 1, reserve: 4 }), widths);
    await write(screen, painted.vt);
    const { cursorY } = screen.buffer.active;
    expect(cursorY).toBe(5);
    expect(painted.reserve).toBe(4);
    await write(screen, painted.erase);
    expect(lines(screen)).toEqual(Array.from({ length: 9 }, () => 'a'));
  });
});

const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
      fc.constantFrom('日本語', '👩‍👩‍👧', 'e\u0301\u0302', '🇩🇪🇫🇷', '\t', '\n', '한국어', '❤️', '\u200d', 'ﷺ'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll(/[^\P{Cc}\n\t]/gu, ''));

test('at every width from 20 to 200 it foresees where the cursor goes, and takes away exactly what it drew', async () => {
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 2, max: 30 }),
      fc.nat(20),
      fc.nat(40),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (text, columns, rows, startColumn, above, place) => {
        const screen = terminal(columns, rows);
        const start = Math.min(startColumn, columns - 1);
        await write(screen, `${'above\r\n'.repeat(above)}${'s'.repeat(start)}`);
        const before = lines(screen).filter((line) => line !== '');
        const from = cursor(screen);
        // Between two code points at least: the editor never puts it elsewhere.
        const points = Array.from(text);
        const at = points.slice(0, Math.floor(place * (points.length + 1))).join('').length;
        const painted = paint(input({ text, cursor: at, columns, rows, startColumn: start }), widths);
        await write(screen, painted.vt);
        const now = cursor(screen);
        expect(now.column).toBe(painted.cursorColumn);
        await write(screen, painted.erase);
        const after = cursor(screen);
        expect(after.column).toBe(from.column);
        // Erased: nothing but what stood there before, nothing of it lost.
        expect(lines(screen).filter((line) => line !== '')).toEqual(before);
        screen.dispose();
      },
    ),
    { numRuns: 400 },
  );
}, 60_000);

/** Every cell with its character, width and colours, and which rows go on from the one above. */
function cells(screen: Screen): string[] {
  const buffer = screen.buffer.active;
  return Array.from({ length: buffer.length }, (_, row) => {
    const line = buffer.getLine(row);
    let all = line?.isWrapped === true ? '+' : ' ';
    for (let column = 0; column < screen.cols; column++) {
      const cell = line?.getCell(column);
      if (cell === undefined) continue;
      const looks = [
        cell.getFgColor(),
        cell.isBold(),
        cell.isDim(),
        cell.isInverse(),
        cell.isUnderline(),
      ].join();
      all += `[${cell.getChars() || ' '}${String(cell.getWidth())} ${looks}]`;
    }
    return all;
  });
}

test('drawn by what differs, the screen is as if all of it had been drawn again', async () => {
  const piece = fc.constantFrom(
    'a',
    '-b ',
    '"',
    "'",
    '#',
    '\n',
    '宽',
    '👩‍👩‍👧',
    'e\u0301',
    '\t',
    'Get-Item ',
    ' | ',
    '$x',
    '1234567890',
  );
  const key = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(3),
    inserted: fc.oneof(piece, fc.constant('')),
    cursor: fc.double({ min: 0, max: 1, noNaN: true }),
    selected: fc.boolean(),
    reserve: fc.constantFrom(0, 0, 0, 2),
  });
  let spared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 25 }),
      fc.array(key, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0, 0, 7),
      fc.constantFrom('PS> ', '\u001b[31mred\u001b[0m> ', 'two\nlines> ', '\u001b[32mgreen\nlines> '),
      async (first, keys, startColumn, prompt) => {
        const one = terminal(20, 12);
        const other = terminal(20, 12);
        const lead = `before\r\n${' '.repeat(startColumn)}`;
        await write(one, lead);
        await write(other, lead);
        let text = first.join('');
        let before = paint(input({ text, cursor: text.length, startColumn, prompt, rows: 12 }), widths);
        await write(one, before.vt);
        await write(other, before.vt);
        for (const { at, removed, inserted, cursor: place, selected, reserve } of keys) {
          const from = Math.round(at * text.length);
          text = text.slice(0, from) + inserted + text.slice(from + removed);
          const selection = selected ? { from: 0, to: Math.round(place * text.length) } : null;
          const placed = onBoundary(text, Math.round(place * text.length));
          const after = paint(
            input({ text, cursor: placed, selection, reserve, startColumn, prompt, rows: 12 }),
            widths,
          );
          const changes = repaint(before, after);
          if (changes !== null) spared++;
          await write(one, changes ?? before.erase + after.vt);
          await write(other, before.erase + after.vt);
          expect(cells(one)).toEqual(cells(other));
          expect(cursor(one)).toEqual(cursor(other));
          before = after;
        }
      },
    ),
    { numRuns: 80 },
  );
  expect(spared).toBeGreaterThan(20);
});

test('the same line drawn again over itself changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 20, max: 80 }), async (text, columns) => {
      const screen = terminal(columns, 12);
      const one = paint(input({ text, cursor: text.length, columns, rows: 12 }), widths);
      await write(screen, one.vt);
      const first = lines(screen);
      const at = cursor(screen);
      await write(screen, one.erase + one.vt);
      expect(lines(screen)).toEqual(first);
      expect(cursor(screen)).toEqual(at);
      screen.dispose();
    }),
    { numRuns: 150 },
  );
}, 60_000);

describe('the echo', () => {
  test('is drawn as the line was drawn, character for character', async () => {
    for (const command of ['Get-Date', 'if ($x) {\n  "a"\n}', 'dir -Force | sort # note', '']) {
      const vt = `[Z002]: PS C:\\> ${command.replaceAll('\n', '\r\n>> ')}\r\n`;
      const plain = terminal(80, 10);
      const dressed = terminal(80, 10);
      await write(plain, vt);
      await write(dressed, dressEcho(vt, command));
      expect(lines(dressed)).toEqual(lines(plain));
    }
  });

  test('of the last lines of a command is dressed too; one that fits no command is left alone', () => {
    expect(dressEcho('PS> if (1) {\r\n', 'if (1) {\n}')).toContain('\u001b[35mif\u001b[0m');
    expect(dressEcho('>> }\r\n', 'if (1) {\n}')).toBe('\u001b[1m>> \u001b[0m}\r\n');
    expect(dressEcho('Name: ***\r\n', 'Get-Credential')).toBe('Name: ***\r\n');
    expect(dressEcho('\u001b[31mPS>\u001b[0m x\r\n', 'x')).toBe('\u001b[31mPS>\u001b[0m x\r\n');
  });
});

describe('colours', () => {
  test('name each kind of word', () => {
    const text = '$x = Get-Item -Path "a b" | where { $_.Name -eq \'c\' } # why';
    const named = highlight(text).map(({ from, to, kind }) => [kind, text.slice(from, to)]);
    expect(named).toContainEqual(['variable', '$x']);
    expect(named).toContainEqual(['command', 'Get-Item']);
    expect(named).toContainEqual(['parameter', '-Path']);
    expect(named).toContainEqual(['string', '"a b"']);
    expect(named).toContainEqual(['command', 'where']);
    expect(named).toContainEqual(['operator', '-eq']);
    expect(named).toContainEqual(['comment', '# why']);
  });

  test('what is set in a hash table is no command, what it is set to may be', () => {
    const text = '@{ Disk = Get-Item x; Free=1 }; a == b';
    const commands = highlight(text).filter(({ kind }) => kind === 'command');
    expect(commands.map(({ from, to }) => text.slice(from, to))).toEqual(['Get-Item', 'a']);
  });

  test('never overlap, never leave the text, and never take long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        let end = 0;
        for (const { from, to } of highlight(text)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
    // Nothing that is hard to read costs much more than a command of the same length: held against one, in the same run.
    const quickest = (text: string): number =>
      Math.min(
        ...Array.from({ length: 3 }, () => {
          const began = performance.now();
          highlight(text);
          return performance.now() - began;
        }),
      );
    for (const nasty of ['"`', '<#', "@'\n", '-', '${', '$(', "'", '`']) {
      const hard = nasty.repeat(6000);
      const plain = 'Get-ChildItem '.repeat(6000).slice(0, hard.length);
      expect(quickest(hard), nasty).toBeLessThan(20 * quickest(plain));
    }
  });
});
