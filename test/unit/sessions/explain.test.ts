import { expect, test } from 'vitest';
import { ProtocolError } from '../../../electron/protocol/errors.ts';
import { WsmanFault } from '../../../electron/protocol/wsman/faults.ts';
import { OutputLostError, SendUncertainError } from '../../../electron/remoting/index.ts';
import { explain } from '../../../electron/sessions/explain.ts';
import { SignInError, type SignInErrorCode } from '../../../electron/protocol/auth/sign-in-error.ts';
import { TransportError, type TransportErrorCode } from '../../../electron/transport/errors.ts';
import type { AppError } from '../../../shared/error.ts';
import type { AuthChoice } from '../../../shared/server.ts';

const server = {
  name: 'Z002',
  address: 'z002.corp.example',
  port: 5986,
  https: true,
  userName: 'CORP\\ada',
  configuration: 'Microsoft.PowerShell',
};

/** Every code there is: one that is added wants words, too. `closed` is our own doing and reaches nobody. */
const TRANSPORT_CODES: Record<Exclude<TransportErrorCode, 'closed'>, true> = {
  'connect.name-not-found': true,
  'connect.refused': true,
  'connect.timeout': true,
  'connect.reset': true,
  'connect.unreachable': true,
  'tls.untrusted': true,
  'tls.changed': true,
  'tls.failed': true,
  'tls.old': true,
  'tls.authority': true,
  'certificate.unreadable': true,
  'certificate.passphrase': true,
  'certificate.no-key': true,
  'certificate.mismatch': true,
  'certificate.old-encryption': true,
  'certificate.expired': true,
  'certificate.not-yet-valid': true,
  'certificate.purpose': true,
  'certificate.store': true,
  'certificate.required': true,
  'certificate.refused': true,
  'proxy.invalid': true,
  'proxy.unreachable': true,
  'proxy.sign-in': true,
  'proxy.no-common-scheme': true,
  'proxy.refused-target': true,
  'proxy.not-http': true,
  'signin.rejected': true,
  'signin.no-common-scheme': true,
  'signin.plain-text': true,
  'http.not-winrm': true,
  'http.proxy': true,
  'http.status': true,
  'http.too-large': true,
  'http.redirect': true,
  timeout: true,
};
const SIGN_IN_CODES: Record<SignInErrorCode, true> = {
  'signin.rejected': true,
  'signin.not-encrypted': true,
  'signin.forbidden': true,
  'signin.ntlm-over-http': true,
  'signin.no-credentials': true,
  'signin.no-mechanism': true,
  'signin.server-not-proved': true,
  'ntlm.weak': true,
  'kerberos.unavailable': true,
  'kerberos.no-credentials': true,
  'kerberos.wrong-password': true,
  'kerberos.unknown-service': true,
  'kerberos.no-kdc': true,
  'kerberos.expired': true,
  'kerberos.clock-skew': true,
  'kerberos.failed': true,
  'credssp.tls': true,
  'credssp.version': true,
  'credssp.refused': true,
};
const CODES = Object.keys(TRANSPORT_CODES) as TransportErrorCode[];
const SIGN_IN = Object.keys(SIGN_IN_CODES) as SignInErrorCode[];

/** To a person these are one thing: who they are has to be typed (again). */
const ONE_THING: Partial<Record<SignInErrorCode, string>> = {
  'kerberos.wrong-password': 'signin.rejected',
  'signin.no-credentials': 'credential.required',
  'kerberos.no-credentials': 'credential.required',
};

test.each(CODES)('%s has a sentence, a cause and a cure of its own', (code) => {
  expectWords(
    explain(new TransportError(code, 'raw text'), server),
    code === 'certificate.passphrase' ? 'credential.required' : code,
    code,
  );
});

test.each(SIGN_IN)('signing in: %s has a sentence, a cause and a cure of its own', (code) => {
  expectWords(explain(new SignInError(code, 'raw text'), server), ONE_THING[code] ?? code, code);
});

