/**
 * Whether the server can be reached: attempts after a failure, with growing waits, until one succeeds or a window has passed. All requests
 * of a connection share one, so that twenty waiting Receives make one series of attempts and not twenty.
 *
 * The first attempt follows at once and is told to nobody: a proxy or a server that closes an idle socket is no interruption.
 */
import { SignInError } from '../protocol/auth/sign-in-error.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { TransportError, type TransportErrorCode } from '../transport/errors.ts';
import type { Clock } from './clock.ts';
import type { Interruption } from './connection.ts';

export interface RetryOptions {
  /** From the first failure to giving up. Default four minutes, as PowerShell (WSManConnectionInfo.MaxConnectionRetryCount and its waits). */
  readonly windowMs?: number;
  /** The first wait that is told of; each one after is twice as long. Default 500 ms. */
  readonly firstWaitMs?: number;
  /** Default 10 s: who plugs a cable in again should not wait longer. */
  readonly longestWaitMs?: number;
}

export interface LinkOptions extends RetryOptions {
  readonly clock: Clock;
  /** 0 ≤ n < 1, to keep a thousand sessions from knocking at the same moment. */
  readonly random: () => number;
  readonly onInterrupted: (interruption: Interruption) => void;
  readonly onResumed: () => void;
}

const WINDOW_MS = 240_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** Waits differ by up to a fifth. */
const JITTER = 0.2;

/** The window has passed, or going on makes no sense; `cause` is why the last attempt failed. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message);
    this.cause = cause;
  }
}

interface Wait {
  readonly cancel: () => void;
  readonly waiters: Set<() => void>;
}

export class Link {
  readonly #options: LinkOptions;
  #since: number | undefined;
  #attempts = 0;
  #announced = false;
  #wait: Wait | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether an interruption was told of and not yet its end. */
  get isInterrupted(): boolean {
    return this.#announced;
  }

  /** The server answered, whatever it said. */
  succeeded(): void {
    if (this.#since === undefined) return;
    this.#since = undefined;
    this.#attempts = 0;
    this.#endWait();
    if (!this.#announced) return;
    this.#announced = false;
    this.#options.onResumed();
  }

  /** It was given up: what comes next begins anew. */
  reset(): void {
    this.#since = undefined;
    this.#attempts = 0;
    this.#announced = false;
    this.#endWait();
  }

  /**
   * An attempt failed: resolves when the next one is due.
   * @throws LinkLostError when there will be none, or the signal's reason
   */
  async failed(error: Error, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { clock, windowMs = WINDOW_MS } = this.#options;
    if (!mayPass(error)) throw new LinkLostError(error);
    this.#since ??= clock.now();
    const left = this.#since + windowMs - clock.now();
    if (left <= 0) throw new LinkLostError(error);
    this.#wait ??= this.#startWait(error, left);
    await join(this.#wait, signal);
  }

  /** Resolves when an attempt makes sense: at once, or after the wait under way. */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#wait) await join(this.#wait, signal);
  }

  /** Ends the wait under way. */
  retryNow(): void {
    this.#endWait();
  }

  #startWait(error: Error, left: number): Wait {
    const { clock, random, firstWaitMs = FIRST_WAIT_MS, longestWaitMs = LONGEST_WAIT_MS } = this.#options;
    const silent = this.#attempts === 0;
    const doubled = Math.min(firstWaitMs * 2 ** Math.max(0, this.#attempts - 1), longestWaitMs);
    const ms = silent ? 0 : Math.min(doubled * (1 - JITTER * random()), left);
    this.#attempts += 1;
    const cancel = clock.after(ms, () => this.#endWait());
    if (!silent) {
      this.#announced = true;
      this.#options.onInterrupted({
        error,
        attempts: this.#attempts - 1,
        retryInMs: ms,
        giveUpInMs: left,
      });
    }
    return { cancel, waiters: new Set() };
  }

  #endWait(): void {
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.cancel();
    for (const go of wait?.waiters ?? []) go();
  }
}

/** What another attempt cannot mend: whoever answers is not whom we spoke to, or does not let us in. */
const FOR_GOOD: ReadonlySet<TransportErrorCode> = new Set([
  'tls.untrusted',
  'tls.changed',
  'tls.old',
  'tls.authority',
  'certificate.unreadable',
  'certificate.passphrase',
  'certificate.no-key',
  'certificate.mismatch',
  'certificate.old-encryption',
  'certificate.expired',
  'certificate.not-yet-valid',
  'certificate.purpose',
  'certificate.store',
  'certificate.required',
  'certificate.refused',
  // Asked again and again, it may lock the account.
  'proxy.sign-in',
  'proxy.no-common-scheme',
  'proxy.invalid',
  'signin.rejected',
  'signin.no-common-scheme',
  'signin.plain-text',
  'http.proxy',
  'http.too-large',
  'closed',
]);

function mayPass(error: Error): boolean {
  return !(error instanceof TransportError) || !FOR_GOOD.has(error.code);
}

/**
 * Whether a request failed on its way: no answer of the service, or one that was damaged or somebody else's; or the way to a domain controller
 * is gone with that to the server.
 */
export function failedOnTheWay(error: unknown): error is TransportError | ProtocolError | SignInError {
  if (error instanceof SignInError) return error.code === 'kerberos.no-kdc';
  if (error instanceof TransportError) return error.code !== 'closed' && error.code !== 'http.too-large';
  return error instanceof ProtocolError;
}

/** Whether nothing of the request can have reached the service. */
export function wasNeverSent(error: unknown): boolean {
  if (error instanceof SignInError) return true;
  return error instanceof TransportError && error.facts['sent'] === false;
}

function join(wait: Wait, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      wait.waiters.delete(go);
      reject(signal.reason as Error);
    };
    wait.waiters.add(go);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
