import * as http from 'node:http';
import * as https from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import {
  listen,
  sameSecret,
  type Listener,
  type ListenerOptions,
  type SoapRequest,
} from '../../../../electron/transport/winrm-http/listener.ts';
import { certificate } from './servers.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const SOAP = 'application/soap+xml;charset=UTF-8';
/** `operator:pass:wörd` in UTF-8, by another program: `printf 'operator:pass:wörd' | base64`. */
const RIGHT = 'Basic b3BlcmF0b3I6cGFzczp3w7ZyZA==';

const DEFAULTS: ListenerOptions = {
  verify: (user, password) => sameSecret(user, 'operator') && sameSecret(password, 'pass:wörd'),
  handle: () => Promise.resolve({ status: 200, body: '' }),
};

async function start(
  options: Partial<ListenerOptions> = {},
): Promise<{ listener: Listener; handled: SoapRequest[] }> {
  const handled: SoapRequest[] = [];
  const listener = await listen({
    ...DEFAULTS,
    handle: (request) => {
      handled.push(request);
      return Promise.resolve({ status: 200, body: '<ä/>' });
    },
    ...options,
  });
  cleanups.push(() => listener.close());
  return { listener, handled };
}

interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

function send(
  listener: Listener,
  options: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
    ca?: string;
  } = {},
): Promise<Reply> {
  const module = options.ca === undefined ? http : https;
  return new Promise((resolve, reject) => {
    const request = module.request(
      {
        host: '127.0.0.1',
        port: listener.port,
        method: options.method ?? 'POST',
        path: options.path ?? '/wsman',
        headers: { 'Content-Type': SOAP, Authorization: RIGHT, ...options.headers },
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.once('error', reject);
    request.end(options.body ?? '<größe/>');
  });
}

describe('the listener', () => {
  test('hands SOAP on and answers', async () => {
    const { listener, handled } = await start();
    const reply = await send(listener);
    expect(reply).toMatchObject({ status: 200, body: '<ä/>' });
    expect(reply.headers['content-type']).toBe(SOAP);
    expect(handled).toMatchObject([
      {
        body: '<größe/>',
        userName: 'operator',
        url: `http://127.0.0.1:${listener.port}/wsman`,
        remoteAddress: '127.0.0.1',
      },
    ]);
  });

  test('speaks TLS with the certificate it is given', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const { listener } = await start({ tls: pair });
    expect(listener.url).toBe(`https://127.0.0.1:${listener.port}/wsman`);
    expect((await send(listener, { ca: pair.cert })).status).toBe(200);
  });

  test.each<[string, string | undefined]>([
    ['no log-on', ''],
    ['a wrong password', `Basic ${Buffer.from('operator:pass').toString('base64')}`],
    ['a wrong user', `Basic ${Buffer.from('root:pass:wörd').toString('base64')}`],
    ['another scheme', 'Negotiate TlRMTVNTUAABAAAA'],
    ['something that is not base64', 'Basic !!!!'],
    ['no colon', `Basic ${Buffer.from('operator').toString('base64')}`],
  ])('refuses %s', async (_what, authorization) => {
    const { listener, handled } = await start();
    const reply = await send(listener, { headers: { Authorization: authorization ?? '' } });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Basic realm="WSMAN"');
    expect(handled).toEqual([]);
  });

  test('offers what it takes, best first, and no Basic where nobody verifies it', async () => {
    const negotiate = { lookup: () => undefined };
    const both = await start({ negotiate });
    const offered = async (listener: Listener, Authorization: string) =>
      (await send(listener, { headers: { Authorization } })).headers['www-authenticate'];
    expect(await offered(both.listener, '')).toBe('Negotiate, Basic realm="WSMAN"');
    expect((await send(both.listener)).status).toBe(200);
    const { verify: _verify, ...alone } = { ...DEFAULTS, negotiate };
    const listener = await listen(alone);
    cleanups.push(() => listener.close());
    for (const header of ['', RIGHT, 'Negotiate !!!', 'Negotiate TlRMTVNTUAADAAAA', 'Negotiate YAA=']) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await offered(listener, header)).toBe('Negotiate');
    }
  });

  test('takes nothing sealed from who has not signed in', async () => {
    const { listener, handled } = await start({ negotiate: { lookup: () => undefined } });
    const type = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="x"';
    const sealed = { 'Content-Type': type };
    expect((await send(listener, { headers: { ...sealed, Authorization: '' } })).status).toBe(401);
    const identify = { ...sealed, Authorization: '', WSMANIDENTIFY: 'unauthenticated' };
    expect((await send(listener, { headers: identify })).status).toBe(401);
    // Basic has no keys to seal with.
    expect((await send(listener, { headers: sealed })).status).toBe(400);
    expect(handled).toEqual([]);
  });

  test('lets Identify in without a log-on, and says so', async () => {
    const { listener, handled } = await start();
    const reply = await send(listener, { headers: { Authorization: '', WSMANIDENTIFY: 'unauthenticated' } });
    expect(reply.status).toBe(200);
    expect(handled[0]?.userName).toBeUndefined();
  });

  test.each<[string, Parameters<typeof send>[1], number]>([
    ['another path', { path: '/' }, 404],
    ['another method', { method: 'GET' }, 405],
    ['what a page in a browser may send', { headers: { 'Content-Type': 'text/plain' } }, 415],
    ['another host name', { headers: { Host: 'evil.example' } }, 400],
    ['another host name with our port in it', { headers: { Host: 'localhost.evil.example:5985' } }, 400],
    ['what is no port', { headers: { Host: 'localhost:x' } }, 400],
    ['a body that is too large', { body: 'x'.repeat(1001) }, 413],
  ])('refuses %s', async (_what, options, status) => {
    const { listener, handled } = await start({ maxRequestBytes: 1000 });
    expect((await send(listener, options)).status).toBe(status);
    expect(handled).toEqual([]);
  });

  test.each(['localhost', '127.0.0.1', '[::1]'])('is known as %s', async (name) => {
    const { listener } = await start();
    expect((await send(listener, { headers: { Host: `${name}:${listener.port}` } })).status).toBe(200);
  });

  test('is reached through a forwarder, whose port stands in Host and in the addresses of its answers', async () => {
    const { listener, handled } = await start();
    expect((await send(listener, { headers: { Host: '127.0.0.1:1' } })).status).toBe(200);
    expect(handled[0]?.url).toBe('http://127.0.0.1:1/wsman');
  });

  test('listens on loopback only', async () => {
    const { listener } = await start();
    expect(new URL(listener.url).hostname).toBe('127.0.0.1');
  });

  test('tells a request that waits when its client is gone', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: isWaiting } = Promise.withResolvers<void>();
    const { listener } = await start({
      handle: (request) => {
        request.signal.addEventListener('abort', () => resolve());
        isWaiting();
        return new Promise(() => undefined);
      },
    });
    const request = http.request({
      port: listener.port,
      host: '127.0.0.1',
      path: '/wsman',
      method: 'POST',
      headers: { 'Content-Type': SOAP, Authorization: RIGHT },
    });
    request.on('error', () => undefined);
    request.end('x');
    await waiting;
    request.destroy();
    await expect(gone).resolves.toBeUndefined();
  });

  test('closes with requests that wait', async () => {
    const { promise: waiting, resolve: isWaiting } = Promise.withResolvers<void>();
    const { listener } = await start({
      handle: () => {
        isWaiting();
        return new Promise(() => undefined);
      },
    });
    const reply = send(listener).catch((error: unknown) => error);
    await waiting;
    await listener.close();
    expect(await reply).toMatchObject({ code: 'ECONNRESET' });
  });

  test('answers 500 where the handler fails, without a word of why', async () => {
    const { listener } = await start({ handle: () => Promise.reject(new Error('inner secret')) });
    expect(await send(listener)).toMatchObject({ status: 500, body: '' });
  });
});

test('secrets are equal or not', () => {
  expect(sameSecret('wörd', 'wörd')).toBe(true);
  expect(sameSecret('wörd', 'word')).toBe(false);
  expect(sameSecret('', 'x')).toBe(false);
});
