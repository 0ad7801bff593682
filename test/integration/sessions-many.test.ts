/** Fifty sessions at once, each with an engine of its own behind a server in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import { childrenOf } from './holdings.ts';
import { noEngine } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';
import { ServerProcess } from './server-process.ts';

const SIZE = { columns: 120, rows: 30 };
const MANY = 50;

describe.skipIf(noEngine !== undefined)('fifty sessions', () => {
  let server: ServerProcess;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-many-'));
    server = await ServerProcess.start();
  });
  afterEach(async () => {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });

  async function app(pid: number) {
    const person = new Person();
    const journal = await SessionJournal.open({
      folder,
      runId: `r${String(pid)}`,
      pid,
      isAlive: () => false,
      now: Date.now,
    });
    const entry = serverAt(server.port);
    return { ...registryFor(entry, person, undefined, { journal }), person, entry };
  }
  const stateOf = async (state: string): Promise<number> =>
    (await server.report()).shells.filter((shell) => shell.state === state).length;

  test(
    'the first works while the others open; the end of the app leaves them all or ends them all, as it was chosen',
    async () => {
      const first = await app(1);
      const order: string[] = [];
      const opening = Array.from({ length: MANY }, (_, at) =>
        first.registry.create({ serverId: 'z', size: SIZE, enter: false }).then(async ({ id }) => {
          order.push('opened');
          if (at > 0) return id;
          first.registry.get(id).attach({ write: (items) => void first.person.saw(items) }, SIZE);
          await first.registry.get(id).invoke('"it works"', SIZE);
          order.push('works');
          return id;
        }),
      );
      const ids = await Promise.all(opening);
      expect(first.person.page).toContain('it works\n');
      // Its command has been answered before the last is open, however fast or slow the machine is.
      expect(order.indexOf('works')).toBeGreaterThan(-1);
      expect(order.indexOf('works')).toBeLessThan(order.lastIndexOf('opened'));
      expect(first.registry.list().map(({ state }) => state)).toEqual(Array(MANY).fill('Opened'));
      expect(new Set(ids).size).toBe(MANY);
      expect(childrenOf(server.pid)).toHaveLength(MANY);

      await first.registry.closeAll('keep');
      // What was told to the server in time is told; the rest it is told while the app ends.
      await server.until(() => server.told('shell-disconnected') >= MANY);
      expect(await stateOf('Disconnected')).toBe(MANY);
      expect(childrenOf(server.pid)).toHaveLength(MANY);

      const second = await app(2);
      const offered = second.registry.offerLeft(() => second.entry);
      expect(offered).toHaveLength(MANY);
      const back = await Promise.all(
        offered.map(({ id }) => second.registry.connect(id, { size: SIZE, enter: false })),
      );
      expect(
        back.every(({ state, availability }) => state === 'Opened' && availability === 'Available'),
      ).toBe(true);
      expect(await stateOf('Connected')).toBe(MANY);

      await second.registry.closeAll('remove');
      await server.until(() => server.told('shell-closed') >= MANY);
      expect((await server.report()).shells).toEqual([]);
      // The kernel tells nobody but their parent when they are gone.
      // oxlint-disable-next-line no-await-in-loop
      while (childrenOf(server.pid).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const third = await app(3);
      expect(third.registry.offerLeft(() => third.entry)).toEqual([]);
    },
    // Fifty engines start on what may be one processor.
    300_000,
  );
});
