import { expect, test } from 'vitest';
import { explain } from '../../../electron/cli/explain.ts';
import { parseCommandLine, type ServerOptions } from '../../../electron/cli/options.ts';
import { describe as shown, EXIT } from '../../../electron/cli/problem.ts';
import { SignInError, type SignInErrorCode } from '../../../electron/protocol/auth/sign-in-error.ts';
import { TransportError, type TransportErrorCode } from '../../../electron/transport/errors.ts';

function server(...more: string[]): ServerOptions {
  const { invocation } = parseCommandLine(['test', '-s', 'z002.corp.example', ...more]);
  if (invocation.kind !== 'test') throw new Error('another command');
  return invocation.server;
}

/** Every code there is: one that is added wants words, too. */
const SIGN_IN: Record<SignInErrorCode, RegExp> = {
  'signin.rejected': /SERVER\\user/,
  'signin.not-encrypted': /AllowUnencrypted/,
  'signin.forbidden': /--forbid-ntlm/,
  'signin.ntlm-over-http': /--allow-ntlm-over-http/,
  'signin.no-credentials': /kinit.*--user/,
  'signin.no-mechanism': /--auth/,
  'signin.server-not-proved': /before you try again/,
  'ntlm.weak': /--auth kerberos/,
  'kerberos.unavailable': /--auth negotiate/,
  'kerberos.no-credentials': /kinit/,
  'kerberos.wrong-password': /Nothing is tried again/,
  'kerberos.unknown-service': /--spn/,
  'kerberos.no-kdc': /domain controller/,
  'kerberos.expired': /kinit/,
  'kerberos.clock-skew': /five minutes/,
  'kerberos.failed': /kvno/,
  'credssp.tls': /TLS 1\.2/,
  'credssp.version': /--credssp-older/,
  'credssp.refused': /Enable-WSManCredSSP/,
};

test.each(Object.entries(SIGN_IN))('%s says what to do', (code, cure) => {
  const problem = explain(new SignInError(code as SignInErrorCode, 'raw text'), server());
  expect(problem).toMatchObject({ code, exit: EXIT.connection });
  const text = shown(problem, false);
  expect(text).toMatch(cure);
  expect(text).not.toMatch(/raw text|undefined|\[object/);
  expect(shown(problem, true)).toContain('raw text');
});

test.each<TransportErrorCode>(['signin.rejected', 'signin.no-common-scheme', 'signin.plain-text'])(
  '%s of the transport has words of its own',
  (code) => {
    const problem = explain(new TransportError(code, '', { facts: { offered: ['Negotiate'] } }), server());
    expect(problem.message).not.toContain('failed');
    expect(problem.cure).toBeTruthy();
  },
);

test.each<[SignInErrorCode, string, RegExp]>([
  ['kerberos.no-credentials', 'local-account', /no local accounts/],
  ['kerberos.no-credentials', 'unknown-user', /does not know that user/],
  ['kerberos.failed', 'account-revoked', /switched off/],
  ['kerberos.failed', 'encryption-type', /RC4/],
  ['kerberos.expired', 'password-expired', /has to be changed/],
])('%s because of %s is told as that', (code, reason, title) => {
  expect(explain(new SignInError(code, '', { reason }), server()).message).toMatch(title);
});

test('what turns a scheme on belongs to the scheme that was asked for', () => {
  const none = new TransportError('signin.no-common-scheme', '', { facts: { offered: ['Basic'] } });
  expect(explain(none, server('--auth', 'credssp')).cure).toContain('Enable-WSManCredSSP -Role Server');
  expect(explain(none, server()).why).toContain('It offers Basic; this was --auth negotiate');
});

test('the raw facts stand in the details', () => {
  const error = new SignInError('kerberos.failed', 'It failed', { major: 851968, minor: 2529639053 });
  expect(explain(error, server()).details).toContain('major: 851968');
  const refused = new SignInError('credssp.refused', '', { status: 0xc000006d | 0, name: 'LOGON_FAILURE' });
  expect(explain(refused, server()).why).toContain('0xC000006D (LOGON_FAILURE)');
});
