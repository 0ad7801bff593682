/** MD4 (RFC 1320), of which NTLM's password hash is made ([MS-NLMP] 3.3.1) and which OpenSSL and BoringSSL no longer give. */
import { viewOf } from './bytes.ts';

const BLOCK = 64;

/** Order of the words and the four rotations of each round (RFC 1320 3.4). */
const ROUNDS = [
  { words: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], turns: [3, 7, 11, 19], add: 0 },
  { words: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], turns: [3, 5, 9, 13], add: 0x5a827999 },
  { words: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], turns: [3, 9, 11, 15], add: 0x6ed9eba1 },
] as const;

export function md4(data: Uint8Array): Uint8Array {
  const blocks = Math.floor((data.length + 8) / BLOCK) + 1;
  const padded = new Uint8Array(blocks * BLOCK);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = viewOf(padded);
  view.setUint32(padded.length - 8, (data.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(data.length / 0x2000_0000), true);
  const state: [number, number, number, number] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < blocks; block++) {
    let [a, b, c, d] = state;
    for (const [round, { words, turns, add }] of ROUNDS.entries()) {
      for (const [step, word] of words.entries()) {
        const x = view.getInt32(block * BLOCK + word * 4, true);
        const sum = (a + mixed(round, b, c, d) + x + add) | 0;
        const turn = turns[step % 4] ?? 0;
        [a, b, c, d] = [d, (sum << turn) | (sum >>> (32 - turn)), b, c];
      }
    }
    state[0] = (state[0] + a) | 0;
    state[1] = (state[1] + b) | 0;
    state[2] = (state[2] + c) | 0;
    state[3] = (state[3] + d) | 0;
  }
  const out = new Uint8Array(16);
  for (const [i, word] of state.entries()) viewOf(out).setInt32(i * 4, word, true);
  padded.fill(0);
  return out;
}

function mixed(round: number, x: number, y: number, z: number): number {
  if (round === 0) return (x & y) | (~x & z);
  if (round === 1) return (x & y) | (x & z) | (y & z);
  return x ^ y ^ z;
}
