/**
 * How much fits. MaxEnvelopeSize counts bytes of the whole SOAP text ([MS-WSMV] 2.2.3.5); payload stands in it as base64, four characters
 * for every three bytes. The rest is measured on the real envelope with its real ids and names, but without payload.
 */

/** The default of WinRM 2, which every later server takes as well: 150 KB of 1024. */
export const DEFAULT_ENVELOPE_SIZE = 150 * 1024;

/**
 * Left free in each envelope. An element written empty (`<a/>`) grows by its end tag when it is filled, at most some 40 bytes; 256 leaves
 * room for a server that rewrites a header.
 */
const MARGIN = 256;

/** Bytes of payload that fit in an envelope of `maxEnvelopeSize` bytes beside the skeleton; 0 where nothing does. */
export function payloadCapacity(maxEnvelopeSize: number, skeleton: string): number {
  const free = maxEnvelopeSize - Buffer.byteLength(skeleton, 'utf8') - MARGIN;
  return free <= 0 ? 0 : Math.floor(free / 4) * 3;
}

/** Characters of base64 that many bytes take. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
