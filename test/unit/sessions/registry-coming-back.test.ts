/** What is asked of a session while it is on its way to the server or away from it. */
import { expect, test } from 'vitest';
import { CredentialKeeper } from '../../../electron/credentials/credential-keeper.ts';
import type { PoolListener, RunspacePool, WsmanClient } from '../../../electron/remoting/index.ts';
import { SessionJournal } from '../../../electron/sessions/journal.ts';
import { SessionRegistry } from '../../../electron/sessions/registry.ts';
import { Person, serverAt } from '../../integration/registry.ts';
import { CrashDisk } from '../../simulation/crash-disk.ts';

const SIZE = { columns: 80, rows: 24 };
const SHELL = '00000000-0000-0000-0000-00000000000A';

/** A pool whose server answers when the test says. */
class SlowPool {
  readonly id = SHELL.toLowerCase();
  readonly connection = { target: { computerName: 'z002', configurationName: 'x', userName: 'ada' } };
  readonly applicationPrivateData = undefined;
  readonly received = { lowest: undefined, highest: undefined, missing: [] };
  readonly runs = [];
  readonly idleTimeoutMs = 7_200_000;
  canDisconnect = true;
  state = 'BeforeOpen';
  readonly calls: string[] = [];
  /** What is asked and not answered yet. */
  answer: (() => void) | undefined;
  #refuse: ((error: Error) => void) | undefined;
  readonly #listener: PoolListener;
  readonly #person: Person;

  constructor(listener: PoolListener, person: Person) {
    this.#listener = listener;
    this.#person = person;
  }

  #is(state: string, error?: Error): void {
    this.state = state;
    this.#listener.stateChanged?.(state as 'Opened', error);
  }

  async #ask(call: string, during: string, then: string): Promise<void> {
    this.calls.push(call);
    this.#is(during);
    await new Promise<void>((resolve, reject) => {
      this.answer = resolve;
      this.#refuse = reject;
      this.#person.noticed();
    });
    this.answer = undefined;
    if (this.state === 'Broken' || this.state === 'Closed') throw new Error('over');
    this.#is(then);
  }

  open(): Promise<void> {
    this.#is('Opening');
    this.#is('Opened');
    return Promise.resolve();
  }

  disconnect = (): Promise<void> => this.#ask('disconnect', 'Disconnecting', 'Disconnected');
  reconnect = (): Promise<void> => this.#ask('reconnect', 'Connecting', 'Opened');
  connect = (): Promise<void> => this.#ask('connect', 'Connecting', 'Opened');
  listPipelines = (): Promise<[]> => Promise.resolve([]);

  close(): Promise<void> {
    this.calls.push('close');
    this.#is('Closed');
    return Promise.resolve();
  }

  abort(error: Error): void {
    this.calls.push('abort');
    this.#is('Broken', error);
    this.#refuse?.(error);
  }

  /** Its server cannot be reached. */
  cut(): void {
    this.#listener.interrupted?.({
      error: new Error('no way'),
      attempts: 1,
      retryInMs: 500,
      giveUpInMs: 240_000,
    });
  }

  /** The server answers what it was asked. */
  async answered(call: string): Promise<void> {
    const answer = await this.#person.until(() => this.calls.at(-1) === call && this.answer);
    answer();
  }
}

/** A registry in front of a server that knows one shell. */
async function registryOf(isReachable: () => boolean = () => true) {
  const journal = await SessionJournal.open({
    folder: '/sessions',
    disk: new CrashDisk(),
    runId: '1',
    pid: 1,
    isAlive: () => false,
    now: () => 0,
  });
  const person = new Person();
  const pools: SlowPool[] = [];
  const removed: string[] = [];
  const shell = { shellId: SHELL, name: 'Left', state: 'Disconnected', owner: 'ada' };
  const registry = new SessionRegistry({
    credentials: new CredentialKeeper(),
    events: person,
    now: () => 0,
    log: () => undefined,
    journal,
    resolve: () =>
      Promise.resolve({ server: serverAt(5985), credential: { userName: 'ada', password: 'x' } }),
    // What the registry asks of it, and no more.
    client: () =>
      ({
        serviceConfig: () => Promise.resolve({}),
        enumerateShells: () =>
          isReachable()
            ? Promise.resolve(removed.length === 0 ? [shell] : [])
            : Promise.reject(new Error('no way')),
        removeShell: ({ shellId }: { shellId: string }) => {
          removed.push(shellId);
          return Promise.resolve();
        },
        close: () => undefined,
      }) as unknown as WsmanClient,
    connect: (_destination, _credential, _options, listener) => {
      const pool = new SlowPool(listener, person);
      pools.push(pool);
      return pool as unknown as RunspacePool;
    },
  });
  return { person, pools, registry, removed, journal };
}

