/**
 * MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), which NTLM signs with ([MS-NLMP] 3.4.4). Ours, because a cipher library's takes 23 µs to begin
 * (which for bodies of 1 kB is four times the work itself), can be switched off by policy, and is no faster once begun.
 */
import { viewOf } from './bytes.ts';
import { md5Blocks } from './md5-blocks.ts';

const BLOCK = 64;

class Md5 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  readonly #rest = new Uint8Array(BLOCK);
  readonly #restView = viewOf(this.#rest);
  /** Bytes so far; a body is far below 2^53. */
  #length = 0;

  /** Goes on from another's state, which is at a block's end. */
  resume(from: Int32Array, length: number): this {
    this.#state.set(from);
    this.#length = length;
    return this;
  }

  get state(): Int32Array {
    return this.#state;
  }

  update(data: Uint8Array): this {
    const held = this.#length % BLOCK;
    this.#length += data.length;
    let at = 0;
    if (held > 0) {
      const take = Math.min(BLOCK - held, data.length);
      this.#rest.set(data.subarray(0, take), held);
      if (held + take < BLOCK) return this;
      md5Blocks(this.#state, this.#restView, 0, 1);
      at = take;
    }
    const count = Math.floor((data.length - at) / BLOCK);
    if (count > 0) md5Blocks(this.#state, viewOf(data), at, count);
    at += count * BLOCK;
    if (at < data.length) this.#rest.set(data.subarray(at));
    return this;
  }

  digest(): Uint8Array {
    const held = this.#length % BLOCK;
    this.#rest.fill(0, held);
    this.#rest[held] = 0x80;
    if (held >= BLOCK - 8) {
      md5Blocks(this.#state, this.#restView, 0, 1);
      this.#rest.fill(0);
    }
    this.#restView.setUint32(BLOCK - 8, (this.#length << 3) >>> 0, true);
    this.#restView.setUint32(BLOCK - 4, Math.floor(this.#length / 0x2000_0000), true);
    md5Blocks(this.#state, this.#restView, 0, 1);
    const out = new Uint8Array(16);
    const view = viewOf(out);
    for (let i = 0; i < 4; i++) view.setInt32(i * 4, this.#state[i] ?? 0, true);
    return out;
  }
}

export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = new Md5();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** HMAC-MD5 with one key for many messages: the two blocks that depend on the key alone are taken in once. */
export class HmacMd5 {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK ? md5(key) : key;
    const pad = (byte: number): Int32Array => {
      const block = new Uint8Array(BLOCK).fill(byte);
      for (let i = 0; i < short.length; i++) block[i] = (short[i] ?? 0) ^ byte;
      return new Md5().update(block).state;
    };
    this.#inner = pad(0x36);
    this.#outer = pad(0x5c);
  }

  of(...parts: readonly Uint8Array[]): Uint8Array {
    const inner = new Md5().resume(this.#inner, BLOCK);
    for (const part of parts) inner.update(part);
    return new Md5().resume(this.#outer, BLOCK).update(inner.digest()).digest();
  }

  /** Overwrites what the key left. */
  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}

export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return new HmacMd5(key).of(...parts);
}
