/** CredSSP against a service that shares nothing with ours: Python's TLS, MIT's SPNEGO and gss-ntlmssp (test/lab/auth). */
import { Agent, request as httpRequest } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AuthMove, HttpAuthenticator } from '../../electron/protocol/auth/authenticator.ts';
import { ntlmFactory } from '../../electron/protocol/auth/ntlm/client.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import { createSpnegoContext } from '../../electron/protocol/auth/spnego/client.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import { nodeAuthCrypto } from '../../electron/transport/winrm-http/auth-crypto.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../electron/transport/winrm-http/client.ts';
import {
  createCredSspAuthenticator,
  type CredSspAuthenticatorOptions,
} from '../../electron/transport/winrm-http/credssp.ts';
import { kerberosContexts } from '../../electron/transport/gss/kerberos.ts';
import { certificate, soap, startServer } from '../unit/transport/winrm-http/servers.ts';
import { startRelay } from './credssp-relay.ts';
import {
  ALICE,
  noAuthLab,
  NTLM_USER,
  startAuthLab,
  type AuthLab,
  type Service,
  type ServiceEvent,
} from '../lab/auth/lab.ts';

/** Far more than any of it takes. */
const LONG = { timeoutMs: 55_000 };

const SIZES = [1, 16_383, 16_384, 16_385, 300_000, 5_000_000];

type Made = Partial<CredSspAuthenticatorOptions> & { readonly password?: string; readonly user?: string };

function authenticator({
  password = NTLM_USER.password,
  user = NTLM_USER.userName,
  ...more
}: Made = {}): HttpAuthenticator {
  const { domain } = NTLM_USER;
  const create = ntlmFactory({ user, domain, password }, nodeAuthCrypto);
  return createCredSspAuthenticator({
    context: () => createSpnegoContext([{ name: 'ntlm', create }], { service: 'WSMAN', host: 'localhost' }),
    credentials: { domain, userName: user, password },
    crypto: nodeAuthCrypto,
    ...more,
  });
}

