/** Feeds one input and says what is wrong, if anything: a foreign exception, too long a time, too much memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Target } from './targets.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * The most an input may cost. A megabyte takes any of our readers well under 100 ms; these bounds are an order of magnitude above that, so
 * that a busy machine does not pass for a defect and anything that grows faster than its input still shows.
 */
const BASE_MS = 300;
const MS_PER_MEGABYTE = 2000;
/** An element of five characters becomes an object of some hundred bytes, and the readers make several passes. */
const BASE_BYTES = 48 * 1024 * 1024;
const BYTES_PER_BYTE = 400;

export interface Failure {
  readonly kind: 'exception' | 'time' | 'memory';
  readonly what: string;
}

export async function judge(target: Target, input: Uint8Array): Promise<Failure | undefined> {
  const first = await once(target, input);
  if (first.error !== undefined) return exception(first.error);
  const most = limits(input);
  if (first.ms > most.ms) {
    // Twice more before it counts: others may have had the processor, or the collector was at work.
    const again = [await once(target, input), await once(target, input)];
    const best = Math.min(first.ms, ...again.map(({ ms }) => ms));
    if (best > most.ms)
      return { kind: 'time', what: `${best.toFixed(0)} ms for ${String(input.length)} bytes` };
  }
  if (first.bytes > most.bytes) {
    collectGarbage();
    const second = await once(target, input);
    if (second.bytes > most.bytes) {
      return { kind: 'memory', what: `${String(second.bytes)} bytes for ${String(input.length)}` };
    }
  }
  return undefined;
}

function limits(input: Uint8Array): { ms: number; bytes: number } {
  return {
    ms: BASE_MS + (input.length / 1e6) * MS_PER_MEGABYTE,
    bytes: BASE_BYTES + input.length * BYTES_PER_BYTE,
  };
}

async function once(
  target: Target,
  input: Uint8Array,
): Promise<{ error: unknown; ms: number; bytes: number }> {
  const before = held();
  const began = performance.now();
  let error: unknown;
  try {
    await target.feed(input);
  } catch (thrown) {
    if (!target.accepts(thrown)) error = thrown ?? new Error('threw nothing');
  }
  return { error, ms: performance.now() - began, bytes: held() - before };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function exception(error: unknown): Failure {
  const cause =
    error instanceof Error && error.cause instanceof Error ? `\ncaused by ${String(error.cause.stack)}` : '';
  return {
    kind: 'exception',
    what: `${error instanceof Error ? String(error.stack) : String(error)}${cause}`,
  };
}
