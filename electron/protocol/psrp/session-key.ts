/**
 * The session key: how it is exchanged and how it seals secure strings ([MS-PSRP] 2.2.2.3, 2.2.2.4, 3.1.5.4.4, 2.2.5.1.24).
 *
 * From protocol 2.4 on there is none: a secure string is then plain text within the transport's own encryption.
 */
import { PsPrimitive } from '../clixml/value.ts';
import { ProtocolError, UsageError } from '../errors.ts';

/** An RSA-2048 key made for one pool. Numbers are big-endian, as everywhere but in CAPI. */
export interface SessionKeyPair {
  readonly publicModulus: Uint8Array;
  readonly exponent: number;
  /** RSA without padding: we check the padding ourselves, for libraries differ in what they do when it is wrong. */
  decryptNoPadding(bytes: Uint8Array): Uint8Array;
}

/** The cryptography that is passed in. AES-256-CBC with PKCS#7 padding; `decrypt` throws, or yields garbage, where the padding is wrong. */
export interface SessionKeyCrypto {
  generateKeyPair(): SessionKeyPair;
  aes256CbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  aes256CbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}

const RSA_BYTES = 256; // RSA-2048, the one size [MS-PSRP] 2.2.2.3 allows
const AES_BYTES = 32;
/** [MS-PSRP] 2.2.5.1.24: the vector is all zero. */
const ZERO_IV = new Uint8Array(16);

/** PUBLICKEYBLOB: type 6, version 2, algorithm 0xa400 (RSA key exchange), "RSA1", bits. [MS-PSRP] 2.2.2.3 */
const PUBLIC_BLOB_HEADER = [6, 2, 0, 0, 0, 0xa4, 0, 0, 0x52, 0x53, 0x41, 0x31, 0, 8, 0, 0];
/** SIMPLEBLOB: type 1, version 2, algorithm 0x6610 (AES-256), wrapped by 0xa400. [MS-PSRP] 2.2.2.4 */
const SIMPLE_BLOB_HEADER = [1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xa4, 0, 0];

/** Standing in the base64 of PUBLIC_KEY. [MS-PSRP] 2.2.2.3 */
export function encodePublicKeyBlob(pair: Pick<SessionKeyPair, 'publicModulus' | 'exponent'>): string {
  if (pair.publicModulus.length !== RSA_BYTES) {
    throw new UsageError('psrp.session-key.size', 'The session key exchange needs RSA-2048.', {
      bytes: pair.publicModulus.length,
    });
  }
  const blob = new Uint8Array(PUBLIC_BLOB_HEADER.length + 4 + RSA_BYTES);
  blob.set(PUBLIC_BLOB_HEADER);
  new DataView(blob.buffer).setUint32(PUBLIC_BLOB_HEADER.length, pair.exponent, true);
  blob.set(pair.publicModulus.toReversed(), PUBLIC_BLOB_HEADER.length + 4);
  return Buffer.from(blob).toString('base64');
}

/** What a server reads from PUBLIC_KEY. [MS-PSRP] 2.2.2.3 */
export function decodePublicKeyBlob(base64: string): { publicModulus: Uint8Array; exponent: number } {
  const blob = fromBase64(base64);
  if (blob.length !== PUBLIC_BLOB_HEADER.length + 4 + RSA_BYTES || !startsWith(blob, PUBLIC_BLOB_HEADER)) {
    throw new ProtocolError(
      'psrp.session-key.public-blob',
      'The public key is not an RSA-2048 PUBLICKEYBLOB.',
      {
        length: blob.length,
      },
    );
  }
  return {
    exponent: new DataView(blob.buffer, blob.byteOffset).getUint32(PUBLIC_BLOB_HEADER.length, true),
    publicModulus: blob.subarray(PUBLIC_BLOB_HEADER.length + 4).toReversed(),
  };
}

