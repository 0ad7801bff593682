import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startBrowserServer, type BrowserServer } from '../../../electron/shell/browser-server.ts';
import type { Ends } from '../../../electron/shell/peer-owner.ts';
import { fakeCore } from './fake-core.ts';

let folder: string;
let server: BrowserServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psdeck-shell-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>PSDeck</title>');
  writeFileSync(join(folder, 'assets', 'main-abc.js'), 'export {};');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(made = fakeCore(), graceMs?: number, isOurOwn?: (ends: Ends) => Promise<boolean>) {
  let entered = 0;
  server = await startBrowserServer({
    core: Promise.resolve(made.core),
    log: made.log,
    rendererDir: folder,
    port: 0,
    onEntered: () => (entered += 1),
    ...(graceMs === undefined ? {} : { graceMs }),
    ...(isOurOwn === undefined ? {} : { isOurOwn }),
  });
  return { ...made, server, entered: () => entered };
}

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

async function get(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders = {},
  method = 'GET',
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** Enters as a browser does, and gives the cookie it would send from then on. */
async function enter(from: BrowserServer): Promise<string> {
  const address = new URL(from.newAddress('printed'));
  const { status, headers } = await get(from.port, `${address.pathname}${address.search}`);
  expect(status).toBe(303);
  expect(headers.location).toBe('/');
  const [cookie] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  return cookie!.split(';')[0]!;
}

async function open(
  from: BrowserServer,
  cookie: string,
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const host = `127.0.0.1:${String(from.port)}`;
  const socket = new WebSocket(`ws://${host}/bridge`, {
    origin: `http://${host}`,
    headers: { cookie, ...headers },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

async function next(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString('utf8'))));
  });
}

async function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', (code) => resolve(code)));
}

