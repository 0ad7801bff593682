/**
 * Who may enter the browser shell. An address with a token is good for one entrance; whoever came in by it holds a cookie until PSDeck
 * ends. Both are 256 random bits, kept as hashes, compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface EntryPass {
  /** A token for one more entrance. Those handed out before stay good until they are used, the oldest beyond a few forgotten. */
  newToken(): string;
  /** Takes the token and gives the cookie's value; undefined where it is unknown or was used. */
  exchange(token: string): string | undefined;
  /** Whether a `Cookie` header holds a cookie of ours. */
  admits(cookieHeader: string | undefined): boolean;
  readonly cookieName: string;
}

/** A person asks for an address, loses it, asks again; more than that at once is somebody else. */
const MOST_TOKENS = 8;
/** Browsers (or profiles of one) that are in at the same time. Beyond it the one that entered first is out. */
const MOST_COOKIES = 32;

export function createEntryPass(port: number, randomBytes: (size: number) => Buffer): EntryPass {
  // Cookies know no ports: two PSDecks on one computer must not put each other out.
  const cookieName = `psdeck-${String(port)}`;
  const tokens: Buffer[] = [];
  const cookies: Buffer[] = [];

  function mint(into: Buffer[], most: number): string {
    const value = randomBytes(32).toString('base64url');
    into.push(hash(value));
    if (into.length > most) into.shift();
    return value;
  }

  return {
    cookieName,
    newToken: () => mint(tokens, MOST_TOKENS),
    exchange(token) {
      const at = find(tokens, token);
      if (at < 0) return undefined;
      tokens.splice(at, 1);
      return mint(cookies, MOST_COOKIES);
    },
    admits(cookieHeader) {
      for (const part of (cookieHeader ?? '').split(';')) {
        const [name, value] = part.trim().split('=', 2);
        if (name === cookieName && value !== undefined && find(cookies, value) >= 0) return true;
      }
      return false;
    },
  };
}

function find(hashes: readonly Buffer[], value: string): number {
  const wanted = hash(value);
  return hashes.findIndex((each) => timingSafeEqual(each, wanted));
}

function hash(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
