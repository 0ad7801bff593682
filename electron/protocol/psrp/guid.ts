import { ProtocolError, UsageError } from '../errors.ts';

/** The id that stands for "none": messages to the pool carry it as pipeline id ([MS-PSRP] 2.2.1). */
export const EMPTY_GUID = '00000000-0000-0000-0000-000000000000';

/** Where each byte of a .NET GUID stands in its text: the first three groups are little-endian ([MS-DTYP] 2.3.4.2). */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Lower case and checked. Ids compare without case, so every id is brought to this form where it enters. */
export function normaliseGuid(text: string): string {
  const lower = text.toLowerCase();
  if (!TEXT.test(lower)) throw new UsageError('psrp.guid', 'This is not a GUID.', { length: text.length });
  return lower;
}

export function readGuid(bytes: Uint8Array, offset: number): string {
  if (offset + 16 > bytes.length) {
    throw new ProtocolError('psrp.guid.short', 'A GUID needs 16 bytes.', { offset, length: bytes.length });
  }
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += HEX[bytes[offset + (ORDER[i] ?? 0)] ?? 0];
  }
  return text;
}

/** Every message of a pool carries the same id, so the last few are kept: their bytes by their text. Beyond this many, all are let go. */
const MAX_KEPT = 64;
const kept = new Map<string, Uint8Array>();

export function writeGuid(text: string, bytes: Uint8Array, offset: number): void {
  let written = kept.get(text);
  if (written === undefined) {
    const hex = normaliseGuid(text).replaceAll('-', '');
    written = Uint8Array.from(ORDER, (at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(text, written);
  }
  bytes.set(written, offset);
}
