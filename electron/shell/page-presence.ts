/** Tells a reload, which comes back at once, from a page that is gone for good. The clock is passed in. */
export interface PagePresence {
  /** A page connected. Returns how to say, once, that it is gone. */
  arrived(): () => void;
  stop(): void;
}

/** A reload takes a second; a browser that restarts to update itself, or a computer that wakes, takes some more. */
export const GRACE_MS = 60_000;

export function createPagePresence(options: {
  readonly onGone: () => void;
  readonly setTimer: (fire: () => void, ms: number) => () => void;
  readonly graceMs?: number;
}): PagePresence {
  let pages = 0;
  let cancel: (() => void) | undefined;

  function wait(): void {
    cancel = options.setTimer(() => {
      cancel = undefined;
      options.onGone();
    }, options.graceMs ?? GRACE_MS);
  }

  return {
    arrived() {
      pages += 1;
      cancel?.();
      cancel = undefined;
      let here = true;
      return () => {
        if (!here) return;
        here = false;
        pages -= 1;
        if (pages === 0) wait();
      };
    },
    stop() {
      cancel?.();
      cancel = undefined;
      pages = Number.NaN; // nobody who leaves from now on is the last
    },
  };
}
