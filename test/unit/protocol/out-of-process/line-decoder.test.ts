import { describe, expect, test } from 'vitest';
import { LineDecoder, MAX_LINE_BYTES } from '../../../../electron/protocol/out-of-process/line-decoder.ts';
import type { Line } from '../../../../electron/protocol/out-of-process/packet.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

const ZERO = '00000000-0000-0000-0000-000000000000';
const ACK = `<DataAck PSGuid='${ZERO}' />`;
const DATA = `<Data Stream='Default' PSGuid='${ZERO}'>AQID</Data>`;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (decoder: LineDecoder, text: string): Line[] => [...decoder.push(bytes(text))];
const kinds = (lines: readonly Line[]): string[] => lines.map((line) => line.kind);

test('several lines in one piece, and one line in several', () => {
  const decoder = new LineDecoder();
  expect(kinds(read(decoder, `${ACK}\n${DATA}\r\n<Clo`))).toEqual(['DataAck', 'Data']);
  expect(read(decoder, 'seAck PSGuid=')).toEqual([]);
  expect(kinds(read(decoder, `'${ZERO}' />\n`))).toEqual(['CloseAck']);
});

test('every cut of a stream in two gives the same lines', () => {
  const stream = bytes(`\uFEFF${ACK}\n\n  ${DATA}\r\nhéllo\n${ACK}\n`);
  const whole = [...new LineDecoder().push(stream)];
  expect(kinds(whole)).toEqual(['DataAck', 'Data', 'Text', 'DataAck']);
  for (let cut = 0; cut <= stream.length; cut++) {
    const decoder = new LineDecoder();
    const lines = [...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))];
    expect(lines, `cut at ${cut}`).toEqual(whole);
  }
});

test('what the caller does with its buffer afterwards is no matter', () => {
  const decoder = new LineDecoder();
  const piece = bytes(DATA.slice(0, 30));
  expect([...decoder.push(piece)]).toEqual([]);
  piece.fill(0);
  expect(kinds(read(decoder, `${DATA.slice(30)}\n`))).toEqual(['Data']);
});

test('a byte order mark is one at the beginning only', () => {
  const decoder = new LineDecoder();
  expect(kinds(read(decoder, `\uFEFF${ACK}\n`))).toEqual(['DataAck']);
  // trim() takes the mark for white space, so the second is harmless as well, but in the middle it is not.
  expect(() => read(decoder, `<Data\uFEFFAck PSGuid='${ZERO}' />\n`)).toThrow(ProtocolError);
});

describe('after a violation', () => {
  test('what came before is delivered, and nothing after', () => {
    const decoder = new LineDecoder();
    const lines: Line[] = [];
    const consume = (): void => {
      for (const line of decoder.push(bytes(`${ACK}\n<rubbish\n${ACK}\n`))) lines.push(line);
    };
    expect(consume).toThrow(expect.objectContaining({ code: 'oop.malformed' }));
    expect(kinds(lines)).toEqual(['DataAck']);
    expect(() => read(decoder, `${ACK}\n`)).toThrow(expect.objectContaining({ code: 'oop.malformed' }));
    expect(decoder.end()).toBeUndefined();
  });
});

describe('the length of a line is bounded', () => {
  test('PowerShell’s longest packet fits many times', () => {
    const content = Buffer.alloc(32 * 1024, 7).toString('base64');
    const line = `<Data Stream='Default' PSGuid='${ZERO}'>${content}</Data>`;
    expect(line.length * 20).toBeLessThan(MAX_LINE_BYTES);
    expect(kinds(read(new LineDecoder(), `${line}\n`))).toEqual(['Data']);
  });

  test('a line one byte too long is refused, whether it ends or not, whether it comes at once or not', () => {
    const fits = 'x'.repeat(20);
    expect(kinds(read(new LineDecoder(20), `${fits}\n`))).toEqual(['Text']);
    for (const pieces of [[`${fits}x\n`], [`${fits}x`], [fits, 'x'], Array.from(`${fits}x`)]) {
      const decoder = new LineDecoder(20);
      expect(() => pieces.map((piece) => read(decoder, piece))).toThrow(
        expect.objectContaining({ code: 'oop.line-length', facts: { limit: 20 } }),
      );
    }
  });

  test('text is cut to what a diagnosis needs', () => {
    const [line] = read(new LineDecoder(), `${'t'.repeat(100_000)}\n`);
    expect(line).toEqual({ kind: 'Text', text: 't'.repeat(1024) });
  });
});

test('the end reports what was cut off, as text', () => {
  const decoder = new LineDecoder();
  read(decoder, 'Unhandled exception. ');
  read(decoder, 'Out of mem');
  expect(decoder.end()).toEqual({ kind: 'Text', text: 'Unhandled exception. Out of mem' });
  expect(decoder.end()).toBeUndefined();
  expect(new LineDecoder().end()).toBeUndefined();
});
