/** [MS-CSSP] 3.1.5: the proof that client and server see the same TLS public key, so that nobody stands between them. */
import { ProtocolError } from '../../errors.ts';
import type { AuthCrypto } from '../crypto.ts';
import { DER, DerReader, single } from '../der.ts';

/**
 * SubjectPublicKey, the contents of the BIT STRING in a certificate's SubjectPublicKeyInfo (RFC 5280 4.1.2.7), which is what CredSSP means
 * by the public key: for RSA the RSAPublicKey alone.
 */
export function subjectPublicKey(spki: Uint8Array): Uint8Array {
  const fields = new DerReader(single(spki, DER.sequence));
  fields.expect(DER.sequence);
  const bits = fields.expect(DER.bitString);
  fields.end();
  if (bits[0] !== 0) {
    throw new ProtocolError('credssp.public-key', 'The public key is no whole number of bytes', {});
  }
  return bits.subarray(1);
}

/** From this version on the proof is a hash with a nonce; before, the key itself, which an attack of 2018 (CVE-2018-0886) can turn. */
export const FIRST_HASHED_VERSION = 5;

export const NONCE_LENGTH = 32;

/** What `pubKeyAuth` holds, before sealing. */
export function publicKeyProof(
  crypto: Pick<AuthCrypto, 'hash'>,
  direction: 'Client-To-Server' | 'Server-To-Client',
  publicKey: Uint8Array,
  nonce: Uint8Array | undefined,
): Uint8Array {
  if (nonce !== undefined) {
    return crypto.hash(
      'sha256',
      Buffer.concat([Buffer.from(`CredSSP ${direction} Binding Hash\0`, 'latin1'), nonce, publicKey]),
    );
  }
  const proof = Uint8Array.from(publicKey);
  if (direction === 'Server-To-Client') proof[0] = ((proof[0] ?? 0) + 1) & 0xff;
  return proof;
}
