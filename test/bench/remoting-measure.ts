/** Measuring: minima and quantiles, memory after a collection, the longest slice of the event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export function best(runs: number, what: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const began = performance.now();
    what();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** One after the other, each timed. */
export async function times(runs: number, what: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < runs; i++) {
    const began = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
    await what();
    all.push(performance.now() - began);
  }
  return all;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Resident memory's growth while something runs, after a collection. */
export async function residentGrowth(what: () => Promise<unknown>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  let most = before;
  const sample = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  await what();
  clearInterval(sample);
  return Math.max(most, process.memoryUsage.rss()) - before;
}

/** The longest time the event loop was kept from a timer of one millisecond, while something runs. */
export async function longestSlice(what: () => Promise<unknown>): Promise<number> {
  const RESOLUTION_MS = 1;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  await what();
  delay.disable();
  return Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
}