describe('browser server', () => {
  test('the token lets in once, the cookie from then on, and nothing without either', async () => {
    const { server: running, entered } = await start();
    const { port } = running;
    for (const path of ['/', '/index.html', '/assets/main-abc.js', '/?token=', '/?token=wrong']) {
      expect((await get(port, path)).status).toBe(401);
    }
    const address = running.newAddress('printed');
    expect(address).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${String(port)}/\\?token=[\\w-]{43}$`));
    const query = new URL(address).search;
    expect((await get(port, `/${query}`, {}, 'HEAD')).status).toBe(401);
    expect(entered()).toBe(0);
    const first = await get(port, `/${query}`);
    expect(first.status).toBe(303);
    expect((await get(port, `/${query}`)).status).toBe(401);
    const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
    const page = await get(port, '/', { cookie });
    expect(page.status).toBe(200);
    expect(page.body).toContain('<title>PSDeck</title>');
    expect(page.headers['cache-control']).toBe('no-cache');
    const asset = await get(port, '/assets/main-abc.js', { cookie });
    expect(asset.headers['cache-control']).toContain('immutable');
    expect((await get(port, `/${query}`, { cookie })).status).toBe(303);
    expect(entered()).toBe(1);
    expect((await get(port, '/nothing', { cookie })).status).toBe(404);
    expect((await get(port, '/../package.json', { cookie })).status).toBe(404);
  });

  test('an address on a command line lets in a process of ours, and tells nobody that another is wanted', async () => {
    const { server: running, entered } = await start();
    const { search } = new URL(running.newAddress('handed'));
    const got = await get(running.port, `/${search}`);
    expect(got.status).toBe(303);
    expect(got.headers['set-cookie']).toHaveLength(1);
    expect((await get(running.port, `/${search}`)).status).toBe(401);
    expect(entered()).toBe(0);
  });

  test('from another user the same address lets nobody in and is used up, and a printed one does not mind', async () => {
    const asked: Ends[] = [];
    const { server: running } = await start(fakeCore(), undefined, async (ends) => {
      asked.push(ends);
      return false;
    });
    const { search } = new URL(running.newAddress('handed'));
    const got = await get(running.port, `/${search}`);
    expect(got.status).toBe(403);
    expect(got.headers['set-cookie']).toBeUndefined();
    expect(asked).toEqual([{ client: expect.any(Number) as number, server: running.port }]);
    expect((await get(running.port, `/${search}`)).status).toBe(401);
    await enter(running);
    expect(asked).toHaveLength(1);
  });

  test('a program with the key gets addresses, a page does not, and nobody without it', async () => {
    const { server: running } = await start();
    const ask = (headers: OutgoingHttpHeaders, method = 'GET') =>
      get(running.port, '/another', headers, method);
    const { key } = running;
    const answer = await ask({ 'x-psdeck-key': key });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { printed, handed } = JSON.parse(answer.body) as { printed: string; handed: string };
    for (const address of [printed, handed])
      expect((await get(running.port, `/${new URL(address).search}`)).status).toBe(303);
    const cookie = await enter(running);
    for (const headers of [{}, { cookie }, { 'x-psdeck-key': '' }, { 'x-psdeck-key': `${key}x` }])
      expect((await ask(headers)).status).toBe(401);
    expect((await ask({ 'x-psdeck-key': key, origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask({ 'x-psdeck-key': key, host: 'evil.example' })).status).toBe(403);
    // What a browser asks before a page may send a header of its own.
    expect((await ask({ origin: 'http://evil.example' }, 'OPTIONS')).status).toBe(403);
  });

  test('every answer, refusals included, carries the headers that fence the page in', async () => {
    const { server: running } = await start();
    const cookie = await enter(running);
    for (const headers of [{ cookie }, {}, { host: 'evil.example' }]) {
      const { headers: got } = await get(running.port, '/', headers);
      expect(got['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
      expect(got['content-security-policy']).toContain(`ws://127.0.0.1:${String(running.port)}`);
      expect(got['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(got['x-content-type-options']).toBe('nosniff');
      expect(got['x-frame-options']).toBe('DENY');
      expect(got['referrer-policy']).toBe('no-referrer');
      expect(got['cross-origin-opener-policy']).toBe('same-origin');
      expect(got['cross-origin-resource-policy']).toBe('same-origin');
    }
  });

  test('refuses foreign requests before token and cookie, without using the token up', async () => {
    const { server: running } = await start();
    const cookie = await enter(running);
    const query = new URL(running.newAddress('printed')).search;
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ]) {
      expect((await get(running.port, '/', { cookie, ...headers })).status).toBe(403);
      expect((await get(running.port, `/${query}`, headers)).status).toBe(403);
    }
    expect((await get(running.port, '/', { cookie }, 'POST')).status).toBe(403);
    expect((await get(running.port, `/${query}`)).status).toBe(303);
  });

  test('listens on 127.0.0.1 and nowhere else', async () => {
    const { server: running } = await start();
    const reached = await new Promise<boolean>((resolve) => {
      // All of 127/8 is this computer: a server on 0.0.0.0 would answer here too.
      const socket = connectSocket({ host: '127.0.0.2', port: running.port });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
    });
    expect(reached).toBe(false);
  });

  test('answers calls and pushes events over the websocket', async () => {
    const { server: running, hub } = await start();
    const socket = await open(running, await enter(running));
    socket.send(JSON.stringify({ id: 5, call: 'app.diagnostics', input: {} }));
    expect(await next(socket)).toEqual({ id: 5, answer: { ok: true, value: { text: 'fine' } } });
    socket.send(JSON.stringify({ id: 6, call: 'no.such', input: {} }));
    expect(await next(socket)).toMatchObject({
      id: 6,
      answer: { ok: false, error: { code: 'input.unknown-call' } },
    });
    hub.publish('session.removed', { sessionId: 3 });
    expect(await next(socket)).toEqual({ event: 'session.removed', payload: { sessionId: 3 } });
  });

  test('a page is served before the core is there, and its websocket opens when it is', async () => {
    const made = fakeCore();
    const core = Promise.withResolvers<typeof made.core>();
    const served = Promise.withResolvers<void>();
    server = await startBrowserServer({
      core: core.promise,
      log: made.log,
      rendererDir: folder,
      port: 0,
      onPageServed: served.resolve,
    });
    const cookie = await enter(server);
    expect((await get(server.port, '/', { cookie })).status).toBe(200);
    expect((await get(server.port, '/assets/main-abc.js', { cookie })).status).toBe(200);
    await served.promise;
    const opening = open(server, cookie);
    core.resolve(made.core);
    const socket = await opening;
    socket.send(JSON.stringify({ id: 1, call: 'app.diagnostics', input: {} }));
    expect(await next(socket)).toMatchObject({ id: 1, answer: { ok: true } });
  });

  test('a websocket that waited for a core that could not be made is refused', async () => {
    const made = fakeCore();
    const core = Promise.withResolvers<typeof made.core>();
    server = await startBrowserServer({ core: core.promise, log: made.log, rendererDir: folder, port: 0 });
    const opening = open(server, await enter(server));
    core.reject(new Error('no disk'));
    await expect(opening).rejects.toThrow('503');
  });

  test.each([
    ['no cookie', { cookie: '' }, 401],
    ['a wrong cookie', { cookie: 'psdeck-1=x' }, 401],
    ['a foreign origin', { origin: 'http://evil.example' }, 403],
    ['a rebound name', { host: 'evil.example' }, 403],
  ])('refuses a websocket with %s', async (_what, wrong, status) => {
    const { server: running, told } = await start();
    const cookie = await enter(running);
    const host = `127.0.0.1:${String(running.port)}`;
    const socket = new WebSocket(`ws://${host}/bridge`, {
      headers: { origin: `http://${host}`, cookie, ...wrong },
    });
    const refused = await new Promise<number | undefined>((resolve) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.once('open', () => resolve(undefined));
    });
    expect(refused).toBe(status);
    expect(told).toEqual([]);
  });

  test.each([
    ['what is not JSON', 'hello', 1003],
    ['a frame without id', '{"call":"app.info"}', 1003],
    ['a frame with a broken id', '{"id":"1","call":"app.info"}', 1003],
    ['an array', '[]', 1003],
    ['bytes', Buffer.from('{"id":1,"call":"app.diagnostics","input":{}}'), 1003],
    ['a frame beyond the bound', 'x'.repeat(33 * 1024 * 1024), 1009],
  ])('closes the websocket on %s, and goes on for others', async (_what, data, code) => {
    const { server: running, told } = await start();
    const cookie = await enter(running);
    const [bad, good] = [await open(running, cookie), await open(running, cookie)];
    const ended = closed(bad);
    bad.on('error', () => undefined);
    bad.send(data);
    expect(await ended).toBe(code);
    good.send(JSON.stringify({ id: 1, call: 'app.diagnostics', input: {} }));
    expect(await next(good)).toMatchObject({ id: 1, answer: { ok: true } });
    await vi.waitFor(() => expect(told.filter((each) => each === 'gone')).toHaveLength(1));
  });

  test('a page that asks without end is cut off', async () => {
    const { server: running } = await start(fakeCore({ 'app.info': () => new Promise(() => undefined) }));
    const socket = await open(running, await enter(running));
    const ended = closed(socket);
    for (let id = 0; id < 1001; id += 1) socket.send(JSON.stringify({ id, call: 'app.info', input: {} }));
    expect(await ended).toBe(1013);
  });

  test('a reload keeps the sessions; a page that stays away lets go of them', async () => {
    const { server: running, told } = await start(fakeCore(), 300);
    const cookie = await enter(running);
    const first = await open(running, cookie);
    first.terminate();
    await vi.waitFor(() => expect(told).toContain('gone'));
    const second = await open(running, cookie);
    expect(told).not.toContain('pageGone');
    second.terminate();
    await vi.waitFor(() => expect(told).toContain('pageGone'), 5000);
    expect(told.filter((each) => each === 'pageGone')).toHaveLength(1);
  });

  test('a socket that takes nothing is let go before it fills the memory', async () => {
    const { server: running, hub, log } = await start();
    const socket = await open(running, await enter(running));
    socket.pause();
    const ended = new Promise((resolve) => socket.once('close', resolve));
    const vt = 'x'.repeat(4 * 1024 * 1024);
    for (let n = 1; n < 30; n += 1) {
      hub.publish('terminal.output', { sessionId: 1, items: [{ seq: n, commandId: 1, kind: 'output', vt }] });
    }
    expect(log.tail().some((line) => line.includes('bridge.slow'))).toBe(true);
    socket.resume();
    await ended;
  });

  test('a port that is taken rejects with what Node says', async () => {
    const { server: running, core, log } = await start();
    await expect(
      startBrowserServer({ core: Promise.resolve(core), log, rendererDir: folder, port: running.port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('what is not HTTP ends its own connection only', async () => {
    const { server: running } = await start();
    await new Promise<void>((resolve) => {
      const socket = connectSocket({ host: '127.0.0.1', port: running.port });
      socket.once('connect', () => socket.write('\u0016\u0003\u0001 not http\r\n\r\n'));
      socket.once('error', () => undefined);
      socket.once('close', () => resolve());
    });
    expect((await get(running.port, '/')).status).toBe(401);
  });

  test('closing cuts every connection and frees the port', async () => {
    const { server: running, core, log } = await start();
    const socket = await open(running, await enter(running));
    const ended = closed(socket);
    await running.close();
    await ended;
    const again = await startBrowserServer({
      core: Promise.resolve(core),
      log,
      rendererDir: folder,
      port: running.port,
    });
    expect(again.port).toBe(running.port);
    await again.close();
  });
});
