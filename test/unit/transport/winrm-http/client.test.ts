import { describe, expect, test } from 'vitest';
import type { TransportErrorCode } from '../../../../electron/transport/errors.ts';
import { closedPort, soap, startRaw, startServer } from './servers.ts';
import { client, failsWith, failure, QUICK, started } from './client-harness.ts';

describe('a request', () => {
  test('carries what WinRM asks for, and its answer comes back', async () => {
    const server = await started(startServer((_request, response) => soap(response, '<ä/>')));
    const http = client({ port: server.port });
    expect(await http.post('<größe/>', QUICK)).toEqual({ status: 200, body: '<ä/>' });
    const [request] = server.seen;
    expect(Buffer.from(request?.body ?? '', 'latin1').toString('utf8')).toBe('<größe/>');
    expect(request?.headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      // The example of RFC 7617 2.1.
      authorization: 'Basic dGVzdDoxMjPCow==',
      'content-type': 'application/soap+xml;charset=UTF-8',
      'accept-encoding': 'identity',
      'content-length': '10',
    });
    expect(http.url).toBe(`http://127.0.0.1:${server.port}/wsman`);
  });

  test('that is refused with a fault is answered all the same', async () => {
    const server = await started(startServer((_request, response) => soap(response, '<fault/>', 500)));
    expect(await client({ port: server.port }).post('x', QUICK)).toEqual({ status: 500, body: '<fault/>' });
  });

  test('uses the connection of the one before', async () => {
    const server = await started(startServer((_request, response) => soap(response)));
    const http = client({ port: server.port });
    for (let i = 0; i < 5; i++) {
      // oxlint-disable-next-line no-await-in-loop
      await http.post('x', QUICK);
    }
    expect(server.seen.map((s) => s.connection)).toEqual([1, 1, 1, 1, 1]);
  });

  test('opens another connection where the server has closed the old one', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.setHeader('Connection', 'close');
        soap(response);
      }),
    );
    const http = client({ port: server.port });
    await http.post('x', QUICK);
    await http.post('x', QUICK);
    expect(server.connections()).toBe(2);
  });

  test('reads UTF-16 where the server writes it', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/soap+xml;charset=UTF-16' });
        response.end(Buffer.from('\ufeff<ü/>', 'utf16le'));
      }),
    );
    expect((await client({ port: server.port }).post('x', QUICK)).body).toBe('<ü/>');
  });

  test('reaches an IPv6 address, with brackets in the URL and in Host', async () => {
    const server = await started(startServer((_request, response) => soap(response), { host: '::1' }));
    const http = client({ host: '::1', port: server.port });
    await http.post('x', QUICK);
    expect(http.url).toBe(`http://[::1]:${server.port}/wsman`);
    expect(server.seen[0]?.headers.host).toBe(`[::1]:${server.port}`);
  });
});

describe('requests that wait', () => {
  test('never delay one that does not, however many there are', async () => {
    const held: (() => void)[] = [];
    const server = await started(
      startServer((request, response) => {
        if (request.body === 'receive') held.push(() => soap(response));
        else soap(response, '<sent/>');
      }),
    );
    const http = client({ port: server.port, maxConnections: 5 });
    const receives = Array.from({ length: 12 }, () => http.post('receive', { ...QUICK, mayWait: true }));
    await server.untilSeen(3);
    const sends = await Promise.all([
      http.post('send', QUICK),
      http.post('signal', QUICK),
      http.post('send', QUICK),
    ]);
    expect(sends.map((s) => s.body)).toEqual(['<sent/>', '<sent/>', '<sent/>']);
    expect(server.seen.filter((s) => s.body === 'receive')).toHaveLength(3);
    expect(server.connections()).toBeLessThanOrEqual(5);
    // Each that is answered makes room for the next.
    for (let done = 0; done < 12; done++) {
      // oxlint-disable-next-line no-await-in-loop
      await server.untilSeen(Math.min(done + 1, 12) + 3);
      held.shift()?.();
    }
    expect(await Promise.all(receives)).toHaveLength(12);
  });

  test('can be taken back while they wait, and before they were sent', async () => {
    const server = await started(startServer(() => undefined));
    const http = client({ port: server.port, maxConnections: 3 });
    const one = new AbortController();
    const waiting = http.post('receive', { ...QUICK, mayWait: true, signal: one.signal });
    const queued = http.post('receive', { ...QUICK, mayWait: true, signal: one.signal });
    await server.untilSeen(1);
    one.abort(new Error('taken back'));
    await expect(waiting).rejects.toThrow('taken back');
    await expect(queued).rejects.toThrow('taken back');
    expect(server.seen).toHaveLength(1);
  });

  test('end when the client is closed, and later ones are refused', async () => {
    const server = await started(startServer(() => undefined));
    const http = client({ port: server.port });
    const waiting = http.post('receive', QUICK);
    await server.untilSeen(1);
    http.close();
    expect((await failure(waiting)).code).toBe('closed');
    expect((await failure(http.post('x', QUICK))).code).toBe('closed');
  });
});

