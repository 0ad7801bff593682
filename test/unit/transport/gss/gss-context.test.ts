/** Kerberos by GSS-API on a library that is played: what is given back, in which order, and what every status becomes. */
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import type { SecurityContext } from '../../../../electron/protocol/auth/security-context.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import type { GssApi } from '../../../../electron/transport/gss/gss-api.ts';
import { createGssContext } from '../../../../electron/transport/gss/gss-context.ts';
import { gssTickets } from '../../../../electron/transport/gss/gss-credential.ts';
import { isErrorToken } from '../../../../electron/transport/gss/gss-status.ts';
import { KeptCredential } from '../../../../electron/transport/gss/kept-credential.ts';

const OK = { major: 0, minor: 0 };
const KRB5 = -1_765_328_384;
const FAILURE = 13 << 16;
const SEALED = Buffer.concat([
  Buffer.from('050407ff000000000000000000000000', 'hex'),
  Buffer.from(`${'c'.repeat(16)}text${'h'.repeat(28)}`),
]);

/** Every handle that is out; empty when all was given back. */
function played(more: Partial<GssApi> = {}): { api: GssApi; out: Set<bigint>; calls: string[] } {
  const out = new Set<bigint>();
  const calls: string[] = [];
  let last = 100n;
  const hand = (): bigint => {
    out.add(++last);
    return last;
  };
  const back = (handle: bigint | null): void => {
    if (handle !== null && !out.delete(handle)) throw new Error(`${handle} was given back already`);
  };
  let legs = 0;
  const api: GssApi = {
    flavour: 'mit',
    importName: (text) => Promise.resolve({ ...OK, name: (calls.push(text), hand()) }),
    canonicalName: () => Promise.resolve({ ...OK, text: 'somebody@CONTOSO.TEST' }),
    acquire: () => Promise.resolve({ ...OK, credential: hand(), lifetime: 36_000 }),
    acquireWithPassword: (_name, password) => {
      calls.push(`password ${Buffer.from(password).toString()}`);
      return Promise.resolve({ ...OK, credential: hand(), lifetime: 36_000 });
    },
    initContext: ({ context, flags }) => {
      legs++;
      calls.push(`init ${flags}`);
      return legs === 1
        ? Promise.resolve({ major: 1, minor: 0, context: hand(), token: Buffer.from('first'), flags: 0 })
        : Promise.resolve({ ...OK, context, token: new Uint8Array(), flags: 62 });
    },
    keyType: () => Promise.resolve(18),
    wrap: () => Promise.resolve({ ...OK, token: SEALED, sealed: true }),
    unwrap: () => Promise.resolve({ ...OK, message: Buffer.from('text'), sealed: true }),
    getMic: () => Promise.resolve({ ...OK, token: Buffer.from('mic') }),
    verifyMic: () => Promise.resolve(OK),
    describe: () => 'in the library’s words',
    releaseName: back,
    releaseCredential: back,
    deleteContext: back,
    ...more,
  };
  return { api, out, calls };
}

function create(api: GssApi, delegate = false): Promise<SecurityContext> {
  const source = { kind: 'password', userName: 'CONTOSO\\ada', password: 'secret' } as const;
  const target = { service: 'HTTP', host: 'server', delegate };
  return createGssContext(api, new KeptCredential(gssTickets(api, source)), target);
}

