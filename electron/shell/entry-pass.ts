/**
 * Who may enter the browser shell. An address with a token is good for one entrance; whoever came in by it holds a cookie until PSDeck
 * ends. Both are 256 random bits, kept as hashes, compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * `printed`: for a person, good until it is used. `handed`: on the command line of a browser that we start, where others may read it: good
 * for a short while, and only for a process of ours.
 */
export type TokenKind = 'printed' | 'handed';

export interface EntryPass {
  /** A token for one more entrance. Those printed before stay good until they are used, the oldest beyond a few forgotten. */
  newToken(kind: TokenKind): string;
  /** Takes the token, which is worthless from then on, and says what it was; undefined where it is unknown, was used or is too old. */
  use(token: string): TokenKind | undefined;
  /** For who may enter: the cookie's value. */
  newCookie(): string;
  /** Whether a `Cookie` header holds a cookie of ours. */
  admits(cookieHeader: string | undefined): boolean;
  readonly cookieName: string;
  /** Good for asking for tokens, as long as this runs: for programs of the same user. */
  readonly key: string;
  isKey(value: string): boolean;
}

/** A person asks for an address, loses it, asks again; more than that at once is somebody else. */
const MOST_TOKENS = 8;
/** A browser that is started for the first time after a computer was may take half a minute. */
const HANDED_FOR_MS = 120_000;
/** Browsers (or profiles of one) that are in at the same time. Beyond it the one that entered first is out. */
const MOST_COOKIES = 32;

interface Token {
  readonly kind: TokenKind;
  readonly hash: Buffer;
  readonly until: number;
}

export function createEntryPass(
  port: number,
  randomBytes: (size: number) => Buffer,
  now: () => number,
): EntryPass {
  // Cookies know no ports: two PSDecks on one computer must not put each other out.
  const cookieName = `psdeck-${String(port)}`;
  const tokens: Record<TokenKind, Token[]> = { printed: [], handed: [] };
  const cookies: Buffer[] = [];
  const key = randomBytes(32).toString('base64url');

  return {
    cookieName,
    key,
    isKey: (value) => timingSafeEqual(hash(key), hash(value)),
    newToken(kind) {
      const value = randomBytes(32).toString('base64url');
      const until = kind === 'handed' ? now() + HANDED_FOR_MS : Infinity;
      keep(tokens[kind], { kind, hash: hash(value), until }, MOST_TOKENS);
      return value;
    },
    use(token) {
      for (const kept of Object.values(tokens)) {
        const at = find(
          kept.map((one) => one.hash),
          token,
        );
        const [found] = at < 0 ? [] : kept.splice(at, 1);
        if (found) return now() <= found.until ? found.kind : undefined;
      }
      return undefined;
    },
    newCookie() {
      const value = randomBytes(32).toString('base64url');
      keep(cookies, hash(value), MOST_COOKIES);
      return value;
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

/** The newest so many. */
function keep<T>(into: T[], one: T, most: number): void {
  into.push(one);
  if (into.length > most) into.shift();
}

function find(hashes: readonly Buffer[], value: string): number {
  const wanted = hash(value);
  return hashes.findIndex((each) => timingSafeEqual(each, wanted));
}

function hash(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
