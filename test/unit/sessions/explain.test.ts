import { expect, test } from 'vitest';
import { ProtocolError } from '../../../electron/protocol/errors.ts';
import { WsmanFault } from '../../../electron/protocol/wsman/faults.ts';
import { explain } from '../../../electron/sessions/explain.ts';
import { TransportError, type TransportErrorCode } from '../../../electron/transport/errors.ts';

const server = {
  name: 'Z002',
  address: 'z002.corp.example',
  port: 5986,
  https: true,
  userName: 'CORP\\ada',
  configuration: 'Microsoft.PowerShell',
};

const CODES: TransportErrorCode[] = [
  'connect.name-not-found',
  'connect.refused',
  'connect.timeout',
  'connect.reset',
  'connect.unreachable',
  'tls.untrusted',
  'tls.changed',
  'tls.failed',
  'proxy.invalid',
  'proxy.unreachable',
  'proxy.sign-in',
  'proxy.no-common-scheme',
  'proxy.refused-target',
  'proxy.not-http',
  'signin.rejected',
  'signin.no-common-scheme',
  'signin.plain-text',
  'http.not-winrm',
  'http.proxy',
  'http.status',
  'http.too-large',
  'http.redirect',
  'timeout',
];

test.each(CODES)('%s has a sentence, a cause and a cure of its own', (code) => {
  const words = explain(new TransportError(code, 'raw text'), server);
  expect(words.code).toBe(code);
  expect(words.title).not.toContain('raw text');
  expect(words.title).not.toBe(`The connection to Z002 failed`);
  expect(words.why).toBeTruthy();
  expect(words.cure?.text).toBeTruthy();
  expect(words.details).toContain(code);
});

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
