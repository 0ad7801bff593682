/**
 * A queue between the wire and one consumer. The producer is told to wait while more than a bound is held; nothing is dropped.
 */
export class EventQueue<T> {
  #items: { item: T; weight: number }[] = [];
  #head = 0;
  #weight = 0;
  #ended = false;
  #failure: Error | undefined;
  #wanted: (() => void) | undefined;
  #roomMade: (() => void) | undefined;
  #room: Promise<void> | undefined;
  #bound: number;
  #shedding:
    | { readonly over: number; readonly maySpare: (item: T) => boolean; readonly refused: (item: T) => void }
    | undefined;

  /** `bound` in the unit of the weights. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Never refuses. Returns a promise when the producer should wait before it brings more. */
  push(item: T, weight: number): Promise<void> | undefined {
    if (this.#ended) return undefined;
    const shedding = this.#shedding;
    if (shedding !== undefined && this.#weight > shedding.over && shedding.maySpare(item)) {
      shedding.refused(item);
      return undefined;
    }
    this.#items.push({ item, weight });
    this.#weight += weight;
    this.#wanted?.();
    if (this.#weight <= this.#bound) return undefined;
    this.#room ??= new Promise((resolve) => {
      this.#roomMade = resolve;
    });
    return this.#room;
  }

  /** No more items. A consumer sees what is held, then the end, or the failure. */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wanted?.();
    this.#makeRoom();
  }

  /** Never make the producer wait again: the consumer wants the end soon (stop), or went away. */
  unbind(): void {
    this.#bound = Infinity;
    this.#makeRoom();
  }

  /** Take no more of what `maySpare` allows once more than the bound is held, and never make the producer wait. Says how much was refused. */
  shed(maySpare: (item: T) => boolean, refused: (item: T) => void): void {
    this.#shedding ??= { over: this.#bound, maySpare, refused };
    this.unbind();
  }

  /** Drop what is held and all that comes. */
  discard(): void {
    this.unbind();
    this.#items = [];
    this.#head = 0;
    this.#weight = 0;
    this.#ended = true;
    this.#wanted?.();
  }

  /** The next item; undefined at the end. One consumer at a time. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const entry = this.#items[this.#head];
      if (entry) {
        this.#head += 1;
        if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
          this.#items = this.#items.slice(this.#head);
          this.#head = 0;
        }
        this.#weight -= entry.weight;
        // Half empty, so that a fast consumer and a fast producer do not hand over item by item.
        if (this.#weight <= this.#bound / 2) this.#makeRoom();
        return entry.item;
      }
      if (this.#ended) {
        if (this.#failure) throw this.#failure;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
      this.#wanted = undefined;
    }
  }

  #makeRoom(): void {
    this.#room = undefined;
    this.#roomMade?.();
    this.#roomMade = undefined;
  }
}
