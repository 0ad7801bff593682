/** A clock on which nothing comes due but what a test says. */
import type { Clock } from '../../../electron/remoting/index.ts';

export class Pending {
  readonly #due = new Set<{ readonly ms: number; readonly callback: () => void }>();
  #noticed: (() => void)[] = [];

  readonly clock: Clock = {
    now: () => 0,
    after: (ms, callback) => {
      const one = { ms, callback };
      this.#due.add(one);
      for (const tell of this.#noticed.splice(0)) tell();
      return () => this.#due.delete(one);
    },
  };

  /** Waits until somebody waits so long, and lets it be over. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const one = [...this.#due].find((each) => each.ms === ms);
      if (one) {
        this.#due.delete(one);
        one.callback();
        return;
      }
      await new Promise<void>((resolve) => this.#noticed.push(resolve));
    }
  }
}
