/**
 * Sessions behind a network that does harm, between real processes: the real engine, the practice server's endpoint, TCP. `PSDECK_SCHEDULES=20`
 * draws as many schedules; the seed of each stands in its name, and `PSDECK_SCHEDULE=…` plays one again.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { drawFaults, FaultProxy } from '../lab/fault-proxy.ts';
import { Dice } from '../simulation/chance.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 120, rows: 30 };
const ONE = process.env['PSDECK_SCHEDULE'];
const COUNT = Number(process.env['PSDECK_SCHEDULES'] ?? 4);
const seeds =
  ONE === undefined
    ? Array.from({ length: COUNT }, () => Math.floor(Math.random() * 2 ** 31))
    : [Number(ONE)];
/** Quicker than in the product, so that a test takes seconds. */
const RETRY = { windowMs: 60_000, firstWaitMs: 50, longestWaitMs: 500 };

const numbers = (page: string): number[] =>
  page.split('\n').flatMap((line) => {
    const number = /^line (\d+)$/.exec(line)?.[1];
    return number === undefined ? [] : [Number(number)];
  });

describe.skipIf(noEngine !== undefined)('a session behind a network that does harm', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let proxy: FaultProxy;
  let person: Person;
  let registry: SessionRegistry;

  async function start(inFlight: 'again' | 'lost', windowMs = RETRY.windowMs): Promise<void> {
    way = await overWinRm(undefined, { missAfterMs: 1000, inFlight });
    proxy = await FaultProxy.start(way.port);
    person = new Person();
    registry = registryFor(serverAt(proxy.port), person, undefined, {
      target: { retry: { ...RETRY, windowMs } },
    }).registry;
  }
  beforeEach(() => {
    registry = undefined as unknown as SessionRegistry;
  });
  afterEach(async () => {
    await registry?.closeAll();
    await proxy.close();
    await way.close();
  });

  async function open(): Promise<number> {
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: false });
    registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
    return id;
  }

  test('what cannot be removed where it stands is not said to be removed, and one that is cut can be left all the same', async () => {
    await start('again');
    const [left, cut] = [await open(), await open()];
    const shellOf = (id: number) => registry.get(id).shellId?.toLowerCase();
    const names = [shellOf(left), shellOf(cut)];
    await registry.disconnect(left, {});
    proxy.down();
    await person.until(() => registry.get(cut).row.retrying?.kind === 'cut');

    await expect(registry.remove(left)).rejects.toMatchObject({
      error: { code: expect.stringMatching(/^connect\./) as string },
    });
    expect(registry.get(left).row.state).toBe('Disconnected');
    await expect(registry.remove(cut)).rejects.toMatchObject({ error: { code: 'session.still-there' } });
    expect(registry.list().map((row) => row.id)).toEqual([left]);

    proxy.up();
    const standing = async () =>
      (await registry.shells.list('z', undefined)).shells.map((shell) => shell.shellId.toLowerCase());
    expect(await standing()).toEqual(expect.arrayContaining(names));
    await registry.remove(left);
    expect(registry.list()).toEqual([]);
    expect(await standing()).not.toContain(names[0]);
  });

  test.each(seeds.map((seed, at) => [seed, at % 2 === 0 ? 'again' : 'lost'] as const))(
    'schedule %i, answers on their way come %s: no line is doubled, out of order or lost without a word',
    async (seed, inFlight) => {
      await start(inFlight);
      const dice = new Dice(seed);
      const id = await open();
      // The connections that are there are harmed by being cut, those that follow as drawn.
      proxy.plan(drawFaults(dice, 30));
      const command =
        'foreach ($n in 1..600) { "line $n"; if ($n % 20 -eq 0) { [System.Threading.Thread]::Sleep(10) } }';
      const done = registry.get(id).invoke(command, SIZE);
      void done.catch(() => undefined);
      for (const lines of [40, 150, 320]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await person.until(
          () => numbers(person.page).length >= lines || registry.get(id).row.availability !== 'Busy',
        );
        proxy.cut();
      }
      const record = await done;
      const got = numbers(person.page);
      expect(got).toEqual([...new Set(got)].toSorted((a, b) => a - b));
      expect(proxy.counts.faults).toBeGreaterThan(0);
      const complete = got.length === 600;
      const { state } = registry.get(id).row;
      // What is not there is said in its place, or the command is said to have failed and why.
      if (!complete && record.state === 'completed') expect(person.page).toMatch(/missing here/);
      if (!complete && record.state === 'failed')
        expect(person.items.some((item) => item.kind === 'error')).toBe(true);
      expect(['Opened', 'Disconnected', 'Broken']).toContain(state);
    },
    120_000,
  );

  test('a cut shows as interrupted with a countdown, is tried again at once when asked, and what ran goes on', async () => {
    await start('again');
    const id = await open();
    const done = registry
      .get(id)
      .invoke('foreach ($n in 1..50) { "line $n"; [System.Threading.Thread]::Sleep(20) }', SIZE);
    await person.until(() => numbers(person.page).length >= 5);
    proxy.down();
    const cut = await person.until(() => person.rows.findLast((row) => row.retrying?.kind === 'cut'));
    expect(cut).toMatchObject({ state: 'Opened', availability: 'Busy' });
    expect(cut.retrying?.givesUpAt).toBeGreaterThan(cut.retrying?.nextTryAt ?? Infinity);
    expect(cut.retrying?.why).not.toBe('');
    proxy.up();
    registry.retryNow(id);
    expect(await done).toMatchObject({ state: 'completed' });
    expect(numbers(person.page)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(person.page).toMatch(/Interrupted at \d\d:\d\d:\d\d/);
    expect(person.page).toMatch(/Connected again after/);
    expect(registry.get(id).row.retrying).toBeUndefined();
  });

  test('past the window it is Disconnected with the reason, and connected again it has everything', async () => {
    await start('again', 300);
    const id = await open();
    const done = registry
      .get(id)
      .invoke('foreach ($n in 1..50) { "line $n"; [System.Threading.Thread]::Sleep(20) }', SIZE);
    await person.until(() => numbers(person.page).length >= 5);
    proxy.down();
    const away = await person.until(() => person.rows.findLast((row) => row.state === 'Disconnected'));
    expect(away).toMatchObject({ availability: 'None', reason: { code: 'session.auto-disconnected' } });
    proxy.up();
    expect(await registry.connect(id, { size: SIZE, enter: false })).toMatchObject({ state: 'Opened' });
    expect(await done).toMatchObject({ state: 'completed' });
    expect(numbers(person.page)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  });

  test('whoever is inside can leave a cut session at once, and the command runs on', async () => {
    await start('again');
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: true });
    registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
    const request = await person.until(() =>
      person.request?.kind === 'command' ? person.request : undefined,
    );
    registry
      .get(id)
      .answer(request.requestId, 'foreach ($n in 1..50) { "line $n"; [System.Threading.Thread]::Sleep(20) }');
    await person.until(() => numbers(person.page).length >= 5);
    proxy.down();
    await person.until(() => person.rows.at(-1)?.retrying?.kind === 'cut');
    registry.get(id).interrupt(undefined);
    expect(registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Busy', entered: false });
    proxy.up();
    registry.retryNow(id);
    await person.until(() => registry.get(id).row.availability === 'Available');
    expect(numbers(person.page)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    registry.get(id).enter(SIZE);
    await person.until(() => person.request?.kind === 'command');
  });

  test('an engine that is killed and a server that starts again leave broken sessions with a reason, and nobody waiting', async () => {
    await start('again');
    const id = await open();
    const done = registry.get(id).invoke('while ($true) { [System.Threading.Thread]::Sleep(20) }', SIZE);
    way.killEngine();
    await expect(done).resolves.toMatchObject({ state: 'failed' });
    await person.until(
      () => registry.get(id).row.state === 'Broken' || registry.get(id).row.state === 'Closed',
    );
    expect(registry.get(id).row.reason?.title).toBeTruthy();
  });
});
