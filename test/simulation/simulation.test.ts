/**
 * Five hundred worlds, each from a seed. `PSDECK_SIM_SEEDS=20000` makes more of them, `PSDECK_SIM_SEED=17` one, with all that happened in it.
 */
import { expect, test } from 'vitest';
import { simulate } from './world.ts';

const ONE = Number(process.env['PSDECK_SIM_SEED'] ?? 0);
const COUNT = Number(process.env['PSDECK_SIM_SEEDS'] ?? 500);
/** Worlds in one test, so that a run says where it is. */
const BATCH = 50;

const batches =
  ONE > 0
    ? [[ONE, ONE] as const]
    : Array.from(
        { length: Math.ceil(COUNT / BATCH) },
        (_, at) => [at * BATCH + 1, Math.min((at + 1) * BATCH, COUNT)] as const,
      );

test('a seed replays byte for byte', async () => {
  const [first, second] = [await simulate(7), await simulate(7)];
  expect(second.trace.join('\n')).toBe(first.trace.join('\n'));
  expect(first.trace.length).toBeGreaterThan(100);
});

test.each(batches)(
  'seeds %i to %i: no duplicate, no reorder, no silent gap, true states, every wait ends',
  async (from, to) => {
    const broken: string[] = [];
    const been = {
      commands: 0,
      lines: 0,
      gaps: 0,
      kills: 0,
      cuts: 0,
      sleeps: 0,
      takeOvers: 0,
      disconnects: 0,
    };
    for (let seed = from; seed <= to; seed++) {
      // oxlint-disable-next-line no-await-in-loop -- one world after the other
      const outcome = await simulate(seed);
      for (const what of outcome.broken) broken.push(`seed ${String(seed)}: ${what}`);
      for (const name of Object.keys(been) as (keyof typeof been)[]) been[name] += outcome.facts[name];
      if (ONE > 0) console.log(outcome.trace.join('\n'));
    }
    expect(broken).toEqual([]);
    // A world in which nothing goes wrong proves nothing.
    if (to - from > 10)
      for (const [what, count] of Object.entries(been)) expect(count, what).toBeGreaterThan(0);
  },
  // Four seconds on an idle machine.
  180_000,
);
