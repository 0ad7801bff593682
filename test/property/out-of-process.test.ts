import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineDecoder } from '../../electron/protocol/out-of-process/line-decoder.ts';
import { encodePacket, SIGNPOSTS } from '../../electron/protocol/out-of-process/packet.ts';
import type { Line, Packet } from '../../electron/protocol/out-of-process/packet.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ kind: fc.constantFrom(...SIGNPOSTS), psGuid: fc.uuid() }),
  fc.record({
    kind: fc.constant('Data' as const),
    psGuid: fc.uuid(),
    stream: fc.constantFrom('Default' as const, 'PromptResponse' as const),
    data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
);

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((each) => !/[\r\n\uFEFF]/.test(each));

/** Cuts a stream at the given places. */
function pieces(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places].map((from, at) => stream.subarray(from, places[at] ?? stream.length));
}

function readAll(parts: readonly Uint8Array[]): Line[] {
  const decoder = new LineDecoder();
  return parts.flatMap((part) => [...decoder.push(part)]);
}

test('packets come back as they were sent, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(packet, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(10_000), { maxLength: 12 }),
      (sent, cuts) => {
        const stream = new TextEncoder().encode(sent.map(encodePacket).join(''));
        const read = readAll(pieces(stream, cuts)).map((line) =>
          line.kind === 'Data' ? { ...line, data: new Uint8Array(line.data) } : line,
        );
        expect(read).toEqual(sent);
      },
    ),
  );
});

test('text between packets never hides a packet', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(packet, text), { maxLength: 10 }), (sent) => {
      const stream = sent
        .map((each) => (typeof each === 'string' ? `#${each}\n` : encodePacket(each)))
        .join('');
      const read = readAll([new TextEncoder().encode(stream)]);
      expect(read.filter((line) => line.kind !== 'Text').length).toBe(
        sent.filter((each) => typeof each !== 'string').length,
      );
    }),
  );
});

function outcome(parts: readonly Uint8Array[]): { lines: Line[]; code: string | undefined } {
  const decoder = new LineDecoder();
  const lines: Line[] = [];
  try {
    for (const part of parts) for (const line of decoder.push(part)) lines.push(line);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { lines, code: error.code };
  }
  return { lines, code: undefined };
}

test('any bytes give lines or a ProtocolError, and no cut changes which', () => {
  const seeds = fc.constantFrom(
    "<Data Stream='Default' PSGuid='",
    "<CloseAck PSGuid='00000000-0000-0000-0000-000000000000' />",
    '</Data>',
    '\n',
    '<',
    "'",
  );
  const rubbish = fc
    .array(
      fc.oneof(
        seeds.map((seed) => new TextEncoder().encode(seed)),
        fc.uint8Array({ maxLength: 30 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => new Uint8Array(Buffer.concat(parts)));
  fc.assert(
    fc.property(rubbish, (stream) => {
      const whole = outcome([stream]);
      expect(whole.code ?? 'oop.none').toMatch(/^oop\./);
      expect(outcome(Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

function decode(line: string): number {
  const began = performance.now();
  expect(() => [...new LineDecoder().push(new TextEncoder().encode(`${line}\n`))]).toThrow(ProtocolError);
  return performance.now() - began;
}

test('a start tag is read in time proportional to its length', () => {
  // Shapes that a regular expression with nested repetition would take for ever over.
  for (const shape of ["<a b='", "<a b=''", '<a   ', "<a b = 'c' b", '<aaaa', "<a b='c'"]) {
    expect(decode(shape + shape.slice(2).repeat(150_000 / shape.length))).toBeLessThan(1_000);
  }
});
