/** Which progress bars are on show, from the records that came ([MS-PSRP] 2.2.5.1.25). */
import type { ProgressBar } from '../../shared/terminal.ts';

export interface ProgressUpdate extends ProgressBar {
  readonly completed: boolean;
  /** Which pipeline or host source it came from: the same activity id of two sources is two bars. */
  readonly source: string;
}

/** More bars than this at once are not readable, and a script that never completes its bars must not grow memory. */
const MOST_BARS = 32;

export class ProgressBoard {
  readonly #bars = new Map<string, { bar: ProgressBar; source: string }>();

  /** Returns whether what is on show changed. */
  apply(update: ProgressUpdate): boolean {
    const key = `${update.source}/${String(update.activityId)}`;
    if (update.completed) {
      const had = this.#bars.delete(key);
      return this.#dropChildrenOf(update.source, update.activityId) || had;
    }
    if (!this.#bars.has(key) && this.#bars.size >= MOST_BARS) {
      const oldest = this.#bars.keys().next();
      if (oldest.done === false) this.#bars.delete(oldest.value);
    }
    const { completed: _completed, source, ...bar } = update;
    this.#bars.set(key, { bar: { ...bar, percent: Math.min(100, Math.max(-1, bar.percent)) }, source });
    return true;
  }

  /** A command ended: its bars are erased, completed or not. */
  clear(): boolean {
    const had = this.#bars.size > 0;
    this.#bars.clear();
    return had;
  }

  get bars(): ProgressBar[] {
    return [...this.#bars.values()].map((entry) => entry.bar);
  }

  #dropChildrenOf(source: string, parentId: number): boolean {
    let dropped = false;
    for (const [key, entry] of this.#bars) {
      if (entry.source === source && entry.bar.parentId === parentId && entry.bar.activityId !== parentId) {
        this.#bars.delete(key);
        this.#dropChildrenOf(source, entry.bar.activityId);
        dropped = true;
      }
    }
    return dropped;
  }
}
