/** RC4, which NTLM seals with ([MS-NLMP] 3.4.2). A stream: what one call leaves off, the next goes on with. */

export class Rc4 {
  readonly #start: Uint8Array;
  readonly #s: Uint8Array;
  #x = 0;
  #y = 0;

  constructor(key: Uint8Array) {
    this.#s = keyed(key);
    this.#start = this.#s.slice();
  }

  /** Back to where the key left it. */
  reset(): void {
    this.#s.set(this.#start);
    this.#x = 0;
    this.#y = 0;
  }

  /** Enciphers or deciphers, into new memory. */
  apply(data: Uint8Array): Uint8Array {
    const length = data.length;
    const out = new Uint8Array((length + 3) & ~3);
    out.set(data);
    // In words, which is half as fast again as in bytes. All machines that Node and Electron run on have the low byte first.
    const words = new Int32Array(out.buffer);
    const s = this.#s;
    let x = this.#x;
    let y = this.#y;
    const whole = length >> 2;
    let a = 0;
    let b = 0;
    let key = 0;
    for (let i = 0; i < whole; i++) {
      x = (x + 1) & 255;
      a = s[x] ?? 0;
      y = (y + a) & 255;
      b = s[y] ?? 0;
      s[x] = b;
      s[y] = a;
      key = s[(a + b) & 255] ?? 0;
      x = (x + 1) & 255;
      a = s[x] ?? 0;
      y = (y + a) & 255;
      b = s[y] ?? 0;
      s[x] = b;
      s[y] = a;
      key |= (s[(a + b) & 255] ?? 0) << 8;
      x = (x + 1) & 255;
      a = s[x] ?? 0;
      y = (y + a) & 255;
      b = s[y] ?? 0;
      s[x] = b;
      s[y] = a;
      key |= (s[(a + b) & 255] ?? 0) << 16;
      x = (x + 1) & 255;
      a = s[x] ?? 0;
      y = (y + a) & 255;
      b = s[y] ?? 0;
      s[x] = b;
      s[y] = a;
      key |= (s[(a + b) & 255] ?? 0) << 24;
      words[i] = (words[i] ?? 0) ^ key;
    }
    for (let i = whole << 2; i < length; i++) {
      x = (x + 1) & 255;
      a = s[x] ?? 0;
      y = (y + a) & 255;
      b = s[y] ?? 0;
      s[x] = b;
      s[y] = a;
      out[i] = (out[i] ?? 0) ^ (s[(a + b) & 255] ?? 0);
    }
    this.#x = x;
    this.#y = y;
    return out.subarray(0, length);
  }

  /** Overwrites the key. */
  wipe(): void {
    this.#s.fill(0);
    this.#start.fill(0);
  }
}

function keyed(key: Uint8Array): Uint8Array {
  const s = Uint8Array.from({ length: 256 }, (_, i) => i);
  let j = 0;
  for (let i = 0; i < 256; i++) {
    const a = s[i] ?? 0;
    j = (j + a + (key[i % key.length] ?? 0)) & 255;
    s[i] = s[j] ?? 0;
    s[j] = a;
  }
  return s;
}
