/** The wall clock is set while a session is cut, and while one is left: windows, countdowns and warnings stay what they are. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/remoting/index.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { watchSessions } from '../../electron/sessions/session-watch.ts';
import type { SessionRow } from '../../shared/session.ts';
import { FaultProxy } from '../lab/fault-proxy.ts';
import { WorldTime } from '../simulation/chance.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 120, rows: 30 };
const HOUR = 3_600_000;
/** What a busy machine may take between two readings of a clock: nothing beside an hour. */
const CLOSE = 120_000;

describe.skipIf(noEngine !== undefined)('the wall clock is set', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let proxy: FaultProxy;
  let person: Person;
  let registry: SessionRegistry;
  let unwatch: () => void;
  let wrong: number;
  const watchTime = new WorldTime();
  const warned: SessionRow[] = [];
  const now = (): number => Date.now() + wrong;

  beforeEach(async () => {
    wrong = 0;
    warned.length = 0;
    way = await overWinRm();
    proxy = await FaultProxy.start(way.port);
    person = new Person();
    ({ registry } = registryFor(serverAt(proxy.port), person, undefined, {
      wallClock: now,
      clock: systemClock,
      target: { retry: { windowMs: HOUR / 2, firstWaitMs: 60_000, longestWaitMs: 60_000 } },
    }));
    // As the app does; it looks whenever the test lets it.
    unwatch = watchSessions({
      clock: { now: () => systemClock.now(), after: (ms, callback) => watchTime.after(ms, callback) },
      wallClock: now,
      uptime: () => performance.now(),
      rows: () => registry.list(),
      woke: () => undefined,
      clockSet: (byMs) => registry.clockSet(byMs),
      endsSoon: (row) => warned.push(row),
      over: () => undefined,
    });
  });
  afterEach(async () => {
    unwatch();
    await registry.closeAll();
    await proxy.close();
    await way.close();
  });

  function setClock(byMs: number): void {
    wrong += byMs;
    look();
  }
  function look(): void {
    const until = watchTime.now() + 5_000;
    while (watchTime.step(until));
  }
  const open = async (): Promise<number> => {
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: false });
    registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
    return id;
  };

  test.each([
    ['forward', 5 * HOUR],
    ['back', -5 * HOUR],
  ])('%s while a session is cut: the countdown is what it was, and it comes back', async (_way, by) => {
    const id = await open();
    proxy.down();
    const cut = await person.until(() => registry.get(id).row.retrying);
    const [left, windowLeft] = [cut.nextTryAt - now(), cut.givesUpAt - now()];
    expect(left).toBeGreaterThan(0);
    setClock(by);
    const after = registry.get(id).row;
    expect(after).toMatchObject({ state: 'Opened' });
    for (const [was, is] of [
      [left, (after.retrying?.nextTryAt ?? Infinity) - now()],
      [windowLeft, (after.retrying?.givesUpAt ?? Infinity) - now()],
      [cut.since - now() + by, (after.retrying?.since ?? Infinity) - now()],
    ] as const)
      expect(Math.abs(is - was), `${String(was)} became ${String(is)}`).toBeLessThan(CLOSE);
    // Announced, not only known.
    expect(person.rows.at(-1)?.retrying).toEqual(after.retrying);
    proxy.up();
    registry.retryNow(id);
    await person.until(() => registry.get(id).row.retrying === undefined);
    await registry.get(id).invoke('"still " + "here"', SIZE);
    expect(person.page).toContain('\nstill here\n');
    expect(person.page).toMatch(/Connected again after (?:\d+ s|[01] min \d+ s)\./);
  });

  test.each([
    ['forward', 5 * HOUR],
    ['back', -5 * HOUR],
  ])('%s while a session is left: its end stays as far away, and is warned of in time', async (_way, by) => {
    const id = await open();
    await registry.disconnect(id, { idleTimeoutMs: HOUR });
    const { keptUntil = 0 } = registry.get(id).row;
    const left = keptUntil - now();
    setClock(by);
    const after = registry.get(id).row;
    expect(Math.abs((after.keptUntil ?? 0) - now() - left)).toBeLessThan(CLOSE);
    expect(person.rows.at(-1)?.keptUntil).toBe(after.keptUntil);
    look();
    expect(warned).toEqual([]);
    expect(await registry.connect(id, { size: SIZE, enter: false })).toMatchObject({ state: 'Opened' });
  });
});
