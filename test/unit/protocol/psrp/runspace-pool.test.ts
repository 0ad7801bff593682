/** Opening, connecting, pipelines: what is sent and what becomes of the answers. */
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { Defragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../../../electron/protocol/psrp/message.ts';
import {
  PIPELINE_ID,
  POOL_ID,
  PRIVATE_DATA,
  NONE,
  Server,
  capability,
  newPool,
  openedPool,
  pipelineState,
  poolState,
  codeOf,
  drain,
} from './endpoint.ts';

describe('opening', () => {
  test('queues capability and init for one call, and is Opened when the server says so', () => {
    const pool = newPool({ minRunspaces: 1, maxRunspaces: 3 });
    const server = new Server(pool);
    expect(pool.takeOutgoing(() => 100_000)).toBeUndefined();
    pool.open();
    expect(drain(pool)).toMatchObject([
      {
        stream: 'default',
        pipelineId: undefined,
        opensPool: true,
        opensPipeline: false,
        messages: [
          { name: 'SESSION_CAPABILITY', destination: 'server', runspacePoolId: POOL_ID, pipelineId: NONE },
          { name: 'INIT_RUNSPACEPOOL' },
        ],
      },
    ]);
    server.says('SESSION_CAPABILITY', capability('2.3'), undefined, { rpid: NONE });
    expect(pool.protocolVersion).toBe('2.3');
    expect(pool.state).toBe('Opening');
    server.says('APPLICATION_PRIVATE_DATA', PRIVATE_DATA);
    server.says('RUNSPACEPOOL_STATE', poolState(2));
    expect(pool.state).toBe('Opened');
    expect(pool.applicationPrivateData?.entry('a')).toBe(1);
    expect(pool.nextEvents()).toMatchObject([
      { kind: 'poolState', state: 'Opening', previous: 'BeforeOpen' },
      { kind: 'capability', protocolVersion: '2.3', objectId: 1n },
      { kind: 'applicationPrivateData', objectId: 2n },
      { kind: 'poolState', state: 'Opened', previous: 'Opening', objectId: 3n },
    ]);
    expect(pool.nextEvents()).toEqual([]);
  });

  test('an opening too large for one call goes on by Send', () => {
    const pool = newPool();
    pool.open();
    const sizes: [boolean, number][] = [];
    for (;;) {
      const outgoing = pool.takeOutgoing(({ opensPool }) => (opensPool ? 400 : 300));
      if (outgoing === undefined) break;
      sizes.push([outgoing.opensPool, outgoing.data.length]);
    }
    expect(sizes.map(([opens]) => opens)).toEqual([true, ...sizes.slice(1).map(() => false)]);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes.slice(1).map(([, length]) => length))).toBeLessThanOrEqual(300);
  });

  test.each([
    ['2.4', '2.5', '2.4'],
    ['2.4', '2.2', '2.2'],
    ['2.2', '2.4', '2.2'],
    ['2.4', '2.3.0.1', '2.3'],
  ] as const)('we speak %s, the server %s: %s', (ours, theirs, agreed) => {
    const pool = newPool({ protocolVersion: ours });
    pool.open();
    new Server(pool).says('SESSION_CAPABILITY', capability(theirs));
    expect(pool.protocolVersion).toBe(agreed);
  });

  test.each(['3.0', '1.9', '2.0', '0.0'])('a server of version %s is refused', (version) => {
    const pool = newPool();
    pool.open();
    const code = codeOf(
      () => new Server(pool).says('SESSION_CAPABILITY', capability(version)),
      ProtocolError,
    );
    expect(code).toBe('psrp.capability.version');
    expect(pool.state).toBe('Broken');
  });

  test('another client connects: limits come with init data', () => {
    const pool = newPool();
    const server = new Server(pool);
    pool.connect();
    const [first] = drain(pool);
    expect(first).toMatchObject({ opensPool: true });
    expect(
      first?.messages.map(({ name, data }) => [name, name === 'CONNECT_RUNSPACEPOOL' ? data : '']),
    ).toEqual([
      ['SESSION_CAPABILITY', ''],
      ['CONNECT_RUNSPACEPOOL', '<S></S>'],
    ]);
    server.says('SESSION_CAPABILITY', capability());
    server.says(
      'RUNSPACEPOOL_INIT_DATA',
      '<Obj RefId="0"><MS><I32 N="MinRunspaces">2</I32><I32 N="MaxRunspaces">5</I32></MS></Obj>',
    );
    expect(pool.state).toBe('Opened');
    expect([pool.minRunspaces, pool.maxRunspaces]).toEqual([2, 5]);
    const pipeline = pool.reconstructPipeline(PIPELINE_ID.toUpperCase());
    expect(pipeline.state).toBe('Disconnected');
    pipeline.connected();
    server.says('PIPELINE_OUTPUT', '<S>x</S>', PIPELINE_ID);
    server.says('PIPELINE_STATE', pipelineState(4), PIPELINE_ID);
    expect(pool.nextEvents().slice(-3)).toMatchObject([
      { kind: 'pipelineState', state: 'Running', previous: 'Disconnected' },
      { kind: 'output', value: 'x', pipelineId: PIPELINE_ID },
      { kind: 'pipelineState', state: 'Completed' },
    ]);
  });

  test('a server that refuses says so by its state', () => {
    const pool = newPool();
    pool.open();
    new Server(pool).says('RUNSPACEPOOL_STATE', poolState(5));
    expect(pool.state).toBe('Broken');
  });
});

