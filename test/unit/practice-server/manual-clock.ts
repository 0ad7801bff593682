import type { Clock } from '../../../electron/practice-server/wsman/clock.ts';

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  #now = 0;
  #timers = new Map<object, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const key = {};
    this.#timers.set(key, { at: this.#now + ms, callback });
    return () => void this.#timers.delete(key);
  }

  /** How many timers run. */
  get waiting(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).toSorted(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [key, timer] = due;
      this.#timers.delete(key);
      this.#now = timer.at;
      timer.callback();
    }
    this.#now = end;
  }
}
