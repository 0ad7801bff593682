/** How the three messages are laid out: a fixed part with lengths and offsets, then the payload they point to ([MS-NLMP] 2.2.1). */
import { ProtocolError } from '../../errors.ts';
import { viewOf } from '../bytes.ts';

export interface NtlmVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

/** Lengths have 16 bits; the largest field is the response with the target information. A message has six of them at most. */
const MAX_MESSAGE = 6 * 0x1_0000;

export const MESSAGE_TYPE = { negotiate: 1, challenge: 2, authenticate: 3 } as const;

/** Whether bytes are an NTLM message without SPNEGO around it. */
export function isNtlmMessage(token: Uint8Array): boolean {
  return token.length >= SIGNATURE.length && SIGNATURE.equals(token.subarray(0, SIGNATURE.length));
}

/** [MS-NLMP] 2.2.2.10, the revision is NTLMSSP_REVISION_W2K3. */
const REVISION = 15;

export class MessageReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the payload begins, as far as the fields read so far say. */
  payloadStart: number;

  /** Checks signature and type. */
  constructor(bytes: Uint8Array, type: number, fixedLength: number) {
    if (bytes.length > MAX_MESSAGE)
      throw new ProtocolError('ntlm.size', 'An NTLM message too large', { length: bytes.length });
    if (!isNtlmMessage(bytes))
      throw new ProtocolError('ntlm.signature', 'Not an NTLM message', { length: bytes.length });
    if (bytes.length < fixedLength)
      throw new ProtocolError('ntlm.cut', 'An NTLM message cut short', { length: bytes.length });
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.payloadStart = bytes.length;
    const given = this.uint32(8);
    if (given !== type)
      throw new ProtocolError('ntlm.type', 'Another NTLM message than expected', {
        expected: type,
        type: given,
      });
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** What a field of length, room and offset points to; undefined where it is empty. */
  field(at: number): Uint8Array | undefined {
    const length = this.#view.getUint16(at, true);
    const offset = this.uint32(at + 4);
    // An empty field may point anywhere, but those that point into the message say where the payload begins, too.
    if (offset >= at && offset < this.payloadStart) this.payloadStart = offset;
    if (length === 0) return undefined;
    if (offset + length > this.bytes.length) {
      throw new ProtocolError('ntlm.field', 'A field beyond the end of its message', { offset: at, length });
    }
    return this.bytes.subarray(offset, offset + length);
  }

  version(at: number): NtlmVersion | undefined {
    if (at + 8 > this.bytes.length || at + 8 > this.payloadStart) return undefined;
    const [major = 0, minor = 0] = this.bytes.subarray(at, at + 2);
    return { major, minor, build: this.#view.getUint16(at + 2, true) };
  }
}

/** Puts a message together: the fixed part, the fields in the order of their payload. */
export class MessageWriter {
  readonly #fixed: Uint8Array;
  readonly #view: DataView;
  readonly #payload: Uint8Array[] = [];
  #end: number;

  constructor(type: number, fixedLength: number) {
    this.#fixed = new Uint8Array(fixedLength);
    this.#fixed.set(SIGNATURE);
    this.#view = viewOf(this.#fixed);
    this.#end = fixedLength;
    this.uint32(8, type);
  }

  uint32(at: number, value: number): this {
    this.#view.setUint32(at, value >>> 0, true);
    return this;
  }

  bytes(at: number, value: Uint8Array): this {
    this.#fixed.set(value, at);
    return this;
  }

  /** @throws ProtocolError for one that 16 bits cannot measure: only a server's target information can make it so long. */
  field(at: number, value: Uint8Array): this {
    if (value.length > 0xffff) {
      throw new ProtocolError('ntlm.size', 'A field too long for an NTLM message', { length: value.length });
    }
    this.#view.setUint16(at, value.length, true);
    this.#view.setUint16(at + 2, value.length, true);
    this.uint32(at + 4, this.#end);
    this.#end += value.length;
    this.#payload.push(value);
    return this;
  }

  version(at: number, version: NtlmVersion | undefined): this {
    if (version === undefined) return this;
    this.#fixed.set([version.major, version.minor], at);
    this.#view.setUint16(at + 2, version.build, true);
    this.#fixed[at + 7] = REVISION;
    return this;
  }

  done(): Uint8Array {
    return Buffer.concat([this.#fixed, ...this.#payload]);
  }
}

export function utf16(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le');
}

/** @throws ProtocolError for half a character. */
export function fromUtf16(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0)
    throw new ProtocolError('ntlm.text', 'Half a UTF-16 character', { length: bytes.length });
  return Buffer.from(bytes).toString('utf16le');
}

/**
 * A text, in UTF-16 or in the code page of whoever wrote it, which no message names: UTF-8 is what Unix calls so, Windows-1252 the commonest
 * on Windows. Such texts are for showing only.
 */
export function readText(bytes: Uint8Array | undefined, unicode: boolean): string {
  if (bytes === undefined) return '';
  if (unicode) return fromUtf16(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The same the other way; what Latin-1 has not becomes `?`. */
export function writeText(text: string, unicode: boolean): Uint8Array {
  return unicode ? utf16(text) : Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1');
}
