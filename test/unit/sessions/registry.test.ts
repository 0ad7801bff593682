import { expect, onTestFinished, test, vi } from 'vitest';
import { CredentialKeeper } from '../../../electron/credentials/credential-keeper.ts';
import { PoolStateError, type PoolListener, type RunspacePool } from '../../../electron/remoting/index.ts';
import { SessionRegistry } from '../../../electron/sessions/registry.ts';
import { Person, serverAt } from '../../integration/registry.ts';

const SIZE = { columns: 80, rows: 24 };

/** A registry whose pools open as the test says. */
function registryWith(
  open: (listener: PoolListener) => Promise<void>,
  close: () => Promise<void> = () => Promise.resolve(),
) {
  const person = new Person();
  const registry = new SessionRegistry({
    credentials: new CredentialKeeper(),
    events: person,
    now: () => 0,
    log: () => undefined,
    resolve: () =>
      Promise.resolve({ server: serverAt(5985), credential: { userName: 'ada', password: 'x' } }),
    client: () => {
      throw new Error('nobody asks what else stands there');
    },
    connect: (_destination, _credential, _options, listener) => {
      let refuse: (error: Error) => void;
      const closed = new Promise<void>((_resolve, reject) => {
        refuse = reject;
      });
      closed.catch(() => undefined);
      const pool = {
        id: '1',
        canDisconnect: false,
        connection: { target: { computerName: 'z002', configurationName: 'x' } },
        applicationPrivateData: undefined,
        open: () => Promise.race([open(listener), closed]),
        close: () => {
          listener.stateChanged?.('Closed', undefined);
          refuse(new PoolStateError('Closed', 'it was closed'));
          return close();
        },
      };
      // What the registry and a session ask of a pool that never opens.
      return pool as unknown as RunspacePool;
    },
  });
  return { person, registry };
}

const create = (registry: SessionRegistry) => registry.create({ serverId: 'z', size: SIZE, enter: true });

test('a server that closes the pool while it opens is not taken for a person who cancelled', async () => {
  const { registry, person } = registryWith((listener) => {
    listener.stateChanged?.('Opening', undefined);
    listener.stateChanged?.('Closed', undefined);
    return Promise.reject(new PoolStateError('Closed', 'it was closed'));
  });
  await expect(create(registry)).rejects.toMatchObject({ error: { code: 'session.closed-by-server' } });
  expect(person.gone).toEqual([1]);
});

test('a session that is removed while it opens was cancelled', async () => {
  const { registry, person } = registryWith((listener) => {
    listener.stateChanged?.('Opening', undefined);
    return new Promise(() => undefined);
  });
  const created = create(registry);
  await person.until(() => person.rows.at(-1)?.state === 'Opening');
  await registry.remove(1);
  await expect(created).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(registry.list()).toEqual([]);
  expect(person.gone).toEqual([1]);
});

test('a session that is removed while it waits for its turn ends, and never opens', async () => {
  const ready: (() => void)[] = [];
  const { registry } = registryWith(() => new Promise<void>((resolve) => ready.push(resolve)));
  const created = Array.from({ length: 6 }, () => create(registry).catch((error: unknown) => error));
  await vi.waitFor(() => expect(ready).toHaveLength(5));
  expect(registry.list()).toHaveLength(6);
  await registry.remove(6);
  // Its turn comes.
  ready[0]?.();
  await expect(created[5]).resolves.toMatchObject({ error: { code: 'session.cancelled' } });
  expect(ready).toHaveLength(5);
  await registry.closeAll();
  await Promise.all(created);
});

test('an opening that failed is tried again under its id; the next session has the next', async () => {
  let consent = false;
  const { registry, person } = registryWith((listener) => {
    listener.stateChanged?.('Opening', undefined);
    if (!consent) return Promise.reject(new PoolStateError('Broken', 'not allowed yet'));
    listener.stateChanged?.('Opened', undefined);
    return Promise.resolve();
  });
  await expect(create(registry)).rejects.toThrow();
  expect(person.gone).toEqual([1]);
  consent = true;
  expect(await create(registry)).toMatchObject({ id: 1, name: 'Session1' });
  expect(await create(registry)).toMatchObject({ id: 2, name: 'Session2' });
});

test('the end of the app waits for a server that does not answer, but leaves time for what ends after it', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { registry } = registryWith(
    (listener) => {
      listener.stateChanged?.('Opening', undefined);
      listener.stateChanged?.('Opened', undefined);
      return Promise.resolve();
    },
    () => new Promise(() => undefined),
  );
  await registry.create({ serverId: 'z', size: SIZE, enter: false });
  let ended = false;
  void registry.closeAll().then(() => (ended = true));
  await vi.advanceTimersByTimeAsync(1000);
  expect(ended).toBe(false);
  // Four seconds is all there is, for the practice server and the log as well (last-wishes.ts, native-shell.ts).
  await vi.advanceTimersByTimeAsync(2000);
  expect(ended).toBe(true);
});
