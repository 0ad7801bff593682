/** How sessions end though nobody asked for it: their idle time is over, their engine dies, their server is killed and starts again. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../electron/practice-server/wsman/clock.ts';
import type { EndpointEvent } from '../../electron/practice-server/wsman/endpoint.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import { WorldTime } from '../simulation/chance.ts';
import { childrenOf, isAlive } from './holdings.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';
import { ServerProcess } from './server-process.ts';

const SIZE = { columns: 120, rows: 30 };
const MINUTE = 60_000;
/** Tried again quickly, so that a test takes seconds. */
const RETRY = { windowMs: 10 * MINUTE, firstWaitMs: 50, longestWaitMs: 200 };
const FOREVER = 'foreach ($n in 1..1000000) { "line $n"; [System.Threading.Thread]::Sleep(5) }';

describe.skipIf(noEngine !== undefined)('a session ends by itself', () => {
  const after: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    // oxlint-disable-next-line no-await-in-loop -- what was begun last ends first
    for (const end of after.splice(0).toReversed()) await end();
  });

  function app(port: number): { registry: SessionRegistry; person: Person; open(): Promise<number> } {
    const person = new Person();
    const { registry } = registryFor(serverAt(port), person, undefined, { target: { retry: RETRY } });
    after.push(() => registry.closeAll());
    return {
      registry,
      person,
      async open() {
        const { id } = await registry.create({
          serverId: 'z',
          size: SIZE,
          enter: false,
          options: { idleTimeoutMs: 5 * MINUTE },
        });
        registry.get(id).attach({ write: (items) => void person.saw(items) }, SIZE);
        return id;
      },
    };
  }
  const lines = (page: string): number[] => [...page.matchAll(/^line (\d+)$/gm)].map(([, n]) => Number(n));
  const counted = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);

  test('left for longer than its idle time: the server ends it with its engine, and who comes back is told', async () => {
    const time = new WorldTime();
    const clock: Clock = { now: () => time.now(), after: (ms, callback) => time.after(ms, callback) };
    const pass = (ms: number): void => {
      const until = time.now() + ms;
      while (time.step(until));
    };
    const events: EndpointEvent['kind'][] = [];
    let told: () => void = () => undefined;
    const way = await overWinRm(
      (event) => {
        events.push(event.kind);
        told();
      },
      { clock },
    );
    after.push(() => way.close());
    const { registry, open } = app(way.port);
    const [id, other] = [await open(), await open()];
    await registry.disconnect(id, {});
    const listed = (await registry.shells.list('z', undefined)).shells;
    const left = listed.find(({ sessionId }) => sessionId === id);
    expect(left).toMatchObject({ state: 'Disconnected', idleTimeoutMs: 5 * MINUTE });
    const engine = left?.processId ?? -1;
    expect(isAlive(engine)).toBe(true);

    // Almost over, and begun anew by coming back; then with a shorter time than before.
    pass(4.9 * MINUTE);
    await registry.connect(id, { size: SIZE, enter: false });
    expect(await registry.get(id).invoke('"again " + "here"', SIZE)).toMatchObject({ state: 'completed' });
    await registry.disconnect(id, { idleTimeoutMs: 2 * MINUTE });
    pass(1.9 * MINUTE);
    expect(events).not.toContain('shell-closed');
    pass(0.2 * MINUTE);
    while (!events.includes('shell-closed')) {
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => (told = resolve));
    }
    await gone(engine);
    expect((await registry.shells.list('z', undefined)).shells).toMatchObject([{ sessionId: other }]);
    await expect(registry.connect(id, { size: SIZE, enter: false })).rejects.toMatchObject({
      error: { code: 'fault.shell-gone' },
    });
    expect(registry.get(id).row).toMatchObject({
      state: 'Broken',
      availability: 'None',
      reason: { code: 'fault.shell-gone' },
    });
    // The one that is connected is not idle, however long nobody types.
    pass(60 * MINUTE);
    expect(await registry.get(other).invoke('"other"', SIZE)).toMatchObject({ state: 'completed' });
  });

  test('its engine is killed in the middle of a pipeline: what came stays, the reason is told, others go on', async () => {
    const server = await ServerProcess.start();
    after.push(() => server.kill());
    const { registry, person, open } = app(server.port);
    const id = await open();
    const [engine = -1] = childrenOf(server.pid);
    const other = app(server.port);
    const otherId = await other.open();
    const done = registry.get(id).invoke(FOREVER, SIZE);
    await person.until(() => lines(person.page).length >= 20);
    process.kill(engine, 'SIGKILL');
    expect(await done).toMatchObject({ state: 'failed' });
    const broken = await person.until(() =>
      ['Broken', 'Closed'].includes(registry.get(id).row.state) ? registry.get(id).row : undefined,
    );
    expect(broken).toMatchObject({ availability: 'None' });
    expect(broken.reason?.title).toBeTruthy();
    const came = lines(person.page);
    expect(came).toEqual(counted(came.length));
    expect(person.items.some(({ kind }) => kind === 'error')).toBe(true);
    expect(await other.registry.get(otherId).invoke('"other"', SIZE)).toMatchObject({ state: 'completed' });
    const anew = await open();
    expect(await registry.get(anew).invoke('"anew"', SIZE)).toMatchObject({ state: 'completed' });
    // The server has forgotten it as well.
    const { shells } = await registry.shells.list('z', undefined);
    expect(shells.map(({ sessionId }) => sessionId)).toContain(anew);
    expect(shells).toHaveLength(2);
  });

  test('its server is killed and starts again: open and left ones are Broken with the reason, and opening works', async () => {
    const first = await ServerProcess.start();
    after.push(() => first.kill());
    const { registry, person, open } = app(first.port);
    const [id, left] = [await open(), await open()];
    await registry.disconnect(left, {});
    const engines = childrenOf(first.pid);
    expect(engines).toHaveLength(2);
    const done = registry.get(id).invoke(FOREVER, SIZE);
    await person.until(() => lines(person.page).length >= 20);
    await first.kill();
    await person.until(() => registry.get(id).row.retrying?.kind === 'cut');
    expect(registry.get(id).row).toMatchObject({ state: 'Opened', availability: 'Busy' });

    const second = await ServerProcess.start({ port: first.port });
    after.push(() => second.kill());
    registry.retryNow(id);
    expect(await done).toMatchObject({ state: 'failed' });
    const broken = await person.until(() =>
      registry.get(id).row.state === 'Broken' ? registry.get(id).row : undefined,
    );
    expect(broken).toMatchObject({ availability: 'None', reason: { code: 'fault.shell-gone' } });
    expect(broken.retrying).toBeUndefined();
    const came = lines(person.page);
    expect(came).toEqual(counted(came.length));

    expect(registry.get(left).row).toMatchObject({ state: 'Disconnected' });
    await expect(registry.connect(left, { size: SIZE, enter: false })).rejects.toMatchObject({
      error: { code: 'fault.shell-gone' },
    });
    expect(registry.get(left).row).toMatchObject({ state: 'Broken' });

    const anew = await open();
    expect(await registry.get(anew).invoke('"anew"', SIZE)).toMatchObject({ state: 'completed' });
    // Engines end with the input of a server that is gone.
    await Promise.all(engines.map(gone));
  });
});

/** The kernel tells nobody but its parent of the end of a process. */
async function gone(pid: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}
