/** What the reduced engine's commands ask a person, and show, through the host: the calls a client sees are PowerShell's. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { PsPrimitive } from '../../electron/protocol/clixml/value.ts';
import { encodeHostResult, type HostCall } from '../../electron/protocol/psrp/host-call.ts';
import { interactiveHost } from '../../electron/protocol/psrp/host-info.ts';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import {
  PowerShell,
  ProcessConnection,
  RunspacePool,
  type HostCallOutcome,
} from '../../electron/remoting/index.ts';
import { noEngine } from './practice.ts';

const area = { width: 80, height: 24 };
/** At protocol 2.4 a SecureString travels as UTF-16LE. */
const secret = (text: string) => new PsPrimitive('SS', Buffer.from(text, 'utf16le').toString('base64'));

describe.skipIf(noEngine !== undefined)('the reduced engine asks', () => {
  let child: ChildProcess;
  let pool: RunspacePool;
  let calls: HostCall[] = [];

  function answer(call: HostCall): HostCallOutcome {
    calls.push(call);
    switch (call.method) {
      case 'ReadLine':
        return { kind: 'value', value: encodeHostResult('ReadLine', 'a line') };
      case 'ReadLineAsSecureString':
        return { kind: 'value', value: encodeHostResult('ReadLineAsSecureString', secret('hush')) };
      case 'Prompt': {
        const answers = call.args.fields.map(
          (field) =>
            [
              field.name,
              field.parameterTypeFullName?.endsWith('SecureString') ? secret('hush') : 'typed',
            ] as const,
        );
        return { kind: 'value', value: encodeHostResult('Prompt', new Map(answers)) };
      }
      case 'PromptForCredential1':
      case 'PromptForCredential2':
        return {
          kind: 'value',
          value: encodeHostResult('PromptForCredential1', { userName: 'ada', password: secret('pw') }),
        };
      case 'PromptForChoice':
        return { kind: 'value', value: encodeHostResult('PromptForChoice', call.args.defaultChoice) };
      default:
        return { kind: 'value', value: undefined };
    }
  }

  beforeAll(async () => {
    const command = await findEngine({ prefer: 'built' });
    const started = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'ignore'] });
    child = started;
    const connection = new ProcessConnection({
      kind: 'process',
      computerName: 'localhost',
      input: started.stdout,
      output: started.stdin,
      kill: () => started.kill('SIGKILL'),
    });
    pool = new RunspacePool(connection, {
      host: {
        info: interactiveHost({
          foregroundColor: 7,
          backgroundColor: 0,
          cursorPosition: { x: 0, y: 0 },
          windowPosition: { x: 0, y: 0 },
          cursorSize: 25,
          bufferSize: area,
          windowSize: area,
          maxWindowSize: area,
          maxPhysicalWindowSize: area,
          windowTitle: 't',
        }),
        call: (call) => Promise.resolve(answer(call)),
      },
    });
    await pool.open();
  });
  beforeEach(() => {
    calls = [];
  });
  afterAll(async () => {
    const ended = child === undefined || child.exitCode !== null ? undefined : once(child, 'exit');
    await pool?.close();
    child?.kill('SIGKILL');
    await ended;
  });

  async function run(script: string): Promise<unknown[]> {
    const { output } = await new PowerShell(pool).addScript(script).invoke().collect();
    return output.map((value) => toPlain(value));
  }
  const methods = () => calls.map((call) => call.method);

  test('Read-Host without a prompt reads a line', async () => {
    expect(await run('Read-Host')).toEqual(['a line']);
    expect(methods()).toEqual(['ReadLine']);
  });

  test('Read-Host with a prompt asks for a field of that name', async () => {
    expect(await run('Read-Host -Prompt "Your name"')).toEqual(['typed']);
    expect(calls).toMatchObject([
      { method: 'Prompt', args: { caption: '', message: '', fields: [{ name: 'Your name' }] } },
    ]);
  });

  test('Read-Host for a secret never asks in the clear', async () => {
    expect(await run('Read-Host Word -AsSecureString | ConvertFrom-SecureString -AsPlainText')).toEqual([
      'hush',
    ]);
    expect(await run('Read-Host Word -MaskInput')).toEqual(['hush']);
    expect(await run('(Read-Host -AsSecureString).Length')).toEqual([4]);
    expect(methods()).toEqual(['Prompt', 'Prompt', 'ReadLineAsSecureString']);
  });

  test('Get-Credential', async () => {
    expect(await run('$c = Get-Credential; $c.UserName; $c.GetNetworkCredential().Password')).toEqual([
      'ada',
      'pw',
    ]);
    expect(calls).toMatchObject([{ args: { caption: 'PowerShell credential request' } }]);
  });

  test('a mandatory parameter is asked for', async () => {
    expect(await run('Write-Output')).toEqual(['typed']);
    expect(calls).toMatchObject([{ method: 'Prompt', args: { fields: [{ name: 'InputObject' }] } }]);
  });

  test('-Confirm is a choice', async () => {
    await run('Set-Variable x 1 -Confirm');
    expect(calls).toMatchObject([
      { method: 'PromptForChoice', args: { caption: 'Confirm', defaultChoice: 0 } },
    ]);
  });

  test('removing a folder that is not empty is asked about first', async () => {
    const script =
      '$d = Join-Path ([IO.Path]::GetTempPath()) ("psdeck-" + [guid]::NewGuid()); $null = New-Item -ItemType Directory $d/inner -Force; Remove-Item $d; Test-Path $d';
    expect(await run(script)).toEqual([false]);
    expect(methods()).toEqual(['PromptForChoice']);
  });

  test('Write-Host and the streams reach the screen', async () => {
    await run(
      'Write-Host a, b -NoNewline -ForegroundColor Red; Write-Host c; Write-Warning w; Write-Progress p -Status s',
    );
    expect(calls).toMatchObject([
      { method: 'Write2', args: { foregroundColor: 12, text: 'a b' } },
      { method: expect.stringMatching(/^WriteLine/) as string, args: { text: 'c' } },
      { method: 'WriteWarningLine', args: { text: 'w' } },
      { method: 'WriteProgress' },
    ]);
  });

  test('Clear-Host asks the client to clear, as PowerShell does on Windows', async () => {
    await run('Clear-Host');
    expect(calls).toMatchObject([
      { method: 'SetCursorPosition', args: { position: { x: 0, y: 0 } } },
      {
        method: 'SetBufferContents1',
        args: { rectangle: { left: -1, top: -1, right: -1, bottom: -1 }, fill: { character: ' ' } },
      },
    ]);
  });

  test('a table is as wide as the window', async () => {
    await run("[pscustomobject]@{ Long = 'x' * 200; B = 1 } | Out-Default");
    const lines = calls.flatMap((call) => ('text' in call.args ? [call.args.text] : []));
    expect(lines.some((line) => line.includes('…'))).toBe(true);
    expect(
      Math.max(...lines.map((line) => line.replaceAll(/\u001b\[[0-9;]*m/g, '').length)),
    ).toBeLessThanOrEqual(80);
  });
});
