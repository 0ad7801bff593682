/** Time, passed in so that tests can make it pass. */
export interface Clock {
  /** Milliseconds since some start. */
  now(): number;
  /** Calls back once after so many milliseconds; returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

/** Longer delays make Node's timer fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
