import { describe, expect, test } from 'vitest';
import type { AuthPeer } from '../../../electron/protocol/auth/authenticator.ts';
import type { ContextTarget, SecurityContext } from '../../../electron/protocol/auth/security-context.ts';
import { SignInError, type SignInErrorCode } from '../../../electron/protocol/auth/sign-in-error.ts';
import { TransportError } from '../../../electron/transport/errors.ts';
import { authenticatorFor, SignInOutcome, type SignInOptions } from '../../../electron/remoting/sign-in.ts';

const PEER: AuthPeer = { host: 'z002.corp.example', port: 5985, https: false };
const ACCOUNT = { userName: 'CORP\\ada', password: 'lovelace' };

/** Kerberos that is not there for the reason given; or that is, and keeps what it was asked for. */
function kerberos(code?: SignInErrorCode) {
  const asked: ContextTarget[] = [];
  const make = () => (target: ContextTarget) => {
    asked.push(target);
    if (code !== undefined) throw new SignInError(code, 'not here');
    const context: SecurityContext = {
      mechanism: 'kerberos',
      step: () => ({ token: Uint8Array.of(1, 2, 3), complete: false }),
      sign: () => new Uint8Array(),
      verify: () => undefined,
      seal: (data) => ({ header: new Uint8Array(), data }),
      unseal: ({ data }) => data,
      close: () => undefined,
    };
    return context;
  };
  return { make, asked };
}

async function begin(
  options: SignInOptions,
  peer: Partial<AuthPeer> = {},
  tickets = kerberos('kerberos.no-kdc'),
) {
  const whole = { ...PEER, ...peer };
  const target = { ...options, server: whole.host, https: whole.https };
  const outcome = new SignInOutcome(target);
  const authenticator = await authenticatorFor(target, outcome, tickets.make)(whole);
  const move = await authenticator.start();
  return { outcome, move, authenticator };
}

async function refusal(...args: Parameters<typeof begin>): Promise<SignInError> {
  try {
    await begin(...args);
  } catch (error) {
    if (error instanceof SignInError) return error;
    throw error;
  }
  throw new Error('It began to sign in');
}

describe('Negotiate', () => {
  test('is Kerberos where that can be had', async () => {
    const tickets = kerberos();
    const { outcome, move } = await begin({ auth: 'negotiate' }, {}, tickets);
    expect(move).toMatchObject({ kind: 'header', value: expect.stringMatching(/^Negotiate /) as string });
    expect(tickets.asked).toEqual([{ service: 'HTTP', host: 'z002.corp.example' }]);
    expect(outcome.text).toBe('Kerberos, encrypted by the message');
    expect(outcome.facts).toEqual({ mechanism: 'kerberos', ticket: true });
  });

  test('asks for the principal and the delegation that were chosen', async () => {
    const tickets = kerberos();
    const spn = { service: 'WSMAN', host: 'alias.corp.example' };
    await begin({ auth: 'kerberos', spn, delegate: true }, { host: '10.0.0.9' }, tickets);
    expect(tickets.asked).toEqual([{ ...spn, delegate: true }]);
  });

  test('goes on with NTLM, and says why it is not Kerberos', async () => {
    const { outcome } = await begin({ auth: 'negotiate', ...ACCOUNT }, { https: true });
    expect(outcome.text).toBe('NTLM over HTTPS; no Kerberos: no domain controller found');
    expect(outcome.facts).toEqual({ mechanism: 'ntlm', ticket: false });
  });

  test.each(['10.20.4.11', 'fe80::1%eth0', '[::1]', 'localhost'])(
    'does not even try Kerberos for %s, which is no name of a server',
    async (host) => {
      const tickets = kerberos();
      const { outcome } = await begin({ auth: 'negotiate', ...ACCOUNT }, { host, https: true }, tickets);
      expect(tickets.asked).toEqual([]);
      expect(outcome.text).toContain('NTLM over HTTPS');
    },
  );
});

