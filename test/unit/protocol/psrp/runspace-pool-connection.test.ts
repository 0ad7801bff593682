/** Connections lost, regained, broken and closed. */
import { describe, expect, test } from 'vitest';
import { buildFragments } from '../../../vectors/psrp-vectors.ts';
import {
  PIPELINE_ID,
  openedPool,
  pipelineState,
  poolState,
  rawMessage,
  codeOf,
  drain,
  names,
} from './endpoint.ts';

function output(text: string): Buffer {
  return rawMessage('PIPELINE_OUTPUT', `<S>${text}</S>`, { pid: PIPELINE_ID });
}

describe('connections lost and regained', () => {
  test('pipelines go with the pool and come back with it; nothing is sent meanwhile', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    drain(pool);
    pool.disconnected();
    expect([pool.state, pipeline.state]).toEqual(['Disconnected', 'Disconnected']);
    pipeline.writeInput('kept');
    expect(drain(pool)).toEqual([]);
    pool.reconnecting();
    expect(drain(pool)).toEqual([]);
    pool.reconnected();
    expect([pool.state, pipeline.state]).toEqual(['Opened', 'Running']);
    expect(names(drain(pool))).toEqual(['PIPELINE_INPUT']);
    server.says('PIPELINE_STATE', pipelineState(4), pipeline.id);
    expect(pipeline.state).toBe('Completed');
  });

  test('what the server repeats after a reconnect comes once', () => {
    const { pool } = openedPool();
    pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
    drain(pool);
    const [first, second, third] = [
      buildFragments(4n, output('one'), 20),
      buildFragments(5n, output('two'), 20),
      buildFragments(6n, output('three'), 20),
    ] as [Buffer[], Buffer[], Buffer[]];
    pool.receive(Buffer.concat([...first, ...second.slice(0, 1)]), PIPELINE_ID);
    pool.disconnected();
    pool.reconnecting();
    pool.reconnected();
    pool.receive(Buffer.concat([...first.slice(1), ...second, ...third]), PIPELINE_ID);
    const values = pool.nextEvents().flatMap((event) => (event.kind === 'output' ? [event.value] : []));
    expect(values).toEqual(['one', 'two', 'three']);
    expect(pool.missingObjects).toEqual([]);
  });

  test('a refused disconnect leaves the pool opened', () => {
    const { pool } = openedPool();
    pool.beginDisconnect();
    expect(pool.state).toBe('Disconnecting');
    pool.reconnected();
    expect(pool.state).toBe('Opened');
    expect(codeOf(() => pool.reconnecting())).toBe('psrp.state');
  });

  test('a broken connection fails the pipelines with its error, once', () => {
    const { pool } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }] });
    pool.nextEvents();
    const exception = new Error('the line is dead');
    pool.broken(exception);
    pool.broken(new Error('again'));
    expect(pipeline.state).toBe('Failed');
    expect(pool.nextEvents()).toEqual([
      { kind: 'poolState', state: 'Broken', previous: 'Opened', error: { kind: 'exception', exception } },
      {
        kind: 'pipelineState',
        pipelineId: pipeline.id,
        state: 'Failed',
        previous: 'Running',
        error: { kind: 'exception', exception },
      },
    ]);
    expect(drain(pool)).toEqual([]);
    expect(codeOf(() => pool.createPipeline({ commands: [{ text: 'x' }] }))).toBe('psrp.pool.not-opened');
    expect(codeOf(() => pool.reconstructPipeline(PIPELINE_ID))).toBe('psrp.pool.not-opened');
  });

  test('closing: ours, then the server says the same', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }] });
    pool.beginClose();
    server.says('RUNSPACEPOOL_STATE', poolState(4));
    server.says('RUNSPACEPOOL_STATE', poolState(3));
    pool.closed();
    expect([pool.state, pipeline.state]).toEqual(['Closed', 'Stopped']);
    const states = pool.nextEvents().flatMap((event) => (event.kind === 'poolState' ? [event.state] : []));
    expect(states).toEqual(['Closing', 'Closed']);
  });

  test("messages behind the last word of the server are nobody's", () => {
    const { pool } = openedPool();
    const both = [
      rawMessage('RUNSPACEPOOL_STATE', poolState(3)),
      rawMessage('RUNSPACEPOOL_STATE', 'nonsense'),
    ];
    pool.receive(Buffer.concat(both.flatMap((raw, i) => buildFragments(BigInt(i + 4), raw))), undefined);
    expect(pool.state).toBe('Closed');
  });
});
