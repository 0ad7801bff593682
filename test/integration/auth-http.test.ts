/**
 * Negotiate over HTTP and HTTPS with Kerberos and NTLM, our client against Python's HTTP with MIT Kerberos and gss-ntlmssp: what is right
 * goes through whole, what is wrong does not go through at all.
 */
import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AuthPeer, HttpAuthenticator } from '../../electron/protocol/auth/authenticator.ts';
import {
  createNegotiateAuthenticator,
  type NegotiateOptions,
} from '../../electron/protocol/auth/negotiate.ts';
import { ntlmFactory } from '../../electron/protocol/auth/ntlm/client.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import type { Mechanism } from '../../electron/protocol/auth/spnego/client.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import { kerberosContexts } from '../../electron/transport/gss/kerberos.ts';
import { nodeAuthCrypto } from '../../electron/transport/winrm-http/auth-crypto.ts';
import { Lane } from '../../electron/transport/winrm-http/lane.ts';
import {
  noAuthLab,
  NTLM_LOCAL_USER,
  NTLM_USER,
  startAuthLab,
  type AuthLab,
  type Service,
} from '../lab/auth/lab.ts';
import { startTlsRelay, type TlsRelay } from './tls-relay.ts';

const SIZES = [0, 1, 16_383, 16_384, 16_385, 300_000, 5_000_000];

type Account = { readonly user: string; readonly domain: string; readonly password: string };
const ALICE: Account = { user: NTLM_USER.userName, domain: NTLM_USER.domain, password: NTLM_USER.password };

