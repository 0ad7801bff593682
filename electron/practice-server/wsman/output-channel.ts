/** Output on its way to Receives: of a runspace pool, of a pipeline, of a program. One Receive waits at a time. */
import type { Clock } from './clock.ts';
import { receiveInProgress, timedOut, type Refusal } from './refusals.ts';

export interface OutputSource<T> {
  /** Something to answer with, at most so many bytes of envelope; undefined when there is nothing yet. */
  take(maxEnvelopeBytes: number): T | undefined;
}

interface Waiter<T> {
  readonly maxBytes: number;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export class OutputChannel<T> {
  readonly #source: OutputSource<T>;
  readonly #clock: Clock;
  #waiter: Waiter<T> | undefined;
  #ended: Refusal | undefined;
  #waking = false;

  constructor(source: OutputSource<T>, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get isAwaited(): boolean {
    return this.#waiter !== undefined;
  }

  /** Something may be there now. */
  wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    let answer: T | undefined;
    try {
      answer = this.#source.take(waiter.maxBytes);
    } catch (error) {
      waiter.reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (answer !== undefined) waiter.resolve(answer);
  }

  /**
   * The same once everything that has come so far was looked at: the output of a short pipeline and its end come to us right after each
   * other, and one answer for both saves the client a request.
   */
  wakeSoon(): void {
    if (this.#waking || this.#waiter === undefined) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.wake();
    });
  }

  /** Whoever waits is refused; who asks later may wait again. */
  interrupt(refusal: Refusal): void {
    this.#waiter?.reject(refusal);
  }

  /** Nothing comes any more; whoever waits is refused, and whoever asks later. */
  end(refusal: Refusal): void {
    this.#ended ??= refusal;
    this.#waiter?.reject(this.#ended);
  }

  /** Waits up to `timeoutMs`; rejects with a Refusal, or when the client is gone. */
  receive(maxBytes: number, timeoutMs: number, signal: AbortSignal): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#waiter !== undefined) return Promise.reject(receiveInProgress());
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void): void => {
        if (this.#waiter !== waiter) return;
        this.#waiter = undefined;
        cancelTimer?.();
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const waiter: Waiter<T> = {
        maxBytes,
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = (): void => waiter.reject(signal.reason as Error);
      let cancelTimer: (() => void) | undefined;
      this.#waiter = waiter;
      cancelTimer = this.#clock.after(timeoutMs, () => waiter.reject(timedOut()));
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      else this.wake();
    });
  }
}
