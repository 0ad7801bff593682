/** How long a command may take to stop before a person is told that they need not wait for it. */
import type { Clock } from '../remoting/index.ts';

/** Commands that mean to stop do so within a second; after this somebody asks themselves whether the key was taken. */
const UNHEARD_MS = 4_000;

export class StopWatch {
  readonly #clock: Clock;
  readonly #unheard: () => void;
  #takeBack: (() => void) | undefined;
  #isUnheard = false;

  constructor(clock: Clock, unheard: () => void) {
    this.#clock = clock;
    this.#unheard = unheard;
  }

  /** Ctrl+C was pressed a while ago, and what runs runs on. */
  get isUnheard(): boolean {
    return this.#isUnheard;
  }

  /** Ctrl+C. Pressed again, the time goes on. */
  began(): void {
    this.#takeBack ??= this.#clock.after(UNHEARD_MS, () => {
      this.#isUnheard = true;
      this.#unheard();
    });
  }

  over(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    this.#isUnheard = false;
  }
}
