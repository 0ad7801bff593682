/** WinRM through an HTTP proxy: one of Node's own modules, and Debian's tinyproxy where it is there. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createBasicAuthenticator } from '../../electron/protocol/auth/basic.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../electron/transport/winrm-http/client.ts';
import {
  certificate,
  closedPort,
  soap,
  startRaw,
  startServer,
} from '../unit/transport/winrm-http/servers.ts';
import { startProxy } from './proxies.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop
    await cleanup();
  }
});

async function started<T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T> {
  const ready = await server;
  cleanups.push(() => ready.close());
  return ready;
}

function client(options: Partial<WinRmHttpOptions> & { port: number }): WinRmHttpClient {
  const made = new WinRmHttpClient({
    host: '127.0.0.1',
    https: false,
    allowPlainBasic: true,
    auth: () => createBasicAuthenticator('operator', 'ServerPass1!'),
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

const LONG = { timeoutMs: 50_000 };

async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
  expect(shown).not.toContain('ProxyPass');
  expect(shown).not.toContain(Buffer.from('dora:ProxyPass1!').toString('base64'));
  return error as TransportError;
}

/** The example of RFC 7617 2, with its name and password of our own: what `printf dora:ProxyPass1! | base64` gives. */
const DORA = 'Basic ZG9yYTpQcm94eVBhc3MxIQ==';

describe('a service behind a proxy', () => {
  test('over HTTP is reached by a tunnel, and the proxy sees none of our requests', async () => {
    const server = await started(startServer((_request, response) => soap(response)));
    const proxy = await started(startProxy());
    const http = client({ port: server.port, proxy: { url: proxy.url } });
    expect((await http.post('<a/>', LONG)).status).toBe(200);
    expect((await http.post('<b/>', LONG)).status).toBe(200);
    const name = `127.0.0.1:${server.port}`;
    expect(proxy.connects.map((c) => [c.target, c.headers.host])).toEqual([[name, name]]);
    expect(proxy.connects[0]?.headers['proxy-authorization']).toBeUndefined();
    expect(server.seen.map((s) => [s.body, s.connection, s.headers['proxy-authorization']])).toEqual([
      ['<a/>', 1, undefined],
      ['<b/>', 1, undefined],
    ]);
  });

  test('over HTTPS shows its own certificate through it', async () => {
    const pair = await certificate([{ dns: 'z010.corp.example' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    // The name has no address here: the proxy alone knows where it is.
    const proxy = await started(startProxy(() => ({ kind: 'refuse', status: 502 })));
    const known = await started(startProxyTo(server.port));
    const to = { host: 'z010.corp.example', port: 5986, https: true, tls: { ca: pair.cert } };
    expect((await client({ ...to, proxy: { url: known.url } }).post('x', LONG)).status).toBe(200);
    expect(known.connects[0]?.target).toBe('z010.corp.example:5986');
    expect((await failure(client({ ...to, proxy: { url: proxy.url } }).post('x', LONG))).code).toBe(
      'proxy.refused-target',
    );
    const distrusted = await failure(client({ ...to, tls: {}, proxy: { url: known.url } }).post('x', LONG));
    expect(distrusted.code).toBe('tls.untrusted');
    expect(distrusted.certificate?.names).toEqual(['z010.corp.example']);
  });

  test('is asked for with brackets where it has an IPv6 address', async () => {
    const server = await started(startServer((_r, response) => soap(response), { host: '::1' }));
    const proxy = await started(startProxy());
    await client({ host: '::1', port: server.port, proxy: { url: proxy.url } }).post('x', LONG);
    expect(proxy.connects[0]?.target).toBe(`[::1]:${server.port}`);
  });

  test('gets a body of megabytes through it', async () => {
    const server = await started(startServer((request, response) => soap(response, request.body)));
    const proxy = await started(startProxy());
    const body = 'x'.repeat(5_000_000);
    const answer = await client({ port: server.port, proxy: { url: proxy.url } }).post(body, LONG);
    expect(answer.body).toBe(body);
  });
});

function startProxyTo(port: number): ReturnType<typeof startProxy> {
  return startProxy(({ target }) =>
    target.startsWith('z010.') ? { kind: 'through', port } : { kind: 'refuse', status: 502 },
  );
}

describe('a proxy with a log-on', () => {
  const wantsDora = (): ReturnType<typeof startProxy> =>
    startProxy(({ headers }) =>
      headers['proxy-authorization'] === DORA
        ? { kind: 'through' }
        : {
            kind: 'refuse',
            status: 407,
            headers: { 'Proxy-Authenticate': ['Negotiate', 'Basic realm="out"'] },
          },
    );

  test('hears the password only when it asks, and later connections give it at once', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.setHeader('Connection', 'close');
        soap(response);
      }),
    );
    const proxy = await started(wantsDora());
    const http = client({
      port: server.port,
      proxy: { url: proxy.url, userName: 'dora', password: 'ProxyPass1!' },
    });
    await http.post('x', LONG);
    await http.post('x', LONG);
    expect(proxy.connects.map((c) => c.headers['proxy-authorization'])).toEqual([undefined, DORA, DORA]);
    expect(server.seen.map((s) => s.headers['proxy-authorization'])).toEqual([undefined, undefined]);
  });

  test('may stand in the URL with its user', async () => {
    const server = await started(startServer((_request, response) => soap(response)));
    const proxy = await started(wantsDora());
    const url = `http://dora:ProxyPass1%21@127.0.0.1:${proxy.port}/`;
    expect((await client({ port: server.port, proxy: { url } }).post('x', LONG)).status).toBe(200);
  });

  test('that refuses user and password, or is given none, says so', async () => {
    const server = await started(startServer((_request, response) => soap(response)));
    const proxy = await started(wantsDora());
    const { url } = proxy;
    const wrong = client({ port: server.port, proxy: { url, userName: 'dora', password: 'ProxyPass2!' } });
    const none = client({ port: server.port, proxy: { url } });
    const facts = { host: '127.0.0.1', port: server.port, proxy: `127.0.0.1:${proxy.port}` };
    const refused = await failure(wrong.post('x', LONG));
    expect(refused).toMatchObject({
      code: 'proxy.sign-in',
      httpStatus: 407,
      facts: { ...facts, given: true },
    });
    // Asked once, told once: nothing is tried again by itself.
    expect(proxy.connects).toHaveLength(2);
    const missing = await failure(none.post('x', LONG));
    expect(missing).toMatchObject({ code: 'proxy.sign-in', facts: { ...facts, given: false } });
    expect(server.seen).toEqual([]);
  });

  test('that forgot its users is not given the password again and again', async () => {
    let open = true;
    const server = await started(
      startServer((_request, response) => {
        response.setHeader('Connection', 'close');
        soap(response);
      }),
    );
    const proxy = await started(
      startProxy(({ headers }) =>
        open && headers['proxy-authorization'] === DORA
          ? { kind: 'through' }
          : { kind: 'refuse', status: 407, headers: { 'Proxy-Authenticate': 'Basic realm="out"' } },
      ),
    );
    const http = client({
      port: server.port,
      proxy: { url: proxy.url, userName: 'dora', password: 'ProxyPass1!' },
    });
    await http.post('x', LONG);
    open = false;
    expect((await failure(http.post('x', LONG))).facts['given']).toBe(true);
    expect(proxy.connects).toHaveLength(3);
  });

  test('that takes Negotiate, NTLM or Digest only is never given the password', async () => {
    const proxy = await started(
      startProxy(() => ({
        kind: 'refuse',
        status: 407,
        headers: {
          'Proxy-Authenticate': ['Negotiate', 'NTLM', 'Digest realm="out", nonce="abc", qop="auth"'],
        },
      })),
    );
    const error = await failure(
      client({
        port: 5985,
        proxy: { url: proxy.url, userName: 'dora', password: 'ProxyPass1!' },
      }).post('x', LONG),
    );
    expect(error).toMatchObject({
      code: 'proxy.no-common-scheme',
      facts: { offered: ['Negotiate', 'NTLM', 'Digest'] },
    });
    expect(proxy.connects.map((c) => c.headers['proxy-authorization'])).toEqual([undefined]);
  });
});

