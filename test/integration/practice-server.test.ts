/** The practice server as a whole: what it says of itself, who gets in, and that nothing is left of it. */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { createPool, PowerShell, type WinRmTarget } from '../../electron/remoting/index.ts';
import { noEngine } from './practice.ts';

const ROOT = join(import.meta.dirname, '../..');

describe.skipIf(noEngine !== undefined)('the practice server', () => {
  let server: PracticeServer;

  beforeAll(async () => {
    server = await startPracticeServer({ engine: { upgrade: false }, plainBasic: true });
  });
  afterAll(async () => {
    await server?.close();
  });

  const overHttps = (more: Partial<WinRmTarget> = {}) =>
    createPool({
      server: 'localhost',
      port: server.httpsPort,
      https: true,
      userName: server.userName,
      password: server.password,
      ca: server.certificatePem,
      ...more,
    });

  async function answer(pool: ReturnType<typeof overHttps>, script: string): Promise<unknown> {
    await pool.open();
    try {
      return (await new PowerShell(pool).addScript(script).invoke().collect()).output.map((each) =>
        toPlain(each),
      );
    } finally {
      await pool.close();
    }
  }

  test('a session over HTTPS, its certificate checked, runs everyday commands at home', async () => {
    expect(await answer(overHttps(), 'prompt; (Get-Process -Id $PID).Id -eq $PID')).toEqual([
      expect.stringMatching(/^PS .+> $/),
      true,
    ]);
  });

  test.each(['localhost', '127.0.0.1'])('the certificate is right for %s', async (name) => {
    expect(await answer(overHttps({ server: name }), '1')).toEqual([1]);
  });

  test('over HTTP: with NTLM every message is encrypted, and Basic is for those who allow it', async () => {
    const plain = { server: '127.0.0.1', port: server.httpPort, https: false };
    const sealed = overHttps({ ...plain, allowNtlmOverHttp: true });
    expect(await answer(sealed, '2')).toEqual([2]);
    expect(sealed.connection.target.security).toBe(
      'NTLM, encrypted by the message; no Kerberos: the server has no such name there',
    );
    const readable = overHttps({ ...plain, auth: 'basic', allowPlainBasic: true });
    expect(await answer(readable, '3')).toEqual([3]);
    expect(readable.connection.target.security).toBe('Basic over HTTP, readable');
  });

  test('a wrong password, a wrong name and a certificate of no known authority do not get in', async () => {
    await expect(overHttps({ password: `${server.password}x` }).open()).rejects.toThrow();
    await expect(overHttps({ userName: 'administrator' }).open()).rejects.toThrow();
    const { ca: _ca, ...unknownAuthority } = {
      server: 'localhost',
      port: server.httpsPort,
      https: true,
      userName: server.userName,
      password: server.password,
      ca: undefined,
    };
    await expect(createPool(unknownAuthority).open()).rejects.toThrow();
  });

  test('its fingerprint is that of the certificate it shows, which lives from yesterday to a month on', async () => {
    const shown = await new Promise<X509Certificate>((resolve, reject) => {
      const call = request({
        host: '127.0.0.1',
        port: server.httpsPort,
        ca: server.certificatePem,
        servername: 'localhost',
      });
      call.on('socket', (socket) =>
        socket.once('secureConnect', () => {
          const raw = (socket as TLSSocket).getPeerX509Certificate();
          call.destroy();
          if (raw === undefined) reject(new Error('no certificate'));
          else resolve(raw);
        }),
      );
      call.on('error', () => undefined);
      call.end();
    });
    expect(server.fingerprint).toBe(shown.fingerprint256);
    expect(server.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(shown.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(shown.ca).toBe(false);
    expect(new X509Certificate(server.certificatePem).ca).toBe(true);
    expect(shown.checkIssued(new X509Certificate(server.certificatePem))).toBe(true);
    expect(Date.parse(shown.validFrom)).toBeLessThan(Date.now() - 3_600_000);
    expect(Date.parse(shown.validTo)).toBeGreaterThan(Date.now() + 30 * 24 * 3_600_000);
  });

  test('what it says of itself', () => {
    expect(server.engine.version).toMatch(/^7\.\d+/);
    expect(server.engine.banner === undefined).toBe(server.engine.kind === 'pwsh');
    expect(server.password.length).toBeGreaterThanOrEqual(24);
    expect(server.httpUrl).toBe(`http://127.0.0.1:${server.httpPort}/wsman`);
  });

  test('each run has a password and a certificate of its own; closed, it takes sessions and engines with it', async () => {
    const other = await startPracticeServer({ engine: { upgrade: false }, spare: false });
    try {
      expect(other.password).not.toBe(server.password);
      expect(other.fingerprint).not.toBe(server.fingerprint);
      const pool = createPool({
        server: 'localhost',
        port: other.httpsPort,
        https: true,
        userName: other.userName,
        password: other.password,
        ca: other.certificatePem,
      });
      await pool.open();
      const { output } = await new PowerShell(pool).addScript('$PID').invoke().collect();
      const pid = Number(toPlain(output[0] ?? null));
      expect(process.kill(pid, 0)).toBe(true);
      const busy = new PowerShell(pool).addScript('while ($true) { }').invoke();
      const lost = busy.finished.catch((error: unknown) => error);
      await other.close();
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(await lost).toBeInstanceOf(Error);
      await pool.close();
    } finally {
      await other.close();
    }
  });
});

describe.skipIf(noEngine !== undefined || process.platform === 'win32')('npm run practice-server', () => {
  test('says how to connect, and Ctrl+C ends it with every engine', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'build/practice-server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    try {
      await vi.waitUntil(() => said.includes('Ctrl+C ends it'), { timeout: 25_000 });
      const field = (name: string) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(said)?.[1] ?? '';
      const pool = createPool({
        server: 'localhost',
        port: Number(new URL(field('HTTPS')).port),
        https: true,
        userName: field('User'),
        password: field('Password'),
        ca: await readFile(field('Authority'), 'utf8'),
      });
      await pool.open();
      expect((await new PowerShell(pool).addScript('6 * 7').invoke().collect()).output).toEqual([42]);
      const { output } = await new PowerShell(pool).addScript('$PID').invoke().collect();
      const pid = Number(toPlain(output[0] ?? null));

      const exit = once(child, 'exit');
      child.kill('SIGINT');
      expect(await exit).toEqual([0, null]);
      await vi.waitUntil(
        () => {
          try {
            return !process.kill(pid, 0);
          } catch {
            return true;
          }
        },
        { timeout: 5_000 },
      );
      await expect(readdir(join(field('Authority'), '..'))).rejects.toThrow('ENOENT');
      await pool.close();
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);
});
