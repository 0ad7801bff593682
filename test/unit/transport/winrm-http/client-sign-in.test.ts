import type * as http from 'node:http';
import { describe, expect, test } from 'vitest';
import type { HttpAuthenticator } from '../../../../electron/protocol/auth/authenticator.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { soap, startServer } from './servers.ts';
import {
  client,
  failsWith,
  failure,
  legged,
  QUICK,
  sealedAnswer,
  sealing,
  started,
} from './client-harness.ts';

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

describe('a page of what stands on the way', () => {
  const page = (response: http.ServerResponse, status: number): void =>
    void response
      .writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' })
      .end('<html>Welcome to the hotel</html>');

  test.each([200, 500, 503])('in place of a sealed answer, HTTP %i, is one that may pass', async (status) => {
    const server = await started(sealing((_request, response) => page(response, status)));
    const http = client({ port: server.port, auth: () => legged([]) });
    const error = await failure(http.post('a', QUICK));
    expect(error.code).toBe(status === 200 ? 'http.not-winrm' : 'http.status');
    expect(error.facts['sent']).not.toBe(false);
  });

  test.each([200, 500, 503])(
    'in the middle of a log-on, HTTP %i, is no server that proves nothing',
    async (status) => {
      const server = await started(startServer((_request, response) => page(response, status)));
      const unproved: HttpAuthenticator = {
        ...legged([]),
        finish: () => {
          throw new SignInError('signin.server-not-proved', 'No proof');
        },
      };
      const error = await failure(client({ port: server.port, auth: () => unproved }).post('a', QUICK));
      expect(error.code).toBe(status === 200 ? 'http.not-winrm' : 'http.status');
      expect(error.facts['sent']).toBe(false);
    },
  );
});
