/** Signing and sealing of an NTLM session with extended session security ([MS-NLMP] 3.4.4.2, 3.4.3). */
import { ProtocolError, UsageError } from '../../errors.ts';
import { equalBytes, viewOf } from '../bytes.ts';
import { HmacMd5 } from '../md5.ts';
import { Rc4 } from '../rc4.ts';
import type { SealedMessage } from '../security-context.ts';
import { sessionKey, type Side } from './keys.ts';

export const SIGNATURE_LENGTH = 16;
const VERSION = 1;

/** One direction: its keys, its cipher that goes on from message to message, and its count. */
export class Direction {
  readonly #hmac: HmacMd5;
  readonly #cipher: Rc4;
  readonly #keyExchange: boolean;
  #sequence = 0;

  constructor(signKey: Uint8Array, sealKey: Uint8Array, keyExchange: boolean) {
    this.#hmac = new HmacMd5(signKey);
    this.#cipher = new Rc4(sealKey);
    this.#keyExchange = keyExchange;
  }

  crypt(data: Uint8Array): Uint8Array {
    return this.#cipher.apply(data);
  }

  /** MAC ([MS-NLMP] 3.4.4.2) of the next message; counts. */
  signature(message: Uint8Array): Uint8Array {
    const out = new Uint8Array(SIGNATURE_LENGTH);
    const view = viewOf(out);
    view.setUint32(0, VERSION, true);
    view.setUint32(12, this.#sequence, true);
    const checksum = this.#hmac.of(out.subarray(12), message).subarray(0, 8);
    out.set(this.#keyExchange ? this.#cipher.apply(checksum) : checksum, 4);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return out;
  }

  reset(): void {
    this.#cipher.reset();
  }

  wipe(): void {
    this.#cipher.wipe();
    this.#hmac.wipe();
  }
}

export class NtlmSession {
  readonly #sending: Direction;
  readonly #receiving: Direction;
  #over: 'closed' | 'broken' | undefined;

  constructor(exportedKey: Uint8Array, side: Side, keyExchange: boolean) {
    const direction = (sender: Side): Direction => {
      const signKey = sessionKey('sign', exportedKey, sender);
      const sealKey = sessionKey('seal', exportedKey, sender);
      const made = new Direction(signKey, sealKey, keyExchange);
      signKey.fill(0);
      sealKey.fill(0);
      return made;
    };
    this.#sending = direction(side);
    this.#receiving = direction(side === 'client' ? 'server' : 'client');
  }

  sign(message: Uint8Array): Uint8Array {
    this.#check();
    return this.#sending.signature(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void {
    this.#check();
    this.#compare(message, signature);
  }

  seal(message: Uint8Array): SealedMessage {
    this.#check();
    // In this order: the checksum is enciphered after the message.
    const data = this.#sending.crypt(message);
    return { header: this.#sending.signature(message), data };
  }

  unseal(message: SealedMessage): Uint8Array {
    this.#check();
    const plain = this.#receiving.crypt(message.data);
    this.#compare(plain, message.header);
    return plain;
  }

  /**
   * [MS-SPNG] 3.3.5.1: after mechListMIC both ciphers begin anew, while the counts go on.
   */
  resetCipher(direction: 'sending' | 'receiving'): void {
    if (direction === 'sending') this.#sending.reset();
    else this.#receiving.reset();
  }

  close(): void {
    this.#over = 'closed';
    this.#sending.wipe();
    this.#receiving.wipe();
  }

  /** The signature holds the sequence number, so that what was repeated, lost or changed places fails too. */
  #compare(plain: Uint8Array, given: Uint8Array): void {
    if (given.length === SIGNATURE_LENGTH && equalBytes(this.#receiving.signature(plain), given)) return;
    this.#over = 'broken';
    throw new ProtocolError('ntlm.seal', 'A message was changed, repeated or lost on the way', {
      length: given.length,
    });
  }

  #check(): void {
    if (this.#over !== undefined) {
      throw new UsageError('ntlm.over', 'The NTLM session has ended', { state: this.#over });
    }
  }
}
