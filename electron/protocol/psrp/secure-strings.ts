import type { PsPrimitive } from '../clixml/value.ts';
import { ProtocolError, UsageError } from '../errors.ts';
import { minorOf } from './pipeline-spec.ts';
import type { ProtocolVersion } from './pipeline-spec.ts';
import {
  decodePlainSecureString,
  decryptSessionKey,
  encodePlainSecureString,
  encodePublicKeyBlob,
  openSecureString,
  sealSecureString,
} from './session-key.ts';
import type { SessionKeyCrypto, SessionKeyPair } from './session-key.ts';

/** The secure strings of one pool: plain from protocol 2.4 on, sealed with an exchanged key below ([MS-PSRP] 3.1.5.4.3 to 3.1.5.4.5). */
export class SecureStrings {
  readonly #crypto: SessionKeyCrypto | undefined;
  #pair: SessionKeyPair | undefined;
  #key: Uint8Array | undefined;

  constructor(crypto: SessionKeyCrypto | undefined) {
    this.#crypto = crypto;
  }

  isReady(version: ProtocolVersion | undefined): boolean {
    return isPlain(version) || this.#key !== undefined;
  }

  /** What PUBLIC_KEY carries; undefined where an exchange is under way or done. */
  publicKey(): string | undefined {
    if (this.#crypto === undefined) {
      throw new UsageError(
        'psrp.session-key.crypto',
        'A key exchange needs cryptography, and none was provided.',
      );
    }
    if (this.#pair !== undefined) return undefined;
    this.#pair = this.#crypto.generateKeyPair();
    return encodePublicKeyBlob(this.#pair);
  }

  /** Takes the session key in. */
  accept(encryptedSessionKey: string): void {
    if (this.#pair === undefined) {
      throw new ProtocolError('psrp.session-key.unasked', 'A session key came that was not asked for.');
    }
    this.#key = decryptSessionKey(encryptedSessionKey, this.#pair);
  }

  encrypt(text: string, version: ProtocolVersion | undefined): PsPrimitive<'SS'> {
    if (isPlain(version)) return encodePlainSecureString(text);
    const { key, crypto } = this.#require();
    return sealSecureString(text, key, crypto);
  }

  decrypt(value: PsPrimitive<'SS'>, version: ProtocolVersion | undefined): string {
    if (isPlain(version)) return decodePlainSecureString(value);
    const { key, crypto } = this.#require();
    return openSecureString(value, key, crypto);
  }

  /** The pool is over: the key is not kept. */
  forget(): void {
    this.#key?.fill(0);
    this.#key = undefined;
    this.#pair = undefined;
  }

  #require(): { key: Uint8Array; crypto: SessionKeyCrypto } {
    if (this.#key === undefined || this.#crypto === undefined) {
      throw new UsageError(
        'psrp.session-key.missing',
        'Secure strings need the session key, which has not been exchanged.',
      );
    }
    return { key: this.#key, crypto: this.#crypto };
  }
}

function isPlain(version: ProtocolVersion | undefined): boolean {
  return version !== undefined && minorOf(version) >= 4;
}