async function openSession(isReachable?: () => boolean) {
  const it = await registryOf(isReachable);
  const { id } = await it.registry.create({ serverId: 'z', size: SIZE, enter: false });
  const [pool] = it.pools;
  if (!pool) throw new Error('no pool');
  return { ...it, id, pool };
}

async function leftSession() {
  const it = await openSession();
  const left = it.registry.disconnect(it.id, {});
  return { ...it, left };
}

test('two who connect the same session at the same time have it back by one attempt', async () => {
  const { registry, pools, pool, left, id } = await leftSession();
  await pool.answered('disconnect');
  await left;
  const both = [1, 2].map(() => registry.connect(id, { size: SIZE, enter: false }));
  await pool.answered('reconnect');
  expect(await Promise.all(both)).toMatchObject([{ state: 'Opened' }, { state: 'Opened' }]);
  expect(pool.calls).toEqual(['disconnect', 'reconnect']);
  expect(pools).toHaveLength(1);
});

test('two who take over the same shell at the same time have one session of it', async () => {
  const { registry, pools, person } = await registryOf();
  const both = [1, 2].map(() => registry.connectShell('z', SHELL, { size: SIZE, enter: false }));
  const pool = await person.until(() => pools[0]);
  await pool.answered('connect');
  expect(await Promise.all(both)).toMatchObject([{ id: 1 }, { id: 1 }]);
  expect(registry.list()).toHaveLength(1);
  expect(pools).toHaveLength(1);
});

test('the end of the app does not remove what is just being left', async () => {
  const { registry, person, pool, left } = await leftSession();
  await person.until(() => pool.state === 'Disconnecting');
  const closed = registry.closeAll('remove');
  await pool.answered('disconnect');
  await Promise.all([left, closed]);
  expect(pool.calls).toEqual(['disconnect']);
});

test('the end of the app does not remove what is just being come back to', async () => {
  const { registry, person, pool, left, id, removed, journal } = await leftSession();
  await pool.answered('disconnect');
  await left;
  const back = registry.connect(id, { size: SIZE, enter: false });
  back.catch(() => undefined);
  await person.until(() => pool.state === 'Connecting');
  await registry.closeAll('remove');
  pool.answer?.();
  await expect(back).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(pool.calls).toEqual(['disconnect', 'reconnect', 'abort']);
  expect(removed).toEqual([]);
  expect(journal.get(SHELL)).toMatchObject({ name: 'Session1' });
});

test('what the end of the app could not remove, because its server is out of reach, a later run is offered', async () => {
  const { registry, pool, journal } = await openSession(() => false);
  pool.cut();
  await registry.closeAll('remove');
  expect(pool.calls).toEqual(['abort']);
  expect(journal.get(SHELL)).toMatchObject({ name: 'Session1' });
});

test('a session that is removed while it is being taken over is gone from the server, and no connection to it stays', async () => {
  const { registry, person, pools, removed } = await registryOf();
  const taken = registry.connectShell('z', SHELL, { size: SIZE, enter: false });
  taken.catch(() => undefined);
  const pool = await person.until(() => pools[0]?.answer && pools[0]);
  await registry.remove(1);
  pool.answer?.();
  await expect(taken).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(removed).toEqual([SHELL]);
  expect(pool.calls).toEqual(['connect', 'abort']);
  expect(registry.list()).toEqual([]);
});

test('a shell whose taking over was asked for before everything was closed is not taken over after it', async () => {
  const { registry, pools } = await registryOf();
  const taken = registry.connectShell('z', SHELL, { size: SIZE, enter: false });
  await registry.closeAll();
  await expect(taken).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(registry.list()).toEqual([]);
  expect(pools).toEqual([]);
});

test('an attempt to come back that its server does not answer can be ended', async () => {
  const { registry, person, pool, pools, left, id } = await leftSession();
  await pool.answered('disconnect');
  await left;
  // As who signs in with another password: by a new connection.
  const credential = { userName: 'ada', password: 'new' };
  const back = registry.connect(id, { size: SIZE, enter: false, credential });
  back.catch(() => undefined);
  const fresh = await person.until(() => pools[1]?.answer && pools[1]);
  fresh.cut();
  expect(registry.get(id).row).toMatchObject({ state: 'Connecting', retrying: { kind: 'cut' } });
  await registry.stopRetrying(id);
  await expect(back).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(registry.get(id).row).toMatchObject({ state: 'Disconnected' });
  expect(registry.get(id).row.retrying).toBeUndefined();
});
