import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CredentialKeeper, proxyId } from '../../../electron/credentials/credential-keeper.ts';
import { passwordText } from '../../../electron/remoting/index.ts';
import { Places } from '../../../electron/sessions/places.ts';
import { targetOf } from '../../../electron/shell/target.ts';
import { TransportError } from '../../../electron/transport/errors.ts';
import type { Server } from '../../../shared/server.ts';
import { serverAt } from '../../integration/registry.ts';

function places(change: Partial<Server>) {
  const credentials = new CredentialKeeper();
  const server = serverAt(5985, { signIn: {}, ...change });
  const it = new Places({
    credentials,
    resolve: () => Promise.resolve({ server }),
    client: () => {
      throw new Error('nothing is connected to here');
    },
  });
  return { it, credentials, server };
}

const ADA = { userName: 'CORP\\ada', password: 'lovelace' };

test.each<[string, Partial<Server>, boolean]>([
  ['Negotiate without a user: a ticket may serve', {}, true],
  ['Kerberos without a user', { signIn: { auth: 'kerberos' } }, true],
  ['Negotiate with a user: their password', { userName: 'CORP\\ada' }, false],
  ['NTLM', { signIn: { auth: 'ntlm' } }, false],
  ['Basic', { signIn: { auth: 'basic' } }, false],
  ['CredSSP', { signIn: { auth: 'credssp' } }, false],
])('%s', async (_what, change, without) => {
  const { it } = places(change);
  const signedIn = it.signIn('z', undefined);
  if (without) expect((await signedIn).credential).toBeUndefined();
  else await expect(signedIn).rejects.toMatchObject({ error: { code: 'credential.required' } });
});

test('what is typed is sealed before it goes anywhere, and kept once it was let in', async () => {
  const { it, credentials } = places({});
  const { credential } = await it.signIn('z', ADA);
  expect(credential?.password).not.toBe('lovelace');
  expect(credential && passwordText(credential.password)).toBe('lovelace');
  expect(credentials.get('z')).toBeUndefined();
  it.letIn('z', ADA);
  expect(passwordText((await it.signIn('z', undefined)).credential?.password ?? '')).toBe('lovelace');
  it.failure(new TransportError('signin.rejected', ''), serverAt(5985));
  expect(credentials.get('z')).toBeUndefined();
});

test('who somebody is at a proxy goes with every server behind it, until the proxy refuses', async () => {
  const signIn = { proxy: 'Proxy.corp.example:3128' };
  const { it, credentials, server } = places({ signIn });
  expect(targetOf((await it.signIn('z', ADA)).destination, undefined).proxy).toEqual({
    url: 'http://Proxy.corp.example:3128',
  });
  credentials.keep(proxyId('proxy.corp.example:3128'), { userName: 'out', password: 'through' });
  const { destination } = await it.signIn('z', ADA);
  const { proxy } = targetOf(destination, undefined);
  expect(proxy).toMatchObject({ userName: 'out', password: 'through' });
  const refused = new TransportError('proxy.sign-in', '', { facts: { proxy: 'p', given: true } });
  it.failure(refused, server);
  expect((await it.signIn('z', ADA)).destination.proxyCredential).toBeUndefined();
  const system = places({ signIn: { proxy: 'system' } });
  expect(targetOf((await system.it.signIn('z', ADA)).destination, undefined).proxy).toBe('system');
});

test('a certificate is read when it is needed, and what is wrong with its file is told', async () => {
  const missing = places({
    https: true,
    signIn: { auth: 'certificate', certificateFile: '/nowhere/ada.pfx' },
  });
  await expect(missing.it.signIn('z', undefined)).rejects.toMatchObject({
    error: { code: 'certificate.unreadable', why: expect.stringMatching(/no such file/) as string },
  });
  // Any file that is no PEM is taken for a PFX: what it is shows when TLS opens it.
  const file = join(import.meta.dirname, 'places.test.ts');
  const { it } = places({ https: true, signIn: { auth: 'certificate', certificateFile: file } });
  const { destination, credential } = await it.signIn('z', { userName: 'certificate', password: 'opens it' });
  expect(targetOf(destination, credential)).toMatchObject({
    auth: 'certificate',
    certificate: { kind: 'pfx', passphrase: 'opens it' },
  });
  expect(targetOf(destination, credential).userName).toBeUndefined();
});

test('a server goes to the library with all that was chosen for it, and with nothing else', () => {
  const server = serverAt(5986, {
    https: true,
    signIn: { auth: 'credssp', forbidNtlm: true, credSspOlder: true, spnService: 'WSMAN', spnHost: 'alias' },
    allowNtlmOverHttp: true,
    trustedFingerprint: 'AA',
  });
  const { password, ...rest } = targetOf({ server }, ADA);
  expect(password).toBe('lovelace');
  expect(rest).toEqual({
    server: '127.0.0.1',
    port: 5986,
    https: true,
    userName: 'CORP\\ada',
    configurationName: 'Microsoft.PowerShell',
    auth: 'credssp',
    forbidNtlm: true,
    delegate: false,
    credssp: { allowOlderVersions: true },
    spn: { service: 'WSMAN', host: 'alias' },
    allowPlainBasic: true,
    allowNtlmOverHttp: true,
    trustedFingerprint: 'AA',
  });
});
