/**
 * A server that keeps its last answers for who asks again ([MS-WSMV] 3.1.4.1.39), behind a network that cuts answers in the middle: with the real
 * engine nothing is missing then, where a server without that loses what was on its way.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { FaultProxy, type Fault } from '../lab/fault-proxy.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 120, rows: 30 };
const RETRY = { windowMs: 60_000, firstWaitMs: 50, longestWaitMs: 500 };
const LINES = 400;

/** Each connection carries a few answers, and is cut in one of them. */
const CUTS: Fault[] = Array.from({ length: 14 }, (_, at) => ({
  kind: at % 2 === 0 ? 'reset' : 'truncate',
  direction: 'down',
  after: 1_200 + at * 350,
}));

describe.skipIf(noEngine !== undefined)('a server that keeps its answers', () => {
  let way: Awaited<ReturnType<typeof overWinRm>> | undefined;
  let proxy: FaultProxy | undefined;
  let registry: SessionRegistry | undefined;
  afterEach(async () => {
    await registry?.closeAll();
    await proxy?.close();
    await way?.close();
  });

  test.each([1_000, 600_000])(
    'brings every line through a network that cuts answers in the middle; it misses its client after %i ms',
    async (missAfterMs) => {
      way = await overWinRm(undefined, { inFlight: 'kept', missAfterMs });
      proxy = await FaultProxy.start(way.port);
      const person = new Person();
      ({ registry } = registryFor(serverAt(proxy.port), person, undefined, { target: { retry: RETRY } }));
      const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: false });
      registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
      proxy.plan(CUTS);
      const done = registry
        .get(id)
        .invoke(
          `foreach ($n in 1..${String(LINES)}) { "line $n"; if ($n % 5 -eq 0) { [System.Threading.Thread]::Sleep(10) } }`,
          SIZE,
        );
      await person.until(() => person.page.includes('line 20\n'));
      // Those that the opening made have no fault in them.
      proxy.cut();
      expect(await done).toMatchObject({ state: 'completed' });
      const got = person.page.split('\n').flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? []);
      expect(got).toEqual(Array.from({ length: LINES }, (_, at) => String(at + 1)));
      expect(person.page).not.toContain('missing here');
      expect(proxy.counts.faults).toBeGreaterThan(2);
      expect(registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Available' });
    },
  );
});
