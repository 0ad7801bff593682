import { X509Certificate } from 'node:crypto';
import type * as http from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { HttpAuthenticator } from '../../../../electron/protocol/auth/authenticator.ts';
import { createBasicAuthenticator } from '../../../../electron/protocol/auth/basic.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { TransportError, type TransportErrorCode } from '../../../../electron/transport/errors.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../../../electron/transport/winrm-http/client.ts';
import type { VerifyCertificate } from '../../../../electron/transport/winrm-http/tls.ts';
import {
  certificate,
  closedPort,
  soap,
  startRaw,
  startServer,
  type Seen,
  type TestServer,
} from './servers.ts';

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
    auth: () => createBasicAuthenticator('test', '123£'),
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

const QUICK = { timeoutMs: 10_000 };

async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

async function failsWith(promise: Promise<unknown>, code: TransportErrorCode): Promise<TransportError> {
  const error = await failure(promise);
  expect(error.code).toBe(code);
  return error;
}

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

describe('over TLS', () => {
  test('a certificate of a given authority is accepted', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const http = client({ port: server.port, https: true, allowPlainBasic: false, tls: { ca: pair.cert } });
    expect((await http.post('x', QUICK)).status).toBe(200);
    expect(http.url).toBe(`https://127.0.0.1:${server.port}/wsman`);
  });

  test('another certificate is refused before anything is sent, and the error shows it', async () => {
    const pair = await certificate([{ dns: 'z002.corp.example' }, { ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const error = await failsWith(
      client({ port: server.port, https: true }).post('x', QUICK),
      'tls.untrusted',
    );
    const real = new X509Certificate(pair.cert);
    expect(error.certificate).toEqual({
      subject: 'CN=test server',
      names: ['z002.corp.example', '127.0.0.1'],
      issuer: 'CN=test server',
      validFrom: real.validFromDate.toISOString(),
      validTo: real.validToDate.toISOString(),
      fingerprint: real.fingerprint256,
      problem: 'self-signed',
      problems: ['self-signed'],
    });
    expect(server.seen).toEqual([]);
  });

  test('everything wrong with a certificate is named', async () => {
    const pair = await certificate([{ dns: 'z003.corp.example' }], {
      notBeforeDate: new Date('2020-01-01T00:00:00Z'),
      notAfterDate: new Date('2021-01-01T00:00:00Z'),
    });
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const error = await failsWith(
      client({ port: server.port, https: true }).post('x', QUICK),
      'tls.untrusted',
    );
    expect(error.certificate?.problems.toSorted()).toEqual(['expired', 'self-signed', 'wrong-name']);
  });

  test('a right chain for another name is refused, unless the name is asked for', async () => {
    const pair = await certificate([{ dns: 'z004.corp.example' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const wrong = client({ port: server.port, https: true, tls: { ca: pair.cert } });
    expect((await failsWith(wrong.post('x', QUICK), 'tls.untrusted')).certificate?.problem).toBe(
      'wrong-name',
    );
    const right = client({
      port: server.port,
      https: true,
      tls: { ca: pair.cert, servername: 'z004.corp.example' },
    });
    expect((await right.post('x', QUICK)).status).toBe(200);
  });

  test('a trusted fingerprint is accepted in any spelling, a changed one is not', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const fingerprint = new X509Certificate(pair.cert).fingerprint256;
    for (const spelling of [fingerprint, fingerprint.toLowerCase(), fingerprint.replaceAll(':', '')]) {
      const http = client({ port: server.port, https: true, tls: { trustedFingerprint: spelling } });
      // oxlint-disable-next-line no-await-in-loop
      expect((await http.post('x', QUICK)).status).toBe(200);
    }
    const before = server.seen.length;
    const other = new X509Certificate((await certificate([{ ip: '127.0.0.1' }])).cert).fingerprint256;
    const error = await failsWith(
      client({ port: server.port, https: true, tls: { trustedFingerprint: other } }).post('x', QUICK),
      'tls.changed',
    );
    expect(error.facts).toMatchObject({ expected: other, fingerprint });
    expect(error.certificate?.fingerprint).toBe(fingerprint);
    expect(server.seen.length).toBe(before);
  });

  test('a callback decides, before anything is sent, and sees what is wrong', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const asked: (readonly string[])[] = [];
    const post = (verify: VerifyCertificate, more: { ca?: string; trustedFingerprint?: string } = {}) =>
      client({ port: server.port, https: true, tls: { verify, ...more } }).post('x', QUICK);
    const note =
      (answer: boolean): VerifyCertificate =>
      async ({ problems }) => {
        asked.push(problems);
        await Promise.resolve();
        return answer;
      };
    expect((await post(note(true))).status).toBe(200);
    expect((await post(() => true)).status).toBe(200);
    const before = server.seen.length;
    const refused = await failsWith(post(note(false)), 'tls.untrusted');
    expect(refused.certificate?.fingerprint).toBe(new X509Certificate(pair.cert).fingerprint256);
    await failsWith(
      post(() => Promise.reject(new Error('no'))),
      'tls.untrusted',
    );
    // One that verifies is refused as well.
    await failsWith(post(note(false), { ca: pair.cert }), 'tls.untrusted');
    expect(server.seen.length).toBe(before);
    expect(asked).toEqual([['self-signed'], ['self-signed'], []]);
    const pin = new X509Certificate((await certificate([{ ip: '127.0.0.1' }])).cert).fingerprint256;
    await failsWith(post(note(true), { trustedFingerprint: pin }), 'tls.changed');
    expect(asked).toHaveLength(3);
  });

  test('an empty trusted fingerprint trusts nothing', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    expect(
      (
        await failure(
          client({ port: server.port, https: true, tls: { trustedFingerprint: '' } }).post('x', QUICK),
        )
      ).code,
    ).toBe('tls.changed');
  });

  test('a port that speaks plain HTTP', async () => {
    const server = await started(startServer((_r, response) => soap(response)));
    expect((await failure(client({ port: server.port, https: true }).post('x', QUICK))).code).toBe(
      'tls.failed',
    );
  });
});

/** Three legs as NTLM has them, and a seal that turns the body around. */
function legged(log: string[]): HttpAuthenticator {
  return {
    scheme: 'Negotiate',
    scope: 'connection',
    revealsSecret: false,
    start: () => ({ kind: 'header', value: 'Negotiate one', complete: false }),
    step: (challenge) => {
      log.push(challenge);
      if (challenge === 'final') return { kind: 'done' };
      return { kind: 'header', value: `Negotiate two-${challenge}`, complete: true };
    },
    wrap: (body) => ({ contentType: 'multipart/encrypted;test', body: body.toReversed() }),
    unwrap: (_type, body) => body.toReversed(),
  };
}

describe('signing in', () => {
  test('Basic over plain HTTP is refused, and nothing is sent', async () => {
    const server = await started(startServer((_r, response) => soap(response)));
    expect((await failure(client({ port: server.port, allowPlainBasic: false }).post('x', QUICK))).code).toBe(
      'signin.plain-text',
    );
    expect(server.seen).toEqual([]);
  });

  test('a wrong password', async () => {
    const server = await started(
      startServer((_r, response) => {
        response.writeHead(401, { 'WWW-Authenticate': ['Negotiate', 'Basic realm="WSMAN"'] }).end();
      }),
    );
    const error = await failsWith(client({ port: server.port }).post('x', QUICK), 'signin.rejected');
    expect(error.httpStatus).toBe(401);
    expect(JSON.stringify(error)).not.toContain('123');
  });

  test('a server that takes other schemes only says which', async () => {
    const server = await started(
      startServer((_r, response) => {
        response.writeHead(401, { 'WWW-Authenticate': ['Negotiate', 'Kerberos', 'CredSSP'] }).end();
      }),
    );
    const error = await failsWith(client({ port: server.port }).post('x', QUICK), 'signin.no-common-scheme');
    expect(error.facts['offered']).toEqual(['Negotiate', 'Kerberos', 'CredSSP']);
  });

  test('a log-on of the connection has empty bodies, then every body is sealed and no header is sent', async () => {
    let signedIn = 0;
    const server = await started(
      startServer((request, response) => {
        const header = request.headers.authorization;
        if (header === 'Negotiate one') {
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
        } else if (header === 'Negotiate two-challenge') {
          signedIn++;
          response.writeHead(200, { 'WWW-Authenticate': 'Negotiate final' }).end();
        } else if (header === undefined && request.headers['content-type'] === 'multipart/encrypted;test') {
          response.writeHead(200, { 'Content-Type': 'multipart/encrypted;test' }).end('>rewsna<');
        } else {
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate' }).end();
        }
      }),
    );
    const log: string[] = [];
    const http = client({ port: server.port, allowPlainBasic: false, auth: () => legged(log) });
    expect(await http.post('abc', QUICK)).toEqual({ status: 200, body: '<answer>' });
    expect(await http.post('xyz', QUICK)).toEqual({ status: 200, body: '<answer>' });
    expect(signedIn).toBe(1);
    expect(server.seen.map((s) => s.body)).toEqual(['', '', 'cba', 'zyx']);
    expect(log).toEqual(['challenge', 'final']);
  });

  test('every connection has a log-on of its own', async () => {
    const held: (() => void)[] = [];
    const server = await started(
      startServer((request, response) => {
        const header = request.headers.authorization;
        if (header === 'Negotiate one') {
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
        } else if (header !== undefined) response.writeHead(200).end();
        else held.push(() => response.writeHead(200, { 'Content-Type': 'multipart/encrypted' }).end('ko'));
      }),
    );
    let made = 0;
    const http = client({
      port: server.port,
      auth: () => {
        made++;
        return legged([]);
      },
    });
    const both = [http.post('1', QUICK), http.post('2', QUICK)];
    await server.untilSeen(6);
    for (const release of held) release();
    expect((await Promise.all(both)).map((b) => b.body)).toEqual(['ok', 'ok']);
    expect(made).toBe(2);
  });

  test('a connection whose log-on the server forgot signs in again and repeats the request', async () => {
    let forgotten = false;
    const server = await started(
      startServer((request, response) => {
        const header = request.headers.authorization;
        if (header === 'Negotiate one') {
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
        } else if (header !== undefined) response.writeHead(200).end();
        else if (request.body === 'b' && !forgotten) {
          forgotten = true;
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate' }).end();
        } else response.writeHead(200, { 'Content-Type': 'multipart/encrypted' }).end('ko');
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await http.post('b', QUICK)).body).toBe('ok');
  });

  test('a server that challenges for ever is given up', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
      }),
    );
    const endless: HttpAuthenticator = {
      ...legged([]),
      step: () => ({ kind: 'header', value: 'Negotiate again', complete: false }),
    };
    expect((await failure(client({ port: server.port, auth: () => endless }).post('x', QUICK))).code).toBe(
      'signin.rejected',
    );
    expect(server.seen.length).toBeLessThan(20);
  });
});

