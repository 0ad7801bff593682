/** Whole PowerShell sessions through a proxy, and with a certificate: the library's own `connect`, the real engine behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { connect, PowerShell, type WinRmTarget } from '../../electron/remoting/index.ts';
import { noAuthLab, startAuthLab, type AuthLab } from '../lab/auth/lab.ts';
import { AUTHORITY, Certificates, noOpenssl, PERSON } from './certificates.ts';
import { noEngine } from './practice.ts';
import { startProxy, type TestProxy } from './proxies.ts';

const PROGRAM = join(import.meta.dirname, '../../build/bin/psdeck.mjs');

describe.skipIf(noEngine !== undefined)('a session', () => {
  let practice: PracticeServer;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    practice = await startPracticeServer({ engine: { upgrade: false }, spare: false, plainBasic: true });
  });
  afterAll(() => practice?.close());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop
      await cleanup();
    }
  });

  /** What a session says, and how it was signed in to. */
  async function session(target: WinRmTarget): Promise<{ answer: unknown[]; security: string | undefined }> {
    const pool = await connect(target);
    try {
      const answer: unknown[] = [];
      for await (const value of new PowerShell(pool)
        .addScript('1..5 | ForEach-Object { $_ * $_ }')
        .invoke()) {
        answer.push(value);
      }
      return { answer, security: pool.connection.target.security };
    } finally {
      await pool.close();
    }
  }

  const SQUARES = [1, 4, 9, 16, 25];

  async function psdeck(args: readonly string[]): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { ...process.env, PSDECK_PASSWORD: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    return { code: child.exitCode, said };
  }

  async function proxied(): Promise<TestProxy> {
    const proxy = await startProxy(({ headers }) =>
      // printf dora:ProxyPass1! | base64
      headers['proxy-authorization'] === 'Basic ZG9yYTpQcm94eVBhc3MxIQ=='
        ? { kind: 'through' }
        : { kind: 'refuse', status: 407, headers: { 'Proxy-Authenticate': 'Basic realm="out"' } },
    );
    cleanups.push(() => proxy.close());
    return proxy;
  }

  test.each([
    ['NTLM over HTTP, whose every connection must be ours from end to end', false],
    ['NTLM bound to the TLS that goes through it', true],
  ])('goes through a proxy with a log-on: %s', async (_way, https) => {
    const proxy = await proxied();
    const url = new URL(https ? practice.httpsUrl : practice.httpUrl);
    const { answer, security } = await session({
      server: '127.0.0.1',
      port: Number(url.port),
      https,
      auth: 'ntlm',
      userName: practice.userName,
      password: practice.password,
      allowNtlmOverHttp: true,
      ...(https ? { ca: practice.certificatePem } : {}),
      proxy: { url: proxy.url, userName: 'dora', password: 'ProxyPass1!' },
    });
    expect(answer).toEqual(SQUARES);
    expect(security).toBe(https ? 'NTLM over HTTPS' : 'NTLM, encrypted by the message');
    const opened = proxy.connects.filter((c) => c.headers['proxy-authorization'] !== undefined);
    expect(opened).not.toEqual([]);
    expect(new Set(proxy.connects.map((c) => c.target))).toEqual(new Set([`127.0.0.1:${url.port}`]));
  });

  describe.skipIf(noAuthLab !== undefined || noOpenssl !== undefined)('at the lab', () => {
    let lab: AuthLab;
    let made: Certificates;
    beforeAll(async () => {
      lab = await startAuthLab();
      made = new Certificates();
    });
    afterAll(async () => {
      made?.remove();
      await lab?.stop();
    });

    test('is signed in to from the command line with a PFX, and an authority as Windows exports it', async () => {
      const authority = made.issue({ subject: 'CN=PSDeck test authority', extensions: AUTHORITY });
      const ada = made.issue({ subject: 'CN=ada', extensions: PERSON, issuer: authority });
      made.run([
        'pkcs12',
        '-export',
        '-inkey',
        ada.keyFile,
        '-in',
        ada.certificateFile,
        '-out',
        'ada.pfx',
        '-passout',
        'pass:',
      ]);
      writeFileSync(made.file('lab.cer'), made.run(['x509', '-outform', 'DER'], lab.certificate));
      const service = await lab.service('mutual command line', {
        tls: true,
        clientCa: authority.certificateFile,
        forward: { url: practice.httpUrl, user: practice.userName, password: practice.password },
      });
      const { code, said } = await psdeck([
        'invoke',
        '--script',
        '6 * 7',
        '-s',
        'localhost',
        '-p',
        String(service.port),
        '--auth',
        'certificate',
        '--cert',
        made.file('ada.pfx'),
        '--ca',
        made.file('lab.cer'),
      ]);
      expect(said.trim()).toBe('42');
      expect(code).toBe(0);
    });

    test('is signed in to with a certificate', async () => {
      const authority = made.issue({ subject: 'CN=PSDeck test authority', extensions: AUTHORITY });
      const ada = made.issue({ subject: 'CN=ada', extensions: PERSON, issuer: authority });
      const forward = { url: practice.httpUrl, user: practice.userName, password: practice.password };
      const service = await lab.service('mutual session', {
        tls: true,
        clientCa: authority.certificateFile,
        forward,
      });
      const { answer, security } = await session({
        server: 'localhost',
        port: service.port,
        auth: 'certificate',
        ca: lab.certificate,
        certificate: { kind: 'pem', certificate: ada.certificate, key: ada.key },
      });
      expect(answer).toEqual(SQUARES);
      expect(security).toBe('Certificate over HTTPS');
      expect(await service.event('signed-in')).toMatchObject({ mechanism: 'certificate', user: 'ada' });
    });
  });
});
