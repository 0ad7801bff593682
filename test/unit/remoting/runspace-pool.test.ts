/** What a pool does when its server or its connection does not do what was expected of them. */
import { expect, test } from 'vitest';
import type { PipelineSpec } from '../../../electron/protocol/psrp/pipeline-spec.ts';
import { PoolStateError } from '../../../electron/remoting/errors.ts';
import { RunspacePool } from '../../../electron/remoting/runspace-pool.ts';
import { capability, NONE, POOL_ID, pipelineState, poolState } from '../protocol/psrp/endpoint.ts';
import { openPool, ScriptedConnection } from './scripted-connection.ts';

const SPEC: PipelineSpec = { commands: [{ text: 'Get-Date' }], noInput: false };

/** Lets everything that is ready to go on go on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test.each([
  ['Closed', 3],
  ['Broken', 5],
])('a pool that the server says is %s is let go of, shell and all', async (state, code) => {
  const states: string[] = [];
  const { pool, connection } = await openPool({ stateChanged: (each) => void states.push(each) });
  await connection.says('RUNSPACEPOOL_STATE', poolState(code));
  expect(pool.state).toBe(state);
  expect(connection.calls).toContain('close');
  expect(states.at(-1)).toBe(state);
});

test('a pool that did not open leaves no connection behind', async () => {
  const connection = new ScriptedConnection();
  connection.script.open = () => Promise.reject(new Error('refused'));
  const pool = new RunspacePool(connection, { id: POOL_ID });
  await expect(pool.open()).rejects.toThrow('refused');
  expect(pool.state).toBe('Broken');
  expect(connection.calls).toContain('close');
});

test('a pool that was closed before its turn to open came is not waited for', async () => {
  const connection = new ScriptedConnection();
  const pool = new RunspacePool(connection, { id: POOL_ID });
  await pool.close();
  await expect(pool.open()).rejects.toMatchObject({ name: 'PoolStateError' });
  expect(connection.calls).not.toContain('open');
  expect(pool.state).toBe('Closed');
});

test('whoever closes a pool that is being closed waits for the same end', async () => {
  const { pool, connection } = await openPool();
  let deleted = (): void => undefined;
  connection.script.close = () =>
    new Promise((resolve) => {
      deleted = resolve;
    });
  let ends = 0;
  const both = [pool.close(), pool.close()].map((close) => close.then(() => (ends += 1)));
  await settled();
  expect(ends).toBe(0);
  deleted();
  await Promise.all(both);
  expect(connection.calls.filter((call) => call === 'close')).toHaveLength(1);
  expect(pool.state).toBe('Closed');
});

test('output that came before a violation is still read', async () => {
  const { pool, connection } = await openPool();
  const run = pool.run(SPEC);
  await connection.events.onData(
    connection.bytes(
      ['PIPELINE_OUTPUT', '<S>before</S>', run.id],
      ['PIPELINE_STATE', pipelineState(99), run.id],
    ),
    run.id,
  );
  const seen: unknown[] = [];
  await expect(
    (async () => {
      for await (const record of run.records()) if (record.kind === 'output') seen.push(record.value);
    })(),
  ).rejects.toMatchObject({ name: 'ProtocolError' });
  expect(seen).toEqual(['before']);
  expect(pool.state).toBe('Broken');
  // The shell stands on the server until somebody deletes it.
  expect(connection.calls).toContain('close');
});

test.each(['create', 'send'] as const)(
  'a pipeline whose %s fails is ended on the server, too',
  async (call) => {
    const { pool, connection } = await openPool();
    connection.script[call] = () => Promise.reject(new Error('no answer'));
    const run = pool.run(SPEC);
    if (call === 'send') await run.writeInput('x');
    await expect(run.finished).rejects.toThrow('no answer');
    expect(connection.calls.at(-1)).toBe(`close ${run.id}`);
    expect(pool.state).toBe('Opened');
  },
);

test('a pipeline that could not be told to stop is ended on the server', async () => {
  const { pool, connection } = await openPool();
  connection.script.stop = () => Promise.reject(new Error('no answer'));
  const run = pool.run(SPEC);
  await run.stop();
  await expect(run.finished).rejects.toThrow('no answer');
  expect(connection.calls.at(-1)).toBe(`close ${run.id}`);
});

test('what a lost pipeline still says is nobody’s, and its end is not told twice', async () => {
  const { pool, connection } = await openPool();
  const lost = pool.run(SPEC);
  connection.events.onPipelineEnded(lost.id, new Error('fault'));
  await expect(lost.finished).rejects.toThrow('fault');
  await connection.says('PIPELINE_STATE', pipelineState(4), lost.id);
  await settled();
  expect(connection.calls.filter((call) => call === `close ${lost.id}`)).toHaveLength(1);
  const next = pool.run(SPEC);
  await connection.says('PIPELINE_STATE', pipelineState(4), next.id);
  await expect(next.finished).resolves.toMatchObject({ state: 'Completed' });
});

test('a pipeline of which nothing has left is stopped without a word to the server', async () => {
  const { pool, connection } = await openPool();
  connection.room = 0;
  const run = pool.run(SPEC);
  await run.stop();
  await expect(run.finished).resolves.toMatchObject({ state: 'Stopped' });
  expect(connection.calls.filter((call) => call.startsWith('stop') || call.startsWith('create'))).toEqual([]);
});

test('closing while it opens ends the wait with the reason', async () => {
  const connection = new ScriptedConnection();
  const pool = new RunspacePool(connection, { id: POOL_ID });
  const opened = pool.open();
  await connection.says('SESSION_CAPABILITY', capability(), undefined, NONE);
  await pool.close();
  await expect(opened).rejects.toBeInstanceOf(PoolStateError);
  expect(pool.state).toBe('Closed');
});