/** The session key out of ENCRYPTED_SESSION_KEY. [MS-PSRP] 2.2.2.4, RFC 8017 7.2.2 */
export function decryptSessionKey(base64: string, pair: SessionKeyPair): Uint8Array {
  const blob = fromBase64(base64);
  if (blob.length !== SIMPLE_BLOB_HEADER.length + RSA_BYTES || !startsWith(blob, SIMPLE_BLOB_HEADER)) {
    throw new ProtocolError(
      'psrp.session-key.simple-blob',
      'The session key is not a SIMPLEBLOB for AES-256.',
      {
        length: blob.length,
      },
    );
  }
  let padded: Uint8Array;
  try {
    padded = pair.decryptNoPadding(blob.subarray(SIMPLE_BLOB_HEADER.length).toReversed());
  } catch {
    // A number that is not below the modulus.
    throw badKey();
  }
  // 00 02, at least eight bytes that are not zero, 00, the key.
  const start = padded.length - AES_BYTES;
  let valid = padded.length === RSA_BYTES && padded[0] === 0 && padded[1] === 2 && padded[start - 1] === 0;
  for (let i = 2; i < start - 1; i++) valid &&= padded[i] !== 0;
  if (!valid) throw badKey();
  return padded.slice(start);
}

function badKey(): ProtocolError {
  return new ProtocolError(
    'psrp.session-key.padding',
    'The session key cannot be decrypted with the key we sent.',
  );
}

/** What an endpoint puts into ENCRYPTED_SESSION_KEY. `ciphertext` is the PKCS#1 v1.5 encryption of the key, big-endian. [MS-PSRP] 2.2.2.4 */
export function encodeSessionKeyBlob(ciphertext: Uint8Array): string {
  return Buffer.concat([Buffer.from(SIMPLE_BLOB_HEADER), ciphertext.toReversed()]).toString('base64');
}

/** [MS-PSRP] 2.2.5.1.24 */
export function sealSecureString(text: string, key: Uint8Array, crypto: SessionKeyCrypto): PsPrimitive<'SS'> {
  const sealed = crypto.aes256CbcEncrypt(key, ZERO_IV, Buffer.from(text, 'utf16le'));
  return new PsPrimitive('SS', Buffer.from(sealed).toString('base64'));
}

/** [MS-PSRP] 2.2.5.1.24 */
export function openSecureString(
  value: PsPrimitive<'SS'>,
  key: Uint8Array,
  crypto: SessionKeyCrypto,
): string {
  const sealed = fromBase64(value.value);
  let plain: Uint8Array | undefined;
  try {
    if (sealed.length > 0 && sealed.length % 16 === 0) plain = crypto.aes256CbcDecrypt(key, ZERO_IV, sealed);
  } catch {
    // Reported below, without the cipher's own words.
  }
  if (plain === undefined || plain.length % 2 !== 0) {
    throw new ProtocolError(
      'psrp.secure-string.sealed',
      'A secure string cannot be decrypted with the session key.',
      {
        length: sealed.length,
      },
    );
  }
  return Buffer.from(plain).toString('utf16le');
}

/** From protocol 2.4 on. */
export function encodePlainSecureString(text: string): PsPrimitive<'SS'> {
  return new PsPrimitive('SS', Buffer.from(text, 'utf16le').toString('base64'));
}

/** From protocol 2.4 on. */
export function decodePlainSecureString(value: PsPrimitive<'SS'>): string {
  const bytes = fromBase64(value.value);
  if (bytes.length % 2 !== 0) {
    throw new ProtocolError('psrp.secure-string.plain', 'A secure string is not UTF-16 text.', {
      length: bytes.length,
    });
  }
  return Buffer.from(bytes).toString('utf16le');
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function fromBase64(text: string): Uint8Array {
  const compact = text.trim();
  if (compact.length % 4 !== 0 || !BASE64.test(compact)) {
    throw new ProtocolError('psrp.base64', 'What should be base64 is not.', { length: text.length });
  }
  return new Uint8Array(Buffer.from(compact, 'base64'));
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
