/** Signing in with a certificate: OpenSSL's program makes them and stands at the other end, and Python's TLS of the lab. */
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createCertificateAuthenticator } from '../../electron/protocol/auth/certificate.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import {
  loadClientCertificate,
  type ClientCertificate,
  type ReadCertificate,
} from '../../electron/transport/winrm-http/client-certificate.ts';
import { WinRmHttpClient, type WinRmHttpOptions } from '../../electron/transport/winrm-http/client.ts';
import { noAuthLab, startAuthLab, type AuthLab } from '../lab/auth/lab.ts';
import { AUTHORITY, Certificates, noOpenssl, PERSON, serverFor, type Issued } from './certificates.ts';
import { startSServer, type SServer } from './s-server.ts';
import { soap, startServer } from '../unit/transport/winrm-http/servers.ts';

const LONG = { timeoutMs: 55_000 };
const SECRET = 'Pass phrase 1!';

describe.skipIf(noOpenssl !== undefined)('a certificate to sign in with', () => {
  let made: Certificates;
  let authority: Issued;
  let ada: Issued;
  let server: Issued;
  const cleanups: (() => unknown)[] = [];

  beforeAll(() => {
    made = new Certificates();
    authority = made.issue({ subject: 'CN=PSDeck test authority', extensions: AUTHORITY });
    ada = made.issue({ subject: 'CN=ada', extensions: PERSON, issuer: authority });
    server = made.issue({
      subject: 'CN=localhost',
      extensions: serverFor('DNS:localhost', 'IP:127.0.0.1'),
      issuer: authority,
    });
  });
  afterAll(() => made.remove());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop
      await cleanup();
    }
  });

  function refusal(from: ReadCertificate, now?: number): TransportError {
    let error: unknown;
    try {
      loadClientCertificate(from, now);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TransportError);
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain('PRIVATE KEY');
    return error as TransportError;
  }

  const pem = (issued: Issued, key = issued.key, passphrase?: string): ReadCertificate => ({
    kind: 'pem',
    certificate: issued.certificate,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
  });

  describe('in PEM', () => {
    test('is taken with the key apart or in the same text, and whatever else stands in it', () => {
      expect(loadClientCertificate(pem(ada)).cert).toContain('BEGIN CERTIFICATE');
      const together = `Bag Attributes\n  friendlyName: ada\n${authority.certificate}\n${ada.key}\n${ada.certificate}`;
      const { cert } = loadClientCertificate({ kind: 'pem', certificate: together });
      // Its own comes first, as TLS wants it; the authority's after it.
      const first = String(cert).split('-----END CERTIFICATE-----')[0] ?? '';
      expect(ada.certificate.replace(/\s/g, '')).toContain(first.replace(/\s/g, ''));
      expect(String(cert).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    });

    test.each([
      ['PKCS#8', ['pkcs8', '-topk8', '-v2', 'aes256']],
      ['OpenSSL’s old form', ['ec', '-aes256']],
    ])('with a key encrypted as %s wants the right passphrase', (_form, [command = '', ...args]) => {
      const key = made.run([command, '-in', ada.keyFile, ...args, '-passout', `pass:${SECRET}`]).toString();
      expect(loadClientCertificate(pem(ada, key, SECRET)).passphrase).toBe(SECRET);
      expect(refusal(pem(ada, key, 'wrong'))).toMatchObject({
        code: 'certificate.passphrase',
        facts: { given: true },
      });
      for (const none of [undefined, '']) {
        expect(refusal(pem(ada, key, none))).toMatchObject({
          code: 'certificate.passphrase',
          facts: { given: false },
        });
      }
    });

    test('with a key that DES encrypted is told apart', () => {
      const key = made
        .run([
          'pkcs8',
          '-topk8',
          '-in',
          ada.keyFile,
          '-v1',
          'PBE-MD5-DES',
          '-passout',
          `pass:${SECRET}`,
          '-provider',
          'legacy',
          '-provider',
          'default',
        ])
        .toString();
      expect(refusal(pem(ada, key, SECRET))).toMatchObject({
        code: 'certificate.old-encryption',
        facts: { of: 'key' },
      });
    });

    test('without its key, with another, or damaged is refused', () => {
      expect(refusal({ kind: 'pem', certificate: ada.certificate }).code).toBe('certificate.no-key');
      expect(refusal(pem(ada, server.key))).toMatchObject({
        code: 'certificate.mismatch',
        facts: { subject: 'CN=ada' },
      });
      expect(refusal({ kind: 'pem', certificate: ada.key }).code).toBe('certificate.unreadable');
      expect(refusal(pem({ ...ada, certificate: ada.certificate.replace(/\n.{20}/, '\n') })).code).toBe(
        'certificate.unreadable',
      );
      expect(refusal(pem(ada, ada.key.replace(/\n.{20}/, '\n'))).code).toBe('certificate.unreadable');
    });
  });

  describe('in a PFX file', () => {
    function pfx(name: string, args: readonly string[], passphrase = SECRET): Uint8Array {
      made.run([
        'pkcs12',
        '-export',
        '-in',
        ada.certificateFile,
        '-out',
        made.file(name),
        '-passout',
        `pass:${passphrase}`,
        ...args,
      ]);
      return made.read(name);
    }
    const withKey = (): string[] => ['-inkey', ada.keyFile];
    const loaded = (data: Uint8Array, passphrase?: string): ReadCertificate =>
      passphrase === undefined ? { kind: 'pfx', data } : { kind: 'pfx', data, passphrase };

    test('is taken as OpenSSL 3 and Windows write it', () => {
      const modern = pfx('modern.pfx', [...withKey(), '-certfile', authority.certificateFile]);
      expect(loadClientCertificate(loaded(modern, SECRET)).pfx).toBeTruthy();
      const tripleDes = ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];
      expect(
        loadClientCertificate(loaded(pfx('3des.pfx', [...withKey(), ...tripleDes]), SECRET)).pfx,
      ).toBeTruthy();
      const without = pfx('without.pfx', withKey(), '');
      expect(loadClientCertificate(loaded(without)).pfx).toBeTruthy();
      expect(loadClientCertificate(loaded(without, '')).pfx).toBeTruthy();
    });

    test('of the old kind is told apart, so that people know what to do', () => {
      const old = pfx('old.pfx', [...withKey(), '-legacy']);
      expect(refusal(loaded(old, SECRET))).toMatchObject({
        code: 'certificate.old-encryption',
        facts: { of: 'pfx' },
      });
      // What the documentation tells people to do about it.
      made.run([
        'pkcs12',
        '-legacy',
        '-in',
        'old.pfx',
        '-out',
        'plain.pem',
        '-noenc',
        '-passin',
        `pass:${SECRET}`,
      ]);
      made.run(['pkcs12', '-export', '-in', 'plain.pem', '-out', 'again.pfx', '-passout', `pass:${SECRET}`]);
      expect(loadClientCertificate(loaded(made.read('again.pfx'), SECRET)).pfx).toBeTruthy();
    });

    test('wants the right passphrase', () => {
      const data = pfx('locked.pfx', withKey());
      expect(refusal(loaded(data, 'wrong'))).toMatchObject({
        code: 'certificate.passphrase',
        facts: { given: true },
      });
      expect(refusal(loaded(data))).toMatchObject({
        code: 'certificate.passphrase',
        facts: { given: false },
      });
    });

    test('without a key, cut, or of something else is refused', () => {
      expect(refusal(loaded(pfx('nokey.pfx', ['-nokeys']), SECRET)).code).toBe('certificate.no-key');
      const data = pfx('whole.pfx', withKey());
      for (const bad of [
        data.subarray(0, data.length - 1),
        data.subarray(0, 10),
        new Uint8Array(),
        Buffer.from(ada.certificate),
      ]) {
        expect(refusal(loaded(bad, SECRET)).code).toBe('certificate.unreadable');
      }
    });
  });

  test('that is over, not begun, or for something else is refused before a connection is made', () => {
    const at = (from: string, to: string): Issued =>
      made.issue({ subject: 'CN=ada', extensions: PERSON, issuer: authority, from, to });
    expect(refusal(pem(at('20200101000000Z', '20210102030405Z')))).toMatchObject({
      code: 'certificate.expired',
      facts: { subject: 'CN=ada', validTo: '2021-01-02T03:04:05.000Z' },
    });
    expect(refusal(pem(at('20910101000000Z', '20920101000000Z'))).code).toBe('certificate.not-yet-valid');
    // It may run out while we run.
    const good = pem(ada);
    expect(loadClientCertificate(good).cert).toBeTruthy();
    expect(refusal(good, Date.now() + 1000 * 86_400_000).code).toBe('certificate.expired');
    expect(refusal(pem(server)).code).toBe('certificate.purpose');
  });

  function client(port: number, more: Partial<WinRmHttpOptions> = {}): WinRmHttpClient {
    const one = new WinRmHttpClient({
      host: 'localhost',
      port,
      https: true,
      auth: createCertificateAuthenticator,
      tls: { ca: authority.certificate, certificate: pem(ada) },
      ...more,
    });
    cleanups.push(() => one.close());
    return one;
  }

  async function failure(promise: Promise<unknown>): Promise<TransportError | SignInError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof TransportError || error instanceof SignInError) return error;
    throw error ?? new Error('no failure');
  }

  const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 5\r\n\r\n<ok/>`;
  const MUTUAL =
    /^Authorization: http:\/\/schemas\.dmtf\.org\/wbem\/wsman\/1\/wsman\/secprofile\/https\/mutual\r?$/m;

  async function sServer(args: readonly string[]): Promise<SServer> {
    const one = await startSServer(['-cert', server.certificateFile, '-key', server.keyFile, ...args]);
    cleanups.push(() => one.close());
    return one;
  }

  const demands = (): string[] => [
    '-CAfile',
    authority.certificateFile,
    '-Verify',
    '1',
    '-verify_return_error',
  ];

  test.each([['-tls1_2'], ['-tls1_3']])(
    'is shown to a service that demands it in the handshake (%s)',
    async (version) => {
      const service = await sServer([version, ...demands()]);
      const answer = client(service.port).post('<hello/>', LONG);
      await service.printed(/<hello\/>/);
      service.type(ANSWER);
      expect((await answer).body).toBe('<ok/>');
      expect(service.output()).toMatch(/depth=0 CN ?= ?ada/);
      expect(service.output()).toMatch(MUTUAL);
    },
  );

  test('is shown to a service that asks for it once it has the request, as Windows does', async () => {
    // Or else it would take the session up again, in which nobody shows a certificate.
    const service = await sServer([
      '-tls1_2',
      '-CAfile',
      authority.certificateFile,
      '-no_resumption_on_reneg',
    ]);
    const answer = client(service.port).post('<hello/>', LONG);
    await service.printed(/<hello\/>/);
    expect(service.output()).not.toMatch(/depth=0/);
    service.type('R\n');
    await service.printed(/depth=0 CN ?= ?ada/);
    service.type(ANSWER);
    expect((await answer).body).toBe('<ok/>');
  });

  test('of an authority that the service does not know is refused', async () => {
    const other = made.issue({ subject: 'CN=Another authority', extensions: AUTHORITY });
    const eve = made.issue({ subject: 'CN=eve', extensions: PERSON, issuer: other });
    for (const version of ['-tls1_2', '-tls1_3']) {
      // oxlint-disable-next-line no-await-in-loop
      const service = await sServer([version, ...demands()]);
      const tls = { ca: authority.certificate, certificate: pem(eve) };
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(client(service.port, { tls }).post('<hello/>', LONG));
      expect(error).toMatchObject({ code: 'certificate.refused', facts: { alert: 'unknown-ca' } });
    }
  });

  test('that is missing where TLS 1.3 wants one is called for', async () => {
    const service = await sServer(['-tls1_3', ...demands()]);
    const error = await failure(client(service.port, { tls: { ca: authority.certificate } }).post('x', LONG));
    expect(error).toMatchObject({ code: 'certificate.required', facts: { alert: 'certificate-required' } });
  });

  test.each([401, 403])(
    'that the service answers with %i is told as refused, not as a wrong password',
    async (status) => {
      const service = await startServer(
        (_request, response) => {
          response
            .writeHead(status, status === 401 ? { 'WWW-Authenticate': ['Negotiate', 'Kerberos'] } : {})
            .end();
        },
        { tls: { key: server.key, cert: server.certificate } },
      );
      cleanups.push(() => service.close());
      const error = await failure(client(service.port).post('x', LONG));
      expect(error).toMatchObject({ code: 'certificate.refused', httpStatus: status, facts: { status } });
      expect(service.seen).toHaveLength(1);
    },
  );

  test('goes over HTTPS only', async () => {
    const service = await startServer((_request, response) => soap(response));
    cleanups.push(() => service.close());
    const error = await failure(client(service.port, { https: false }).post('x', LONG));
    expect(error.code).toBe('signin.not-encrypted');
    expect(service.seen).toEqual([]);
  });

  test('that cannot be read is told before anybody is called', async () => {
    const service = await startServer((_request, response) => soap(response));
    cleanups.push(() => service.close());
    const tls = { ca: authority.certificate, certificate: { kind: 'store', thumbprint: 'AB12' } as const };
    const error = await failure(client(service.port, { tls }).post('x', LONG));
    expect(error).toMatchObject({ code: 'certificate.store', facts: { reason: 'thumbprint' } });
    expect(service.connections()).toBe(0);
  });

  describe.skipIf(noAuthLab !== undefined)('at the lab', () => {
    let lab: AuthLab;
    beforeAll(async () => {
      lab = await startAuthLab();
    });
    afterAll(() => lab.stop());

    test('signs in, with PEM and with PFX', async () => {
      const service = await lab.service('mutual', { tls: true, clientCa: authority.certificateFile });
      made.run([
        'pkcs12',
        '-export',
        '-in',
        ada.certificateFile,
        '-inkey',
        ada.keyFile,
        '-out',
        'lab.pfx',
        '-passout',
        `pass:${SECRET}`,
      ]);
      const pfx: ClientCertificate = { kind: 'pfx', data: made.read('lab.pfx'), passphrase: SECRET };
      for (const certificate of [pem(ada), pfx]) {
        const http = client(service.port, { tls: { ca: lab.certificate, certificate } });
        // oxlint-disable-next-line no-await-in-loop
        expect((await http.post('x'.repeat(100_000), LONG)).body).toHaveLength(100_000);
      }
      expect(await service.event('signed-in')).toMatchObject({ mechanism: 'certificate', user: 'ada' });
      const without = client(service.port, { tls: { ca: lab.certificate } });
      expect((await failure(without.post('x', LONG))).code).toBe('certificate.refused');
    });
  });
});
