/** Base64 as it stands in WSMan elements: standard alphabet, padded, white space allowed (RFC 2045 as xs:base64Binary refers to it). */
import { ProtocolError } from '../errors.ts';

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;
const SPACE = /[\t\n\r ]/g;

export function encodeBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

export function decodeBase64(text: string, where: string): Uint8Array {
  const packed = /[\t\n\r ]/.test(text) ? text.replace(SPACE, '') : text;
  if (packed.length % 4 !== 0 || !ALPHABET.test(packed)) {
    throw new ProtocolError('wsman.base64', `${where} does not hold base64`, { length: text.length });
  }
  return Buffer.from(packed, 'base64');
}
