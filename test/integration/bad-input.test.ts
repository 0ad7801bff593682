/** What goes wrong between a person and a server: each is told in its own words, and nothing else is disturbed. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppFailure } from '../../shared/error.ts';
import type { Server } from '../../shared/server.ts';
import { noEngine, overWinRm, PASSWORD, USER } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 80, rows: 24 };

async function listening(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function failure(server: Server, credential?: { userName: string; password: string }) {
  const person = new Person();
  const { registry } = registryFor(server, person, credential ?? { userName: USER, password: PASSWORD });
  const error: unknown = await registry
    .create({ serverId: 'z', size: SIZE, enter: true })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppFailure);
  // The row came and went: no session is left behind that was never open.
  expect(registry.list()).toEqual([]);
  expect(person.gone).toEqual([1]);
  return (error as AppFailure).error;
}

describe('connecting to what is not there', () => {
  const servers: NetServer[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  test('an unknown name', async () => {
    expect(await failure(serverAt(5986, { address: 'no-such-host.invalid' }))).toMatchObject({
      code: 'connect.name-not-found',
    });
  });

  test('a closed port', async () => {
    const closed = createServer();
    const port = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(serverAt(port));
    expect(error).toMatchObject({ code: 'connect.refused', cure: { command: 'Enable-PSRemoting -Force' } });
    expect(error.title).toContain(String(port));
  });

  test('a server that accepts and says nothing that is HTTP', async () => {
    const rude = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    servers.push(rude);
    expect((await failure(serverAt(await listening(rude)))).code).toMatch(
      /^(?:http\.not-winrm|connect\.reset)$/,
    );
  });

  test('HTTPS to a port that speaks plain HTTP', async () => {
    const plain = createHttpServer((_request, response) => response.end('hello'));
    servers.push(plain);
    expect(await failure(serverAt(await listening(plain), { https: true }))).toMatchObject({
      code: 'tls.failed',
    });
  });

  test.each([200, 404, 500, 503])('a web server that answers an HTML page with %i', async (status) => {
    const web = createHttpServer((request, response) => {
      request.resume();
      response
        .writeHead(status, { 'content-type': 'text/html' })
        .end('<html><body><h1>It works</h1><script>alert(1)</script></body></html>');
    });
    servers.push(web);
    const error = await failure(serverAt(await listening(web)));
    expect(error.code).toMatch(/^http\./);
    expect(JSON.stringify(error)).not.toContain('<script>');
  });

  test('a proxy that wants a sign-in of its own', async () => {
    const proxy = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    });
    servers.push(proxy);
    expect(await failure(serverAt(await listening(proxy)))).toMatchObject({ code: 'http.proxy' });
  });

  test('a redirect is shown, not followed', async () => {
    let followed = 0;
    const there = createHttpServer((_request, response) => {
      followed += 1;
      response.end();
    });
    servers.push(there);
    const to = `http://127.0.0.1:${String(await listening(there))}/wsman`;
    const here = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(301, { location: to }).end();
    });
    servers.push(here);
    const error = await failure(serverAt(await listening(here)));
    expect(error).toMatchObject({ code: 'http.redirect' });
    expect(error.why).toContain(to);
    expect(followed).toBe(0);
  });

  test('Basic over plain HTTP is refused before anything is sent, unless allowed for that server', async () => {
    let asked = 0;
    const server = createHttpServer((_request, response) => {
      asked += 1;
      response.end();
    });
    servers.push(server);
    expect(await failure(serverAt(await listening(server), { allowPlainBasic: false }))).toMatchObject({
      code: 'signin.plain-text',
    });
    expect(asked).toBe(0);
  });
});

describe.skipIf(noEngine !== undefined)('with a server that is there', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  beforeAll(async () => {
    way = await overWinRm();
  });
  afterAll(() => way?.close());

  test('a wrong password is told as one, tried once, and forgotten', async () => {
    const error = await failure(serverAt(way.port), { userName: USER, password: 'wrong-Pa55' });
    expect(error).toMatchObject({ code: 'signin.rejected' });
    expect(JSON.stringify(error)).not.toContain('wrong-Pa55');
  });

  test('no password known: it is asked for, and kept for the next session once it worked', async () => {
    const asks = registryForAsking(way.port);
    await expect(asks.registry.create({ serverId: 'z', size: SIZE, enter: false })).rejects.toMatchObject({
      error: { code: 'credential.required' },
    });
    expect(asks.person.rows).toEqual([]);
    await asks.registry.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      credential: { userName: USER, password: PASSWORD },
    });
    expect(await asks.registry.create({ serverId: 'z', size: SIZE, enter: false })).toMatchObject({
      id: 2,
      name: 'Session2',
      state: 'Opened',
    });
    await asks.registry.closeAll();
  });

  test('an endpoint that is not registered there', async () => {
    const error = await failure(serverAt(way.port, { configuration: 'JEA.Nothing' }));
    expect(error.title).toBeTruthy();
    expect(error.details).toMatch(/WSMan fault \d+/);
  });

  test('an opening that was still on its way when everything was closed opens nothing', async () => {
    const person = new Person();
    const { registry } = registryFor(serverAt(way.port), person);
    const opening = registry.create({ serverId: 'z', size: SIZE, enter: true });
    await registry.closeAll();
    await expect(opening).rejects.toMatchObject({ error: { code: 'session.cancelled' } });
    expect(registry.list()).toEqual([]);
    expect(person.rows).toEqual([]);
  });

  test('while one session breaks, another goes on', async () => {
    const person = new Person();
    const { registry } = registryFor(serverAt(way.port), person);
    const first = await registry.create({ serverId: 'z', size: SIZE, enter: false });
    await registry.create({ serverId: 'z', size: SIZE, enter: false });
    const dying = registry.get(2).invoke('while ($true) { }', SIZE);
    await person.until(() => person.rows.at(-1)?.availability === 'Busy');
    way.killEngine();
    await person.until(() => person.rows.some((row) => row.id === 2 && row.state === 'Broken'));
    expect((await dying).state).toBe('failed');
    expect((await registry.get(first.id).invoke('1 + 1', SIZE)).state).toBe('completed');
    await registry.closeAll();
  });

  function registryForAsking(port: number) {
    const person = new Person();
    return { person, ...registryFor(serverAt(port), person, null) };
  }
});
