/** Kerberos of the system (MIT and Heimdal) against MIT's acceptor: log-on, sealing, and everything that has to be noticed. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../electron/protocol/errors.ts';
import type {
  ContextTarget,
  SecurityContext,
  SecurityContextFactory,
} from '../../electron/protocol/auth/security-context.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import type { KerberosCredentials } from '../../electron/transport/gss/credentials.ts';
import type { GssLibrary } from '../../electron/transport/gss/gssapi.ts';
import { kerberosContexts } from '../../electron/transport/gss/kerberos.ts';
import {
  ALICE,
  HOSTS,
  LOCKED,
  noAuthLab,
  OLD,
  PeerError,
  startAuthLab,
  type AuthLab,
  type PeerContext,
} from '../lab/auth/lab.ts';

const PASSWORD: KerberosCredentials = {
  kind: 'password',
  userName: 'alice@contoso.test',
  password: ALICE.password,
};
const TARGET: ContextTarget = { service: 'HTTP', host: 'localhost' };
const BINDINGS = Buffer.from('tls-server-end-point:0123456789abcdef0123456789abcdef');
const SIZES = [0, 1, 16_383, 16_384, 16_385, 300_000, 5_000_000];

const LIBRARIES: readonly GssLibrary[] = [
  { flavour: 'mit', file: 'libgssapi_krb5.so.2' },
  { flavour: 'heimdal', file: 'libgssapi.so.3' },
];

interface Options {
  readonly create?: SecurityContextFactory;
  readonly credentials?: KerberosCredentials;
  readonly target?: ContextTarget;
  readonly peer?: Parameters<AuthLab['peer']>[0];
  readonly library?: GssLibrary;
}

describe.skipIf(noAuthLab !== undefined)('Kerberos by the system’s library', () => {
  let lab: AuthLab;
  const open: SecurityContext[] = [];
  /** With a ticket that is there already: for tests that need many contexts. */
  let quick: SecurityContextFactory;

  beforeAll(async () => {
    lab = await startAuthLab();
    Object.assign(process.env, lab.env);
    quick = kerberosContexts({ credentials: { kind: 'cache', name: `FILE:${await lab.ticket()}` } });
  });
  afterAll(async () => {
    for (const context of open) context.close();
    await lab?.stop();
  });

  async function begin(options: Options = {}): Promise<{ context: SecurityContext; first: Uint8Array }> {
    const { credentials = PASSWORD, target = TARGET, library } = options;
    const own = { credentials, ...(library === undefined ? {} : { library }) };
    const { create = kerberosContexts(own) } = options;
    const context = await create(target);
    open.push(context);
    const { token, complete } = await context.step(undefined);
    expect(complete).toBe(false);
    return { context, first: token ?? new Uint8Array() };
  }

  /** Both sides content. */
  async function signedIn(options: Options = {}): Promise<{ context: SecurityContext; peer: PeerContext }> {
    const { context, first } = await begin(options);
    const peer = await lab.peer(options.peer);
    const answer = await peer.step(first);
    expect(answer.complete).toBe(true);
    expect(await context.step(answer.token)).toEqual({ complete: true });
    return { context, peer };
  }

  async function failure(work: Promise<unknown>): Promise<SignInError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SignInError);
    return error as SignInError;
  }

  describe.each(LIBRARIES)('$flavour', (library) => {
    test('signs in, seals and signs both ways, whatever the size', async () => {
      const { context, peer } = await signedIn({ library });
      expect(await peer.info()).toEqual({
        mechanism: 'kerberos',
        user: ALICE.principal,
        bound: false,
        delegated: false,
      });
      for (const size of SIZES) {
        const message = Buffer.alloc(size, `${size} bytes `);
        const sealed = await context.seal(message);
        // AES with SHA-1: header, confounder, the header's copy, 12 bytes of checksum.
        expect(sealed.header.length).toBe(60);
        expect(sealed.data.length).toBe(size);
        // One sealed byte is the same one in one of 256 times.
        if (size >= 16) expect(Buffer.from(sealed.data).equals(message)).toBe(false);
        expect(Buffer.from(await peer.unseal(sealed.header, sealed.data)).equals(message)).toBe(true);
        const back = await peer.seal(message);
        expect(Buffer.from(await context.unseal(back)).equals(message)).toBe(true);
      }
      const list = Buffer.from('the list of mechanisms');
      await peer.verify(list, await context.sign(list));
      await context.verify(list, await peer.sign(list));
    });

    test('binds the log-on to the channel', async () => {
      const target = { ...TARGET, channelBinding: BINDINGS };
      const right = await signedIn({ library, target, peer: { bindings: BINDINGS } });
      expect((await right.peer.info()).bound).toBe(true);
      const without = await signedIn({ library, peer: { bindings: BINDINGS } });
      expect((await without.peer.info()).bound).toBe(false);
      const other = await begin({ library, target });
      const peer = await lab.peer({ bindings: Buffer.from(BINDINGS.map((byte) => byte ^ 1)) });
      await expect(peer.step(other.first)).rejects.toThrow(/channel bindings/i);
    });

    test('lets the server act for the user only where asked', async () => {
      const { peer } = await signedIn({ library, target: { ...TARGET, delegate: true } });
      expect((await peer.info()).delegated).toBe(true);
    });

    test.each([
      ['another password', { ...PASSWORD, password: 'wrong' }, TARGET, 'kerberos.wrong-password'],
      ['nobody', { ...PASSWORD, userName: 'nobody@contoso.test' }, TARGET, 'kerberos.no-credentials'],
      [
        'an account switched off',
        { ...PASSWORD, userName: LOCKED.principal, password: LOCKED.password },
        TARGET,
        'kerberos.failed',
      ],
      [
        'a password too old',
        { ...PASSWORD, userName: OLD.principal, password: OLD.password },
        TARGET,
        'kerberos.expired',
      ],
      ['a realm unknown', { ...PASSWORD, userName: 'alice@elsewhere.test' }, TARGET, 'kerberos.no-kdc'],
      [
        'a service unknown',
        PASSWORD,
        { service: 'HTTP', host: 'other.contoso.test' },
        'kerberos.unknown-service',
      ],
      ['no ticket', { kind: 'default' }, TARGET, 'kerberos.no-credentials'],
      ['an account of one machine', { ...PASSWORD, userName: '.\\alice' }, TARGET, 'kerberos.no-credentials'],
      ['a user of no domain', { ...PASSWORD, userName: 'alice' }, TARGET, 'kerberos.no-credentials'],
    ] as const)('says what is wrong: %s', async (_what, credentials, target, code) => {
      const error = await failure(begin({ credentials, target, library }));
      expect(error.code).toBe(code);
      expect(JSON.stringify([error.message, error.facts])).not.toMatch(/wrong"|Pass1!/);
    });
  });

  test('finds the realm of a domain’s short name, and takes a bare name for its own where told to', async () => {
    for (const credentials of [
      { ...PASSWORD, userName: 'CONTOSO\\alice' },
      { ...PASSWORD, userName: 'contoso.test\\alice' },
      { ...PASSWORD, userName: 'alice', assumeRealm: true },
    ] as const) {
      const { peer } = await signedIn({ credentials });
      expect((await peer.info()).user).toBe(ALICE.principal);
    }
    const elsewhere = await failure(begin({ credentials: { ...PASSWORD, userName: 'FABRIKAM\\alice' } }));
    expect(elsewhere).toMatchObject({
      code: 'kerberos.no-kdc',
      facts: { principal: 'alice@FABRIKAM' },
    });
  });

  test('uses a ticket cache, a keytab, or the tickets of whoever is logged on', async () => {
    const cache = `FILE:${await lab.ticket()}`;
    const keytab = lab.realm.clientKeytab;
    const sources: readonly KerberosCredentials[] = [
      { kind: 'cache', name: cache },
      { kind: 'keytab', file: keytab, userName: ALICE.principal },
    ];
    for (const credentials of sources) {
      const { peer } = await signedIn({ credentials });
      expect((await peer.info()).user).toBe(ALICE.principal);
    }
    const before = process.env['KRB5CCNAME'];
    process.env['KRB5CCNAME'] = cache;
    try {
      const { peer } = await signedIn({ credentials: { kind: 'default' } });
      expect((await peer.info()).user).toBe(ALICE.principal);
    } finally {
      process.env['KRB5CCNAME'] = before;
    }
    const missing = await failure(begin({ credentials: { kind: 'cache', name: 'FILE:/nowhere/at/all' } }));
    expect(missing.code).toBe('kerberos.no-credentials');
  });

  test('leaves the user’s own tickets as they are when a password is typed', async () => {
    const file = lab.env['KRB5CCNAME']?.replace('FILE:', '') ?? '';
    await signedIn();
    expect(existsSync(file)).toBe(false);
    const own = await lab.ticket();
    const before = process.env['KRB5CCNAME'];
    process.env['KRB5CCNAME'] = `FILE:${own}`;
    try {
      const bytes = await readFile(own);
      await signedIn();
      expect((await readFile(own)).equals(bytes)).toBe(true);
    } finally {
      process.env['KRB5CCNAME'] = before;
    }
  });

  test('says that a ticket has expired', async () => {
    const cache = `FILE:${await lab.ticket({ clock: '-2d' })}`;
    const error = await failure(begin({ credentials: { kind: 'cache', name: cache } }));
    expect(error.code).toBe('kerberos.expired');
  });

  test('says that the clocks are apart, from what the service answers', async () => {
    const { context, first } = await begin();
    const peer = await lab.peer({ clock: '+10m' });
    const refusal: unknown = await peer.step(first).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PeerError);
    const { token } = refusal as PeerError;
    expect((await failure(Promise.resolve(context.step(token)))).code).toBe('kerberos.clock-skew');
  });

  test('takes the service’s time and tries again, where the library can (Heimdal)', async () => {
    const { context, first } = await begin({ library: { flavour: 'heimdal', file: 'libgssapi.so.3' } });
    const refusal: unknown = await (await lab.peer({ clock: '+10m' })).step(first).catch((e: unknown) => e);
    const { token: second, complete } = await context.step((refusal as PeerError).token);
    expect(complete).toBe(false);
    const answer = await (await lab.peer({ clock: '+10m' })).step(second ?? new Uint8Array());
    expect(await context.step(answer.token)).toEqual({ complete: true });
  });

  test.each([
    ['aes128', 60],
    ['sha384', 72],
  ] as const)('seals with %s', async (encryption, headerLength) => {
    process.env['KRB5_CONFIG'] = await lab.config(encryption);
    try {
      const target = { service: 'HTTP', host: HOSTS[encryption] };
      const { context, peer } = await signedIn({ target });
      const sealed = await context.seal(Buffer.from('message'));
      expect(sealed.header.length).toBe(headerLength);
      expect(Buffer.from(await peer.unseal(sealed.header, sealed.data)).toString()).toBe('message');
      expect(Buffer.from(await context.unseal(await peer.seal(Buffer.from('back')))).toString()).toBe('back');
    } finally {
      process.env['KRB5_CONFIG'] = lab.env['KRB5_CONFIG'];
    }
  });

  test('refuses RC4', async () => {
    const { context, first } = await begin({ target: { service: 'HTTP', host: HOSTS.rc4 } });
    const peer = await lab.peer({ encryption: 'rc4' });
    const answer = await peer.step(first);
    const error = await failure(Promise.resolve(context.step(answer.token)));
    expect(error).toMatchObject({ code: 'kerberos.failed', facts: { reason: 'encryption-type' } });
  });

  test('believes no sealed message of which one bit is another', async () => {
    const message = Buffer.from('<s:Envelope/>');
    const probe = await signedIn({ create: quick });
    const length = 60 + (await probe.peer.seal(message)).data.length;
    const cases = Array.from({ length }, (_, i) => i);
    await inParallel(cases, async (at) => {
      const { context, peer } = await signedIn({ create: quick });
      const sealed = await peer.seal(message);
      const bytes = flipped(Buffer.concat([sealed.header, sealed.data]), at);
      const damaged = { header: bytes.subarray(0, 60), data: bytes.subarray(60) };
      await expect(context.unseal(damaged), `byte ${at}`).rejects.toThrow(ProtocolError);
      // And nothing after it.
      await expect(context.unseal(await peer.seal(message))).rejects.toThrow(UsageError);
      const ours = await signedIn({ create: quick });
      const own = await ours.context.seal(message);
      const other = flipped(Buffer.concat([own.header, own.data]), at);
      await expect(ours.peer.unseal(other.subarray(0, 60), other.subarray(60))).rejects.toThrow(PeerError);
    });
  });

  test('believes no message that is cut short, and none that is only signed', async () => {
    const message = Buffer.from('<s:Envelope/>');
    const cuts = Array.from({ length: 60 + message.length }, (_, i) => i);
    await inParallel(cuts, async (cut) => {
      const { context, peer } = await signedIn({ create: quick });
      const sealed = await peer.seal(message);
      const bytes = Buffer.concat([sealed.header, sealed.data]).subarray(0, cut);
      const damaged = { header: bytes.subarray(0, 60), data: bytes.subarray(60) };
      await expect(context.unseal(damaged), `${cut} bytes`).rejects.toThrow(ProtocolError);
    });
  });

  test('notices a message that is repeated, lost, or overtaken', async () => {
    const text = Buffer.from('text');
    const repeated = await signedIn({ create: quick });
    const once = await repeated.peer.seal(text);
    await repeated.context.unseal(once);
    await expect(repeated.context.unseal(once)).rejects.toThrow(ProtocolError);
    const lost = await signedIn({ create: quick });
    await lost.peer.seal(text);
    await expect(lost.context.unseal(await lost.peer.seal(text))).rejects.toThrow(ProtocolError);
  });

  test('believes no service’s token of which one bit is another, or that is cut short', async () => {
    const probe = await begin({ create: quick });
    const sample = await (await lab.peer()).step(probe.first);
    const cases = Array.from({ length: sample.token.length }, (_, i) => i);
    await inParallel(cases, async (at) => {
      const cut = await begin({ create: quick });
      const whole = await (await lab.peer()).step(cut.first);
      // Their lengths differ by the numbers in them; the sample's may be the longer.
      const shorter = whole.token.subarray(0, Math.max(0, whole.token.length - 1 - at));
      await expect(Promise.resolve(cut.context.step(shorter))).rejects.toThrow(/does not hold|Kerberos/);
      const { context, first } = await begin({ create: quick });
      const peer = await lab.peer();
      const { token } = await peer.step(first);
      const where = at % token.length;
      const taken = await Promise.resolve(context.step(flipped(token, where))).then(
        () => true,
        (error: unknown) => {
          expect(error instanceof ProtocolError || error instanceof SignInError).toBe(true);
          return false;
        },
      );
      if (!taken) return;
      // What is around the sealed part says nothing that matters: the log-on is the same.
      expect(where).toBeLessThan(cipherStart(token));
      const { header, data } = await context.seal(Buffer.from('same key'));
      expect(Buffer.from(await peer.unseal(header, data)).toString()).toBe('same key');
    });
  });

  test('seals in the order asked for, each context by itself', async () => {
    const pairs = await Promise.all(Array.from({ length: 4 }, () => signedIn({ create: quick })));
    await Promise.all(
      pairs.map(async ({ context, peer }, number) => {
        const texts = Array.from({ length: 50 }, (_, i) => `${number}: ${i}`);
        const sealed = await Promise.all(texts.map(async (text) => context.seal(Buffer.from(text))));
        const opened: string[] = [];
        for (const { header, data } of sealed) {
          // oxlint-disable-next-line no-await-in-loop -- their order is the point
          opened.push(Buffer.from(await peer.unseal(header, data)).toString());
        }
        expect(opened).toEqual(texts);
      }),
    );
  });

  test('may be closed at any moment, and is of no use then', async () => {
    const { context } = await signedIn({ create: quick });
    const busy = context.seal(Buffer.alloc(1_000_000));
    // The library is at it now.
    await new Promise((resolve) => setImmediate(resolve));
    context.close();
    context.close();
    // What was asked for before is done before.
    expect((await busy).data.length).toBe(1_000_000);
    await expect(context.seal(Buffer.from('more'))).rejects.toThrow(UsageError);
    const early = await begin({ create: quick });
    early.context.close();
    await expect(early.context.step(Buffer.from('token'))).rejects.toThrow(UsageError);
  });

  test('does not crash over tokens that are none', async () => {
    for (const bytes of ['', '60', '6000', 'ff'.repeat(500), '608201000609']) {
      const { context } = await begin();
      await expect(Promise.resolve(context.step(Buffer.from(bytes, 'hex')))).rejects.toThrow(
        /does not hold|Kerberos/,
      );
    }
  });
});

test('says so where the library is missing', async () => {
  const create = kerberosContexts({ library: { flavour: 'mit', file: 'libgssapi_of_nobody.so.7' } });
  await expect(create(TARGET)).rejects.toMatchObject({
    code: 'kerberos.unavailable',
    facts: { libraries: ['libgssapi_of_nobody.so.7'] },
  });
});

/** One bit, another one in each byte. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}

/** Where the encrypted part of an AP-REP begins (RFC 4120 5.5.2): the OCTET STRING that is its end. */
function cipherStart(token: Uint8Array): number {
  const at = token.findIndex(
    (byte, i) => i > 20 && byte === 4 && i + 2 + (token[i + 1] ?? 0) === token.length,
  );
  expect(at).toBeGreaterThan(20);
  return at + 2;
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
