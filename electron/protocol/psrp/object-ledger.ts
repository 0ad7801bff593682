/**
 * How many separate runs of ids are remembered. A session that is read evenly has one; two pipelines that alternate while one of them is
 * held back make one each message. 16,384 of them cost about a megabyte. Beyond, the oldest run is forgotten, and a repetition from
 * before it goes unnoticed: better than to mistake a late message for one.
 */
const MAX_RANGES = 16_384;

interface Range {
  first: bigint;
  last: bigint;
}

/**
 * Which object ids have arrived. A server numbers its messages one by one, over all targets; a message that was sent again after a
 * reconnect shows as repeated, one that never came as a gap.
 */
export class ObjectLedger {
  /** In order, none touching the next. */
  readonly #ranges: Range[] = [];
  /** Ids below are not known about any more. */
  #floor = 0n;

  /** Notes an id; false where it was there before. */
  add(id: bigint): boolean {
    // Almost always it continues the last range.
    const last = this.#ranges.at(-1);
    if (last !== undefined && id === last.last + 1n) {
      last.last = id;
      return true;
    }
    if (id < this.#floor) return true;
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && range.last < id) low = middle + 1;
      else high = middle;
    }
    const after = this.#ranges[low];
    if (after !== undefined && after.first <= id) return false;
    const before = this.#ranges[low - 1];
    const joinsBefore = before !== undefined && before.last + 1n === id;
    const joinsAfter = after !== undefined && id + 1n === after.first;
    if (joinsBefore && joinsAfter) {
      before.last = after.last;
      this.#ranges.splice(low, 1);
    } else if (joinsBefore) before.last = id;
    else if (joinsAfter) after.first = id;
    else this.#ranges.splice(low, 0, { first: id, last: id });
    if (this.#ranges.length > MAX_RANGES) {
      this.#ranges.shift();
      this.#floor = this.#ranges[0]?.first ?? 0n;
    }
    return true;
  }

  /** Fills a gap, or a part of one, as `missing` gave it. */
  fill(first: bigint, last: bigint): void {
    this.add(first);
    const range = this.#ranges.findIndex((each) => each.first <= first && first <= each.last);
    const filled = this.#ranges[range];
    const after = this.#ranges[range + 1];
    if (filled === undefined || filled.last >= last) return;
    filled.last = last;
    if (after !== undefined && after.first <= last + 1n) {
      filled.last = after.last > last ? after.last : last;
      this.#ranges.splice(range + 1, 1);
    }
  }

  has(id: bigint): boolean {
    return this.#ranges.some((range) => range.first <= id && id <= range.last);
  }

  get highest(): bigint | undefined {
    return this.#ranges.at(-1)?.last;
  }

  get lowest(): bigint | undefined {
    return this.#ranges[0]?.first;
  }

  /** The gaps between what arrived, as [first, last]. */
  get missing(): readonly (readonly [bigint, bigint])[] {
    return this.#ranges
      .slice(1)
      .map((range, i) => [(this.#ranges[i]?.last ?? 0n) + 1n, range.first - 1n] as const);
  }
}
