/** What RefIds stand for ([MS-PSRP] 2.2.5.2.1). Writers count from 0, so that nearly all of it is an array; any other text is an id as well. */

/** A decimal number as a writer prints it, or the text as it stands. The two never mean the same id. */
export type RefId = number | string;

export class References<T> {
  readonly #counted: T[] = [];
  #others: Map<RefId, T> | undefined;

  set(id: RefId, value: T): void {
    if (typeof id === 'number') {
      if (id < this.#counted.length) {
        this.#counted[id] = value;
        return;
      }
      if (id === this.#counted.length && this.#others?.has(id) !== true) {
        this.#counted.push(value);
        return;
      }
    }
    (this.#others ??= new Map()).set(id, value);
  }

  get(id: RefId): T | undefined {
    if (typeof id === 'number' && id < this.#counted.length) return this.#counted[id];
    return this.#others?.get(id);
  }
}