describe('what a policy forbids is refused before anything is sent', () => {
  test('NTLM over plain HTTP, unless it was allowed for this server', async () => {
    expect(await refusal({ auth: 'negotiate', ...ACCOUNT })).toMatchObject({
      code: 'signin.ntlm-over-http',
      facts: { kerberos: 'kerberos.no-kdc' },
    });
    expect(await refusal({ auth: 'ntlm', ...ACCOUNT })).toMatchObject({ code: 'signin.ntlm-over-http' });
    const { outcome } = await begin({ auth: 'ntlm', ...ACCOUNT, allowNtlmOverHttp: true });
    expect(outcome.text).toBe('NTLM, encrypted by the message');
  });

  test('NTLM where it is forbidden, over HTTPS too, and inside CredSSP', async () => {
    const forbidden = { ...ACCOUNT, forbidNtlm: true, allowNtlmOverHttp: true };
    expect(await refusal({ auth: 'negotiate', ...forbidden }, { https: true })).toMatchObject({
      code: 'signin.forbidden',
      facts: { kerberos: 'kerberos.no-kdc' },
    });
    expect((await refusal({ auth: 'ntlm', ...forbidden })).code).toBe('signin.forbidden');
  });

  test('without a password the person is asked first: with one Kerberos may work after all', async () => {
    for (const options of [{}, { forbidNtlm: true }, { allowNtlmOverHttp: true }]) {
      expect(
        await refusal({ auth: 'negotiate', ...options }, {}, kerberos('kerberos.no-credentials')),
      ).toMatchObject({ code: 'signin.no-credentials', facts: { kerberos: 'kerberos.no-credentials' } });
    }
    for (const auth of ['basic', 'credssp'] as const) {
      expect((await refusal({ auth, userName: 'ada' }, { https: true })).code).toBe('signin.no-credentials');
    }
  });

  test('Kerberos alone goes on with nothing else', async () => {
    expect((await refusal({ auth: 'kerberos', ...ACCOUNT, allowNtlmOverHttp: true })).code).toBe(
      'kerberos.no-kdc',
    );
  });

  test('a password that Kerberos took for wrong is not tried once more with NTLM', async () => {
    const wrong = kerberos('kerberos.wrong-password');
    expect((await refusal({ auth: 'negotiate', ...ACCOUNT }, { https: true }, wrong)).code).toBe(
      'kerberos.wrong-password',
    );
  });
});

test('a password is read where it is used, and what was read is overwritten', async () => {
  const given: Uint8Array[] = [];
  const password = {
    take: () => {
      const bytes = new Uint8Array(Buffer.from('lovelace'));
      given.push(bytes);
      return bytes;
    },
  };
  const overwritten = () => given.map((bytes) => bytes.every((byte) => byte === 0));
  await begin({ auth: 'ntlm', userName: 'ada', password }, { https: true });
  expect(overwritten()).toEqual([true]);
  const { move } = await begin({ auth: 'basic', userName: 'ada', password }, { https: true });
  expect(move).toMatchObject({ value: `Basic ${Buffer.from('ada:lovelace').toString('base64')}` });
  expect(overwritten()).toEqual([true, true]);
});

test('Basic says whether it was readable', () => {
  const text = (https: boolean) => new SignInOutcome({ auth: 'basic', server: 'z', https }).text;
  expect([text(true), text(false)]).toEqual(['Basic over HTTPS', 'Basic over HTTP, readable']);
});

test('Kerberos is tried under its own name once, where the server has taken Negotiate away', () => {
  const refused = (scheme: string, ...offered: string[]) =>
    new TransportError('signin.no-common-scheme', '', { facts: { scheme, offered } });
  const outcome = new SignInOutcome({ server: 'z', https: true });
  expect(outcome.triesOtherScheme(refused('Negotiate', 'Basic'))).toBe(false);
  expect([outcome.triesOtherScheme(refused('Negotiate', 'kerberos')), outcome.scheme]).toEqual([
    true,
    'Kerberos',
  ]);
  expect(outcome.triesOtherScheme(refused('Kerberos', 'Kerberos'))).toBe(false);
  const ntlm = new SignInOutcome({ server: 'z', https: true, auth: 'ntlm' });
  expect(ntlm.triesOtherScheme(refused('Negotiate', 'Kerberos'))).toBe(false);
});