describe('without a connection', () => {
  test('an unknown name', async () => {
    const error = await failsWith(
      client({ host: 'no-such-host.invalid', port: 5985 }).post('x', QUICK),
      'connect.name-not-found',
    );
    expect(error.facts).toMatchObject({ host: 'no-such-host.invalid', port: 5985 });
  });

  test('a closed port', async () => {
    expect((await failure(client({ port: await closedPort() }).post('x', QUICK))).code).toBe(
      'connect.refused',
    );
  });

  test('a machine that takes the connection and speaks no TLS in time', async () => {
    const server = await started(startRaw(() => undefined));
    const error = await failsWith(
      client({ port: server.port, https: true, connectTimeoutMs: 50 }).post('x', QUICK),
      'connect.timeout',
    );
    expect(error.facts['stage']).toBe('tls');
  });

  test('a machine that takes the request and does not answer in time', async () => {
    const server = await started(startServer(() => undefined));
    expect((await failure(client({ port: server.port }).post('x', { timeoutMs: 50 }))).code).toBe('timeout');
  });

  test('a machine that hangs up', async () => {
    const server = await started(startRaw((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect((await failure(client({ port: server.port }).post('x', QUICK))).code).toBe('connect.reset');
  });
});

describe('answers that are none', () => {
  test.each<[string, number, Record<string, string>, TransportErrorCode]>([
    ['another path', 404, {}, 'http.not-winrm'],
    ['a web page', 200, { 'Content-Type': 'text/html' }, 'http.not-winrm'],
    ['a server without POST', 405, {}, 'http.not-winrm'],
    ['a proxy', 407, { 'Proxy-Authenticate': 'Basic' }, 'http.proxy'],
    ['a redirect', 302, { Location: 'https://elsewhere.example/wsman' }, 'http.redirect'],
    ['a service that is down', 503, { 'Content-Type': 'text/html' }, 'http.status'],
    ['a request that is too large', 413, {}, 'http.too-large'],
    ['a server error of another kind', 500, { 'Content-Type': 'text/plain' }, 'http.status'],
  ])('%s', async (_what, status, headers, code) => {
    const page = `<html><style>x{}</style><h1>Out of   order</h1>${'y'.repeat(5000)}</html>`;
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(status, headers).end(page);
      }),
    );
    const error = await failsWith(client({ port: server.port }).post('x', QUICK), code);
    expect(error.httpStatus).toBe(status);
    expect(error.details ?? 'Out of order y').toMatch(/^Out of order y{1,187}$/);
    expect(error.facts['location']).toBe(headers['Location']);
  });

  test('an answer without end is cut off', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/soap+xml' });
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
          response.once('drain', more);
        };
        more();
      }),
    );
    const error = await failsWith(
      client({ port: server.port, maxResponseBytes: 1_000_000 }).post('x', QUICK),
      'http.too-large',
    );
    expect(error.facts).toMatchObject({ direction: 'response', limit: 1_000_000 });
  });

  test('something that is not HTTP', async () => {
    const server = await started(
      startRaw((socket) => {
        socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      }),
    );
    expect((await failure(client({ port: server.port }).post('x', QUICK))).code).toBe('http.not-winrm');
  });
});
