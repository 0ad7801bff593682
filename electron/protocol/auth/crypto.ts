/** What signing in needs from outside: chance, the time, and the hashes of certificates. MD4, MD5 and RC4, which not every library has any more, are ours. */

export type CertificateHash = 'sha256' | 'sha384' | 'sha512';

export interface AuthCrypto {
  /** Unpredictable bytes. */
  randomBytes(length: number): Uint8Array;
  /** Milliseconds since 1970, UTC. */
  now(): number;
  hash(algorithm: CertificateHash, data: Uint8Array): Uint8Array;
}
