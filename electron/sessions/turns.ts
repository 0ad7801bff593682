/**
 * Whose turn it is: so many at a time for each key, the rest in the order in which they came. Fifty sessions that are opened on one server at
 * once would each get a fiftieth of it, and the first would be ready with the last.
 */
import type { Clock } from '../remoting/index.ts';

export interface TurnsOptions {
  readonly clock: Clock;
  /** At a time, for each key. */
  readonly most: number;
  /** One that takes longer does not keep the others waiting any more: what it waits for may never come. */
  readonly longestMs: number;
}

interface Line {
  going: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Resolves when it is one's turn, with what ends it. */
  async take(key: string): Promise<() => void> {
    const line = this.#lines.get(key) ?? { going: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.going < this.#options.most) line.going += 1;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      takeBack();
      const next = line.waiting.shift();
      if (next) next();
      else line.going -= 1;
      if (line.going === 0) this.#lines.delete(key);
    };
    const takeBack = this.#options.clock.after(this.#options.longestMs, end);
    return end;
  }
}
