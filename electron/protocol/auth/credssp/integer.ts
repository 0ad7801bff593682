/** INTEGER (X.690 8.3) as CredSSP uses it: versions, and status codes that are negative. */
import { ProtocolError } from '../../errors.ts';
import { DER, der } from '../der.ts';

/** Positive, whatever its highest bit. */
export function encodeUint32(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0x80) >= 0x80) bytes.unshift(0);
  return der(DER.integer, Uint8Array.from(bytes));
}

/**
 * A number of 32 bits, unsigned: an NTSTATUS is a negative INTEGER of four bytes, and some write it as a positive one of five.
 * @throws ProtocolError where it has more.
 */
export function decodeUint32(content: Uint8Array): number {
  const [first] = content;
  if (first === undefined || content.length > 5 || (content.length === 5 && first !== 0)) {
    throw new ProtocolError('credssp.integer', 'A number of another size than 32 bits', {
      length: content.length,
    });
  }
  let value = first >= 0x80 ? -1 : 0;
  for (const byte of content) value = (value << 8) | byte;
  return value >>> 0;
}
