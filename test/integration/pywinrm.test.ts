/** An independent client against our endpoint: pywinrm (Debian's python3-winrm) runs commands over HTTP and HTTPS. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWsmanEndpoint, type WsmanEndpoint } from '../../electron/practice-server/wsman/endpoint.ts';
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
url, password, ca = sys.argv[1:4]
# As text it would go out in Latin-1, which WinRM does not read.
password = password.encode()
out = {}
options = dict(transport='basic', server_cert_validation='validate')
if ca: options['ca_trust_path'] = ca
session = winrm.Session(url, auth=('operator', password), **options)
def run(command, args=()):
    r = session.run_cmd(command, args)
    return [r.status_code, r.std_out.decode(), r.std_err.decode()]
try:
    out['echo'] = run('echo', ['out;', 'echo', 'err', '>&2;', 'exit', '7'])
    out['long'] = [len(x) if isinstance(x, str) else x for x in run('seq', ['1', '200000'])]
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

function runPython(args: readonly string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const child = spawn(python ?? 'python3', ['-', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
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

describe.skipIf(!usable).each(['http', 'https'] as const)('pywinrm over %s', (scheme) => {
  let endpoint: WsmanEndpoint;
  let listener: Listener;
  let folder: string;
  let ca = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-pywinrm-'));
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
      verify: (user, password) => sameSecret(user, 'operator') && sameSecret(password, 'pass:wörd'),
      handle: (request) => endpoint.handle(request),
    });
  });

  afterAll(async () => {
    await listener.close();
    await endpoint.close();
    await rm(folder, { recursive: true });
  });

  test('runs commands, ends one, reads long output, and sees a closed shell', async () => {
    const result = await runPython([listener.url, 'pass:wörd', ca]);
    const numbers = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('').length;
    expect(result).toMatchObject({
      echo: [7, 'out\n', 'err\n'],
      long: [0, numbers, 0],
      shell: [0, '/\ngrüß <dich> & "mich"\n', ''],
    });
    expect(JSON.stringify(result['closed'])).toContain('2150858843');
    expect(endpoint.shells()).toEqual([]);
  });

  test('is refused with another password', async () => {
    expect(await runPython([listener.url, 'another', ca])).toEqual({ refused: true });
    expect(endpoint.shells()).toEqual([]);
  });
});