describe('a proxy that does not help', () => {
  test.each([403, 502, 503, 504])('because it answers %i', async (status) => {
    const proxy = await started(startProxy(() => ({ kind: 'refuse', status })));
    const error = await failure(client({ port: 5985, proxy: { url: proxy.url } }).post('x', LONG));
    expect(error).toMatchObject({
      code: 'proxy.refused-target',
      httpStatus: status,
      facts: { host: '127.0.0.1', port: 5985, status, proxy: `127.0.0.1:${proxy.port}` },
    });
  });

  test('because it is not there', async () => {
    const port = await closedPort();
    const url = `http://dora:ProxyPass1!@127.0.0.1:${port}`;
    expect(await failure(client({ port: 5985, proxy: { url } }).post('x', LONG))).toMatchObject({
      code: 'proxy.unreachable',
      facts: { proxy: `127.0.0.1:${port}`, reason: 'connect.refused', systemCode: 'ECONNREFUSED' },
    });
  });

  test('because its name has no address', async () => {
    const url = 'http://no-such-proxy.invalid:3128';
    expect(await failure(client({ port: 5985, proxy: { url } }).post('x', LONG))).toMatchObject({
      code: 'proxy.unreachable',
      facts: { reason: 'connect.name-not-found' },
    });
  });

  test('because it is no proxy, hangs up, or never answers', async () => {
    const ssh = await started(startRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
    const mute = await started(startRaw((socket) => socket.once('data', () => socket.end())));
    const slow = await started(startProxy(() => ({ kind: 'hang' })));
    const at = (port: number, more: object = {}): WinRmHttpClient =>
      client({ port: 5985, proxy: { url: `127.0.0.1:${port}` }, ...more });
    expect((await failure(at(ssh.port).post('x', LONG))).code).toBe('proxy.not-http');
    expect((await failure(at(mute.port).post('x', LONG))).code).toBe('proxy.not-http');
    // Where the machine is too busy even to reach the proxy in that time, it gets more.
    for (const connectTimeoutMs of [200, 2000, 20_000]) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(at(slow.port, { connectTimeoutMs }).post('x', LONG));
      if (slow.connects.length === 0) continue;
      expect(error).toMatchObject({ code: 'connect.timeout', facts: { stage: 'tunnel' } });
      break;
    }
    expect(slow.connects).not.toEqual([]);
  });

  test('and a request that is taken back meanwhile ends with its own reason', async () => {
    const stop = new AbortController();
    const proxy = await started(
      startProxy(() => {
        stop.abort(new Error('taken back'));
        return { kind: 'hang' };
      }),
    );
    const http = client({ port: 5985, proxy: { url: proxy.url } });
    await expect(http.post('x', { ...LONG, signal: stop.signal })).rejects.toThrow('taken back');
  });
});

