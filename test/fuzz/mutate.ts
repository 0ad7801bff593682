/** Damage of every kind that a network, a bug or malice can do to bytes that were right once. */
import type { Random } from './random.ts';

/** Numbers at the edges of the types that lengths and ids are read into. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];

/** Text that parsers of XML, base64 and PowerShell's formats trip over. */
const WORDS: readonly string[] = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE a [<!ENTITY b "b">]>',
  '&b;',
  '&#0;',
  '&#xD800;',
  '&#x110000;',
  '&amp;amp;',
  '&#x0000000000000041;',
  'xmlns:a="b"',
  'xmlns=""',
  'N="N"',
  'RefId="0"',
  '<Ref RefId="0" />',
  '<TNRef RefId="0" />',
  '<Nil/>',
  '<Obj RefId="0">',
  '</Obj>',
  '<MS>',
  '<Props>',
  '<LST>',
  '<DCT><En>',
  '<S>',
  '_x0000_',
  '_xD800_',
  '_x',
  '_x005F_',
  '====',
  'AAA',
  '-',
  '-0',
  '1e999',
  'NaN',
  '99999999999999999999',
  '-9223372036854775809',
  'P10675199DT2H48M5.4775808S',
  '9999-12-31T23:59:59.9999999+99:99',
  '__proto__',
  'constructor',
  '\0',
  '\ufeff',
  '\r\n',
  '\u2028',
  "'",
  '"',
];

/** `others` are donors for splices. Longer inputs than `limit` are cut, so that rounds of doubling stay affordable. */
export function mutate(
  random: Random,
  seed: Uint8Array,
  others: readonly Uint8Array[],
  limit = 200_000,
): Uint8Array {
  let bytes = Buffer.from(seed);
  const rounds = 1 + random.below(random.chance(4) ? 12 : 3);
  for (let i = 0; i < rounds; i++) bytes = Buffer.from(once(random, bytes, others)).subarray(0, limit);
  return new Uint8Array(bytes);
}

function once(random: Random, bytes: Buffer, others: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = at + random.below(Math.min(bytes.length - at, random.chance(3) ? 5000 : 40) + 1);
  const before = bytes.subarray(0, at);
  const chosen = bytes.subarray(at, to);
  const after = bytes.subarray(to);
  switch (random.below(11)) {
    case 0: // one byte
      if (at < bytes.length) bytes[at] = random.next() & 0xff;
      return bytes;
    case 1: // one bit
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 2:
      return before;
    case 3: // a piece is lost
      return Buffer.concat([before, after]);
    case 4: // or comes twice, or very often
      return Buffer.concat([before, ...repeated(chosen, random.chance(6) ? 200 : 2), after]);
    case 5: {
      const other = random.pick(others);
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
    }
    case 6: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + random.below(400)), after]);
    }
    case 7:
      return Buffer.concat([
        before,
        Buffer.from(random.pick(WORDS)),
        random.chance(2) ? after : bytes.subarray(at),
      ]);
    case 8:
      return Buffer.concat([before, random.bytes(random.below(20)), after]);
    case 9: {
      const edge = Buffer.alloc(8);
      if (random.chance(2)) edge.writeBigUInt64BE(random.pick(EDGES));
      else edge.writeBigUInt64LE(random.pick(EDGES));
      const width = random.pick([1, 2, 4, 8]);
      const part = random.chance(2) ? edge.subarray(0, width) : edge.subarray(8 - width);
      return Buffer.concat([before, part, bytes.subarray(at + width)]);
    }
    default: // two elements change places
      return Buffer.concat([before, after.subarray(0, chosen.length), chosen, after.subarray(chosen.length)]);
  }
}

function repeated(piece: Uint8Array, times: number): Uint8Array[] {
  const most = Math.max(2, Math.min(times, Math.floor(100_000 / Math.max(1, piece.length))));
  return Array.from({ length: most }, () => piece);
}

/** The same bytes as a network may deliver them. */
export function inPieces(random: Random, bytes: Uint8Array): Uint8Array[] {
  if (random.chance(3)) return [bytes];
  const most = random.pick([1, 7, 64, 5000]);
  const pieces: Uint8Array[] = [];
  // Single bytes of a long input would measure nothing but the loop.
  const least = Math.ceil(bytes.length / 5000);
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(least, 1 + random.below(most));
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
