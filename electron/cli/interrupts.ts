/** Ctrl+C: the first stops what runs, the second ends the program. */
import { EXIT } from './problem.ts';

/**
 * A terminal sends Ctrl+C to every program in the foreground, and npm and our own starter pass theirs on besides: what comes within this
 * time is one key press. Nobody presses twice so fast.
 */
const ONE_PRESS_MS = 150;

export class Interrupts {
  #handler: (() => void) | undefined;
  #used = false;
  #last = -Infinity;
  /** Something was stopped by Ctrl+C. */
  happened = false;
  readonly #end: (code: number) => void;
  readonly #now: () => number;

  constructor(end: (code: number) => void, now: () => number) {
    this.#end = end;
    this.#now = now;
  }

  /** What Ctrl+C does until the returned function is called. */
  on(handler: () => void): () => void {
    this.#handler = handler;
    this.#used = false;
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  /** For the signal. */
  readonly press = (): void => {
    const now = this.#now();
    if (now - this.#last < ONE_PRESS_MS) return;
    this.#last = now;
    this.happened = true;
    if (this.#handler === undefined || this.#used) {
      this.#end(EXIT.interrupted);
      return;
    }
    this.#used = true;
    this.#handler();
  };
}
