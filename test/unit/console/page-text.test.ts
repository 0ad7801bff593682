import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Terminal } from '@xterm/headless';
import {
  debugLine,
  echoLine,
  errorLine,
  hostWrite,
  noticeLine,
  verboseLine,
  warningLine,
} from '../../../electron/console/page-text.ts';
import { plainText, sanitize, titleOf } from '../../../electron/console/vt.ts';

/** What a person sees: the rows of a real terminal after the text was written. */
async function screen(vt: string, cols = 60): Promise<{ rows: string[]; terminal: Terminal }> {
  const terminal = new Terminal({ cols, rows: 12, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(vt, resolve));
  const rows: string[] = [];
  for (let y = 0; y < 12; y++) rows.push(terminal.buffer.active.getLine(y)?.translateToString(true) ?? '');
  while (rows.at(-1) === '') rows.pop();
  return { rows, terminal };
}

test('records are prefixed as PowerShell prefixes them, each on a line of its own', async () => {
  const vt = [warningLine('careful'), verboseLine('v'), debugLine('d'), errorLine('bad')]
    .map((text) => text.vt)
    .join('');
  expect((await screen(vt)).rows).toEqual(['WARNING: careful', 'VERBOSE: v', 'DEBUG: d', 'bad']);
});

test('an error of several lines starts each line at the left, in red, and ends the colour', async () => {
  const { rows, terminal } = await screen(`${errorLine('one\ntwo').vt}${hostWrite('after', true).vt}`);
  expect(rows).toEqual(['one', 'two', 'after']);
  const cell = (y: number) => terminal.buffer.active.getLine(y)?.getCell(0);
  expect(cell(0)?.getFgColor()).toBe(1);
  expect(cell(1)?.getFgColor()).toBe(1);
  expect(cell(2)?.isFgDefault()).toBe(true);
});

test.each([
  [10, 10], // Green → bright green
  [12, 9], // Red → bright red
  [1, 4], // DarkBlue → blue
  [14, 11], // Yellow → bright yellow
])('ConsoleColor %i is drawn as palette colour %i', async (consoleColor, palette) => {
  const { terminal } = await screen(hostWrite('x', true, consoleColor, -1).vt);
  expect(terminal.buffer.active.getLine(0)?.getCell(0)?.getFgColor()).toBe(palette);
});

test('a background colour does not run on into the next line', async () => {
  const { terminal } = await screen(hostWrite('ab\ncd', true, 15, 4).vt);
  expect(terminal.buffer.active.getLine(0)?.getCell(0)?.isBgPalette()).toBe(true);
  expect(terminal.buffer.active.getLine(0)?.getCell(10)?.isBgDefault()).toBe(true);
});

test('a command of several lines is echoed with its continuation prompts', async () => {
  expect((await screen(echoLine('[Z002]: PS C:\\> ', 'if (1) {\n  2\n}').vt)).rows).toEqual([
    '[Z002]: PS C:\\> if (1) {',
    '>>   2',
    '>> }',
  ]);
});

test('control characters in what a person pasted are shown, not obeyed', async () => {
  expect((await screen(echoLine('> ', 'a\x1b[2Jb\x07').vt)).rows).toEqual(['> a^[[2Jb^G']);
});

test('what PSDeck says is dim, so that it is not taken for the server', async () => {
  const { terminal } = await screen(noticeLine('Reduced engine').vt);
  expect(terminal.buffer.active.getLine(0)?.getCell(0)?.isDim()).toBeTruthy();
});

test.each([
  ['device status report', '\x1b[6n'],
  ['device attributes', '\x1b[c'],
  ['secondary attributes', '\x1b[>c'],
  ['window report', '\x1b[21t'],
  ['mode request', '\x1b[?1$p'],
  ['DCS request', '\x1bP$qm\x1b\\'],
  ['colour query', '\x1b]10;?\x07'],
  ['answerback', '\x05'],
])('a %s makes the terminal answer nothing', async (_name, sequence) => {
  const terminal = new Terminal({ cols: 20, rows: 4, allowProposedApi: true });
  const answers: string[] = [];
  terminal.onData((data) => answers.push(data));
  await new Promise<void>((resolve) => terminal.write(`a${sanitize(sequence)}b`, resolve));
  expect(answers).toEqual([]);
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('ab');
});

test.each([
  ['cut in two writes', ['\x1b', '[6n']],
  ['cut behind its introducer', ['\x1b[', '6n']],
  ['cut before its end', ['\x1b[6', 'n']],
  ['of C1 controls, cut', ['\x9b', '6n']],
  ['left over when another is taken out of it', ['\x1b\x1b[6n[6n']],
  ['left over around an answerback', ['\x1b\x05[6n']],
  ['left over around a window title that has no end', ['\x1b\x1b]0;t\x1b[6n[6n']],
  ['in the middle of a title', ['\x1b]0;a\x9b6n\x07']],
  ['after a title that was given up', ['\x1b]0;a\x18\x9b6n\x07']],
  ['in a device control string', ['\x1bPa\x9b6n\x1b\\']],
])('a report that is %s makes the terminal answer nothing', async (_name, writes) => {
  const terminal = new Terminal({ cols: 20, rows: 4, allowProposedApi: true });
  const answers: string[] = [];
  terminal.onData((data) => answers.push(data));
  for (const text of writes) {
    await new Promise<void>((resolve) => terminal.write(hostWrite(text, false).vt, resolve));
  }
  expect(answers).toEqual([]);
});

test('whatever is written, in whatever pieces, the terminal answers nothing', async () => {
  const piece = fc.constantFrom(
    '\x1b',
    '[',
    ']',
    'P',
    '6n',
    'c',
    '0;',
    '52;',
    '\x07',
    '\x1b\\',
    '\x9b',
    '\x9d',
    '\x90',
    '\x9c',
    '\x05',
    '?',
    '$p',
    '>',
    '\x18',
    'x',
    '%',
    '!',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 4 }), async (writes) => {
      const terminal = new Terminal({ cols: 20, rows: 4, allowProposedApi: true });
      const answers: string[] = [];
      terminal.onData((data) => answers.push(data));
      const vt = writes.map((pieces) => hostWrite(pieces.join(''), false).vt).join('');
      await new Promise<void>((resolve) => terminal.write(vt, resolve));
      terminal.dispose();
      expect(answers).toEqual([]);
    }),
  );
});

test.each([
  ['alternate screen', '\x1b[?1049h'],
  ['mouse reports', '\x1b[?1000h'],
  ['full reset', '\x1bc'],
  ['clipboard', '\x1b]52;c;aGk=\x07'],
  ['scroll region', '\x1b[2;3r'],
  ['absolute cursor', '\x1b[1;1H'],
])('%s does not reach the terminal', (_name, sequence) => {
  expect(sanitize(`a${sequence}b`)).toBe('ab');
});

test('colours and hyperlinks pass', () => {
  const text = '\x1b[32;1mName\x1b[0m \x1b]8;;https://example.com\x07link\x1b]8;;\x07';
  expect(sanitize(text)).toBe(text);
});

test('an unfinished string sequence does not swallow what follows it', () => {
  expect(sanitize('a\x1bPnever ended')).toBe('a');
  expect(sanitize('b')).toBe('b');
});

test('titles are read and text is stripped', () => {
  expect(titleOf('\x1b]0;hi\x07x')).toBe('hi');
  expect(titleOf('no title')).toBeUndefined();
  expect(plainText('\x1b[1mbold\x1b[0m\x1b]0;t\x07.')).toBe('bold.');
});
