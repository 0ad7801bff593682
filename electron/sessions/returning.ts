/**
 * The way back to a session that another client has: the server says "in use" (2150859213) for a while after a client died, because it
 * cannot know that sooner, and for as long as a living one holds on. Tried again with growing waits, which a person can cut short or end.
 */
import type { Clock } from '../remoting/index.ts';

export interface Waiting {
  readonly attempts: number;
  /** On the clock: when the next attempt is due, and when there will be no more. */
  readonly nextTryAt: number;
  readonly givesUpAt: number;
  readonly error: Error;
}

export interface ReturningOptions {
  readonly clock: Clock;
  /** One attempt. */
  readonly attempt: () => Promise<void>;
  /** Whether an attempt that failed so is worth another. */
  readonly mayPass: (error: Error) => boolean;
  /** Before each wait; undefined when there is none any more. */
  readonly changed: (waiting: Waiting | undefined) => void;
  readonly windowMs?: number;
}

/** The first wait; each one after is twice as long. */
const FIRST_WAIT_MS = 2000;
/** The person looks at a countdown: a longer one would look like a dead program. */
const LONGEST_WAIT_MS = 15_000;
/** WinRM lets go of a client that died after some four minutes without a sign of it. */
const WINDOW_MS = 300_000;

/** Somebody gave up waiting. */
export class ReturnCancelled extends Error {
  override readonly name = 'ReturnCancelled';
}

export class Returning {
  readonly #options: ReturningOptions;
  #cancelled = false;
  #wake: (() => void) | undefined;

  constructor(options: ReturningOptions) {
    this.#options = options;
  }

  /** Resolves when an attempt has succeeded. Rejects with the last attempt's error, or ReturnCancelled. */
  async run(): Promise<void> {
    const { clock, attempt, mayPass, changed, windowMs = WINDOW_MS } = this.#options;
    const givesUpAt = clock.now() + windowMs;
    let wait = FIRST_WAIT_MS;
    try {
      for (let attempts = 1; ; attempts++) {
        try {
          await attempt();
          return;
        } catch (thrown) {
          const error = thrown instanceof Error ? thrown : new Error(String(thrown));
          if (this.#cancelled) throw new ReturnCancelled();
          if (!mayPass(error) || clock.now() >= givesUpAt) throw error;
          const nextTryAt = Math.min(clock.now() + wait, givesUpAt);
          changed({ attempts, nextTryAt, givesUpAt, error });
          await this.#pause(nextTryAt - clock.now());
          wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        }
        if (this.#cancelled) throw new ReturnCancelled();
      }
    } finally {
      changed(undefined);
    }
  }

  retryNow(): void {
    this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const takeBack = this.#options.clock.after(ms, () => this.#wake?.());
      this.#wake = () => {
        takeBack();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
