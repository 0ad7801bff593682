/** The command line as a process of its own, against a practice server with a real engine. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPracticeServer, type PracticeServer } from '../../electron/practice-server/index.ts';
import { wsmanClient } from '../../electron/remoting/index.ts';
import { noEngine } from './practice.ts';

const PROGRAM = join(import.meta.dirname, '../../build/bin/psdeck.mjs');
const windows = process.platform === 'win32';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ReturnType<typeof spawn>;
  /** Resolves when stdout holds the text. */
  saw(text: string): Promise<void>;
  readonly outcome: Promise<Outcome>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, PSDECK_PASSWORD: '', ...env },
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
    for (const each of waiting) if (stdout.includes(each.text)) each.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  // A program that ended without reading its input is no failure of the test.
  child.stdin.on('error', () => undefined);
  return {
    child,
    saw: (text) =>
      new Promise((resolve, reject) => {
        if (stdout.includes(text)) resolve();
        waiting.push({ text, resolve });
        child.once('close', () => reject(new Error(`It ended without "${text}": ${stdout}${stderr}`)));
      }),
    outcome: once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr })),
  };
}

async function psdeck(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { child, outcome } = start(args, env);
  child.stdin?.end(input);
  return await outcome;
}

describe('without a server', () => {
  test('help and version go to stdout, wrong usage to stderr', async () => {
    expect(await psdeck(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^psdeck \d+\.\d+\.\d+\n$/) as string,
      stderr: '',
    });
    expect(await psdeck(['invoke', '--help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await psdeck(['invoke'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^psdeck: /) as string,
    });
  });

  test('convert, there and back', async () => {
    const clixml = await psdeck(['convert', '--to', 'clixml'], '{"Name":"ä","Ids":[1,2]}');
    expect(clixml).toMatchObject({ code: 0, stderr: '' });
    expect(await psdeck(['convert', '--to', 'json'], clixml.stdout)).toEqual({
      code: 0,
      stdout: '{"Name":"ä","Ids":[1,2]}\n',
      stderr: '',
    });
    expect(await psdeck(['convert', '--to', 'json'], 'no')).toMatchObject({ code: 2, stdout: '' });
  });

  test('where nothing listens it says so and exits as a connection that failed', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    probe.close();
    await once(probe, 'close');
    const outcome = await psdeck(['test', '-s', '127.0.0.1', '-p', port, '-u', 'ada'], '', {
      PSDECK_PASSWORD: 'secret word',
    });
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('[connect.refused]');
    expect(outcome.stderr).not.toContain('secret word');
  });

  test.each([
    ['test', []],
    ['invoke', ['--script', '1']],
  ])('%s gives up where nobody answers in time', async (command, more) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const to = [
      '--http',
      '--auth',
      'basic',
      '--allow-plain-basic',
      '-s',
      '127.0.0.1',
      '-p',
      port,
      '-u',
      'ada',
      '--timeout',
      '1',
    ];
    const outcome = await psdeck([command, ...to, ...more], '', { PSDECK_PASSWORD: 'x' });
    silent.close();
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('[timeout]');
  });

  test('without a password and somebody to ask, wrong usage', async () => {
    const outcome = await psdeck(['test', '-s', '127.0.0.1', '-u', 'ada']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('PSDECK_PASSWORD');
  });
});