/** A server of one sealed protocol; what it does with a body that is no leg of a log-on is the test's. */
function sealing(
  answer: (request: Seen, response: http.ServerResponse, index: number) => void,
): Promise<TestServer> {
  let bodies = 0;
  return startServer((request, response) => {
    const header = request.headers.authorization;
    if (header === 'Negotiate one') {
      response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge' }).end();
    } else if (header === undefined) answer(request, response, bodies++);
    else response.writeHead(200).end();
  });
}

const sealedAnswer = (response: http.ServerResponse): void => {
  response.writeHead(200, { 'Content-Type': 'multipart/encrypted' }).end('ko');
};

describe('a connection that is lost', () => {
  test('while nothing was asked costs nothing, even where we have not noticed yet', async () => {
    const closed: Promise<void>[] = [];
    const server = await started(
      sealing((_request, response) => {
        const { socket } = response;
        sealedAnswer(response);
        if (socket === null) throw new Error('no socket');
        // Shut down: the client's machine has been told, and its event loop has not.
        closed.push(new Promise((resolve) => socket.end(() => resolve())));
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    await closed[0];
    expect((await http.post('b', QUICK)).body).toBe('ok');
    expect(server.seen.map((s) => s.body)).toEqual(['', '', 'a', '', '', 'b']);
    expect(server.connections()).toBe(2);
  });

  test('after the request was sent fails it, as it may have been carried out', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 0) sealedAnswer(response);
        else response.socket?.resetAndDestroy();
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    const error = await failure(http.post('b', QUICK));
    expect(error.code).toBe('connect.reset');
    expect(error.facts['sent']).toBeUndefined();
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(1);
  });

  test('is no matter to a request that may be carried out twice', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 1) response.socket?.resetAndDestroy();
        else sealedAnswer(response);
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await http.post('b', { ...QUICK, idempotent: true })).body).toBe('ok');
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(2);
  });

  test('is tried once more and not for ever', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 0) sealedAnswer(response);
        else response.socket?.resetAndDestroy();
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await failure(http.post('b', { ...QUICK, idempotent: true }))).code).toBe('connect.reset');
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(2);
  });

  test('between two legs of the log-on says so, and that nothing was sent', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge', Connection: 'close' }).end();
      }),
    );
    const error = await failure(client({ port: server.port, auth: () => legged([]) }).post('x', QUICK));
    expect(error).toMatchObject({ code: 'connect.reset', facts: { stage: 'signin', sent: false } });
  });

  test('before anything could be sent says that nothing was', async () => {
    const error = await failure(client({ port: await closedPort() }).post('x', QUICK));
    expect(error.facts['sent']).toBe(false);
  });
});

