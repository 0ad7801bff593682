/** Node's part of signing in: see {@link AuthCrypto}. */
import { createHash, randomBytes } from 'node:crypto';
import type { AuthCrypto } from '../../protocol/auth/crypto.ts';

export const nodeAuthCrypto: AuthCrypto = {
  randomBytes: (length) => randomBytes(length),
  now: () => Date.now(),
  hash: (algorithm, data) => createHash(algorithm).update(data).digest(),
};
