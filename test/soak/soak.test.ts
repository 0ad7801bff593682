/**
 * Fifty sessions with real engines, random verbs, a network that does harm; then everything is counted. `PSDECK_SOAK_MINUTES=60` for an hour,
 * `PSDECK_SOAK_SESSIONS` for fewer on a small machine, `PSDECK_SOAK_SEED` for the same draws again.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Holdings } from '../integration/holdings.ts';
import { noEngine } from '../integration/practice.ts';
import { ServerProcess } from '../integration/server-process.ts';
import type { SoakOrder, SoakWish, SoakWord } from './soak-app.ts';

const MINUTES = Number(process.env['PSDECK_SOAK_MINUTES'] ?? 2);
const SESSIONS = Number(process.env['PSDECK_SOAK_SESSIONS'] ?? 50);
const SEED = Number(process.env['PSDECK_SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROUND_MS = Math.min(60_000, (MINUTES * 60_000) / 2);
const ROUNDS = Math.max(1, Math.round((MINUTES * 60_000) / ROUND_MS));
/** With these, everything that is loaded and compiled once is. */
const FIRST = { actors: 4, ms: 6_000 };
/** What a session that is gone may leave behind, in bytes: less than a page, a pool or a connection takes. */
const LEFT_BY_ONE = 20_000;
/** What compiled code and caches still grow by, whatever runs. */
const SETTLING = 8_000_000;

test.skipIf(noEngine !== undefined)(
  `${String(SESSIONS)} sessions for ${String(MINUTES)} minutes, seed ${String(SEED)}: true to the server, nothing doubled or silently lost, nothing held at the end`,
  async () => {
    const server = await ServerProcess.start({ missAfterMs: 1000, maxShells: SESSIONS + 50 });
    const wish: SoakWish = { port: server.port, seed: SEED, sessions: SESSIONS };
    const app = fork(join(import.meta.dirname, 'soak-app.ts'), [JSON.stringify(wish)], {
      execArgv: ['--expose-gc'],
    });
    const died = once(app, 'exit').then(([code]) => {
      throw new Error(`The app ended by itself, with ${String(code)}.`);
    });
    died.catch(() => undefined);
    const hear = async <T>(): Promise<T> => {
      const [word] = (await Promise.race([once(app, 'message'), died])) as [T];
      return word;
    };
    const tell = async (order: SoakOrder): Promise<SoakWord> => {
      const word = hear<SoakWord>();
      app.send(order);
      const said = await word;
      const facts = { ...said.counts, stale: said.stale, heapKB: Math.round(said.holdings.heap / 1024) };
      console.log(`${order.kind}: ${JSON.stringify(facts)}`);
      expect(said.broken).toEqual([]);
      expect(said.rows).toEqual(said.listed);
      return said;
    };
    try {
      await hear();
      await tell({ kind: 'round', ...FIRST });
      const begun = await tell({ kind: 'empty' });
      const serverBegun = await emptied(server);
      expect(begun.rows).toEqual({});

      for (let round = 0; round < ROUNDS; round++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const said = await tell({ kind: 'round', actors: SESSIONS, ms: ROUND_MS });
        expect(Object.keys(said.rows)).toHaveLength(SESSIONS);
        // oxlint-disable-next-line no-await-in-loop
        const report = await server.report();
        const shells = report.shells.map(({ shellId, state }) => [shellId.toLowerCase(), state] as const);
        // Beside them stand those that only complete for one.
        expect(Object.fromEntries(shells.filter(([id]) => said.rows[id] !== undefined))).toEqual(said.rows);
      }
      const ended = await tell({ kind: 'empty' });
      expect(ended.rows).toEqual({});
      const serverEnded = await emptied(server);
      const sessions = ended.counts['sessions'] ?? 0;
      expect(sessions).toBeGreaterThanOrEqual(SESSIONS);
      for (const verb of [
        'short',
        'long',
        'inside',
        'complete',
        'interrupt',
        'disconnect',
        'connect',
        'page',
      ])
        expect(ended.counts[verb], verb).toBeGreaterThan(0);
      for (const [who, before, after] of [
        ['the app', begun.holdings, ended.holdings],
        ['the server', serverBegun, serverEnded],
      ] as const) {
        expect(more(before.resources, after.resources), `${who} keeps`).toEqual({});
        expect(more(before.descriptors, after.descriptors), `${who} has open`).toEqual({});
        expect(after.children, `${who} has processes`).toEqual(before.children);
        const grown = after.heap - before.heap;
        console.log(
          `${who}: ${String(Math.round(grown / 1024))} KB more heap after ${String(sessions)} sessions`,
        );
        expect(grown, `the heap of ${who}`).toBeLessThan(SETTLING + sessions * LEFT_BY_ONE);
      }
    } finally {
      app.kill('SIGKILL');
      await server.kill();
    }
  },
  // Fifty engines to start and to end on a slow machine, beside the time it is asked for.
  (MINUTES * 4 + 15) * 60_000,
);

/** Its report when its engines have ended, which it waits for a moment. */
async function emptied(server: ServerProcess): Promise<Holdings> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const report = await server.report();
    if (report.children.length === 0 && report.shells.length === 0) return report;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What there is more of than before. */
function more(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(after).filter(([kind, count]) => count > (before[kind] ?? 0)));
}
