/** Leaving sessions and coming back to them, as the app does it, with the real engine behind the practice server's endpoint. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDisk } from '../../electron/settings/disk.ts';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { WinRmTarget } from '../../electron/remoting/index.ts';
import { noEngine, overWinRm, PASSWORD, USER, type Way } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 100, rows: 30 };
/** Waits in the engine until `name` is raised, from another session of the same engine or by a file. */
const WAIT_FOR = (file: string): string =>
  `while (-not [System.IO.File]::Exists('${file}')) { [System.Threading.Thread]::Sleep(20) }`;

describe.skipIf(noEngine !== undefined)('sessions that are left and come back', () => {
  let way: Way & { port: number; target: WinRmTarget };
  let folder: string;
  const open: SessionRegistry[] = [];

  beforeEach(async () => {
    way = await overWinRm(undefined, { missAfterMs: 0 });
    folder = await mkdtemp(join(tmpdir(), 'psdeck-return-'));
  });
  afterEach(async () => {
    for (const registry of open.splice(0)) await registry.closeAll();
    await way.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A run of the app. `pid` stands for its process; every other one is dead. */
  async function run(pid: number) {
    const person = new Person();
    let dead = false;
    const journal = await SessionJournal.open({
      folder: join(folder, 'sessions'),
      runId: `r${String(pid)}`,
      pid,
      isAlive: () => false,
      now: Date.now,
      // A dead process writes nothing.
      disk: {
        ...nodeDisk,
        create: (path) => (dead ? new Promise(() => undefined) : nodeDisk.create(path)),
        remove: (path) => (dead ? Promise.resolve() : nodeDisk.remove(path)),
      },
    });
    const server = serverAt(way.port);
    const { registry, pools } = registryFor(server, person, undefined, { journal });
    open.push(registry);
    /** Shows the page of a session as a terminal does. */
    const show = (id: number): void =>
      void registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
    const at = async (id: number, line: string): Promise<void> => {
      const request = await person.until(() =>
        person.request?.kind === 'command' ? person.request : undefined,
      );
      registry.get(id).answer(request.requestId, line);
    };
    /** As a killed process: its connections are gone, and it tells nobody. */
    const die = (): void => {
      dead = true;
      open.splice(open.indexOf(registry), 1);
      for (const pool of pools) pool.abort(new Error('killed'));
    };
    return { person, registry, show, at, die, server };
  }

  const lines = (page: string): string[] => page.split('\n').filter((line) => /^line \d+$/.test(line));
  const numbered = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, at) => `line ${String(from + at)}`);

  test('one is left in the middle of a command, and whoever was inside is inside again, with all of its output once', async () => {
    const { person, registry, show, at } = await run(1);
    const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: true });
    show(id);
    await at(id, `1..100 | % { "line $_" }; ${WAIT_FOR(join(folder, 'go'))}; 101..400 | % { "line $_" }`);
    await person.until(() => person.page.includes('line 100\n'));

    const left = await registry.disconnect(id, {});
    expect(left).toMatchObject({
      state: 'Disconnected',
      availability: 'None',
      entered: false,
      insideBefore: true,
    });
    expect(left.keptUntil).toBeGreaterThan(Date.now());
    expect(() => registry.get(id).enter(SIZE)).toThrow(/Disconnected/);
    await registry
      .create({ serverId: 'z', size: SIZE, enter: false, name: 'helper' })
      .then(async (helper) => {
        await registry
          .get(helper.id)
          .invoke(`[System.IO.File]::WriteAllText('${join(folder, 'go')}', '')`, SIZE);
        await registry.remove(helper.id);
      });

    const back = await registry.connect(id, { size: SIZE, enter: false });
    expect(back).toMatchObject({ state: 'Opened', entered: true });
    await person.until(() => person.request?.kind === 'command');
    expect(lines(person.page)).toEqual(numbered(1, 400));
    expect(registry.get(id).row).toMatchObject({ availability: 'Available' });
    expect(person.rows.filter((row) => row.id === id).map((row) => row.state)).toEqual(
      expect.arrayContaining(['Disconnecting', 'Disconnected', 'Connecting', 'Opened']),
    );
    await at(id, '"still here"');
    await person.until(() => person.page.includes('still here\n'));
  });

  test('one whose app died is offered by the next, taken over when the server lets go, and delivers what was produced meanwhile once', async () => {
    const first = await run(1);
    const { id } = await first.registry.create({ serverId: 'z', size: SIZE, enter: true, name: 'Nightly' });
    first.show(id);
    await first.at(
      id,
      `$kept = 42; 1..50 | % { "line $_" }; ${WAIT_FOR(join(folder, 'go'))}; 51..300 | % { "line $_" }`,
    );
    await first.person.until(() => first.person.page.includes('line 50\n'));
    const { instanceId } = first.registry.get(id).row;
    first.die();

    const second = await run(2);
    const [offered] = second.registry.offerLeft(() => second.server);
    expect(offered).toMatchObject({
      id: 1,
      name: 'Nightly',
      instanceId,
      state: 'Disconnected',
      availability: 'None',
      left: 'earlier-run',
    });
    second.show(1);
    const connected = second.registry.connect(1, { size: SIZE, enter: true });
    expect(await connected).toMatchObject({ state: 'Opened', entered: true, instanceId });
    const helper = await second.registry.create({ serverId: 'z', size: SIZE, enter: false });
    await second.registry
      .get(helper.id)
      .invoke(`[System.IO.File]::WriteAllText('${join(folder, 'go')}', '')`, SIZE);
    await second.person.until(() => second.person.request?.kind === 'command');
    const got = lines(second.person.page);
    expect(new Set(got).size).toBe(got.length);
    expect(got.slice(-250)).toEqual(numbered(51, 300));
    await second.at(1, '"kept $kept"');
    await second.person.until(() => second.person.page.includes('kept 42\n'));
    await second.registry.remove(1);

    const third = await run(3);
    expect(third.registry.offerLeft(() => third.server).map((row) => row.name)).toEqual(['Session2']);
  });

  test('one is connected as who is typed now, not as who it was opened by, and has all it had', async () => {
    const { registry, person, show } = await run(1);
    const { id, instanceId } = await registry.create({ serverId: 'z', size: SIZE, enter: false });
    show(id);
    await registry.get(id).invoke('$kept = 42', SIZE);
    await registry.disconnect(id, {});
    const wrong = { userName: USER, password: 'no longer this' };
    await expect(registry.connect(id, { size: SIZE, enter: false, credential: wrong })).rejects.toMatchObject(
      { error: { code: 'signin.rejected' } },
    );
    expect(registry.get(id).row.state).toBe('Disconnected');
    const right = { userName: USER, password: PASSWORD };
    expect(await registry.connect(id, { size: SIZE, enter: false, credential: right })).toMatchObject({
      state: 'Opened',
      instanceId,
    });
    await registry.get(id).invoke('"kept $kept"', SIZE);
    expect(person.page).toContain('kept 42\n');
  });

  test('one that another client holds is Disconnected and Busy while it is tried again, and had when that lets go', async () => {
    const holder = await run(1);
    const { id, instanceId } = await holder.registry.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      name: 'Shared',
    });
    const other = await run(2);
    const taken = other.registry.connectShell('z', instanceId, { size: SIZE, enter: false });
    const held = await other.person.until(() =>
      other.person.rows.find((row) => row.retrying?.kind === 'held'),
    );
    expect(held).toMatchObject({
      name: 'Shared',
      state: 'Disconnected',
      availability: 'Busy',
      left: 'other-client',
    });
    expect(held.retrying?.nextTryAt).toBeGreaterThan(held.retrying?.since ?? Infinity);
    await holder.registry.disconnect(id, { idleTimeoutMs: 90_000 });
    other.registry.retryNow(held.id);
    expect(await taken).toMatchObject({ state: 'Opened', availability: 'Available' });

    const { shells } = await other.registry.shells.list('z', undefined);
    expect(shells.find((shell) => shell.sessionId === held.id)).toMatchObject({
      name: 'Shared',
      state: 'Connected',
      isPowerShell: true,
      configurationName: 'Microsoft.PowerShell',
      idleTimeoutMs: 90_000,
    });
    // Who left it learns from the server's list who has it, finds it in use, and may give up.
    await holder.registry.shells.list('z', undefined);
    expect(holder.registry.get(id).row).toMatchObject({ state: 'Disconnected', availability: 'Busy' });
    const back = holder.registry.connect(id, { size: SIZE, enter: false });
    await holder.person.until(() => holder.person.rows.at(-1)?.retrying?.kind === 'held');
    await holder.registry.stopRetrying(id);
    await expect(back).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
    expect(holder.registry.get(id).row).toMatchObject({ state: 'Disconnected' });
    expect(holder.registry.get(id).row.retrying).toBeUndefined();
  });

  test('one that is left here, taken over elsewhere and left there is had here again, and says what was shown elsewhere', async () => {
    const office = await run(1);
    const { id, instanceId } = await office.registry.create({ serverId: 'z', size: SIZE, enter: true });
    office.show(id);
    const raise = (file: string) => writeFile(join(folder, file), '');
    const numbers = (from: number, to: number): string => `${String(from)}..${String(to)} | % { "line $_" }`;
    await office.at(
      id,
      [
        `$kept = 42; ${numbers(1, 50)}`,
        WAIT_FOR(join(folder, 'home')),
        numbers(51, 100),
        WAIT_FOR(join(folder, 'office')),
        numbers(101, 150),
      ].join('; '),
    );
    await office.person.until(() => office.person.page.includes('line 50\n'));
    await office.registry.disconnect(id, {});

    const home = await run(2);
    const there = await home.registry.connectShell('z', instanceId, { size: SIZE, enter: true });
    home.show(there.id);
    await raise('home');
    await home.person.until(() => home.person.page.includes('line 100\n'));
    await home.registry.disconnect(there.id, {});

    const back = await office.registry.connect(id, { size: SIZE, enter: false });
    expect(back).toMatchObject({ state: 'Opened', entered: true, instanceId });
    await raise('office');
    await office.person.until(() => office.person.request?.kind === 'command');
    // What was on its way home when it was left there may be handed out once more.
    const shown = lines(office.person.page).slice(50);
    expect(lines(office.person.page).slice(0, 50)).toEqual(numbered(1, 50));
    expect(shown).toEqual(numbered(151 - shown.length, 150));
    expect(shown.length).toBeLessThan(100);
    expect(office.person.page).toMatch(/line 50\n[^]*messages of the server are missing here\.\n/);
    await office.at(id, '"kept $kept"');
    await office.person.until(() => office.person.page.includes('kept 42\n'));
    await office.person.until(() => office.registry.get(id).row.availability === 'Available');
  });

  test('what stands on the server is listed and removed, and the app that had it says what became of it', async () => {
    const { registry, person } = await run(1);
    const { id, instanceId } = await registry.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      name: 'Stale',
    });
    await registry.disconnect(id, {});
    const other = await run(2);
    const before = await other.registry.shells.list('z', undefined);
    expect(before.mostShells).toBe(30);
    expect(before.shells).toMatchObject([{ name: 'Stale', state: 'Disconnected', fromEarlierRun: true }]);
    const also = await registry.create({ serverId: 'z', size: SIZE, enter: false, name: 'Also' });
    await registry.disconnect(also.id, {});
    const failed = await other.registry.shells.remove(
      'z',
      [instanceId, also.instanceId, 'not-there'],
      undefined,
    );
    expect(failed).toEqual([]);
    expect((await other.registry.shells.list('z', undefined)).shells).toEqual([]);
    expect(registry.get(id).row.state).toBe('Disconnected');
    await expect(registry.connect(id, { size: SIZE, enter: false })).rejects.toMatchObject({
      error: { code: expect.stringMatching(/expired|unknown|gone/) as string },
    });
    expect(registry.get(id).row).toMatchObject({ state: 'Broken', availability: 'None' });
    // Where one is gone, the server is asked for the others.
    await person.until(() => registry.get(also.id).row.state === 'Broken');
    expect(registry.get(also.id).row).toMatchObject({ reason: { code: 'session.expired' } });
  });

  test('the end of the app leaves what runs a command and ends the rest, and the next one finds it', async () => {
    const { registry } = await run(1);
    const busy = await registry.create({ serverId: 'z', size: SIZE, enter: false, name: 'Busy' });
    await registry.create({ serverId: 'z', size: SIZE, enter: false, name: 'Idle' });
    const running = registry.get(busy.id).invoke(WAIT_FOR(join(folder, 'never')), SIZE);
    void running.catch(() => undefined);
    await registry.closeAll('keep-busy');
    const next = await run(2);
    expect(next.registry.offerLeft(() => next.server).map((row) => row.name)).toEqual(['Busy']);
    expect((await next.registry.shells.list('z', undefined)).shells).toMatchObject([{ name: 'Busy' }]);
    await next.registry.remove(1);
    expect((await next.registry.shells.list('z', undefined)).shells).toEqual([]);
  });
});