/** Debian's package puts it where only root looks. */
const tinyproxy = ['/usr/bin/tinyproxy', '/usr/sbin/tinyproxy', 'tinyproxy'].find(
  (file) => spawnSync(file, ['-v'], { stdio: 'ignore' }).status === 0,
);
if (tinyproxy === undefined) {
  console.warn('Skipped: tinyproxy is not installed (Debian: apt-get install tinyproxy-bin).');
}

describe.skipIf(tinyproxy === undefined)('tinyproxy', () => {
  /** It takes no port 0, so a port that was free a moment ago is tried, and another where somebody was faster. */
  async function startTinyproxy(lines: readonly string[], tries = 5): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'psdeck-proxy-'));
    const port = await closedPort();
    const file = join(folder, 'tinyproxy.conf');
    await writeFile(
      file,
      [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'LogLevel Info', ...lines, ''].join('\n'),
      { mode: 0o644 },
    );
    const child = spawn(tinyproxy ?? '', ['-d', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const gone = new Promise<false>((resolve) => child.once('exit', () => resolve(false)));
    cleanups.push(async () => {
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    });
    child.stderr.resume();
    const up = new Promise<true>((resolve) => {
      let log = '';
      child.stdout.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('Accepting connections')) resolve(true);
      });
    });
    if (await Promise.race([up, gone])) return `http://127.0.0.1:${port}`;
    if (tries <= 1) throw new Error('tinyproxy does not start');
    return startTinyproxy(lines, tries - 1);
  }

  test('tunnels HTTP and HTTPS, with a log-on and without', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const plain = await started(startServer((_request, response) => soap(response)));
    const secure = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const open = await startTinyproxy([]);
    const closed = await startTinyproxy(['BasicAuth dora ProxyPass1']);
    const tls = { ca: pair.cert };
    const secureTo = { port: secure.port, https: true, tls };
    const dora = { userName: 'dora', password: 'ProxyPass1' };
    const posts = [
      client({ port: plain.port, proxy: { url: open } }),
      client({ ...secureTo, proxy: { url: open } }),
      client({ port: plain.port, proxy: { url: closed, ...dora } }),
      client({ ...secureTo, proxy: { url: closed, ...dora } }),
    ].map((http) => http.post('x'.repeat(100_000), LONG));
    expect((await Promise.all(posts)).map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    // Nothing given: 407. A wrong password: 401, which is nobody's but the proxy's either.
    expect(await failure(client({ ...secureTo, proxy: { url: closed } }).post('x', LONG))).toMatchObject({
      code: 'proxy.sign-in',
      facts: { given: false, offered: ['Basic'] },
    });
    const wrong = { userName: 'dora', password: 'ProxyPass2' };
    expect(
      await failure(client({ ...secureTo, proxy: { url: closed, ...wrong } }).post('x', LONG)),
    ).toMatchObject({ code: 'proxy.sign-in', facts: { given: true } });
  });

  test('refuses ports it was not told, and targets it cannot reach', async () => {
    const narrow = await startTinyproxy(['ConnectPort 443']);
    expect(
      (await failure(client({ port: 5986, https: true, proxy: { url: narrow } }).post('x', LONG))).facts,
    ).toMatchObject({ status: 403 });
    const open = await startTinyproxy([]);
    const error = await failure(client({ port: await closedPort(), proxy: { url: open } }).post('x', LONG));
    expect(error.code).toBe('proxy.refused-target');
    expect(error.httpStatus).toBeGreaterThanOrEqual(500);
  });
});