describe('a log-on that no longer holds', () => {
  test('is done again on another connection where the server closes with its refusal', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 1) {
          response.writeHead(401, { 'WWW-Authenticate': 'Negotiate', Connection: 'close' }).end();
        } else sealedAnswer(response);
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await http.post('b', QUICK)).body).toBe('ok');
    expect(server.seen.map(({ body, connection }) => [body, connection])).toEqual([
      ['', 1],
      ['', 1],
      ['a', 1],
      ['b', 1],
      ['', 2],
      ['', 2],
      ['b', 2],
    ]);
  });

  test('is given up where the server refuses every time', async () => {
    const server = await started(
      sealing((_request, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Negotiate', Connection: 'close' }).end();
      }),
    );
    const error = await failure(client({ port: server.port, auth: () => legged([]) }).post('b', QUICK));
    expect(error).toMatchObject({ code: 'signin.rejected', facts: { sent: false } });
    expect(server.connections()).toBeLessThan(5);
  });

  test('is renewed where the ticket has run out', async () => {
    const server = await started(sealing((_request, response) => sealedAnswer(response)));
    let sealed = 0;
    let open = 0;
    const http = client({
      port: server.port,
      auth: () => {
        open++;
        return {
          ...legged([]),
          wrap: (body) => {
            if (sealed++ === 1) throw new SignInError('kerberos.expired', 'The ticket has run out');
            return { contentType: 'multipart/encrypted;test', body };
          },
          close: () => open--,
        };
      },
    });
    await http.post('a', QUICK);
    expect((await http.post('b', QUICK)).body).toBe('ok');
    expect(server.seen.map((s) => s.body)).toEqual(['', '', 'a', '', '', 'b']);
    http.close();
    expect(open).toBe(0);
  });
});

