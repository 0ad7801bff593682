/** psdeck connect, receive and remove as processes, on sessions that another client left on the server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPool, PowerShell, wsmanClient } from '../../electron/remoting/index.ts';
import { noEngine, overWinRm, PASSWORD, USER } from './practice.ts';

const PROGRAM = join(import.meta.dirname, '../../build/bin/psdeck.mjs');

describe.skipIf(noEngine !== undefined)('the command line and a session that was left', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-cli-'));
    way = await overWinRm(undefined, { missAfterMs: 0 });
  });
  afterEach(async () => {
    await way.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function psdeck(
    args: readonly string[],
    input = '',
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(
      process.execPath,
      [
        PROGRAM,
        ...args,
        '--server',
        '127.0.0.1',
        '--port',
        String(way.port),
        '--http',
        '--auth',
        'basic',
        '--allow-plain-basic',
        '--user',
        USER,
      ],
      { env: { ...process.env, PSDECK_PASSWORD: PASSWORD } },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    child.stdin.end(input);
    await once(child, 'close');
    return { code: child.exitCode, stdout, stderr };
  }

  /** A session in which a command waits for a file; its client has left. */
  async function leaveOne(): Promise<string> {
    const pool = createPool({ ...way.target, shellName: 'Roaming' });
    await pool.open();
    await new PowerShell(pool).addScript('$kept = 42').invoke().collect();
    const go = join(folder, 'go');
    new PowerShell(pool)
      .addScript(
        `while (-not [System.IO.File]::Exists('${go}')) { [System.Threading.Thread]::Sleep(20) }; 1..5`,
      )
      .invoke();
    await pool.disconnect();
    return pool.id;
  }

  test('receive shows what ran meanwhile and leaves it there, connect goes inside, remove ends it', async () => {
    const id = await leaveOne();
    const { stdout: listed } = await psdeck(['shells']);
    expect(listed).toMatch(/^Name +Id +State +Configuration +Owner +Client +Memory +Process +Age +Idle$/m);
    expect(listed).toMatch(new RegExp(`^Roaming +${id} +Disconnected +Microsoft\\.PowerShell `, 'mi'));
    await writeFile(join(folder, 'go'), '');
    expect(await psdeck(['receive', '--id', id])).toEqual({ code: 0, stdout: '1\n2\n3\n4\n5\n', stderr: '' });
    expect(await wsmanClient(way.target).enumerateShells()).toMatchObject([{ state: 'Disconnected' }]);

    expect(await psdeck(['connect', '--id', id], '"kept $kept"\n$more = 43\n')).toEqual({
      code: 0,
      stdout: 'kept 42\n',
      stderr: '',
    });
    expect(await psdeck(['connect', '--id', id], '"more $more"\nexit\n')).toMatchObject({
      code: 0,
      stdout: 'more 43\n',
    });

    expect(await psdeck(['remove', '--id', id])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await wsmanClient(way.target).enumerateShells()).toEqual([]);
  });

  test('what is not there, and what was not said, is said', async () => {
    expect(await psdeck(['connect', '--id', 'AAAAAAAA-0000-0000-0000-000000000000'])).toMatchObject({
      stderr: expect.stringContaining('There is no session AAAAAAAA') as string,
    });
    expect(await psdeck(['receive'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('receive needs --id') as string,
    });
  });
});
