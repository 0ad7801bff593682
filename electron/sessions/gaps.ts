/** Messages of a server that are proved to be missing: its object ids rise by one, so what did not come leaves a hole. */
import type { ReceivedMessages } from '../remoting/index.ts';

/** How far an earlier run had come. */
export interface SeenMessages {
  readonly highest: bigint;
  /** Below that one and not come, as [first, last]. */
  readonly missing: readonly (readonly [bigint, bigint])[];
}

/**
 * How many messages stand between what an earlier run had written down as seen and the first output that this one gets, and came to
 * neither: handed to the run that ended, or lost with it. Zero where the ids do not go on from there (a server that counts anew).
 */
export function missedBetween(seen: SeenMessages, first: bigint, received: ReceivedMessages): number {
  if (first <= seen.highest + 1n) return 0;
  let came = 0n;
  const { lowest, highest, missing } = received;
  if (lowest !== undefined && highest !== undefined) {
    // What this run received of those ids: all between its lowest and highest, but the holes.
    came = overlap(lowest, highest, seen.highest + 1n, first - 1n);
    for (const [from, to] of missing) came -= overlap(from, to, seen.highest + 1n, first - 1n);
  }
  return Number(first - 1n - seen.highest - came);
}

/** What an earlier run and this one have seen together: what that one had is not missing to this one. */
export function seenTogether(
  before: SeenMessages | undefined,
  received: ReceivedMessages,
): { readonly highest: bigint | undefined; readonly missing: readonly (readonly [bigint, bigint])[] } {
  const { lowest, highest, missing } = received;
  if (!before) return { highest, missing };
  if (lowest === undefined || highest === undefined || highest <= before.highest) return before;
  const between: (readonly [bigint, bigint])[] = [...missing];
  if (lowest > before.highest + 1n) between.unshift([before.highest + 1n, lowest - 1n]);
  const news = between.flatMap(([from, to]): (readonly [bigint, bigint])[] =>
    to <= before.highest ? [] : [[from > before.highest ? from : before.highest + 1n, to]],
  );
  return { highest, missing: [...before.missing, ...news] };
}

function overlap(from: bigint, to: bigint, low: bigint, high: bigint): bigint {
  const first = from > low ? from : low;
  const last = to < high ? to : high;
  return last >= first ? last - first + 1n : 0n;
}
