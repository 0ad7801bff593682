import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPair,
  generateKeyPairSync,
  privateDecrypt,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SessionKeyCrypto, SessionKeyPair } from '../protocol/psrp/session-key.ts';

/** RSA-2048, the one size [MS-PSRP] 2.2.2.3 allows. */
const KEY = { modulusLength: 2048, publicExponent: 0x10001 } as const;

/**
 * The session key's cryptography by node:crypto. Making a key takes up to some hundred milliseconds: call `prepare` as
 * soon as the server shows itself to be below protocol 2.4, and it is made beside the event loop.
 */
export class NodeSessionKeyCrypto implements SessionKeyCrypto {
  #prepared: KeyObject | undefined;

  /** Makes the key that the next `generateKeyPair` hands out. */
  async prepare(): Promise<void> {
    if (this.#prepared !== undefined) return;
    const { privateKey } = await promisify(generateKeyPair)('rsa', KEY);
    this.#prepared ??= privateKey;
  }

  generateKeyPair(): SessionKeyPair {
    const key = this.#prepared ?? generateKeyPairSync('rsa', KEY).privateKey;
    this.#prepared = undefined;
    return sessionKeyPair(key);
  }

  aes256CbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  }

  aes256CbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    const decipher = createDecipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  }
}

/** An RSA private key as the protocol layer uses it. */
export function sessionKeyPair(privateKey: KeyObject): SessionKeyPair {
  const { n, e } = privateKey.export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new TypeError('Not an RSA private key.');
  return {
    publicModulus: Buffer.from(n, 'base64url'),
    exponent: Buffer.from(e, 'base64url').readUIntBE(0, Buffer.from(e, 'base64url').length),
    decryptNoPadding: (bytes) =>
      // Not RSA_PKCS1_PADDING: for a wrong padding Node 24 returns random bytes and Node 20 throws.
      privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, bytes),
  };
}

/** The one every pool may share: a prepared key is handed out once. */
export const nodeSessionKeyCrypto = new NodeSessionKeyCrypto();
