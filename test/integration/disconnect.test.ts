/** Leaving a shell, coming back to it, and taking one over: the library and the practice server in front of the real engine. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  connectPool,
  createPool,
  PowerShell,
  ShellFault,
  wsmanClient,
  type RunspacePool,
  type WinRmTarget,
} from '../../electron/remoting/index.ts';
import type { PsValue } from '../../electron/protocol/clixml/value.ts';
import { noEngine, overWinRm, type Way } from './practice.ts';

/** Counts up, a number each time a file appears: the test decides how far the command is. */
const COUNT_TO = (last: number): string => `1..${last}`;
/** Waits in the engine until the event is there, which another pipeline of the pool raises. */
const WAIT_FOR = (name: string): string =>
  `while (-not [AppDomain]::CurrentDomain.GetData('${name}')) { [System.Threading.Thread]::Sleep(20) }`;
const RAISE = (name: string): string => `[AppDomain]::CurrentDomain.SetData('${name}', $true)`;

describe.skipIf(noEngine !== undefined)('a shell over WinRM', () => {
  let way: Way & { target: WinRmTarget };
  let pool: RunspacePool;
  let states: string[];

  beforeAll(async () => {
    way = await overWinRm(undefined, { missAfterMs: 0 });
  });
  afterAll(async () => {
    await way?.close();
  });
  beforeEach(async () => {
    states = [];
    pool = createPool(way.target, { maxRunspaces: 3 }, { stateChanged: (state) => states.push(state) });
    await pool.open();
    return () => pool.close();
  });

  const values = async (on: RunspacePool, script: string): Promise<PsValue[]> =>
    (await new PowerShell(on).addScript(script).invoke().collect()).output;

  test('that was left goes on, and what it said meanwhile comes with the one who comes back', async () => {
    const run = new PowerShell(pool).addScript(`1; ${WAIT_FOR('go')}; 2..500; 'end'`).invoke();
    const records = run[Symbol.asyncIterator]();
    expect((await records.next()).value).toBe(1);
    await pool.disconnect();
    expect(pool.state).toBe('Disconnected');
    const [listed] = await wsmanClient(way.target).enumerateShells();
    expect(listed).toMatchObject({ state: 'Disconnected', shellId: pool.id.toUpperCase() });
    expect(() => pool.run({ commands: [] })).toThrow('Disconnected');

    await pool.reconnect();
    expect(states).toEqual(['Opening', 'Opened', 'Disconnecting', 'Disconnected', 'Connecting', 'Opened']);
    await values(pool, RAISE('go'));
    const rest: PsValue[] = [];
    for (let next = await records.next(); next.done !== true; next = await records.next())
      rest.push(next.value);
    expect(rest).toEqual([...Array.from({ length: 499 }, (_, i) => i + 2), 'end']);
    expect((await run.finished).state).toBe('Completed');
  });

  test('has its variables still', async () => {
    await values(pool, '$global:kept = 42');
    await pool.disconnect({ idleTimeoutMs: 90_000, bufferMode: 'Drop' });
    const [listed] = await wsmanClient(way.target).enumerateShells();
    expect(listed).toMatchObject({ idleTimeoutMs: 90_000, bufferMode: 'Drop' });
    await pool.reconnect();
    expect(await values(pool, '$global:kept')).toEqual([42]);
  });

  test('is taken over by another client, with its pipelines and what nobody has received', async () => {
    const run = new PowerShell(pool).addScript(`1; ${WAIT_FOR('over')}; 2..300`).invoke();
    expect((await run[Symbol.asyncIterator]().next()).value).toBe(1);
    await pool.disconnect();
    const client = wsmanClient(way.target);
    const [shell] = await client.enumerateShellsWithCommands();
    expect(shell?.commands).toMatchObject([{ commandId: run.id.toUpperCase(), state: 'Disconnected' }]);

    const other = await connectPool(way.target, { shellId: shell?.shellId ?? '' });
    try {
      expect(other.state).toBe('Opened');
      expect(other.protocolVersion).toBe(pool.protocolVersion);
      expect(await other.listPipelines()).toEqual([{ id: run.id, state: 'Disconnected' }]);
      const taken = await other.connectPipeline(run.id);
      expect(other.runs).toEqual([taken]);
      await values(other, RAISE('over'));
      const { output, result } = await taken.collect();
      // The 1 was handed out before, and nobody can know that it arrived: it comes again.
      expect(output).toEqual([1, ...Array.from({ length: 299 }, (_, i) => i + 2)]);
      expect(result.state).toBe('Completed');
      expect(await values(other, '$PSVersionTable.PSVersion.Major')).toEqual([7]);
      expect(other.applicationPrivateData).toEqual(pool.applicationPrivateData);

      // The one who left finds it in use.
      await expect(pool.reconnect()).rejects.toMatchObject({ reason: 'in-use' });
      expect(pool.state).toBe('Disconnected');
    } finally {
      await other.close();
    }
    await expect(pool.reconnect()).rejects.toMatchObject({ reason: 'not-found' });
    expect(pool.state).toBe('Broken');
  });

  test('a pipeline that ended while nobody was there is received to its end', async () => {
    const run = new PowerShell(pool).addScript(`${WAIT_FOR('late')}; ${COUNT_TO(5)}`).invoke();
    await values(pool, RAISE('late'));
    await pool.disconnect();
    await pool.reconnect();
    expect((await run.collect()).output).toEqual([1, 2, 3, 4, 5]);
  });

  test('is stopped, when it is back, where that was asked for while it was away', async () => {
    const run = new PowerShell(pool).addScript(WAIT_FOR('never')).invoke();
    await values(pool, '1');
    await pool.disconnect();
    await run.stop();
    await expect(run.finished).rejects.toThrow('Disconnected');
    await pool.reconnect();
    expect(await values(pool, '2')).toEqual([2]);
    expect(pool.runs).toEqual([]);
  });

  test('that is in use is not to be had', async () => {
    const taking = connectPool(way.target, { shellId: pool.id });
    await expect(taking).rejects.toThrow(ShellFault);
    await expect(taking).rejects.toMatchObject({ reason: 'in-use', code: 2150859213 });
    await expect(
      connectPool(way.target, { shellId: 'AAAAAAAA-5553-4150-8A78-020057C8772A' }),
    ).rejects.toMatchObject({
      reason: 'not-found',
    });
    expect(await values(pool, '1')).toEqual([1]);
  });

  test('whose client died may be had once the server has missed it', async () => {
    await values(pool, '$global:kept = "after death"');
    pool.abort(new Error('killed'));
    let other: RunspacePool | undefined;
    // Until then it is in use.
    while (other === undefined) {
      other = await connectPool(way.target, { shellId: pool.id }).catch((error: unknown) => {
        expect(error).toMatchObject({ reason: 'in-use' });
        return undefined;
      });
    }
    expect(await values(other, '$global:kept')).toEqual(['after death']);
    await other.close();
  });
});