describe('pipelines', () => {
  test('the first fragment opens, alone; the rest follows; inputs share', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({
      commands: [{ text: 'x'.repeat(3000), isScript: true }],
      noInput: false,
    });
    pipeline.writeInput('one');
    pipeline.writeInput(null);
    pipeline.endInput();
    const payloads: [boolean, number][] = [];
    const defragmenter = new Defragmenter();
    const messages: string[] = [];
    for (;;) {
      const outgoing = pool.takeOutgoing(({ opensPipeline }) => (opensPipeline ? 1000 : 2000));
      if (outgoing === undefined) break;
      expect(outgoing.pipelineId).toBe(pipeline.id);
      payloads.push([outgoing.opensPipeline, outgoing.data.length]);
      for (const { message } of defragmenter.push(outgoing.data)) messages.push(decodeMessage(message).name);
    }
    expect(payloads[0]).toEqual([true, 1000]);
    expect(payloads.slice(1).every(([opens]) => !opens)).toBe(true);
    expect(messages).toEqual([
      'CREATE_PIPELINE',
      'PIPELINE_INPUT',
      'PIPELINE_INPUT',
      'END_OF_PIPELINE_INPUT',
    ]);
    expect(pipeline.queuedBytes).toBe(0);
    server.says('PIPELINE_STATE', pipelineState(4), pipeline.id);
    expect(pipeline.state).toBe('Completed');
    expect(pool.pipelines).toEqual([]);
  });

  test('a small pipeline and its input still take two payloads', () => {
    const { pool } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    pipeline.endInput();
    expect(
      drain(pool).map(({ opensPipeline, messages }) => [opensPipeline, messages.map(({ name }) => name)]),
    ).toEqual([
      [true, ['CREATE_PIPELINE']],
      [false, ['END_OF_PIPELINE_INPUT']],
    ]);
  });

  test('pipelines take turns, and one that may not send holds up nobody', () => {
    const { pool } = openedPool();
    const [a, b] = [1, 2].map(() => pool.createPipeline({ commands: [{ text: 'x' }], noInput: false }));
    drain(pool);
    for (let i = 0; i < 3; i++) {
      a?.writeInput('a'.repeat(50));
      b?.writeInput('b'.repeat(50));
    }
    const size = 21 + 40 + 3 + '<S></S>'.length + 50;
    const order = drain(pool, () => size).map(({ pipelineId }) => (pipelineId === a?.id ? 'a' : 'b'));
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    a?.writeInput('held');
    b?.writeInput('free');
    expect(
      drain(pool, ({ pipelineId }) => (pipelineId === a?.id ? 0 : size)).map((s) => s.pipelineId),
    ).toEqual([b?.id]);
    expect(drain(pool).map((s) => s.pipelineId)).toEqual([a?.id]);
  });

  test('records of every kind, with or without a pipeline', () => {
    const { pool, server } = openedPool();
    pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
    const informational =
      '<Obj RefId="0"><MS><S N="InformationalRecord_Message">m</S><B N="InformationalRecord_SerializeInvocationInfo">false</B></MS></Obj>';
    server.says('WARNING_RECORD', informational);
    server.says('VERBOSE_RECORD', informational, PIPELINE_ID);
    server.says('DEBUG_RECORD', informational, PIPELINE_ID);
    server.says('PIPELINE_OUTPUT', '', PIPELINE_ID);
    server.says('PIPELINE_OUTPUT', '<Nil />', PIPELINE_ID);
    const events = pool.nextEvents().slice(1);
    expect(events).toMatchObject([
      { kind: 'warning', pipelineId: undefined, record: { message: 'm' }, objectId: 4n },
      { kind: 'verbose', pipelineId: PIPELINE_ID, record: { message: 'm' } },
      { kind: 'debug', pipelineId: PIPELINE_ID, record: { message: 'm' } },
      { kind: 'output', value: null },
      { kind: 'output', value: null },
    ]);
  });

  test('stopped before anything left: withdrawn', () => {
    const { pool } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }] });
    pipeline.stopping();
    expect(pipeline.state).toBe('Stopped');
    expect(drain(pool)).toEqual([]);
    expect(pool.nextEvents().map((event) => event.kind === 'pipelineState' && event.state)).toEqual([
      'Running',
      'Stopped',
    ]);
  });

  test('stopped while running: input that waits is dropped, the server has the last word', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    drain(pool);
    pipeline.writeInput('lost');
    pipeline.stopping();
    expect(pipeline.state).toBe('Stopping');
    expect(drain(pool)).toEqual([]);
    expect(codeOf(() => pipeline.writeInput('late'))).toBe('psrp.pipeline.input');
    server.says('PIPELINE_STATE', pipelineState(3), pipeline.id);
    expect(pipeline.state).toBe('Stopped');
    pipeline.stopping();
    expect(pipeline.state).toBe('Stopped');
  });

  test('no input where none was announced, none after its end', () => {
    const { pool } = openedPool();
    const closed = pool.createPipeline({ commands: [{ text: 'x' }] });
    expect(codeOf(() => closed.writeInput('x'))).toBe('psrp.pipeline.input');
    expect(codeOf(() => closed.endInput())).toBe('psrp.pipeline.input');
    const open = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    open.endInput();
    expect(codeOf(() => open.writeInput('x'))).toBe('psrp.pipeline.input');
    expect(codeOf(() => open.endInput())).toBe('psrp.pipeline.input');
  });

  test('ids are our own and used once; a pipeline needs a command and an opened pool', () => {
    const { pool } = openedPool();
    pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
    expect(codeOf(() => pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID.toUpperCase()))).toBe(
      'psrp.pipeline.id',
    );
    expect(codeOf(() => pool.createPipeline({ commands: [{ text: 'x' }] }, NONE))).toBe('psrp.pipeline.id');
    expect(codeOf(() => pool.createPipeline({ commands: [{ text: 'x' }] }, 'x'))).toBe('psrp.guid');
    expect(codeOf(() => pool.createPipeline({ commands: [] }))).toBe('psrp.pipeline.empty');
    expect(pool.pipelines.map(({ id }) => id)).toEqual([PIPELINE_ID]);
    expect(codeOf(() => newPool().createPipeline({ commands: [{ text: 'x' }] }))).toBe(
      'psrp.pool.not-opened',
    );
  });
});
