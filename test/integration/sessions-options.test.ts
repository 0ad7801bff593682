/** A session's own options against the real engine: its proxy, and what the server makes of the rest. */
import { afterEach, describe, expect, test } from 'vitest';
import { proxyId } from '../../electron/credentials/credential-keeper.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { WsmanEndpointOptions } from '../../electron/practice-server/wsman/endpoint.ts';
import { noEngine, overWinRm } from './practice.ts';
import { startProxy, type TestProxy, type Verdict } from './proxies.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 100, rows: 30 };
const BASIC = `Basic ${Buffer.from('paula:tunnel').toString('base64')}`;

describe.skipIf(noEngine !== undefined)('a session with options of its own', () => {
  let way: Awaited<ReturnType<typeof overWinRm>> | undefined;
  let proxy: TestProxy | undefined;
  let registry: SessionRegistry | undefined;
  afterEach(async () => {
    await registry?.closeAll();
    await proxy?.close();
    await way?.close();
  });

  async function start(more: Partial<WsmanEndpointOptions> = {}, serverProxy?: string) {
    way = await overWinRm(undefined, more);
    const made = registryFor(
      serverAt(way.port, serverProxy === undefined ? {} : { signIn: { auth: 'basic', proxy: serverProxy } }),
      new Person(),
    );
    registry = made.registry;
    return made;
  }

  test('goes by its own proxy, and comes back by it; the proxy’s password is asked for by the proxy’s own name', async () => {
    proxy = await startProxy(({ headers }): Verdict =>
      headers['proxy-authorization'] === BASIC
        ? { kind: 'through' }
        : { kind: 'refuse', status: 407, headers: { 'Proxy-Authenticate': 'Basic realm="lab"' } },
    );
    const { registry: sessions, credentials } = await start();
    const address = `127.0.0.1:${String(proxy.port)}`;
    const wish = { serverId: 'z', size: SIZE, enter: false, options: { proxy: address } } as const;
    await expect(sessions.create(wish)).rejects.toMatchObject({ error: { code: 'proxy.sign-in' } });
    credentials.keep(proxyId(address), { userName: 'paula', password: 'wrong' });
    await expect(sessions.create(wish)).rejects.toMatchObject({ error: { code: 'proxy.sign-in' } });
    // What was refused is not tried again.
    expect(credentials.get(proxyId(address))).toBeUndefined();
    credentials.keep(proxyId(address), { userName: 'paula', password: 'tunnel' });
    const { id } = await sessions.create(wish);
    expect(sessions.get(id).row).toMatchObject({ state: 'Opened', proxy: address });
    const { instanceId } = sessions.get(id).row;
    await sessions.disconnect(id, {});
    const before = proxy.connects.length;
    await sessions.connect(id, { size: SIZE, enter: false });
    expect(sessions.get(id).row).toMatchObject({ state: 'Opened', instanceId });
    expect(proxy.connects.length).toBeGreaterThanOrEqual(before);
    expect(new Set(proxy.connects.map(({ target }) => target))).toEqual(
      new Set([`127.0.0.1:${String(way?.port)}`]),
    );
  });

  test('goes without the server’s proxy where it says so', async () => {
    // Nothing listens there.
    const { registry: sessions } = await start({}, '127.0.0.1:1');
    await expect(sessions.create({ serverId: 'z', size: SIZE, enter: false })).rejects.toMatchObject({
      error: { code: 'proxy.unreachable' },
    });
    const row = await sessions.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      options: { proxy: 'none' },
    });
    expect(row).toMatchObject({ state: 'Opened' });
  });

  test('is kept as long as the server says, and drops output where it was made so, also when it is left without a word', async () => {
    const { registry: sessions } = await start({ shellLimits: { idleTimeoutMs: 600_000 } });
    const plain = await sessions.create({ serverId: 'z', size: SIZE, enter: false });
    expect(plain.idleTimeoutMs).toBe(600_000);
    const { id } = await sessions.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      options: { idleTimeoutMs: 120_000, bufferMode: 'Drop' },
    });
    await sessions.disconnect(id, {});
    const { shells } = await sessions.shells.list('z', undefined);
    expect(shells.find((shell) => shell.sessionId === id)).toMatchObject({
      idleTimeoutMs: 120_000,
      bufferMode: 'Drop',
      state: 'Disconnected',
    });
  });

  test('is refused where it wants to be kept for longer than the server allows, with the bounds in words; one that is open stays so', async () => {
    const { registry: sessions } = await start({ shellLimits: { maxIdleTimeoutMs: 43_200_000 } });
    const wish = { serverId: 'z', size: SIZE, enter: false } as const;
    const bounds = {
      error: { code: 'fault.idle-timeout', why: 'It takes an idle timeout from 1 min to 12 h.' },
    };
    await expect(sessions.create({ ...wish, options: { idleTimeoutMs: 86_400_000 } })).rejects.toMatchObject(
      bounds,
    );
    const { id } = await sessions.create(wish);
    await expect(sessions.disconnect(id, { idleTimeoutMs: 86_400_000 })).rejects.toMatchObject(bounds);
    expect(sessions.get(id).row).toMatchObject({ state: 'Opened', availability: 'Available' });
  });
});
