/** Everything in a simulated world that is left to chance, from one seed: time passes when the world says so, and dice fall as the seed has it. */
import type { Clock } from '../../electron/remoting/index.ts';

/** mulberry32: 32 bits of state, enough for worlds of some ten thousand draws, and the same on every machine. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ n < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True once in so many times. */
  once(inTimes: number): boolean {
    return this.next() * inTimes < 1;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.between(0, from.length - 1)];
    if (picked === undefined) throw new Error('There is nothing to pick from.');
    return picked;
  }

  guid(): string {
    const hex = Array.from({ length: 32 }, () => this.between(0, 15).toString(16)).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time of a world. Nothing happens in it but what was put on it. */
export class WorldTime implements Clock {
  #now = 0;
  #order = 0;
  #due: Due[] = [];

  now = (): number => this.#now;

  after = (ms: number, fire: () => void): (() => void) => {
    const due = { at: this.#now + Math.max(0, ms), order: this.#order++, fire };
    // Kept in order: worlds are small, and a sorted array is plain to see through.
    let place = this.#due.length;
    while (place > 0 && isLater(this.#due[place - 1], due)) place -= 1;
    this.#due.splice(place, 0, due);
    return () => {
      const at = this.#due.indexOf(due);
      if (at >= 0) this.#due.splice(at, 1);
    };
  };

  /** When something is due next. */
  get next(): number | undefined {
    return this.#due[0]?.at;
  }

  /** Lets the next thing that is due by `until` happen; false where there is none. */
  step(until: number): boolean {
    const [due] = this.#due;
    if (due === undefined || due.at > until) {
      this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#due.shift();
    this.#now = Math.max(this.#now, due.at);
    due.fire();
    return true;
  }
}

function isLater(one: Due | undefined, other: Due): boolean {
  return one !== undefined && (one.at > other.at || (one.at === other.at && one.order > other.order));
}

/** A clock whose timers do nothing any more once its process is dead. */
export function mortal(clock: Clock, isDead: () => boolean): Clock {
  return {
    now: () => clock.now(),
    after: (ms, fire) =>
      clock.after(ms, () => {
        if (!isDead()) fire();
      }),
  };
}

/** A clock of a computer that may sleep: what falls due meanwhile happens when it wakes. */
export class Sleeper implements Clock {
  readonly #clock: Clock;
  #asleep = false;
  #late: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now = (): number => this.#clock.now();

  after = (ms: number, fire: () => void): (() => void) => {
    let over = false;
    const due = (): void => {
      if (over) return;
      if (this.#asleep) this.#late.push(due);
      else fire();
    };
    const takeBack = this.#clock.after(ms, due);
    return () => {
      over = true;
      takeBack();
    };
  };

  get isAsleep(): boolean {
    return this.#asleep;
  }

  sleep(): void {
    this.#asleep = true;
  }

  wake(): void {
    this.#asleep = false;
    for (const due of this.#late.splice(0)) due();
  }
}
