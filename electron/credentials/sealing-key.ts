/** Secrets that wait in memory: AES-256-GCM under a key of this run that no JavaScript ever holds. */
import {
  createCipheriv,
  createDecipheriv,
  generateKeySync,
  randomBytes,
  type CipherGCMTypes,
  type KeyObject,
} from 'node:crypto';
import { inspect } from 'node:util';
import type { SecretSource } from '../remoting/index.ts';

const CIPHER: CipherGCMTypes = 'aes-256-gcm';
/** 96 bits, random: what NIST SP 800-38D 8.2.2 has them for; a run seals far fewer than the 2^32 that it allows under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SealingKey {
  readonly #key: KeyObject = generateKeySync('aes', { length: 256 });

  sealText(text: string): SecretSource {
    const plain = Buffer.from(text, 'utf8');
    try {
      return this.seal(plain);
    } finally {
      plain.fill(0);
    }
  }

  /** The caller overwrites what was sealed. */
  seal(plain: Uint8Array): SecretSource {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return new SealedSecret(this.#key, nonce, sealed, cipher.getAuthTag());
  }
}

class SealedSecret implements SecretSource {
  readonly #key: KeyObject;
  readonly #nonce: Buffer;
  readonly #sealed: Buffer;
  readonly #tag: Buffer;

  constructor(key: KeyObject, nonce: Buffer, sealed: Buffer, tag: Buffer) {
    this.#key = key;
    this.#nonce = nonce;
    this.#sealed = sealed;
    this.#tag = tag;
  }

  take(): Uint8Array {
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(this.#tag);
    // GCM gives all of it at once; `final` only checks the tag.
    const plain = decipher.update(this.#sealed);
    decipher.final();
    return plain;
  }

  /** So that logged or inspected it shows nothing, not even how long it is. */
  toJSON(): string {
    return '(sealed)';
  }

  [inspect.custom](): string {
    return '(sealed)';
  }
}