function expectWords(words: AppError, told: string, raw: string): void {
  expect(words.code).toBe(told);
  expect(words.title).not.toContain('raw text');
  expect(words.title).not.toBe(`The connection to Z002 failed`);
  expect(words.why).toBeTruthy();
  expect(words.cure?.text).toBeTruthy();
  expect(words.details).toContain(raw);
  expect(JSON.stringify(words)).not.toMatch(/undefined|NaN|\[object|  /);
}

test('no two causes are told in the same words', () => {
  const titles = CODES.map((code) => explain(new TransportError(code, ''), server)).map(
    (words) => words.title + words.why,
  );
  expect(new Set(titles).size).toBe(CODES.length);
});

test.each([
  [5, 'fault.access-denied', 'Remote Management Users'],
  [2150858811, 'fault.no-configuration', 'Get-PSSessionConfiguration'],
  [2150858843, 'fault.shell-gone', 'new session'],
  [2150859213, 'fault.in-use', 'Disconnect'],
  [2150859173, 'fault.quota', 'Remove'],
])('WSMan fault %i is told as %s', (code, expected, cure) => {
  const words = explain(new WsmanFault({ code, message: 'Zugriff verweigert', machine: 'Z002' }), server);
  expect(words.code).toBe(expected);
  expect(JSON.stringify(words.cure)).toContain(cure);
  // The server's language is folded away, not shown as the sentence.
  expect(words.title).not.toContain('Zugriff');
  expect(words.details).toContain('Zugriff verweigert');
});

test('a certificate that is not accepted comes with what a person compares', () => {
  const certificate = {
    subject: 'CN=other',
    names: ['other'],
    issuer: 'CN=other',
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    fingerprint: 'AA:BB',
    problem: 'wrong-name',
    problems: ['wrong-name', 'self-signed'],
  };
  const words = explain(new TransportError('tls.untrusted', '', { certificate }), server);
  expect(words.certificate?.fingerprint).toBe('AA:BB');
  expect(words.why).toMatch(/another name.*signed by itself/s);
  const changed = explain(
    new TransportError('tls.changed', '', { certificate, facts: { expected: 'CC:DD' } }),
    server,
  );
  expect(changed.why).toContain('CC:DD');
  expect(changed.why).toContain('AA:BB');
});

test('a pinned certificate that changed is told although the new one would verify', () => {
  const certificate = {
    subject: 'CN=z002.corp.example',
    names: ['z002.corp.example'],
    issuer: 'CN=Corp authority',
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    fingerprint: 'AA:BB',
    problem: '',
    problems: [],
  };
  const words = explain(new TransportError('tls.changed', '', { certificate }), server);
  expect(words.certificate).toMatchObject({
    problems: [],
    problem: expect.stringMatching(/not the one/) as string,
  });
});

test('a wrong password of a certificate is asked for anew, and a file that is gone is told as that', () => {
  const locked = (given: boolean) =>
    explain(new TransportError('certificate.passphrase', '', { facts: { given } }), server);
  expect(locked(false).code).toBe('credential.required');
  expect(locked(true)).toMatchObject({
    code: 'signin.rejected',
    title: expect.stringMatching(/not the password/) as string,
  });
  const gone = new TransportError('certificate.unreadable', '', { facts: { reason: 'not-found' } });
  expect(explain(gone, server).why).toContain('no such file');
});

test('what the peer broke and what we broke are told apart, and neither shows a stack', () => {
  const violation = explain(new ProtocolError('psrp.fragment.order', 'A fragment is out of order'), server);
  expect(violation.code).toBe('protocol.violation');
  const bug = explain(new TypeError('x is not a function'), server);
  expect(bug.code).toBe('session.failed');
  for (const words of [violation, bug]) expect(JSON.stringify(words)).not.toMatch(/\.ts:\d+|\bat /);
});

test('the raw code of the system is in the details, and an address is no machine name', () => {
  const refused = new TransportError('connect.refused', 'Nothing listens', {
    facts: { systemCode: 'ECONNREFUSED' },
  });
  expect(explain(refused, server).details).toContain('ECONNREFUSED');
  const rejected = (address: string) =>
    explain(new TransportError('signin.rejected', ''), { ...server, address }).cure?.text;
  expect(rejected('127.0.0.1')).toContain('SERVER\\user');
  expect(rejected('z002.corp.example')).toContain('Z002\\user');
});

test.each<[AuthChoice, string[], RegExp, RegExp]>([
  ['negotiate', ['Basic'], /offers Basic; PSDeck is set to Negotiate/, /Auth\\Negotiate/],
  ['basic', ['Negotiate', 'Kerberos'], /offers Negotiate, Kerberos/, /Negotiate/],
  ['credssp', ['Negotiate'], /set to CredSSP/, /Enable-WSManCredSSP -Role Server/],
  ['certificate', ['Negotiate'], /set to certificates/, /Auth\\Certificate/],
  ['kerberos', [], /offers nothing/, /Auth\\Kerberos/],
])('set to %s where the server offers %j: what to change, on which side', (auth, offered, why, cure) => {
  for (const error of [
    new TransportError('signin.no-common-scheme', '', { facts: { offered } }),
    new SignInError('signin.no-mechanism', '', { offered }),
  ]) {
    const words = explain(error, { ...server, auth });
    expect(words.why).toMatch(why);
    expect(`${words.cure?.text ?? ''}\n${words.cure?.command ?? ''}`).toMatch(cure);
  }
});

test('why it is not Kerberos is told where NTLM is asked about or forbidden', () => {
  for (const code of ['signin.ntlm-over-http', 'signin.forbidden', 'signin.no-credentials'] as const) {
    const error = new SignInError(code, '', { kerberos: 'kerberos.no-kdc' });
    expect(explain(error, server).why).toContain('found no domain controller');
  }
});

test.each([
  [0xc000006d | 0, 'signin.rejected', /rejected the user name or the password/],
  [0xc0000234 | 0, 'credssp.refused', /account is locked/],
  [0xc0000071 | 0, 'credssp.refused', /password has expired/],
  [0xc00000bb | 0, 'credssp.refused', /refused the sign-in by CredSSP/],
])('CredSSP hands on the status %i as %s', (status, code, title) => {
  const words = explain(new SignInError('credssp.refused', '', { status }), server);
  expect(words.code).toBe(code);
  expect(words.title).toMatch(title);
  if (status === (0xc00000bb | 0)) expect(words.why).toContain('0xC00000BB');
});

test.each<[SignInErrorCode, string, string, RegExp]>([
  ['kerberos.no-credentials', 'local-account', 'signin.user-name', /no local accounts/],
  ['kerberos.no-credentials', 'unknown-user', 'signin.rejected', /does not know that user/],
  ['kerberos.failed', 'account-revoked', 'kerberos.failed', /switched off, locked/],
  ['kerberos.failed', 'encryption-type', 'kerberos.failed', /encryption that is not safe/],
  ['kerberos.expired', 'password-expired', 'kerberos.expired', /password has expired/],
])('%s because of %s is told as that', (code, reason, told, title) => {
  const words = explain(new SignInError(code, '', { reason }), { ...server, auth: 'kerberos' });
  expect(words).toMatchObject({ code: told, title: expect.stringMatching(title) as string });
  expect(words.cure?.text).toBeTruthy();
});

test('over HTTPS a refusal may be the doing of whoever opens TLS; a certificate has causes of its own', () => {
  const refused = (facts: Record<string, string | boolean>, auth: AuthChoice) =>
    explain(new TransportError('signin.rejected', '', { facts }), { ...server, auth });
  expect(refused({ mechanism: 'ntlm' }, 'negotiate').why).toContain('open TLS');
  expect(refused({}, 'basic').why).not.toContain('open TLS');
  expect(refused({ ticket: true, mechanism: 'kerberos' }, 'negotiate').title).toContain('Kerberos ticket');
  expect(refused({}, 'certificate').code).toBe('certificate.refused');
});

test('a refused request names what stands before the service, not the service itself', () => {
  const refused = explain(new TransportError('http.status', '', { facts: { status: 400 } }), server);
  expect(refused.why).toMatch(/port forwarder.*MaxFieldLength/);
  expect(refused.cure?.command).not.toMatch(/Restart/);
});

test('a quota that is hit is told with its number, in whatever language the server says it, and where to make room', () => {
  const words = explain(
    new WsmanFault({
      code: 2150859173,
      message:
        'Der WS-Verwaltungsdienst kann die Anforderung nicht verarbeiten. Dieser Benutzer darf maximal 30 gleichzeitige Shells ausführen.',
    }),
    server,
  );
  expect(words.title).toBe('Too many sessions of yours on Z002: it allows 30');
  expect(words.cure?.text).toContain('On the server');
});

test('an idle timeout that the server does not take is told with its bounds', () => {
  const fault = (message: string) => explain(new WsmanFault({ code: 2150859250, message }), server);
  expect(
    fault('The idle time-out of a shell must be between 60000 and 43200000 milliseconds.'),
  ).toMatchObject({
    code: 'fault.idle-timeout',
    why: 'It takes an idle timeout from 1 min to 12 h.',
  });
  expect(fault('Ungültig.').why).toMatch(/in the details/);
});

test.each([
  ['send.uncertain', new SendUncertainError(new Error('cut')), /twice/],
  ['pipeline.output-lost', new OutputLostError(new Error('gone')), /not known/],
])(
  '%s says what is known of a command whose connection failed, and that the session goes on',
  (code, error, why) => {
    const words = explain(error, server);
    expect(words.code).toBe(code);
    expect(words.why).toMatch(why);
    expect(words.cure?.text).toContain('The session goes on.');
  },
);