describe('a server that would go on in plain text', () => {
  async function answering(status: number, type: string): Promise<unknown> {
    const server = await started(
      sealing((_request, response) => response.writeHead(status, { 'Content-Type': type }).end('<plain/>')),
    );
    return client({ port: server.port, auth: () => legged([]) })
      .post('a', QUICK)
      .catch((error: unknown) => error);
  }

  test.each<[number, string]>([
    [200, 'application/soap+xml;charset=UTF-8'],
    [200, 'text/xml'],
    [500, 'application/soap+xml'],
  ])('is refused: %i %s', async (status, type) => {
    const error = await answering(status, type);
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({ code: 'signin.not-encrypted', facts: { scheme: 'Negotiate' } });
  });

  test('but what a gateway says of itself is told', async () => {
    expect(await answering(503, 'text/html')).toMatchObject({ code: 'http.status', httpStatus: 503 });
  });
});

test('a server that accepts without its own proof is refused', async () => {
  const server = await started(sealing((_request, response) => sealedAnswer(response)));
  const unproved: HttpAuthenticator = {
    ...legged([]),
    finish: () => {
      throw new SignInError('signin.server-not-proved', 'No proof');
    },
  };
  const error: unknown = await client({ port: server.port, auth: () => unproved })
    .post('a', QUICK)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'signin.server-not-proved' });
  expect(server.seen.map((s) => s.body)).toEqual(['', '']);
});

test.each([400, 500])(
  'a service that refuses the request of a log-on, HTTP %i, is not taken for an impostor',
  async (status) => {
    const server = await started(startServer((_request, response) => void response.writeHead(status).end()));
    const unproved: HttpAuthenticator = {
      ...legged([]),
      finish: () => {
        throw new SignInError('signin.server-not-proved', 'No proof');
      },
    };
    const error = await failure(client({ port: server.port, auth: () => unproved }).post('a', QUICK));
    expect(error).toMatchObject({
      code: 'http.status',
      httpStatus: status,
      facts: { stage: 'signin', sent: false },
    });
  },
);

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
