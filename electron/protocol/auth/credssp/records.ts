/** TLS records (RFC 8446 5.1, RFC 5246 6.2) as WinRM carries them: walked by their headers, as nothing else says how long they are. */
import { ProtocolError } from '../../errors.ts';

const HEADER_LENGTH = 5;

/** Plaintext of one record, and of one part of a sealed body. */
export const MAX_RECORD_PLAINTEXT = 16_384;

/** RFC 5246 6.2.3: 2048 bytes more than the plaintext; TLS 1.3 allows 256. */
const MAX_RECORD_LENGTH = MAX_RECORD_PLAINTEXT + 2048;

/** Content types 20 (change_cipher_spec) to 24 (heartbeat). */
export function isRecordStart(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 20 && byte <= 24;
}

/** Where the record that starts at `offset` ends. @throws ProtocolError */
export function recordEnd(bytes: Uint8Array, offset: number): number {
  const high = bytes[offset + 3];
  const low = bytes[offset + 4];
  if (!isRecordStart(bytes[offset]) || bytes[offset + 1] !== 3 || high === undefined || low === undefined) {
    throw new ProtocolError('credssp.record', 'Something else stands where a TLS record has to', { offset });
  }
  const length = high * 256 + low;
  const end = offset + HEADER_LENGTH + length;
  if (length > MAX_RECORD_LENGTH || end > bytes.byteLength) {
    throw new ProtocolError('credssp.record', 'A TLS record is longer than it may be', { offset, length });
  }
  return end;
}

/** Every record of these bytes, in order. @throws ProtocolError where something is left over. */
export function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = recordEnd(bytes, at);
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

const HASH_LENGTHS: Readonly<Record<string, number>> = { MD5: 16, SHA: 20, SHA256: 32, SHA384: 48 };

/**
 * The length of the trailer of a record, which WinRM writes before it: what SSPI calls cbTrailer, that is authentication tag and padding.
 * @param protocol as OpenSSL names it, `TLSv1.2`
 * @param cipher as OpenSSL names it, `ECDHE-RSA-AES128-GCM-SHA256`
 * @param length of the plaintext
 */
export function trailerLength(protocol: string, cipher: string, length: number): number {
  // The tag, and the content type that TLS 1.3 puts behind the plaintext.
  if (protocol === 'TLSv1.3') return 17;
  if (/GCM|CHACHA20|CCM(?!8)/.test(cipher)) return 16;
  if (cipher.includes('CCM8')) return 8;
  const mac = HASH_LENGTHS[cipher.split('-').at(-1) ?? ''] ?? 0;
  if (cipher.includes('RC4')) return mac;
  const block = cipher.includes('DES') ? 8 : 16;
  return mac + block - ((length + mac) % block);
}