describe.skipIf(noAuthLab !== undefined)('CredSSP', () => {
  let lab: AuthLab;
  let old: readonly [Service, Service];
  let tls12: Service;
  let tls13: Service;
  const clients: WinRmHttpClient[] = [];
  const cleanups: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    lab = await startAuthLab();
    tls12 = await lab.service('tls12', { schemes: ['CredSSP'] });
    tls13 = await lab.service('tls13', { schemes: ['CredSSP'], tls13: true });
    old = [
      await lab.service('version5', { credsspVersion: 5 }),
      await lab.service('version4', { credsspVersion: 4 }),
    ];
  });
  afterAll(async () => {
    await lab.stop();
  });
  afterEach(async () => {
    for (const one of clients.splice(0)) one.close();
    await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  });

  function client(
    port: number,
    made: () => HttpAuthenticator,
    more: Partial<WinRmHttpOptions> = {},
  ): WinRmHttpClient {
    const one = new WinRmHttpClient({ host: '127.0.0.1', port, https: false, auth: made, ...more });
    clients.push(one);
    return one;
  }

  let flushes = 0;

  /** What a service saw so far. Its events come by another way than its answers: one of our own making is waited for behind them. */
  async function seen(service: Service, kind: string): Promise<ServiceEvent[]> {
    const scheme = `flush${String(++flushes)}`;
    await new Promise<void>((resolve, reject) => {
      const headers = { Authorization: `${scheme} x`, 'Content-Length': 0 };
      const asked = httpRequest(
        { host: '127.0.0.1', port: service.port, path: '/wsman', method: 'POST', headers, agent: false },
        (answer) => {
          answer.resume();
          answer.on('end', resolve);
        },
      );
      asked.on('error', reject);
      asked.end();
    });
    await service.event('refused', (e) => String(e['why']).startsWith(`${scheme} `));
    return service.events.filter((e) => e.event === kind);
  }

  async function failure(promise: Promise<unknown>): Promise<TransportError | SignInError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof TransportError) && !(error instanceof SignInError))
      throw error ?? new Error('no failure');
    const shown = inspect(error, { depth: 20, showHidden: true });
    for (const secret of [NTLM_USER.password, 'WrongPass']) expect(shown).not.toContain(secret);
    return error;
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'signs in and seals bodies of every size over %s',
    async (version) => {
      const service = version === 'TLSv1.2' ? tls12 : tls13;
      const http = client(service.port, () => authenticator());
      for (const size of SIZES) {
        const body = 'x'.repeat(size);
        // oxlint-disable-next-line no-await-in-loop
        const answer = await http.post(body, LONG);
        expect(answer.status).toBe(200);
        expect(answer.body === body, `${String(size)} bytes came back as they went`).toBe(true);
      }
      expect(await service.event('signed-in')).toMatchObject({
        mechanism: 'ntlm',
        user: 'CONTOSO\\alice',
        credssp: {
          version: 6,
          tls: version,
          credentials: { type: 1, domain: 'CONTOSO', user: 'alice', password: NTLM_USER.password },
        },
      });
      const requests = await seen(service, 'request');
      expect(requests.map((e) => [e['bytes'], e['parts'], e['sealed']])).toEqual(
        SIZES.map((size) => [size, Math.ceil(size / 16_384), true]),
      );
    },
  );

  test('goes on where a service has nothing to answer to the end of a TLS 1.3 handshake', async () => {
    const service = await lab.service('without tickets', { tls13: true, tickets: false });
    const http = client(service.port, () => authenticator());
    expect((await http.post('x'.repeat(20_000), LONG)).body).toHaveLength(20_000);
    const wrong = client(service.port, () => authenticator({ password: 'WrongPass1!' }));
    expect((await failure(wrong.post('x', LONG))).code).toBe('credssp.refused');
  });

  test('knows an empty body when it sees one', async () => {
    const signedIn = authenticator();
    const http = client(tls12.port, () => signedIn);
    await http.post('x', LONG);
    const sealed = await signedIn.wrap?.(new Uint8Array());
    expect(Buffer.from(sealed?.body ?? []).toString()).toBe('--Encrypted Boundary--\r\n');
    const back = await signedIn.unwrap?.(sealed?.contentType ?? '', sealed?.body ?? new Uint8Array());
    expect(back?.byteLength).toBe(0);
  });

  test('goes on for 200 requests on one connection', async () => {
    const service = await lab.service('many', {});
    const http = client(service.port, () => authenticator());
    for (let i = 0; i < 200; i++) {
      const body = `<request number="${String(i)}"/>`.repeat(1 + (i % 7));
      // oxlint-disable-next-line no-await-in-loop
      expect((await http.post(body, LONG)).body).toBe(body);
    }
    expect(await seen(service, 'signed-in')).toHaveLength(1);
  });

  test('gives every one of 8 connections a log-on and keys of its own', async () => {
    const service = await lab.service('eight', {});
    const http = client(service.port, () => authenticator());
    const rounds = [0, 1, 2];
    const bodies = Array.from({ length: 8 }, (_, i) => `<${'abcdefgh'[i] ?? ''}/>`.repeat(1000 + i));
    for (const round of rounds) {
      // oxlint-disable-next-line no-await-in-loop
      const answers = await Promise.all(bodies.map((body) => http.post(body + String(round), LONG)));
      expect(answers.map((a) => a.body)).toEqual(bodies.map((body) => body + String(round)));
    }
    expect(await seen(service, 'signed-in')).toHaveLength(8);
  });

  test('goes through HTTPS as well, TLS within TLS', async () => {
    const http = client(lab.strict.port, () => authenticator(), {
      https: true,
      tls: { ca: lab.certificate },
    });
    expect((await http.post('x'.repeat(40_000), LONG)).body).toHaveLength(40_000);
  });

  test('signs in again where the service has forgotten it, and loses and doubles nothing', async () => {
    const service = await lab.service('forgetful', { forgetAfter: 2 });
    const http = client(service.port, () => authenticator());
    for (const body of ['<a/>', '<b/>', '<c/>', '<d/>', '<e/>']) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await http.post(body, LONG)).body).toBe(body);
    }
    expect(await seen(service, 'request')).toHaveLength(5);
    expect(await seen(service, 'signed-in')).toHaveLength(3);
  });

  describe('versions', () => {
    test('5 is spoken', async () => {
      expect((await client(old[0].port, () => authenticator()).post('x', LONG)).body).toBe('x');
    });

    test('4 is refused before the password, or anything of it, leaves', async () => {
      const error = await failure(client(old[1].port, () => authenticator()).post('x', LONG));
      expect(error).toMatchObject({ code: 'credssp.version', facts: { version: 4, oldest: 5 } });
      expect(await seen(old[1], 'signed-in')).toEqual([]);
    });

    test.each([2, 3, 4])('%i is spoken where somebody insists', async (version) => {
      const service = await lab.service(`insisted${String(version)}`, { credsspVersion: version });
      const http = client(service.port, () => authenticator({ allowOldVersions: true }));
      expect((await http.post('x', LONG)).body).toBe('x');
    });
  });

  test('a wrong password is told with its NTSTATUS', async () => {
    const error = await failure(
      client(tls12.port, () => authenticator({ password: 'WrongPass1!' })).post('x', LONG),
    );
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({
      code: 'credssp.refused',
      facts: { status: 0xc000006d, name: 'STATUS_LOGON_FAILURE' },
    });
  });

  test('an unknown user is refused', async () => {
    const error = await failure(client(tls13.port, () => authenticator({ user: 'nobody' })).post('x', LONG));
    expect(['credssp.refused', 'signin.rejected']).toContain(error.code);
  });

  test('a service without CredSSP says what it has', async () => {
    const service = await lab.service('without', { schemes: ['Negotiate', 'Kerberos'] });
    expect(await failure(client(service.port, () => authenticator()).post('x', LONG))).toMatchObject({
      code: 'signin.no-common-scheme',
      facts: { scheme: 'CredSSP', offered: ['Negotiate', 'Kerberos'] },
    });
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('carries Kerberos inside as well, over %s', async (version) => {
    // The library reads them when it is first used, which is here.
    Object.assign(process.env, lab.env);
    const create = kerberosContexts({
      credentials: { kind: 'password', userName: ALICE.principal, password: ALICE.password },
    });
    const service = await lab.service(`kerberos ${version}`, { tls13: version === 'TLSv1.3' });
    const target = { service: 'HTTP', host: 'localhost' };
    const http = client(service.port, () =>
      authenticator({
        context: () => createSpnegoContext([{ name: 'kerberos', create }], target),
        credentials: { domain: '', userName: ALICE.principal, password: ALICE.password },
      }),
    );
    for (const size of SIZES) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await http.post('x'.repeat(size), LONG)).body).toHaveLength(size);
    }
    expect(await service.event('signed-in')).toMatchObject({
      mechanism: 'kerberos',
      credssp: { tls: version, credentials: { domain: '', user: ALICE.principal, password: ALICE.password } },
    });
  });

  test('a service that says yes too early is not believed', async () => {
    let legs = 0;
    // It takes the log-on for done after so many legs.
    const early = (accepted: number): ReturnType<typeof startServer> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      cleanups.push(async () => agent.destroy());
      return startServer((request, response) => {
        const { authorization = '' } = request.headers;
        if (authorization === '' || legs++ >= accepted) soap(response);
        else {
          const forward = httpRequest(
            {
              host: '127.0.0.1',
              port: tls12.port,
              path: '/wsman',
              method: 'POST',
              agent,
              headers: { Authorization: authorization, 'Content-Length': 0 },
            },
            (answer) => {
              answer.resume();
              answer.on('end', () => {
                const value = answer.headers['www-authenticate'];
                response.writeHead(
                  answer.statusCode ?? 0,
                  value === undefined ? {} : { 'WWW-Authenticate': value },
                );
                response.end();
              });
            },
          );
          forward.end();
        }
      });
    };
    for (const accepted of [0, 1, 2, 3]) {
      legs = 0;
      // oxlint-disable-next-line no-await-in-loop
      const server = await early(accepted);
      cleanups.push(() => server.close());
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(client(server.port, () => authenticator()).post('<secret/>', LONG));
      expect(error.code).toBe('signin.server-not-proved');
      expect(server.seen.every((one) => one.body === '')).toBe(true);
    }
  });

  describe('a flipped bit', () => {
    /** In the base64 of a token: the lowest bit of one of its bytes, counted from the end. */
    function flipped(header: string, fromEnd: number): string {
      const [scheme = '', token = ''] = header.includes(' ') ? header.split(' ') : ['', header];
      const bytes = Buffer.from(token, 'base64');
      const at = Math.max(0, bytes.length - 1 - fromEnd);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return `${scheme === '' ? '' : `${scheme} `}${bytes.toString('base64')}`;
    }

    /** Tokens we send are counted from 0, those we get as well. */
    function tampered(
      whose: 'ours' | 'theirs',
      leg: number,
      fromEnd: number,
    ): HttpAuthenticator & { touched: boolean } {
      const inner = authenticator();
      let sent = 0;
      let got = 0;
      const outgoing = async (move: AuthMove | Promise<AuthMove>): Promise<AuthMove> => {
        const made = await move;
        if (made.kind !== 'header' || whose !== 'ours' || sent++ !== leg) return made;
        one.touched = true;
        return { ...made, value: flipped(made.value, fromEnd) };
      };
      const one = {
        ...inner,
        touched: false,
        start: () => outgoing(inner.start()),
        step(challenge: string) {
          const here = whose === 'theirs' && got++ === leg;
          if (here) one.touched = true;
          return outgoing(inner.step(here ? flipped(challenge, fromEnd) : challenge));
        },
      };
      return one;
    }

    // TLS 1.2: hello, key exchange, NTLM negotiate, authenticate with the proof, password. TLS 1.3: hello, finished, and the same.
    const legs = [0, 1, 2, 3, 4].flatMap((leg) => [
      ['ours', leg] as const,
      // The last answer has no token.
      ...(leg < 4 ? [['theirs', leg] as const] : []),
    ]);

    test.each(legs)('in token %s %i ends the log-on', async (whose, leg) => {
      for (const service of [tls12, tls13]) {
        for (const fromEnd of [0, 20]) {
          const before = (await seen(service, 'signed-in')).length;
          const damaged = tampered(whose, leg, fromEnd);
          // oxlint-disable-next-line no-await-in-loop
          const error = await failure(client(service.port, () => damaged).post('x', LONG));
          expect(damaged.touched, 'there is such a token').toBe(true);
          expect(error.code).toMatch(/^(credssp\.tls|signin\.rejected|signin\.server-not-proved)$/);
          expect(await seen(service, 'signed-in')).toHaveLength(before);
        }
      }
    });

    test('in a sealed body is refused by the service', async () => {
      const inner = authenticator();
      const damaged: HttpAuthenticator = {
        ...inner,
        async wrap(body) {
          const sealed = await inner.wrap?.(body);
          if (sealed === undefined) throw new Error('not sealed');
          const bytes = Buffer.from(sealed.body);
          // Some way into the ciphertext.
          const at = bytes.length - 60;
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          return { ...sealed, body: bytes };
        },
      };
      const service = await lab.service('damaged', {});
      const error = await failure(client(service.port, () => damaged).post('x'.repeat(500), LONG));
      expect(error.code).toMatch(/^http\./);
      expect(await service.event('not-unsealed')).toBeTruthy();
      expect(await seen(service, 'request')).toEqual([]);
    });

    test.each([30, 60, 400])(
      '%i bytes before the end of a sealed answer is refused by us',
      async (fromEnd) => {
        const inner = authenticator();
        const damaged: HttpAuthenticator = {
          ...inner,
          unwrap(contentType, body) {
            const bytes = Buffer.from(body);
            const at = bytes.length - fromEnd;
            bytes[at] = (bytes[at] ?? 0) ^ 1;
            if (inner.unwrap === undefined) throw new Error('not sealed');
            return inner.unwrap(contentType, bytes);
          },
        };
        const error = await failure(client(tls13.port, () => damaged).post('x'.repeat(500), LONG));
        expect(error.code).toBe('credssp.tls');
      },
    );
  });

  describe('somebody between with a TLS key of his own', () => {
    test('who carries everything over is found out by the service, and never sees the password', async () => {
      const relay = await startRelay(tls12.port, await certificate([{ dns: 'localhost' }]), 'carry');
      cleanups.push(() => relay.close());
      const before = (await seen(tls12, 'signed-in')).length;
      const error = await failure(client(relay.port, () => authenticator()).post('x', LONG));
      expect(error.code).toMatch(/^(signin\.rejected|credssp\.refused)$/);
      expect(relay.carried).toEqual(['negoTokens', 'negoTokens pubKeyAuth clientNonce']);
      expect(await tls12.event('refused', (e) => String(e['why']).includes('public key'))).toBeTruthy();
      expect(await seen(tls12, 'signed-in')).toHaveLength(before);
    });

    test('who answers himself is found out by us', async () => {
      const relay = await startRelay(tls12.port, await certificate([{ dns: 'localhost' }]), 'reflect');
      cleanups.push(() => relay.close());
      const error = await failure(client(relay.port, () => authenticator()).post('x', LONG));
      expect(error.code).toBe('signin.server-not-proved');
      expect(relay.carried).toEqual(['negoTokens', 'negoTokens pubKeyAuth clientNonce']);
    });
  });
});
