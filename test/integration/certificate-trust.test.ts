/** Which servers' certificates are taken, and what is said of the others: made by OpenSSL's program. */
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createBasicAuthenticator } from '../../electron/protocol/auth/basic.ts';
import { TransportError } from '../../electron/transport/errors.ts';
import { WinRmHttpClient } from '../../electron/transport/winrm-http/client.ts';
import type { TlsOptions } from '../../electron/transport/winrm-http/tls.ts';
import { soap, startServer, type TestServer } from '../unit/transport/winrm-http/servers.ts';
import { AUTHORITY, Certificates, noOpenssl, PERSON, serverFor, type Issued } from './certificates.ts';
import { startSServer } from './s-server.ts';

const LONG = { timeoutMs: 55_000 };
const HERE = serverFor('DNS:localhost', 'IP:127.0.0.1');

describe.skipIf(noOpenssl !== undefined)('the certificate of a server', () => {
  let made: Certificates;
  let root: Issued;
  let middle: Issued;
  const cleanups: (() => unknown)[] = [];

  beforeAll(() => {
    made = new Certificates();
    root = made.issue({ subject: 'CN=PSDeck test root', extensions: AUTHORITY });
    middle = made.issue({ subject: 'CN=PSDeck test issuer', extensions: AUTHORITY, issuer: root });
  });
  afterAll(() => made.remove());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop
      await cleanup();
    }
  });

  async function serve(shown: Issued, ...between: readonly Issued[]): Promise<TestServer> {
    const cert = [shown, ...between].map((one) => one.certificate).join('\n');
    const server = await startServer((_request, response) => soap(response), {
      tls: { key: shown.key, cert },
    });
    cleanups.push(() => server.close());
    return server;
  }

  function post(port: number, tls: TlsOptions, host = 'localhost'): Promise<{ status: number }> {
    const http = new WinRmHttpClient({
      host,
      port,
      https: true,
      auth: () => createBasicAuthenticator('operator', 'Pass1!'),
      tls,
    });
    cleanups.push(() => http.close());
    return http.post('<hello/>', LONG);
  }

  /** Refused before anything was sent. */
  async function refused(server: TestServer, tls: TlsOptions, host?: string): Promise<TransportError> {
    const before = server.seen.length;
    const error = await post(server.port, tls, host).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TransportError);
    expect(server.seen.length).toBe(before);
    return error as TransportError;
  }

  const issue = (subject: string, issuer: Issued, extensions = HERE): Issued =>
    made.issue({ subject, extensions, issuer });

  function der(issued: Issued): Uint8Array {
    return made.run(['x509', '-in', issued.certificateFile, '-outform', 'DER']);
  }

  const fingerprint = (issued: Issued): string => new X509Certificate(issued.certificate).fingerprint256;

  test('of an authority that was named is taken, in whatever form it was named', async () => {
    const server = await serve(issue('CN=localhost', root));
    const bundle = `# our authorities\n${middle.certificate}\n${root.certificate}`;
    const forms: TlsOptions['ca'][] = [
      root.certificate,
      bundle,
      Buffer.from(bundle),
      der(root),
      [middle.certificate, der(root)],
    ];
    for (const ca of forms) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await post(server.port, ca === undefined ? {} : { ca })).status).toBe(200);
    }
    expect((await refused(server, {})).certificate?.problems).toContain('unknown-issuer');
  });

  test.each<[string, () => TlsOptions['ca'], string]>([
    ['a text without any', () => 'nothing of the kind', 'no-certificate'],
    ['a key', () => root.key, 'no-certificate'],
    ['an empty file', () => new Uint8Array(), 'no-certificate'],
    ['a cut file', () => der(root).subarray(0, 100), 'damaged'],
    ['a damaged text', () => root.certificate.replace(/\n.{20}/, '\n'), 'damaged'],
  ])('an authority that is %s is told before anybody is called', async (_what, ca, reason) => {
    const server = await serve(issue('CN=localhost', root));
    const error = await refused(server, { ca: ca() ?? '' });
    expect(error).toMatchObject({ code: 'tls.authority', facts: { reason } });
    expect(server.connections()).toBe(0);
  });

  test('whose issuer is not sent with it is told apart, and helped by naming the issuer', async () => {
    const shown = issue('CN=localhost', middle);
    const alone = await serve(shown);
    const whole = await serve(shown, middle);
    expect((await post(whole.port, { ca: root.certificate })).status).toBe(200);
    const error = await refused(alone, { ca: root.certificate });
    expect(error.code).toBe('tls.untrusted');
    expect(error.certificate?.problems).toEqual(['unknown-issuer', 'incomplete-chain']);
    expect(error.certificate?.issuer).toBe('CN=PSDeck test issuer');
    expect((await post(alone.port, { ca: [root.certificate, middle.certificate] })).status).toBe(200);
    // An issuer counts without its root, too, where somebody names it.
    expect((await post(alone.port, { ca: middle.certificate })).status).toBe(200);
    expect((await refused(whole, {})).certificate?.problems).toEqual(['unknown-issuer']);
  });

  test('signed by itself is taken where it was named, whatever others of that name are known', async () => {
    const self = (): Issued =>
      made.issue({ subject: 'CN=localhost', extensions: ['subjectAltName=DNS:localhost'] });
    const [older, shown] = [self(), self()];
    const server = await serve(shown);
    expect((await post(server.port, { ca: [older.certificate, shown.certificate] })).status).toBe(200);
    expect((await refused(server, { ca: older.certificate })).certificate?.problem).toBe('self-signed');
    // Named or not, it has to be for this server.
    const elsewhere = await refused(server, { ca: [older.certificate, shown.certificate] }, '127.0.0.1');
    expect(elsewhere.certificate?.problems).toEqual(['wrong-name']);
  });

  test('that is wrong in several ways is told in all of them', async () => {
    const shown = made.issue({
      subject: 'CN=z030',
      extensions: serverFor('DNS:z030.corp.example'),
      issuer: root,
      from: '20200101000000Z',
      to: '20210101000000Z',
    });
    const server = await serve(shown);
    const known = await refused(server, { ca: root.certificate });
    expect(known.certificate).toMatchObject({
      subject: 'CN=z030',
      issuer: 'CN=PSDeck test root',
      names: ['z030.corp.example'],
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: '2021-01-01T00:00:00.000Z',
      fingerprint: fingerprint(shown),
      problems: ['expired', 'wrong-name'],
    });
    expect((await refused(server, {})).certificate?.problems.toSorted()).toEqual([
      'expired',
      'incomplete-chain',
      'unknown-issuer',
      'wrong-name',
    ]);
    const early = await serve(
      made.issue({
        subject: 'CN=localhost',
        extensions: HERE,
        issuer: root,
        from: '20910101000000Z',
        to: '20920101000000Z',
      }),
    );
    expect((await refused(early, { ca: root.certificate })).certificate?.problems).toEqual(['not-yet-valid']);
  });

  test('made for people is not one for servers', async () => {
    const server = await serve(issue('CN=localhost', root, [...PERSON, 'subjectAltName=DNS:localhost']));
    expect((await refused(server, { ca: root.certificate })).certificate?.problem).toBe('wrong-purpose');
  });

  test('that was revoked is refused where its authority’s list says so', async () => {
    const good = issue('CN=localhost', root);
    const bad = issue('CN=localhost', root);
    const config = made.file('crl.cnf');
    const database = made.file('crl.db');
    writeFileSync(database, '');
    writeFileSync(
      config,
      `[ca]\ndefault_ca=one\n[one]\ndatabase=${database}\ndefault_md=sha256\ndefault_crl_days=5\n`,
    );
    const ca = ['ca', '-config', config, '-cert', root.certificateFile, '-keyfile', root.keyFile];
    made.run([...ca, '-revoke', bad.certificateFile]);
    const list = made.run([...ca, '-gencrl']).toString();
    const derList = made.run(['crl', '-outform', 'DER'], list);
    const [goodServer, badServer] = [await serve(good), await serve(bad)];
    for (const revocationLists of [list, derList]) {
      const tls = { ca: root.certificate, revocationLists };
      // oxlint-disable-next-line no-await-in-loop
      expect((await post(goodServer.port, tls)).status).toBe(200);
      // oxlint-disable-next-line no-await-in-loop
      expect((await refused(badServer, tls)).certificate?.problem).toBe('revoked');
    }
    // A list of another authority says nothing of it.
    const other = made.issue({ subject: 'CN=PSDeck other root', extensions: AUTHORITY });
    const others = await serve(issue('CN=localhost', other));
    const error = await refused(others, { ca: other.certificate, revocationLists: list });
    expect(error.certificate?.problem).toBe('revocation-unknown');
    for (const revocationLists of ['no list', derList.subarray(0, 50)]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await refused(goodServer, { ca: root.certificate, revocationLists })).code).toBe(
        'tls.authority',
      );
    }
  });

  test('that was trusted is the only one from then on: another stops everything, even one that verifies', async () => {
    const [first, second] = [issue('CN=localhost', root), issue('CN=localhost', root)];
    const server = await serve(second);
    const pinned = { trustedFingerprint: fingerprint(first) };
    for (const tls of [pinned, { ...pinned, ca: root.certificate }]) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await refused(server, tls);
      expect(error).toMatchObject({
        code: 'tls.changed',
        facts: { expected: fingerprint(first), fingerprint: fingerprint(second) },
        certificate: { subject: 'CN=localhost', fingerprint: fingerprint(second) },
      });
    }
    expect((await post(server.port, { trustedFingerprint: fingerprint(second) })).status).toBe(200);
  });

  test('is not asked for where the server is too old to be spoken to', async () => {
    const shown = issue('CN=localhost', root);
    for (const version of ['-tls1_1', '-tls1']) {
      // oxlint-disable-next-line no-await-in-loop
      const old = await startSServer([
        '-cert',
        shown.certificateFile,
        '-key',
        shown.keyFile,
        version,
        '-cipher',
        'DEFAULT@SECLEVEL=0',
      ]);
      cleanups.push(() => old.close());
      // oxlint-disable-next-line no-await-in-loop
      await expect(post(old.port, { ca: root.certificate })).rejects.toMatchObject({
        code: 'tls.old',
        facts: { host: 'localhost', port: old.port },
      });
    }
  });
});