describe.skipIf(noAuthLab !== undefined)('Negotiate over HTTP', () => {
  let lab: AuthLab;
  let kerberos: Mechanism;
  const lanes: Lane[] = [];
  const relays: TlsRelay[] = [];

  beforeAll(async () => {
    lab = await startAuthLab();
    Object.assign(process.env, lab.env);
    const ticket = `FILE:${await lab.ticket()}`;
    kerberos = {
      name: 'kerberos',
      create: kerberosContexts({ credentials: { kind: 'cache', name: ticket } }),
    };
  });
  afterEach(async () => {
    for (const lane of lanes.splice(0)) lane.drop();
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
  });
  afterAll(async () => {
    await lab?.stop();
  });

  const ntlm = (account: Account = ALICE): Mechanism => ({
    name: 'ntlm',
    create: ntlmFactory(account, nodeAuthCrypto),
  });
  const mechanism = (name: 'kerberos' | 'ntlm'): Mechanism => (name === 'kerberos' ? kerberos : ntlm());

  interface Way extends Partial<NegotiateOptions> {
    readonly mechanisms: readonly Mechanism[];
    readonly https?: boolean;
    readonly path?: string;
    /** Of whom to trust the certificate; the lab's own by default. */
    readonly ca?: string;
    /** What the authenticator is told of the other end. */
    readonly peer?: (peer: AuthPeer) => AuthPeer;
    /** What comes between authenticator and connection. */
    readonly through?: (authenticator: HttpAuthenticator) => HttpAuthenticator;
  }

  /** One connection. */
  function laneTo(port: number, way: Way): Lane {
    const { https = false, path = '/wsman', ca = lab.certificate, peer, through, ...options } = way;
    const one = new Lane({
      host: 'localhost',
      port,
      https,
      path,
      ...(https ? { tls: { ca } } : {}),
      auth: (reached) => {
        const made = createNegotiateAuthenticator(peer?.(reached) ?? reached, {
          crypto: nodeAuthCrypto,
          ...options,
        });
        return through?.(made) ?? made;
      },
      connectTimeoutMs: 60_000,
      userAgent: 'test',
      allowPlainBasic: false,
      maxResponseBytes: 8 * 1024 * 1024,
    });
    lanes.push(one);
    return one;
  }

  const { signal } = new AbortController();

  async function ask(over: Lane, body: Uint8Array | string): Promise<Buffer> {
    const answer = await over.post(Buffer.from(body), { signal });
    expect(answer.status).toBe(200);
    return Buffer.from(answer.body);
  }

  async function failure(work: Promise<unknown>): Promise<TransportError | SignInError | ProtocolError> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof TransportError || error instanceof SignInError || error instanceof ProtocolError)
      return error;
    throw new Error('not refused, or otherwise than it has to be', { cause: error });
  }

  const KINDS = [
    { name: 'kerberos', bare: false },
    { name: 'kerberos', bare: true },
    { name: 'kerberos', bare: true, scheme: 'Kerberos' },
    { name: 'ntlm', bare: false },
    { name: 'ntlm', bare: true },
  ] as const;

  test.each(KINDS)('bodies of every size, sealed both ways: %o', async ({ name, ...more }) => {
    const service = await lab.service(`sizes-${JSON.stringify({ name, ...more })}`, {});
    const way = { mechanisms: [mechanism(name)], ...more };
    const over = laneTo(service.port, way);
    // gss-ntlmssp seals no empty message, though it opens one.
    const nothing = name === 'ntlm' ? laneTo(service.port, { ...way, path: '/bytes/1' }) : over;
    for (const size of SIZES) {
      const body = Buffer.alloc(size, `${size} bytes `);
      // oxlint-disable-next-line no-await-in-loop -- in their order
      const back = await ask(size === 0 ? nothing : over, body);
      expect(size === 0 && name === 'ntlm' ? back.length === 1 : back.equals(body), `${size}`).toBe(true);
    }
    const requests = await service.seen('request');
    expect(requests.map(({ bytes }) => bytes)).toEqual(SIZES);
    expect(new Set(requests.map(({ sealed }) => sealed))).toEqual(new Set([true]));
    // Kerberos with AES and SHA-1; NTLM's signature.
    expect(new Set(requests.map(({ header }) => header))).toEqual(new Set([name === 'kerberos' ? 60 : 16]));
    expect(await service.seen('signed-in')).toHaveLength(name === 'ntlm' ? 2 : 1);
  });

  test.each(['kerberos', 'ntlm'] as const)('200 requests in a row: %s', async (name) => {
    const service = await lab.service(`row-${name}`, {});
    const over = laneTo(service.port, { mechanisms: [mechanism(name)] });
    for (let i = 0; i < 200; i++) {
      // oxlint-disable-next-line no-await-in-loop -- in a row
      expect((await ask(over, `request ${i}`)).toString()).toBe(`request ${i}`);
    }
    expect(await service.seen('signed-in')).toHaveLength(1);
    expect(await service.seen('request')).toHaveLength(200);
  });

  test.each(['kerberos', 'ntlm'] as const)(
    '8 connections at once, each with keys of its own: %s',
    async (name) => {
      const service = await lab.service(`eight-${name}`, {});
      await Promise.all(
        Array.from({ length: 8 }, async (_, number) => {
          const over = laneTo(service.port, { mechanisms: [mechanism(name)] });
          for (let i = 0; i < 25; i++) {
            const text = `${number}: ${i} `.repeat(1 + i * 20);
            // oxlint-disable-next-line no-await-in-loop
            expect((await ask(over, text)).toString()).toBe(text);
          }
        }),
      );
      const signedIn = await service.seen('signed-in');
      expect(new Set(signedIn.map(({ connection }) => connection)).size).toBe(8);
      expect(signedIn).toHaveLength(8);
      expect(await service.seen('request')).toHaveLength(200);
    },
  );

  test.each(['kerberos', 'ntlm'] as const)(
    'a log-on that the server forgot is made again, and no request is lost or doubled: %s',
    async (name) => {
      const service = await lab.service(`forgets-${name}`, { forgetAfter: 3 });
      const over = laneTo(service.port, { mechanisms: [mechanism(name)] });
      const sizes = Array.from({ length: 20 }, (_, i) => i + 1);
      for (const size of sizes) {
        // oxlint-disable-next-line no-await-in-loop
        expect((await ask(over, 'x'.repeat(size))).length).toBe(size);
      }
      const requests = await service.seen('request');
      expect(requests.map(({ bytes }) => bytes)).toEqual(sizes);
      expect(await service.seen('forgotten')).toHaveLength(6);
      expect(await service.seen('signed-in')).toHaveLength(7);
      expect(new Set(requests.map(({ connection }) => connection)).size).toBe(1);
    },
  );

  test.each(['kerberos', 'ntlm'] as const)('sealed over HTTPS as well, where asked for: %s', async (name) => {
    const over = laneTo(lab.strict.port, { mechanisms: [mechanism(name)], https: true, encrypt: true });
    expect((await ask(over, 'twice')).toString()).toBe('twice');
    const sealed = await lab.strict.event('request', (event) => event['bytes'] === 5);
    expect(sealed['sealed']).toBe(true);
  });

  test.each<[string, Account]>([
    ['another password', { ...ALICE, password: 'WrongPass1!' }],
    ['no password', { ...ALICE, password: '' }],
    ['nobody', { ...ALICE, user: 'nobody' }],
    ['another domain', { ...ALICE, domain: 'FABRIKAM' }],
    [
      'a local user in the domain',
      { ...ALICE, user: NTLM_LOCAL_USER.userName, password: NTLM_LOCAL_USER.password },
    ],
  ])('NTLM is refused: %s', async (what, account) => {
    const service = await lab.service(`refuses ${what}`, {});
    for (const bare of [false, true]) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(ask(laneTo(service.port, { mechanisms: [ntlm(account)], bare }), 'secret'));
      expect(error.code).toBe('signin.rejected');
      if (account.password !== '') expect(JSON.stringify(error)).not.toContain(account.password);
    }
    expect((await service.seen()).map(({ event }) => event)).toEqual(['refused', 'refused']);
  });

  test('a user of no domain signs in with NTLM', async () => {
    const { userName: user, domain, password } = NTLM_LOCAL_USER;
    const over = laneTo(lab.http.port, { mechanisms: [ntlm({ user, domain, password })], path: '/whoami' });
    expect(JSON.parse((await ask(over, '?')).toString())).toMatchObject({ mechanism: 'ntlm' });
  });

  test.each([true, false])('a service whose clock is wrong is told apart: bare %s', async (bare) => {
    const service = await lab.service(`fast-${bare}`, { clock: '+10m' });
    const error = await failure(ask(laneTo(service.port, { mechanisms: [kerberos], bare }), 'secret'));
    expect(error.code).toBe(bare ? 'kerberos.clock-skew' : 'signin.rejected');
    expect((await service.event('refused'))['why']).toMatch(/clock skew/i);
  });

  describe('the strict port', () => {
    test.each(KINDS)('takes a log-on bound to its certificate: %o', async ({ name, ...more }) => {
      const over = laneTo(lab.strict.port, {
        mechanisms: [mechanism(name)],
        https: true,
        path: '/whoami',
        ...more,
      });
      expect(JSON.parse((await ask(over, '?')).toString())).toMatchObject({ mechanism: name, bound: true });
    });

    test.each(KINDS)('takes none without bindings, and none with others: %o', async ({ name, ...more }) => {
      const way = { mechanisms: [mechanism(name)], https: true, ...more };
      const { raw } = new X509Certificate((await startRelay(lab.https)).certificate);
      const blind = laneTo(lab.strict.port, {
        ...way,
        peer: ({ host, port, https }) => ({ host, port, https }),
      });
      expect((await failure(ask(blind, 'secret'))).code).toBe('signin.rejected');
      const deceived = laneTo(lab.strict.port, { ...way, peer: (peer) => ({ ...peer, certificate: raw }) });
      expect((await failure(ask(deceived, 'secret'))).code).toBe('signin.rejected');
    });

    test.each(KINDS)(
      'refuses whoever comes through a man in the middle with a certificate that we trust: %o',
      async ({ name, ...more }) => {
        const way = { mechanisms: [mechanism(name)], https: true, ...more };
        const relay = await startRelay(lab.strict);
        const before = (await lab.strict.seen()).length;
        const error = await failure(ask(laneTo(relay.port, { ...way, ca: relay.certificate }), 'secret'));
        expect(error.code).toBe('signin.rejected');
        // It got as far as the service, which saw that the bindings are another's.
        expect(relay.connections).toBe(1);
        const seen = (await lab.strict.seen()).slice(before).map(({ event }) => event);
        expect(seen).toEqual(['refused']);
        // The same relay before a service that does not look is not noticed: the refusal was no accident.
        const careless = await lab.service(`careless ${JSON.stringify({ name, ...more })}`, {
          tls: true,
          bindings: 'none',
        });
        const open = await startRelay(careless);
        const through = laneTo(open.port, { ...way, ca: open.certificate });
        expect((await ask(through, 'seen')).toString()).toBe('seen');
      },
    );
  });

  async function startRelay(service: Service): Promise<TlsRelay> {
    const relay = await startTlsRelay(service.port);
    relays.push(relay);
    return relay;
  }

  test.each(['kerberos', 'ntlm'] as const)(
    'an answer of which one bit is another is refused, or it was not part of the answer: %s',
    async (name) => {
      let length = 0;
      const once = async (at: number | undefined): Promise<void> => {
        const over = laneTo(lab.http.port, {
          mechanisms: [mechanism(name)],
          through: (inner) => ({
            ...openedUp(inner),
            unwrap: (contentType, body) => {
              length = body.length;
              return inner.unwrap?.(contentType, at === undefined ? body : flipped(body, at)) ?? body;
            },
          }),
        });
        try {
          // Whoever changes what is around the sealed part may change nothing that is read from it.
          expect((await ask(over, TEXT)).toString()).toBe(TEXT);
          expect(at === undefined || at < length - TEXT.length - SUFFIX - headerOf(name)).toBe(true);
        } catch (error) {
          expect(error instanceof ProtocolError || error instanceof SignInError, String(error)).toBe(true);
        } finally {
          over.drop();
        }
      };
      await once(undefined);
      await inParallel(
        Array.from({ length }, (_, i) => i),
        once,
      );
    },
  );

  test.each(['kerberos', 'ntlm'] as const)(
    'a request of which one bit is another is not carried out: %s',
    async (name) => {
      const service = await lab.service(`damaged-${name}`, {});
      const sealed = TEXT.length + headerOf(name);
      await inParallel(
        Array.from({ length: sealed }, (_, i) => i),
        async (at) => {
          const over = laneTo(service.port, {
            mechanisms: [mechanism(name)],
            through: (inner) => ({
              ...openedUp(inner),
              wrap: async (body) => {
                const made = await inner.wrap?.(body);
                if (made === undefined) throw new Error('does not seal');
                return { ...made, body: flipped(made.body, made.body.length - SUFFIX - sealed + at) };
              },
            }),
          });
          const answer = await over.post(Buffer.from(TEXT), { signal });
          expect(answer.status).toBe(400);
          over.drop();
        },
      );
      expect(await service.seen('not-unsealed')).toHaveLength(sealed);
      expect(await service.seen('request')).toEqual([]);
    },
  );

  test.each(['kerberos', 'ntlm'] as const)(
    'a token of which one bit is another, of either side, makes no log-on or the same one: %s',
    async (name) => {
      /** Lengths of our tokens and of the server's, in their order. */
      const ours: number[] = [];
      const theirs: number[] = [];
      const once = async (damage?: {
        readonly whose: 'ours' | 'theirs';
        leg: number;
        at: number;
      }): Promise<boolean> => {
        let sent = 0;
        let got = 0;
        const damaged = (whose: 'ours' | 'theirs', leg: number, token: Buffer): Buffer =>
          damage !== undefined && damage.whose === whose && damage.leg === leg
            ? flipped(token, damage.at % token.length)
            : token;
        const sending = async (
          made: ReturnType<HttpAuthenticator['start']>,
        ): Promise<Awaited<ReturnType<HttpAuthenticator['start']>>> => {
          const first = await made;
          if (first.kind !== 'header') return first;
          const [scheme = '', value = ''] = first.value.split(' ');
          const token = Buffer.from(value, 'base64');
          if (damage === undefined) ours[sent] = token.length;
          return { ...first, value: `${scheme} ${damaged('ours', sent++, token).toString('base64')}` };
        };
        const over = laneTo(lab.http.port, {
          mechanisms: [mechanism(name)],
          through: (inner) => ({
            ...openedUp(inner),
            start: () => sending(inner.start()),
            step: (challenge) => {
              const token = Buffer.from(challenge, 'base64');
              if (damage === undefined) theirs[got] = token.length;
              return sending(inner.step(damaged('theirs', got++, token).toString('base64')));
            },
          }),
        });
        try {
          const answer = await over.post(Buffer.from(TEXT), { signal });
          // Only the same keys on both sides make this of it.
          expect(answer.status).toBe(200);
          expect(Buffer.from(answer.body).toString()).toBe(TEXT);
          return true;
        } catch (error) {
          const known =
            error instanceof TransportError || error instanceof SignInError || error instanceof ProtocolError;
          expect(known, String(error)).toBe(true);
          return false;
        } finally {
          over.drop();
        }
      };
      expect(await once()).toBe(true);
      const damages = [
        ...ours.flatMap((length, leg) => spread(length).map((at) => ({ whose: 'ours' as const, leg, at }))),
        ...theirs.flatMap((length, leg) =>
          spread(length).map((at) => ({ whose: 'theirs' as const, leg, at })),
        ),
      ];
      let accepted = 0;
      await inParallel(damages, async (damage) => {
        if (await once(damage)) accepted++;
      });
      // What nobody reads (padding of DER, reserved fields) is little.
      expect(accepted / damages.length).toBeLessThan(0.2);
    },
  );
});

