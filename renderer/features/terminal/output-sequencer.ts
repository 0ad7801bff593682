import type { OutputItem } from '../../../shared/terminal.ts';

/**
 * Brings a session's page in order, each piece exactly once. Main joins neighbouring pieces and numbers the result by its last one, so
 * numbers rise but may skip. Pieces that come while the snapshot is being fetched wait for it.
 */
export interface OutputSequencer {
  /** The snapshot holds everything up to `seq`; returns the pieces that came meanwhile and go on from there. */
  start(seq: number): OutputItem[];
  push(items: readonly OutputItem[]): OutputItem[];
  /** Forget everything until the next `start`. */
  stop(): void;
  /** Everything up to here was handed out; -1 before the start. */
  readonly last: number;
}

export function createOutputSequencer(): OutputSequencer {
  let last = -1;
  let started = false;
  let early: OutputItem[] = [];

  function accept(items: readonly OutputItem[]): OutputItem[] {
    const accepted: OutputItem[] = [];
    for (const item of items) {
      if (item.seq <= last) continue;
      last = item.seq;
      accepted.push(item);
    }
    return accepted;
  }

  return {
    start(seq) {
      started = true;
      last = seq;
      const waiting = early.toSorted((left, right) => left.seq - right.seq);
      early = [];
      return accept(waiting);
    },
    push(items) {
      if (started) return accept(items);
      early.push(...items);
      return [];
    },
    stop() {
      started = false;
      last = -1;
      early = [];
    },
    get last() {
      return last;
    },
  };
}