async function signedIn(api: GssApi): Promise<SecurityContext> {
  const context = await create(api);
  await context.step(undefined);
  expect(await context.step(Buffer.from('answer'))).toEqual({ complete: true });
  return context;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a context of GSS-API', () => {
  test('asks for everything that makes it safe, and gives everything back', async () => {
    const { api, out, calls } = played();
    const context = await signedIn(api);
    expect(calls).toEqual([
      'somebody',
      'ada@CONTOSO.TEST',
      'password secret',
      'HTTP@server',
      'init 62',
      'init 62',
    ]);
    context.close();
    context.close();
    await settled();
    // The credential waits for the next log-on.
    expect(out.size).toBe(1);
  });

  test('delegates where told', async () => {
    const { api, calls } = played();
    await create(api, true);
    expect(calls.at(-1)).toBe('init 63');
  });

  test.each<[string, number, number, string]>([
    ['an unknown service', FAILURE, KRB5 + 7, 'kerberos.unknown-service'],
    ['an expired ticket', FAILURE, KRB5 + 32, 'kerberos.expired'],
    ['clocks apart', FAILURE, KRB5 + 37, 'kerberos.clock-skew'],
    ['no centre', FAILURE, KRB5 + 156, 'kerberos.no-kdc'],
    ['no cache', 7 << 16, KRB5 + 195, 'kerberos.no-credentials'],
    ['no cache, as Heimdal says it', FAILURE, 2, 'kerberos.no-credentials'],
    ['credentials expired', 11 << 16, 0, 'kerberos.expired'],
    ['anything else', FAILURE, 4711, 'kerberos.failed'],
  ])('gives everything back when it cannot begin: %s', async (_what, major, minor, code) => {
    const { api, out } = played({
      initContext: () => Promise.resolve({ major, minor, context: null, token: new Uint8Array(), flags: 0 }),
    });
    await expect(create(api)).rejects.toMatchObject({
      code,
      facts: { principal: 'HTTP/server', major, minor, status: 'in the library’s words' },
    });
    await settled();
    // Not even the credential: it may have been what was wrong.
    expect(out.size).toBe(0);
  });

  test.each<[string, Partial<GssApi>, string]>([
    ['without mutual proof', flagsOf(62 & ~2), 'signin.server-not-proved'],
    ['without encryption', flagsOf(62 & ~16), 'signin.not-encrypted'],
    ['without sequence', flagsOf(62 & ~8), 'signin.not-encrypted'],
    ['with RC4', { keyType: () => Promise.resolve(23) }, 'kerberos.failed'],
    ['with triple DES', { keyType: () => Promise.resolve(16) }, 'kerberos.failed'],
  ])('refuses a context %s', async (_what, more, code) => {
    const { api } = played(more);
    const context = await create(api);
    await context.step(undefined);
    await expect(context.step(Buffer.from('answer'))).rejects.toMatchObject({ code });
    await expect(context.seal(Buffer.from('text'))).rejects.toThrow(/failed before/);
  });

  test.each([2, 4, 8, 16])('takes a remark about the order for the end: %i', async (remark) => {
    const { api } = played({
      unwrap: () => Promise.resolve({ major: remark, minor: 0, message: Buffer.from('text'), sealed: true }),
    });
    const context = await signedIn(api);
    const sealed = await context.seal(Buffer.from('text'));
    await expect(context.unseal(sealed)).rejects.toMatchObject({ code: 'kerberos.sequence' });
    await expect(context.unseal(sealed)).rejects.toThrow(/failed before/);
  });

  test('believes no message that is only signed, and sends none', async () => {
    const plain = played({
      unwrap: () => Promise.resolve({ ...OK, message: Buffer.from('text'), sealed: false }),
    });
    const context = await signedIn(plain.api);
    await expect(context.unseal(await context.seal(Buffer.from('text')))).rejects.toThrow(ProtocolError);
    const open = played({ wrap: () => Promise.resolve({ ...OK, token: SEALED, sealed: false }) });
    await expect((await signedIn(open.api)).seal(Buffer.from('text'))).rejects.toThrow(SignInError);
  });

  test('a ticket that ran out shows as such when sealing', async () => {
    const { api } = played({
      wrap: () => Promise.resolve({ major: 12 << 16, minor: 0, token: new Uint8Array(), sealed: false }),
    });
    await expect((await signedIn(api)).seal(Buffer.from('text'))).rejects.toMatchObject({
      code: 'kerberos.expired',
    });
  });
});

test('an error message is told from other tokens, whatever the bytes', () => {
  // RFC 4121 4.1 with RFC 2743 3.1 around it.
  expect(isErrorToken(Buffer.from('601106092a864886f71201020203007e03020105', 'hex'))).toBe(true);
  expect(isErrorToken(Buffer.from('60811106092a864886f71201020203007e03020105', 'hex'))).toBe(true);
  expect(isErrorToken(Buffer.from('601106092a864886f71201020202006f03020105', 'hex'))).toBe(false);
  for (const hex of ['', '60', '6084', '60110609', '03007e'])
    expect(isErrorToken(Buffer.from(hex, 'hex'))).toBe(false);
});

/** The answer to the second leg, with these flags. */
function flagsOf(flags: number): Partial<GssApi> {
  return {
    initContext: ({ context }) =>
      Promise.resolve({
        major: context === null ? 1 : 0,
        minor: 0,
        context: context ?? 1n,
        token: context === null ? Buffer.from('first') : new Uint8Array(),
        flags,
      }),
    deleteContext: () => undefined,
  };
}