const TEXT = '<s:Envelope>what is asked</s:Envelope>';

/** `--Encrypted Boundary--` and the end of its line. */
const SUFFIX = 24;

function headerOf(name: 'kerberos' | 'ntlm'): number {
  return name === 'kerberos' ? 60 : 16;
}

/** An authenticator whose methods may be replaced one by one. */
function openedUp(inner: HttpAuthenticator): HttpAuthenticator {
  return {
    scheme: inner.scheme,
    scope: inner.scope,
    revealsSecret: inner.revealsSecret,
    start: () => inner.start(),
    step: (challenge) => inner.step(challenge),
    finish: () => inner.finish?.(),
    wrap: (body) => {
      if (inner.wrap === undefined) throw new Error('does not seal');
      return inner.wrap(body);
    },
    unwrap: (contentType, body) => inner.unwrap?.(contentType, body) ?? body,
    close: () => inner.close?.(),
  };
}

/** One bit, another one in each byte. */
function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}

/** Every third byte: with a stride that shares no divisor with 8, every bit has its turn. */
function spread(length: number): number[] {
  return Array.from({ length: Math.ceil(length / 3) }, (_, i) => i * 3);
}

/** Four at a time: as many as there are threads for them. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of waiting) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other in each of the four
        await work(item);
      }
    }),
  );
}