describe.skipIf(noEngine !== undefined)('against the practice server', () => {
  let server: PracticeServer;
  let folder: string;
  let ca: string;

  beforeAll(async () => {
    server = await startPracticeServer({ engine: { upgrade: false }, plainBasic: true });
    folder = await mkdtemp(join(tmpdir(), 'psdeck-cli-'));
    ca = join(folder, 'ca.pem');
    await writeFile(ca, server.certificatePem);
  });
  afterAll(async () => {
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const where = () => [
    '--server',
    'localhost',
    '--port',
    String(server.httpsPort),
    '--ca',
    ca,
    '-u',
    'practice',
  ];
  const withPassword = () => ({ PSDECK_PASSWORD: server.password });
  const run = (command: string, args: readonly string[], input = '') =>
    psdeck([command, ...where(), ...args], input, withPassword());
  const invoke = (...args: string[]) => run('invoke', args);

  test('json lines in a pipe', async () => {
    expect(await invoke('--script', '1; "zwei ä"; [pscustomobject]@{ A = 1; B = $null, 2 }')).toEqual({
      code: 0,
      stdout: '1\n"zwei ä"\n{"A":1,"B":[null,2]}\n',
      stderr: '',
    });
  });

  test('a table as the server formats it, at the width asked for, without colours in a pipe', async () => {
    const script = '[pscustomobject]@{ Name = "x" * 30; Value = 2 }';
    const wide = await invoke('--format', 'table', '--script', script);
    expect(wide).toMatchObject({ code: 0, stderr: '' });
    expect(wide.stdout).toMatch(/^\s*Name +Value\n-+ +-+\nx{30} +2\s*$/);
    const narrow = await invoke('--format', 'table', '--width', '24', '--script', script);
    expect(narrow.stdout).not.toContain('x'.repeat(30));
    expect(Math.max(...narrow.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(24);
  });

  test('csv as ConvertTo-Csv of the engine writes it', async () => {
    const objects = `[pscustomobject]@{ a = 1; b = 'x,"y'; c = $null; d = "line\`ntwo"; e = 1.5; f = $true; g = 1, 2 }`;
    const engine = await invoke('--script', `${objects} | ConvertTo-Csv`);
    const lines = engine.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string);
    const ours = await invoke('--format', 'csv', '--script', objects);
    expect(ours.stdout.replaceAll('\r\n', '\n')).toBe(`${lines.join('\n')}\n`);
  });

  test('clixml that convert reads', async () => {
    const { stdout } = await invoke('--format', 'clixml', '--script', '1; [pscustomobject]@{ A = 1 }');
    expect(await psdeck(['convert', '--to', 'json'], stdout)).toMatchObject({
      code: 0,
      stdout: '1\n{"A":1}\n',
    });
  });

  test('a command with parameters and arguments; a script with its own', async () => {
    expect(
      await invoke('--command', 'Get-Command', '--param', 'Name:=["Get-Help"]', '--format', 'csv'),
    ).toMatchObject({ code: 0, stdout: expect.stringContaining('"Get-Help"') as string });
    expect(
      await invoke(
        '--script',
        'param($a, [switch]$s, [int]$n) "$a $s $n"',
        '--arg',
        'x y',
        '--param',
        's',
        '--param',
        'n=7',
      ),
    ).toMatchObject({ code: 0, stdout: '"x y True 7"\n' });
  });

  test('objects on stdin', async () => {
    const script = '$input | ForEach-Object { $_.a * 2 }';
    expect(await run('invoke', ['--input', '--script', script], '{"a":5}\n{"a":6}\n')).toMatchObject({
      code: 0,
      stdout: '10\n12\n',
    });
    const wrong = await run('invoke', ['--input', '--script', script], '{"a":5}\n{"a":\n');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('[input.json]');
  });

  test('a script and its password on stdin', async () => {
    const file = join(folder, 'script.ps1');
    await writeFile(file, '\uFEFFparam($x)\n"got $x"\n');
    expect(
      await psdeck(
        ['invoke', ...where(), '--password-stdin', '--file', file, '--arg', '1'],
        `${server.password}\n`,
      ),
    ).toMatchObject({ code: 0, stdout: '"got 1"\n' });
    expect(await run('invoke', ['--file', '-'], '1+1\n')).toMatchObject({ code: 0, stdout: '2\n' });
    expect(await invoke('--file', join(folder, 'none.ps1'))).toMatchObject({ code: 2, stdout: '' });
  });

  test('errors, warnings and text beside the data, and what they do to the exit code', async () => {
    const mixed = await invoke('--script', 'Write-Host text; Write-Warning careful; Write-Error bad; 1');
    expect(mixed).toMatchObject({ code: 1, stdout: '1\n' });
    for (const line of ['text', 'WARNING: careful', 'Write-Error: bad'])
      expect(mixed.stderr).toContain(`${line}\n`);
    const thrown = await invoke('--format', 'table', '--script', '1; throw "no way"');
    expect(thrown).toMatchObject({ code: 1, stdout: '1\n' });
    expect(thrown.stderr).toContain('no way');
    expect((await invoke('--script', 'Write-Warning only')).code).toBe(0);
    expect((await invoke('--script', '1 +')).code).toBe(1);
  });

  test('a wrong password: why, and never the password', async () => {
    const outcome = await psdeck(['invoke', ...where(), '--script', '1', '--details'], '', {
      PSDECK_PASSWORD: 'wrong-secret',
    });
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('[signin.rejected]');
    expect(outcome.stderr).not.toContain('wrong-secret');
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });

  test('a certificate: refused, then accepted by its fingerprint', async () => {
    const to = ['test', '-s', 'localhost', '-p', String(server.httpsPort), '-u', 'practice'];
    const refused = await psdeck(to, '', withPassword());
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`--fingerprint ${server.fingerprint}`);
    expect((await psdeck([...to, '--fingerprint', server.fingerprint], '', withPassword())).code).toBe(0);
    const other = server.fingerprint.replace(/^../, (pair) => (pair === '00' ? '01' : '00'));
    expect((await psdeck([...to, '--fingerprint', other], '', withPassword())).code).toBe(3);
  });

  test('over HTTP what protects less is refused unless allowed: Basic, which is readable, and NTLM, which proves no server', async () => {
    const to = ['test', '--http', '-s', 'localhost', '-p', String(server.httpPort), '-u', 'practice'];
    const refused = async (...more: string[]) => {
      const { code, stderr } = await psdeck([...to, ...more], '', withPassword());
      return [code, /\[([\w.-]+)\]/.exec(stderr)?.[1]];
    };
    expect(await refused()).toEqual([3, 'signin.ntlm-over-http']);
    expect(await refused('--allow-ntlm-over-http', '--forbid-ntlm')).toEqual([3, 'signin.forbidden']);
    expect(await refused('--auth', 'basic')).toEqual([3, 'signin.plain-text']);
    expect(await refused('--auth', 'credssp')).toEqual([3, 'signin.no-common-scheme']);
    const readable = await psdeck([...to, '--auth', 'basic', '--allow-plain-basic'], '', withPassword());
    expect(readable.stdout).toMatch(/Security +: Basic over HTTP, readable/);
    const sealed = await psdeck([...to, '--allow-ntlm-over-http'], '', withPassword());
    expect(sealed.stdout).toMatch(/Security +: NTLM, encrypted by the message; no Kerberos/);
  });

  test('who says no name signs in with a ticket, or is told that there is none', async () => {
    const to = ['test', '--http', '-s', 'localhost', '-p', String(server.httpPort)];
    const outcome = await psdeck(to);
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('[signin.no-credentials]');
    expect(outcome.stderr).toContain('--user');
  });

  test('what answers there', async () => {
    const { code, stdout } = await run('test', ['--format', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ server: 'localhost', user: 'practice' });
    expect((await run('test', [])).stdout).toMatch(/^Vendor +: \S/);
  });

  test.skipIf(windows)('winrs passes streams and exit code on', async () => {
    expect(await run('winrs', ['--', 'echo out; echo oops >&2; exit 7'])).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'oops\n',
    });
    expect(await run('winrs', ['--', 'cat'], 'one\nä')).toEqual({ code: 0, stdout: 'one\nä', stderr: '' });
  });

  test('shells lists and removes', async () => {
    const client = wsmanClient({
      server: 'localhost',
      port: server.httpsPort,
      ca: server.certificatePem,
      userName: 'practice',
      password: server.password,
    });
    const shell = await client.openCommandShell();
    const { stdout } = await run('shells', ['--format', 'json']);
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { shellId: string }).shellId);
    expect(ids).toContain(shell.id);
    expect((await run('shells', [])).stdout).toContain(shell.id);
    expect((await run('shells', ['--remove', shell.id])).code).toBe(0);
    expect((await run('shells', [])).stdout).not.toContain(shell.id);
    expect(await run('shells', ['--remove', shell.id])).toMatchObject({ code: 1 });
    client.close();
  });

  test.skipIf(windows)('Ctrl+C stops the pipeline; nothing is left on the server', async () => {
    const running = start(['invoke', ...where(), '--script', '"go"; while ($true) { }'], withPassword());
    await running.saw('"go"');
    running.child.kill('SIGINT');
    expect((await running.outcome).code).toBe(130);
    expect((await run('shells', ['--format', 'json'])).stdout).toBe('');
  });

  test('a reader that goes away ends it', async () => {
    const running = start(['invoke', ...where(), '--script', 'while ($true) { 1 }'], withPassword());
    await running.saw('1\n');
    running.child.stdout?.destroy();
    expect((await running.outcome).code).toBe(0);
  });

  test('enter over a pipe: lines one after the other, over several where a command is unfinished', async () => {
    const lines = '$x = 5\nif ($x) {\n$x + 1\n}\nRead-Host\nanswered\nexit\n"never"\n';
    expect(await run('enter', [], lines)).toEqual({ code: 0, stdout: '6\nanswered\n', stderr: '' });
    expect(await run('enter', [], 'throw "bad"\n')).toMatchObject({ code: 1, stdout: '' });
    expect(await run('enter', [], 'if ($true) {\n')).toMatchObject({ code: 1 });
  });

  const python = windows
    ? undefined
    : ['/usr/bin/python3', 'python3'].find((each) => spawnSync(each, ['-c', 'import pty']).status === 0);
  if (python === undefined) console.log('Skipped: enter in a terminal needs python3 and its pty module.');

  test.skipIf(python === undefined)(
    'enter in a terminal: prompt, Tab, continuation, masked input, Ctrl+C, exit',
    async () => {
      const driver = spawn(
        python ?? '',
        [join(import.meta.dirname, 'cli-terminal.py'), process.execPath, PROGRAM, 'enter', ...where()],
        {
          env: { ...process.env, ...withPassword(), TERM: 'xterm' },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let text = '';
      driver.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      await once(driver, 'close');
      expect(driver.exitCode, text).toBe(0);
      expect(text).not.toContain('hunter2');
      expect(text).toContain('[localhost]: PS ');
    },
  );
});
