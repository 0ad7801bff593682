/**
 * npm run fuzz -- --minutes N [--seed S] [--target T]: damages what real programs sent, feeds it to our readers, and reports whatever is
 * not as the targets promise, with the input as a file. npm run fuzz -- --target T --input FILE feeds one such file again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { judge, type Failure } from './judge.ts';
import { TARGETS } from './targets.ts';

export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly milliseconds: number;
  /** Two numbers: runs begun, length of the input in hand. */
  readonly progress: SharedArrayBuffer;
  readonly inHand: SharedArrayBuffer;
}

export type Report =
  | { readonly kind: 'failure'; readonly run: number; readonly failure: Failure; readonly input: Uint8Array }
  | { readonly kind: 'done'; readonly runs: number };

/** No input may take a second; who needs twenty hangs. */
const HANGS_AFTER_MS = 20_000;
/** Inputs of 200,000 bytes at most; ten times that is room for whatever one of them needs at worst. */
const MOST_MEGABYTES = 768;
const LONGEST_INPUT = 1024 * 1024;
/** Long enough to be worth a thread, short enough that every target has its turn early. */
const TURN_MS = 10_000;

const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'fuzz');

function usage(): never {
  const targets = Object.entries(TARGETS).map(([name, { invariant }]) => `  ${name.padEnd(10)} ${invariant}`);
  process.stderr.write(
    `npm run fuzz -- --minutes N [--seed S] [--target NAME]\nnpm run fuzz -- --target NAME --input FILE\n\nTargets:\n${targets.join('\n')}\n`,
  );
  process.exit(2);
}

function keep(target: string, seed: number, run: number, input: Uint8Array, what: string): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${target}-${String(seed)}-${String(run)}.bin`);
  writeFileSync(file, input);
  process.stdout.write(
    `\nFAILED ${target}, seed ${String(seed)}, run ${String(run)}: ${what}\nagain: npm run fuzz -- --target ${target} --input ${file}\n`,
  );
}

/** One thread, one target, some seconds. Resolves with runs and failures. */
function turn(
  target: string,
  seed: number,
  milliseconds: number,
): Promise<{ runs: number; failures: number }> {
  const progress = new SharedArrayBuffer(8);
  const inHand = new SharedArrayBuffer(LONGEST_INPUT);
  const order: Order = { target, seed, milliseconds, progress, inHand };
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
  });
  return new Promise((resolve) => {
    let failures = 0;
    let last = 0;
    let since = Date.now();
    const counts = new Int32Array(progress);
    const end = (runs: number): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve({ runs, failures });
    };
    const inHandFailed = (what: string): void => {
      failures += 1;
      const runs = Atomics.load(counts, 0);
      const input = new Uint8Array(inHand).slice(0, Atomics.load(counts, 1));
      keep(target, seed, runs - 1, input, what);
      end(runs);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(counts, 0);
      if (now !== last) {
        last = now;
        since = Date.now();
      } else if (Date.now() - since > HANGS_AFTER_MS) inHandFailed('it hangs');
    }, 500);
    worker.on('message', (report: Report) => {
      if (report.kind === 'done') return end(report.runs);
      failures += 1;
      keep(target, seed, report.run, report.input, `${report.failure.kind}: ${report.failure.what}`);
    });
    worker.on('error', (error) => inHandFailed(String(error instanceof Error ? error.stack : error)));
  });
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string' },
    input: { type: 'string' },
  },
});
const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
if (names.some((name) => !Object.hasOwn(TARGETS, name))) usage();

if (values.input !== undefined) {
  const target = values.target === undefined ? undefined : TARGETS[values.target];
  if (target === undefined) usage();
  const failure = await judge(target, new Uint8Array(readFileSync(values.input)));
  process.stdout.write(failure === undefined ? 'As it should be.\n' : `${failure.kind}: ${failure.what}\n`);
  process.exit(failure === undefined ? 0 : 1);
}

const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() % 0x7fff_ffff : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) usage();
process.stdout.write(`seed ${String(seed)}\n`);
const until = Date.now() + minutes * 60_000;
const totals = new Map<string, number>();
let failures = 0;
for (let round = 0; Date.now() < until; round++) {
  for (const name of names) {
    const left = until - Date.now();
    if (left <= 0) break;
    const share = Math.min(TURN_MS, Math.ceil((minutes * 60_000) / names.length), left);
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they would compete for the processor that is measured
    const result = await turn(name, seed + round, share);
    failures += result.failures;
    totals.set(name, (totals.get(name) ?? 0) + result.runs);
  }
}
for (const [name, runs] of totals) process.stdout.write(`${name.padEnd(10)} ${String(runs)} inputs\n`);
process.stdout.write(
  failures === 0 ? 'Nothing found.\n' : `${String(failures)} found; the inputs are in ${FOLDER}\n`,
);
process.exit(failures === 0 ? 0 : 1);
