/**
 * Every way in through the library's own `connect`: a whole PowerShell session behind the lab's acceptor, which is MIT Kerberos and
 * gss-ntlmssp and not ours. What it was and why not a better one is told to people afterwards.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { connect, PowerShell, type RunspacePool, type WinRmTarget } from '../../electron/remoting/index.ts';
import {
  ALICE,
  BASIC_USER,
  NTLM_USER,
  noAuthLab,
  startAuthLab,
  type AuthLab,
  type Service,
} from '../lab/auth/lab.ts';
import { noEngine } from './practice.ts';

const PROGRAM = join(import.meta.dirname, '../../build/bin/psdeck.mjs');
const SPN = { spn: { host: 'localhost' } } as const;
const ALICE_BY_PASSWORD = { userName: 'alice@contoso.test', password: ALICE.password } as const;
const ALICE_BY_NTLM = {
  userName: `${NTLM_USER.domain}\\${NTLM_USER.userName}`,
  password: NTLM_USER.password,
} as const;

describe.skipIf(noAuthLab !== undefined || noEngine !== undefined)('every way in', () => {
  let practice: PracticeServer;
  let lab: AuthLab;
  let http: Service;
  let strict: Service;
  let cache: string;

  beforeAll(async () => {
    [practice, lab] = await Promise.all([
      startPracticeServer({ engine: { upgrade: false }, spare: false, plainBasic: true }),
      startAuthLab(),
    ]);
    const forward = { url: practice.httpUrl, user: practice.userName, password: practice.password };
    [http, strict] = await Promise.all([
      lab.service('session', { forward }),
      lab.service('session-strict', { tls: true, bindings: 'strict', forward }),
    ]);
    cache = `FILE:${await lab.ticket()}`;
    Object.assign(process.env, lab.env);
  });
  afterAll(async () => {
    await practice?.close();
    await lab?.stop();
  });

  const over = (service: Service, more: Partial<WinRmTarget>): WinRmTarget => ({
    server: 'localhost',
    port: service.port,
    https: service === strict,
    ...(service === strict ? { ca: lab.certificate } : {}),
    ...more,
  });

  /** A session there and back: what it says, and how it was signed in to. */
  async function session(target: WinRmTarget): Promise<{ answer: unknown; security: string | undefined }> {
    const pool: RunspacePool = await connect(target);
    try {
      const out: unknown[] = [];
      for await (const value of new PowerShell(pool).addScript('"${PID}".Length -gt 0; 6 * 7').invoke())
        out.push(value);
      return { answer: out, security: pool.connection.target.security };
    } finally {
      await pool.close();
    }
  }

  test.each<[string, () => WinRmTarget, string, string | undefined]>([
    [
      'Negotiate with a ticket',
      () => over(http, { ...SPN, kerberos: { cache } }),
      'Kerberos, encrypted by the message',
      'kerberos',
    ],
    [
      'Negotiate with a password',
      () => over(http, { ...SPN, ...ALICE_BY_PASSWORD }),
      'Kerberos, encrypted by the message',
      'kerberos',
    ],
    [
      'Kerberos with a keytab over HTTPS',
      () =>
        over(strict, {
          ...SPN,
          auth: 'kerberos',
          userName: 'alice@contoso.test',
          kerberos: { keytab: lab.realm.clientKeytab },
        }),
      'Kerberos over HTTPS',
      'kerberos',
    ],
    [
      'NTLM over HTTP',
      () => over(http, { auth: 'ntlm', ...ALICE_BY_NTLM, allowNtlmOverHttp: true }),
      'NTLM, encrypted by the message',
      'ntlm',
    ],
    ['NTLM bound to TLS', () => over(strict, { auth: 'ntlm', ...ALICE_BY_NTLM }), 'NTLM over HTTPS', 'ntlm'],
    [
      'Negotiate where Kerberos knows no such name',
      () => over(strict, ALICE_BY_NTLM),
      'NTLM over HTTPS; no Kerberos: the server has no such name there',
      'ntlm',
    ],
    [
      'CredSSP with NTLM inside',
      () => over(http, { auth: 'credssp', ...ALICE_BY_NTLM }),
      'CredSSP with NTLM, the server has the password; no Kerberos: the server has no such name there',
      'ntlm',
    ],
    [
      'CredSSP with Kerberos inside',
      () => over(strict, { auth: 'credssp', forbidNtlm: true, ...SPN, ...ALICE_BY_PASSWORD }),
      'CredSSP with Kerberos over HTTPS, the server has the password',
      'kerberos',
    ],
    ['Basic over HTTPS', () => over(strict, { auth: 'basic', ...BASIC_USER }), 'Basic over HTTPS', undefined],
  ])('%s', async (_way, target, security) => {
    expect(await session(target())).toEqual({ answer: [true, 42], security });
  });

  test('a server whose Negotiate is off, to keep NTLM out, is spoken to under Kerberos’ own name', async () => {
    const forward = { url: practice.httpUrl, user: practice.userName, password: practice.password };
    const service = await lab.service('kerberos-only', { schemes: ['Kerberos'], forward });
    expect(await session(over(service, { ...SPN, ...ALICE_BY_PASSWORD }))).toEqual({
      answer: [true, 42],
      security: 'Kerberos, encrypted by the message',
    });
    // Nothing but NTLM could be had for this one, and that is not offered.
    const ntlm = over(service, { auth: 'ntlm', ...ALICE_BY_NTLM, allowNtlmOverHttp: true });
    await expect(connect(ntlm)).rejects.toMatchObject({
      code: 'signin.no-common-scheme',
      facts: { offered: ['Kerberos'] },
    });
  });

  test('a password that Kerberos takes for wrong is sent nowhere else', async () => {
    const before = http.events.length;
    const wrong = over(http, {
      ...SPN,
      ...ALICE_BY_PASSWORD,
      password: 'WrongPass1!',
      allowNtlmOverHttp: true,
    });
    await expect(connect(wrong)).rejects.toMatchObject({ code: 'kerberos.wrong-password' });
    expect(http.events.slice(before).filter(({ event }) => event === 'refused')).toEqual([]);
  });

  test('without ticket and password nothing is sent, and both reasons are told', async () => {
    const nobody = over(http, { ...SPN, kerberos: { cache: 'FILE:/nonexistent/psdeck' } });
    await expect(connect(nobody)).rejects.toMatchObject({
      code: 'signin.no-credentials',
      facts: { kerberos: 'kerberos.no-credentials' },
    });
    await expect(connect({ ...nobody, auth: 'kerberos' })).rejects.toMatchObject({
      code: 'kerberos.no-credentials',
    });
  });

  test('a refusal says which mechanism was refused', async () => {
    const wrong = over(strict, { auth: 'ntlm', ...ALICE_BY_NTLM, password: 'WrongPass1!' });
    await expect(connect(wrong)).rejects.toMatchObject({
      code: 'signin.rejected',
      facts: { mechanism: 'ntlm' },
    });
  });

  test('the command line signs in with the ticket of who runs it, unasked', async () => {
    const ca = join(lab.folder, 'authority.pem');
    await writeFile(ca, lab.certificate);
    const args = [
      'test',
      '-s',
      'localhost',
      '-p',
      String(strict.port),
      '--ca',
      ca,
      '--spn',
      'localhost',
      '--auth',
      'kerberos',
    ];
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { ...process.env, ...lab.env, KRB5CCNAME: cache, PSDECK_PASSWORD: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    expect(said).toMatch(/Signed in : as yourself, 0 shells open\nSecurity +: Kerberos over HTTPS/);
    expect(child.exitCode).toBe(0);
  });
});
