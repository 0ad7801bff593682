/** The thread that is fed: the one outside sees when it hangs or runs out of memory, and which input it had in hand. */
import { parentPort, workerData } from 'node:worker_threads';
import { judge } from './judge.ts';
import { Random } from './random.ts';
import { TARGETS } from './targets.ts';
import type { Order, Report } from './main.ts';

const order = workerData as Order;
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a thread of main.ts');
const progress = new Int32Array(order.progress);
const inHand = new Uint8Array(order.inHand);
const say = (report: Report): void => port.postMessage(report);

const target = TARGETS[order.target];
if (target === undefined) throw new Error(`There is no target ${order.target}.`);
const until = Date.now() + order.milliseconds;
const seen = new Set<string>();
let run = 0;
for (; Date.now() < until; run++) {
  // Each run has a seed of its own: one that fails can be had again without those before it.
  const input = target.make(new Random(order.seed + Math.imul(run, 0x9e3779b1)));
  inHand.set(input.subarray(0, inHand.length));
  Atomics.store(progress, 1, Math.min(input.length, inHand.length));
  Atomics.store(progress, 0, run + 1);
  const failure = await judge(target, input);
  // One of each kind is enough to work on.
  const key = failure && `${failure.kind} ${failure.what.split('\n').slice(0, 3).join('\n')}`;
  if (failure === undefined || key === undefined || seen.has(key)) continue;
  seen.add(key);
  say({ kind: 'failure', run, failure, input });
}
say({ kind: 'done', runs: run });
process.exit(0);
