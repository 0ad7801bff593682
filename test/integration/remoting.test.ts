/** The library against the real PowerShell engine, over each way there is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { PsObject, psRecord, type PsValue } from '../../electron/protocol/clixml/value.ts';
import { encodeHostResult } from '../../electron/protocol/psrp/host-call.ts';
import { interactiveHost } from '../../electron/protocol/psrp/host-info.ts';
import {
  PipelineFailedError,
  PoolStateError,
  PowerShell,
  type PSHost,
  type RunspacePool,
} from '../../electron/remoting/index.ts';
import { noEngine, overPipes, overWinRm, type Way } from './practice.ts';

describe.skipIf(noEngine !== undefined).each([
  ['a child process', overPipes],
  ['WinRM over HTTP', overWinRm],
])('over %s', (_name, start: () => Promise<Way>) => {
  let way: Way;
  let pool: RunspacePool;
  const states: string[] = [];

  beforeAll(async () => {
    way = await start();
    pool = await way.pool({}, { stateChanged: (state) => states.push(state) });
    await pool.open();
  });
  afterAll(async () => {
    await pool?.close();
    await way?.close();
  });

  const script = (text: string) => new PowerShell(pool).addScript(text);
  const values = async (text: string): Promise<unknown[]> =>
    (await script(text).invoke().collect()).output.map((v) => toPlain(v));

  test('the pool is opened with what the two agreed on, and knows what it talks to', () => {
    expect(states).toEqual(['Opening', 'Opened']);
    expect(pool.protocolVersion).toMatch(/^2\.[34]$/);
    const table = (pool.applicationPrivateData as PsObject).entry('PSVersionTable') as PsObject;
    expect(toPlain(table.entry('PSVersion') ?? null)).toMatch(/^7\./);
  });

  test('objects come as they are', async () => {
    expect(
      await values(
        '1; "two"; 3.5; $true; $null; [long]4; [datetime]::new(2026,1,2,3,4,5,[DateTimeKind]::Utc)',
      ),
    ).toEqual([1, 'two', 3.5, true, null, 4, '2026-01-02T03:04:05Z']);
    expect(await values('[pscustomobject]@{ Name = "a"; Sizes = 1, 2 }')).toEqual([
      { Name: 'a', Sizes: [1, 2] },
    ]);
  });

  test('commands take parameters, arguments and switches', async () => {
    const run = new PowerShell(pool)
      .addCommand('Get-Command')
      .addParameter('Name', 'Get-Help')
      .addCommand('ForEach-Object')
      .addArgument('Name')
      .invoke();
    expect((await run.collect()).output).toEqual(['Get-Help']);
    const twice = new PowerShell(pool).addScript('1').addStatement().addScript('2').invoke();
    expect((await twice.collect()).output).toEqual([1, 2]);
  });

  test('every stream comes on its own and in order', async () => {
    const { output, records, result } = await script(
      `$DebugPreference = 'Continue'; & { [CmdletBinding()] param()
        $PSCmdlet.WriteVerbose('v'); $PSCmdlet.WriteWarning('w'); $PSCmdlet.WriteDebug('d')
        $PSCmdlet.WriteObject('o')
        $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(1, 'a', 's'))
        $PSCmdlet.WriteInformation('i', @('tag'))
        $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('bad'), 'id', 'NotSpecified', $null))
      } -Verbose`,
    )
      .invoke()
      .collect();
    expect(output).toEqual(['o']);
    expect(records.map((record) => record.kind)).toEqual([
      'verbose',
      'warning',
      'debug',
      'progress',
      'information',
      'error',
    ]);
    expect(records.flatMap((record) => (record.kind === 'error' ? [record.record.message] : []))).toEqual([
      'bad',
    ]);
    expect(result.state).toBe('Completed');
  });

  test('streams come among the output where that is asked for', async () => {
    const text = `& { [CmdletBinding()] param() $PSCmdlet.WriteWarning('w'); 'o'; $PSCmdlet.WriteVerbose('v'); $PSCmdlet.WriteInformation('i', @())
      $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('bad'), 'id', 'NotSpecified', $null)) } -Verbose`;
    const all = script(text).invoke({
      mergeStreams: ['error', 'warning', 'verbose', 'debug', 'information'],
    });
    const { output, records } = await all.collect();
    expect(records).toEqual([]);
    expect(output.map((value) => (value instanceof PsObject ? value.text : value))).toEqual([
      'w',
      'o',
      'v',
      'i',
      'bad',
    ]);
    const some = await script(text)
      .invoke({ mergeStreams: ['warning'] })
      .collect();
    expect(some.output.map((value) => (value instanceof PsObject ? value.text : value))).toEqual(['w', 'o']);
    expect(some.records.map(({ kind }) => kind)).toEqual(['verbose', 'information', 'error']);
  });

  test('a terminating error is thrown after what came before it', async () => {
    const seen: PsValue[] = [];
    const run = script('1; throw "boom"').invoke();
    await expect(
      (async () => {
        for await (const value of run) seen.push(value);
      })(),
    ).rejects.toThrow(PipelineFailedError);
    expect(seen).toEqual([1]);
    expect((await run.finished).errorText).toBe('boom');
  });

  test('input is streamed, with its types', async () => {
    async function* input(): AsyncGenerator<PsValue> {
      yield await Promise.resolve(20);
      yield 22n;
      yield psRecord({ N: 'x' });
    }
    const run = new PowerShell(pool)
      .addScript(
        '$input | ForEach-Object { if ($_ -is [psobject] -and $_.N) { $_.N } else { $_.GetType().Name } }',
      )
      .invoke({ input: input() });
    expect((await run.collect()).output).toEqual(['Int32', 'Int64', 'x']);
  });

  test('stopping ends an endless command and leaves the session usable', async () => {
    const run = script('while ($true) { }').invoke();
    await run.stop();
    expect((await run.finished).state).toBe('Stopped');
    expect(await values('"still here"')).toEqual(['still here']);
  });

  test('an AbortSignal stops, and leaving the loop stops', async () => {
    const abort = new AbortController();
    const run = script('1; while ($true) { }').invoke({ signal: abort.signal });
    for await (const value of run) {
      expect(value).toBe(1);
      abort.abort();
    }
    expect((await run.finished).state).toBe('Stopped');
    const other = script('1; while ($true) { }').invoke();
    for await (const value of other) {
      expect(value).toBe(1);
      break;
    }
    expect((await other.finished).state).toBe('Stopped');
  });

  test('a slow reader loses nothing of 20 MB, and the engine waits for it', async () => {
    const run = script('foreach ($i in 1..2000) { "{0:d5}{1}" -f $i, ("x" * 10000) }').invoke();
    let next = 1;
    let held = 0;
    for await (const value of run) {
      expect(String(value).slice(0, 5)).toBe(String(next).padStart(5, '0'));
      next += 1;
      if (next % 500 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        held = Math.max(held, process.memoryUsage().arrayBuffers);
      }
    }
    expect(next).toBe(2001);
    expect(held).toBeLessThan(200 * 1024 * 1024);
  });

  test('variables live in the session, and can be reset', async () => {
    await values('$global:kept = 5');
    expect(await values('$kept')).toEqual([5]);
    expect(await pool.resetRunspaceState()).toBe(true);
    expect(await values('$null -eq $kept')).toEqual([true]);
  });

  test('the number of runspaces can be asked and set', async () => {
    expect(await pool.availableRunspaces()).toBe(1);
    expect(await pool.setMaxRunspaces(3)).toBe(true);
    expect(await pool.availableRunspaces()).toBe(3);
    expect(await pool.setMaxRunspaces(1)).toBe(true);
  });

  test('a script far larger than one fragment arrives whole', async () => {
    const long = 'y'.repeat(1_500_000);
    expect(await values(`'${long}'.Length`)).toEqual([long.length]);
  });

  test('text of every kind survives both ways', async () => {
    const text = 'a\u0001b\t\r\n_x0041_ \ud83d\ude00 \ud800 <&>"\' \u2028';
    const { output } = await new PowerShell(pool).addScript('$args[0]').addArgument(text).invoke().collect();
    expect(output).toEqual([text]);
  });

  test('the host is called, answered, and refused where it has no answer', async () => {
    const written: string[] = [];
    const host: PSHost = {
      info: interactiveHost({
        foregroundColor: 7,
        backgroundColor: 0,
        cursorPosition: { x: 0, y: 0 },
        windowPosition: { x: 0, y: 0 },
        cursorSize: 25,
        bufferSize: { width: 77, height: 24 },
        windowSize: { width: 77, height: 24 },
        maxWindowSize: { width: 77, height: 24 },
        maxPhysicalWindowSize: { width: 77, height: 24 },
        windowTitle: 't',
      }),
      call: (call) => {
        if (call.method === 'WriteLine2') written.push(call.args.text);
        if (call.method === 'ReadLine')
          return Promise.resolve({ kind: 'value', value: encodeHostResult('ReadLine', 'typed') });
        if (call.void) return Promise.resolve({ kind: 'value', value: undefined });
        return Promise.resolve({
          kind: 'error',
          error: { message: `no ${call.method}`, category: 'NotImplemented' },
        });
      },
    };
    const mine = await way.pool({ host });
    await mine.open();
    const run = new PowerShell(mine)
      .addScript(
        '$host.UI.WriteLine("hi"); $host.UI.ReadLine(); $host.UI.RawUI.BufferSize.Width; try { $host.UI.ReadLineAsSecureString() } catch { "refused" }',
      )
      .invoke();
    expect((await run.collect()).output).toEqual(['typed', 77, 'refused']);
    expect(written).toEqual(['hi']);
    await mine.close();
  });

  test('an engine that dies in mid-command breaks its pool, with what had arrived still read', async () => {
    const broken: (Error | undefined)[] = [];
    const mine = await way.pool(
      {},
      { stateChanged: (state, error) => (state === 'Broken' ? broken.push(error) : undefined) },
    );
    await mine.open();
    const run = new PowerShell(mine).addScript('"before"; while ($true) { }').invoke();
    const seen: PsValue[] = [];
    await expect(
      (async () => {
        for await (const value of run) {
          seen.push(value);
          way.killEngine();
        }
      })(),
    ).rejects.toThrow();
    expect(seen).toEqual(['before']);
    expect(mine.state).toBe('Broken');
    expect(broken).toHaveLength(1);
    expect(() => new PowerShell(mine).addScript('1').invoke()).toThrow(PoolStateError);
    expect(await values('"the other one lives"')).toEqual(['the other one lives']);
    await mine.close();
  });

  test('closing ends what runs', async () => {
    const mine = await way.pool();
    await mine.open();
    const run = new PowerShell(mine).addScript('while ($true) { }').invoke();
    await mine.close();
    await expect(run.finished).rejects.toThrow();
    expect(mine.state).toBe('Closed');
  });
});
