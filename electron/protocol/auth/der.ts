/**
 * As much of DER (X.690) as SPNEGO, CredSSP and certificates' algorithms need. Written in its shortest form; read with long forms of a
 * length, too, as BER has them, for some services write them. Readers go by a fixed shape and never call themselves, so that nothing the
 * other end sends decides on depth.
 */
import { ProtocolError } from '../errors.ts';

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  generalString: 0x1b,
  sequence: 0x30,
} as const;

/** `[n]` of a structure, constructed. */
export function contextTag(n: number): number {
  return 0xa0 | n;
}

/** `[APPLICATION n]`, constructed. */
export function applicationTag(n: number): number {
  return 0x60 | n;
}

/** Tokens are kilobytes; four bytes of length would be gigabytes already. */
const MAX_LENGTH_BYTES = 4;

export interface DerItem {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

/** Goes through the items of a content one after the other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** What stands after the items read. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(): DerItem {
    const start = this.#at;
    const tag = this.#byte();
    // Tags above 30 take more bytes; nothing we read has any.
    if ((tag & 0x1f) === 0x1f)
      throw new ProtocolError('der.tag', 'A tag of more than one byte', { offset: start });
    const length = this.#length();
    if (length > this.#bytes.length - this.#at) {
      throw new ProtocolError('der.length', 'A length beyond the end', { offset: start, length });
    }
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return { tag, content, whole: this.#bytes.subarray(start, this.#at) };
  }

  /** The content of the next item, which must have this tag. */
  expect(tag: number): Uint8Array {
    const offset = this.#at;
    const item = this.next();
    if (item.tag !== tag) {
      throw new ProtocolError('der.unexpected', 'Another tag than expected', {
        offset,
        expected: tag,
        tag: item.tag,
      });
    }
    return item.content;
  }

  /** The content of the next item if it has this tag. */
  optional(tag: number): Uint8Array | undefined {
    return this.peek() === tag ? this.next().content : undefined;
  }

  /** @throws ProtocolError where something is left. */
  end(): void {
    if (!this.done)
      throw new ProtocolError('der.trailing', 'More bytes than the structure has', { offset: this.#at });
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined)
      throw new ProtocolError('der.cut', 'It ends within an item', { offset: this.#at });
    this.#at++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > MAX_LENGTH_BYTES) {
      throw new ProtocolError('der.length', 'A length of no or too many bytes', {
        offset: this.#at - 1,
        count,
      });
    }
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    return length;
  }
}

/** The one item that a content consists of. */
export function single(content: Uint8Array, tag: number): Uint8Array {
  const reader = new DerReader(content);
  const inner = reader.expect(tag);
  reader.end();
  return inner;
}

export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const head = [tag];
  if (length < 0x80) head.push(length);
  else {
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    head.push(0x80 | bytes.length, ...bytes);
  }
  return Buffer.concat([Uint8Array.from(head), ...contents]);
}

/** X.690 8.19. */
export function encodeOid(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      group.unshift(0x80 | (left % 128));
    bytes.push(...group);
  }
  return Uint8Array.from(bytes);
}

/** An arc has 32 bits at most in any OID we know; more than 40 bytes of OID are none of a mechanism. */
const MAX_OID_BYTES = 40;

export function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > MAX_OID_BYTES) {
    throw new ProtocolError('der.oid', 'An object identifier of no or too many bytes', {
      length: content.length,
    });
  }
  const arcs: number[] = [];
  let arc = 0;
  for (const [i, byte] of content.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0xffff_ffff) throw new ProtocolError('der.oid', 'An arc of more than 32 bits', { offset: i });
    if ((byte & 0x80) === 0) {
      arcs.push(arc);
      arc = 0;
    } else if (i === content.length - 1) {
      throw new ProtocolError('der.oid', 'It ends within an arc', { offset: i });
    }
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join('.');
}

/** A small number that is not negative. */
export function decodeSmallInteger(content: Uint8Array): number {
  const [first = 0] = content;
  if (content.length === 0 || content.length > 4 || first >= 0x80) {
    throw new ProtocolError('der.integer', 'A number that is negative or too large', {
      length: content.length,
    });
  }
  let value = 0;
  for (const byte of content) value = value * 256 + byte;
  return value;
}
