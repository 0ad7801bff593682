/**
 * An independent client against our endpoint: pywinrm (Debian's python3-winrm) runs commands over HTTP and HTTPS, signed in with Basic and
 * with NTLM (python3-requests-ntlm), its messages sealed by itself and by us.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWsmanEndpoint, type WsmanEndpoint } from '../../electron/practice-server/wsman/endpoint.ts';
import { ntHash } from '../../electron/protocol/auth/ntlm/keys.ts';
import { listen, sameSecret, type Listener } from '../../electron/transport/winrm-http/listener.ts';

/** The system's own Python, as that is where Debian puts the package. */
const python = ['/usr/bin/python3', 'python3'].find(
  (file) =>
    (file.startsWith('/') ? existsSync(file) : true) &&
    spawnSync(file, ['-c', 'import winrm'], { stdio: 'ignore' }).status === 0,
);
const usable = python !== undefined && process.platform !== 'win32';
if (!usable) {
  console.warn('Skipped: python3-winrm is not installed (Debian: apt-get install python3-winrm).');
}

const PROGRAM = String.raw`
import json, sys, warnings
warnings.simplefilter('ignore')
import winrm
from winrm.exceptions import WinRMError, InvalidCredentialsError
url, password, ca, transport, encryption, lines = sys.argv[1:7]
# As text it would go out in Latin-1, which WinRM does not read.
if transport == 'basic': password = password.encode()
out = {}
options = dict(transport=transport, message_encryption=encryption, server_cert_validation='validate')
if ca: options['ca_trust_path'] = ca
session = winrm.Session(url, auth=('operator', password), **options)
def run(command, args=()):
    r = session.run_cmd(command, args)
    return [r.status_code, r.std_out.decode(), r.std_err.decode()]
try:
    out['echo'] = run('echo', ['out;', 'echo', 'err', '>&2;', 'exit', '7'])
    out['long'] = [len(x) if isinstance(x, str) else x for x in run('seq', ['1', lines])]
    p = winrm.Protocol(url, username='operator', password=password, **options)
    shell = p.open_shell(env_vars={'GREETING': 'gr\u00fc\u00df <dich> & "mich"'}, working_directory='/')
    command = p.run_command(shell, 'pwd; printenv GREETING')
    o, e, code = p.get_command_output(shell, command)
    out['shell'] = [code, o.decode(), e.decode()]
    p.cleanup_command(shell, command)
    command = p.run_command(shell, 'sleep 600')
    p.cleanup_command(shell, command)
    p.close_shell(shell)
    try:
        p.run_command(shell, 'true')
    except WinRMError as error:
        out['closed'] = str(error) + repr(getattr(error, 'fault_data', ''))
except InvalidCredentialsError:
    out['refused'] = True
print(json.dumps(out))
`;

function runPython(args: readonly string[], opensslConf: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const child = spawn(python ?? 'python3', ['-', ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OPENSSL_CONF: opensslConf },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as Record<string, unknown>);
      else reject(new Error(`python3 ended with ${String(code)}: ${err}`));
    });
    child.stdin.end(PROGRAM);
  });
}

interface Way {
  readonly scheme: 'http' | 'https';
  readonly transport: 'basic' | 'ntlm';
  readonly encryption: 'auto' | 'always';
  /** How long an answer to read: Python's RC4 takes seconds for megabytes. */
  readonly lines: number;
}

/** With `auto` it seals over HTTP and not over HTTPS, as Windows does. */
const WAYS: readonly Way[] = [
  { scheme: 'http', transport: 'basic', encryption: 'auto', lines: 200_000 },
  { scheme: 'https', transport: 'basic', encryption: 'auto', lines: 200_000 },
  { scheme: 'http', transport: 'ntlm', encryption: 'auto', lines: 20_000 },
  { scheme: 'https', transport: 'ntlm', encryption: 'auto', lines: 20_000 },
  { scheme: 'https', transport: 'ntlm', encryption: 'always', lines: 20_000 },
];

/** python3-ntlm-auth takes MD4 from OpenSSL, which has it in its legacy provider only. */
const WITH_MD4 = `openssl_conf = init
[init]
providers = providers
[providers]
default = active
legacy = active
[active]
activate = 1
`;

/** Whether Python has what NTLM needs; says what is missing. */
async function ntlmIsThere(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-md4-'));
  try {
    const conf = join(folder, 'openssl.cnf');
    await writeFile(conf, WITH_MD4);
    const program = 'import requests_ntlm, hashlib; hashlib.new("md4")';
    const env = { ...process.env, OPENSSL_CONF: conf };
    return spawnSync(python ?? 'python3', ['-c', program], { stdio: 'ignore', env }).status === 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}
const ntlmUsable = usable && (await ntlmIsThere());
if (usable && !ntlmUsable) {
  console.warn(
    'Skipped: NTLM needs python3-requests-ntlm and MD4 of OpenSSL’s legacy provider (Debian: apt-get install python3-requests-ntlm libssl3).',
  );
}

for (const way of WAYS) {
  const { scheme, transport, encryption, lines } = way;
  describe.skipIf(transport === 'ntlm' ? !ntlmUsable : !usable)(
    `pywinrm over ${scheme} with ${transport}, encryption ${encryption}`,
    () => {
      let endpoint: WsmanEndpoint;
      let listener: Listener;
      let folder: string;
      let conf: string;
      let ca = '';

      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'psdeck-pywinrm-'));
        conf = join(folder, 'openssl.cnf');
        await writeFile(conf, WITH_MD4);
        endpoint = createWsmanEndpoint({
          engineFactory: () => Promise.reject(new Error('There is no engine here')),
        });
        const pems =
          scheme === 'https'
            ? await generate([{ name: 'commonName', value: '127.0.0.1' }], {
                extensions: [
                  { name: 'basicConstraints', cA: true },
                  { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
                ],
              })
            : undefined;
        if (pems !== undefined) {
          ca = join(folder, 'ca.pem');
          await writeFile(ca, pems.cert);
        }
        listener = await listen({
          ...(pems === undefined ? {} : { tls: { key: pems.private, cert: pems.cert } }),
          ...(transport === 'basic'
            ? {
                verify: (user, password) => sameSecret(user, 'operator') && sameSecret(password, 'pass:wörd'),
              }
            : {
                negotiate: {
                  lookup: (user) => (user === 'operator' ? ntHash('pass:wörd') : undefined),
                  // It binds its log-on to the TLS connection, and is not let in unless it does so rightly.
                  requireChannelBinding: true,
                },
              }),
          handle: (request) => endpoint.handle(request),
        });
      });

      afterAll(async () => {
        await listener.close();
        await endpoint.close();
        await rm(folder, { recursive: true });
      });

      const ask = (password: string) =>
        runPython([listener.url, password, ca, transport, encryption, String(lines)], conf);

      test('runs commands, ends one, reads long output, and sees a closed shell', async () => {
        const result = await ask('pass:wörd');
        const numbers = Array.from({ length: lines }, (_, i) => `${i + 1}\n`).join('').length;
        expect(result).toMatchObject({
          echo: [7, 'out\n', 'err\n'],
          long: [0, numbers, 0],
          shell: [0, '/\ngrüß <dich> & "mich"\n', ''],
        });
        expect(JSON.stringify(result['closed'])).toContain('2150858843');
        expect(endpoint.shells()).toEqual([]);
      });

      test('is refused with another password', async () => {
        expect(await ask('another')).toEqual({ refused: true });
        expect(endpoint.shells()).toEqual([]);
      });
    },
  );
}
