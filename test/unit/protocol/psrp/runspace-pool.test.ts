import { describe, expect, test } from 'vitest';
import { PsPrimitive } from '../../../../electron/protocol/clixml/value.ts';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { Defragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../../../electron/protocol/psrp/message.ts';
import type { MessageFrame, MessageName } from '../../../../electron/protocol/psrp/message.ts';
import type { ClientRunspacePool } from '../../../../electron/protocol/psrp/runspace-pool.ts';
import type { OutgoingTarget } from '../../../../electron/protocol/psrp/outgoing.ts';
import { buildFragments } from '../../../vectors/psrp-vectors.ts';
import {
  PIPELINE_ID,
  POOL_ID,
  PRIVATE_DATA,
  Server,
  capability,
  hostCall,
  newPool,
  openedPool,
  pipelineState,
  poolState,
  rawMessage,
} from './endpoint.ts';

const NONE = '00000000-0000-0000-0000-000000000000';

function codeOf(action: () => unknown, type: typeof ProtocolError | typeof UsageError = UsageError): string {
  try {
    action();
  } catch (error) {
    if (error instanceof type) return error.code;
    throw error;
  }
  return 'no error';
}

interface Sent extends OutgoingTarget {
  messages: MessageFrame[];
}

function drain(
  pool: ClientRunspacePool,
  capacity: (target: OutgoingTarget) => number = () => 100_000,
): Sent[] {
  const sent: Sent[] = [];
  for (;;) {
    const outgoing = pool.takeOutgoing(capacity);
    if (outgoing === undefined) return sent;
    const { data, ...target } = outgoing;
    const messages = new Defragmenter().push(data).map(({ message }) => decodeMessage(message));
    sent.push({ ...target, messages });
  }
}

const names = (sent: readonly Sent[]): string[] =>
  sent.flatMap(({ messages }) => messages.map(({ name }) => name));

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

describe('what a server may not send', () => {
  const clientOnly: MessageName[] = [
    'INIT_RUNSPACEPOOL',
    'PUBLIC_KEY',
    'CONNECT_RUNSPACEPOOL',
    'SET_MAX_RUNSPACES',
    'SET_MIN_RUNSPACES',
    'CREATE_PIPELINE',
    'GET_AVAILABLE_RUNSPACES',
    'GET_COMMAND_METADATA',
    'RESET_RUNSPACE_STATE',
    'RUNSPACEPOOL_HOST_RESPONSE',
    'PIPELINE_INPUT',
    'END_OF_PIPELINE_INPUT',
    'PIPELINE_HOST_RESPONSE',
  ];

  test.each(clientOnly)('%s', (name) => {
    const { pool, server } = openedPool();
    expect(codeOf(() => server.says(name, '<S />'), ProtocolError)).toBe('psrp.message.unexpected');
    expect(pool.state).toBe('Broken');
    expect(pool.nextEvents()).toMatchObject([
      { kind: 'poolState', state: 'Broken', error: { kind: 'exception' } },
    ]);
  });

  test('a message for the server', () => {
    const { server } = openedPool();
    const code = codeOf(
      () => server.says('RUNSPACEPOOL_STATE', poolState(2), undefined, { destination: 2 }),
      ProtocolError,
    );
    expect(code).toBe('psrp.message.unexpected');
  });

  test.each([
    ['PIPELINE_OUTPUT', undefined],
    ['PIPELINE_STATE', undefined],
    ['PIPELINE_HOST_CALL', undefined],
    ['RUNSPACEPOOL_STATE', PIPELINE_ID],
    ['USER_EVENT', PIPELINE_ID],
    ['RUNSPACEPOOL_HOST_CALL', PIPELINE_ID],
  ] as const)('%s addressed to pipeline %s', (name, pid) => {
    const { pool, server } = openedPool();
    pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
    expect(codeOf(() => server.says(name, '<S />', pid), ProtocolError)).toBe('psrp.message.pipeline-id');
  });

  test('anything before we opened, or before the versions are known', () => {
    const before = newPool();
    expect(codeOf(() => new Server(before).says('SESSION_CAPABILITY', capability()), ProtocolError)).toBe(
      'psrp.message.early',
    );
    const opening = newPool();
    opening.open();
    expect(
      codeOf(() => new Server(opening).says('APPLICATION_PRIVATE_DATA', PRIVATE_DATA), ProtocolError),
    ).toBe('psrp.message.early');
  });

  test.each([
    ['a state that does not exist', 'RUNSPACEPOOL_STATE', poolState(9), 'psrp.data.field'],
    ['that its pool is not open yet', 'RUNSPACEPOOL_STATE', poolState(0), 'psrp.state'],
    ['that the opened pool opens', 'RUNSPACEPOOL_STATE', poolState(1), 'psrp.state'],
    ['a state without a state', 'RUNSPACEPOOL_STATE', '<Obj RefId="0"><MS /></Obj>', 'psrp.data.field'],
    ['no object', 'RUNSPACEPOOL_STATE', '<S>x</S>', 'psrp.data.not-an-object'],
    ['nothing', 'RUNSPACEPOOL_STATE', '', 'psrp.data.not-an-object'],
    [
      'a key nobody asked for',
      'ENCRYPTED_SESSION_KEY',
      '<Obj RefId="0"><MS><S N="EncryptedSessionKey">AA==</S></MS></Obj>',
      'psrp.session-key.unasked',
    ],
    ['a method that does not exist', 'RUNSPACEPOOL_HOST_CALL', hostCall(1, 57), 'psrp.host-call.method'],
    ['a method without its arguments', 'RUNSPACEPOOL_HOST_CALL', hostCall(1, 26), 'psrp.host-call.value'],
  ] as const)('%s', (_, name, data, code) => {
    const { pool, server } = openedPool();
    expect(codeOf(() => server.says(name, data), ProtocolError)).toBe(code);
    expect(pool.state).toBe('Broken');
    // What follows is not looked at.
    server.says('RUNSPACEPOOL_STATE', poolState(2));
    expect(pool.state).toBe('Broken');
  });
});

describe('what is left aside, and said to be', () => {
  test('a message to another pool, a repeated one, one for an unknown pipeline, an answer to no call', () => {
    const { pool, server } = openedPool();
    server.says('RUNSPACEPOOL_STATE', poolState(5), undefined, { rpid: PIPELINE_ID });
    pool.receive(
      Buffer.concat(buildFragments(2n, rawMessage('APPLICATION_PRIVATE_DATA', PRIVATE_DATA))),
      undefined,
    );
    server.says('PIPELINE_OUTPUT', '<S>x</S>', PIPELINE_ID);
    server.says(
      'RUNSPACE_AVAILABILITY',
      '<Obj RefId="0"><MS><B N="SetMinMaxRunspacesResponse">true</B><I64 N="ci">77</I64></MS></Obj>',
    );
    server.says('PUBLIC_KEY_REQUEST', '<S />');
    expect(
      pool.nextEvents().map((event) => (event.kind === 'poolWarning' ? event.code : event.kind)),
    ).toEqual([
      'psrp.pool.unknown',
      'psrp.object.repeated',
      'psrp.pipeline.unknown',
      'psrp.call.unknown',
      'psrp.session-key.unavailable',
    ]);
    expect(pool.state).toBe('Opened');
  });

  test('a lost message shows as missing', () => {
    const { pool } = openedPool();
    pool.createPipeline({ commands: [{ text: 'x' }] }, PIPELINE_ID);
    for (const id of [4n, 6n, 9n]) {
      const raw = rawMessage('PIPELINE_OUTPUT', '<S>x</S>', { pid: PIPELINE_ID });
      pool.receive(Buffer.concat(buildFragments(id, raw)), PIPELINE_ID);
    }
    expect(pool.missingObjects).toEqual([
      [5n, 5n],
      [7n, 8n],
    ]);
    expect(pool.highestObjectId).toBe(9n);
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

describe('host calls', () => {
  test('the answer goes by promptResponse, before everything else', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }], noInput: false });
    drain(pool);
    server.says('PIPELINE_HOST_CALL', hostCall(5, 11), pipeline.id);
    const [event] = pool.nextEvents().slice(-1);
    if (event?.kind !== 'hostCall') throw new Error('no call');
    expect(event.call).toMatchObject({
      method: 'ReadLine',
      callId: 5n,
      void: false,
      pipelineId: pipeline.id,
      args: {},
    });
    pipeline.writeInput('x');
    pool.answerHostCall(event.call, { kind: 'value', value: 'typed' });
    const sent = drain(pool);
    expect(sent.map(({ stream, messages }) => [stream, messages[0]?.name])).toEqual([
      ['promptResponse', 'PIPELINE_HOST_RESPONSE'],
      ['default', 'PIPELINE_INPUT'],
    ]);
    expect(sent[0]?.messages[0]?.data).toContain('<S N="mr">typed</S>');
  });

  test('an error is answered as an error record', () => {
    const { pool, server } = openedPool();
    server.says('RUNSPACEPOOL_HOST_CALL', hostCall(6, 11));
    const [event] = pool.nextEvents();
    if (event?.kind !== 'hostCall') throw new Error('no call');
    pool.answerHostCall(event.call, {
      kind: 'error',
      error: { message: 'no console', category: 'NotImplemented' },
    });
    const [sent] = drain(pool);
    expect(sent?.messages[0]).toMatchObject({ name: 'RUNSPACEPOOL_HOST_RESPONSE', pipelineId: NONE });
    expect(sent?.messages[0]?.data).toMatch(/N="me".*no console.*<I32 N="ErrorCategory_Category">11</s);
    expect(sent?.messages[0]?.data).not.toContain('"mr"');
  });

  test('a void call wants no answer; one of an ended pipeline gets none', () => {
    const { pool, server } = openedPool();
    const pipeline = pool.createPipeline({ commands: [{ text: 'x' }] });
    drain(pool);
    server.says('PIPELINE_HOST_CALL', hostCall(-100, 16, '<S>line</S>'), pipeline.id);
    server.says('PIPELINE_HOST_CALL', hostCall(7, 11), pipeline.id);
    server.says('PIPELINE_STATE', pipelineState(5), pipeline.id);
    const calls = pool.nextEvents().flatMap((event) => (event.kind === 'hostCall' ? [event.call] : []));
    const [written, read] = calls;
    if (written === undefined || read === undefined) throw new Error('no calls');
    expect(written).toMatchObject({ method: 'WriteLine2', void: true, args: { text: 'line' } });
    expect(codeOf(() => pool.answerHostCall(written, { kind: 'value', value: undefined }))).toBe(
      'psrp.host-call.void',
    );
    pool.answerHostCall(read, { kind: 'value', value: 'too late' });
    expect(drain(pool)).toEqual([]);
  });
});

function answer(field: string, callId: bigint): string {
  return `<Obj RefId="0"><MS>${field}<I64 N="ci">${callId}</I64></MS></Obj>`;
}

describe('calls to the pool', () => {
  test('are matched by their id', () => {
    const { pool, server } = openedPool({ maxRunspaces: 4 });
    const min = pool.setMinRunspaces(2);
    const max = pool.setMaxRunspaces(9);
    const free = pool.getAvailableRunspaces();
    const reset = pool.resetRunspaceState();
    expect(names(drain(pool))).toEqual([
      'SET_MIN_RUNSPACES',
      'SET_MAX_RUNSPACES',
      'GET_AVAILABLE_RUNSPACES',
      'RESET_RUNSPACE_STATE',
    ]);
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">false</B>', max));
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">true</B>', min));
    server.says('RUNSPACE_AVAILABILITY', answer('<I64 N="SetMinMaxRunspacesResponse">3</I64>', free));
    server.says('RUNSPACE_AVAILABILITY', answer('<B N="SetMinMaxRunspacesResponse">true</B>', reset));
    expect(pool.nextEvents()).toMatchObject([
      { kind: 'runspaceAvailability', callId: max, request: 'set-max', response: false },
      { kind: 'runspaceAvailability', callId: min, request: 'set-min', response: true },
      { kind: 'runspaceAvailability', callId: free, request: 'get-available', response: 3n },
      { kind: 'runspaceAvailability', callId: reset, request: 'reset', response: true },
    ]);
    expect([pool.minRunspaces, pool.maxRunspaces]).toEqual([2, 4]);
  });

  test('reset needs protocol 2.3; limits are sane', () => {
    const { pool } = openedPool({}, '2.2');
    expect(codeOf(() => pool.resetRunspaceState())).toBe('psrp.pool.reset');
    for (const count of [0, -1, 1.5, 2 ** 31, Number.NaN]) {
      expect(codeOf(() => pool.setMaxRunspaces(count))).toBe('psrp.pool.limits');
    }
    expect(codeOf(() => newPool({ minRunspaces: 3, maxRunspaces: 2 }))).toBe('psrp.pool.limits');
    expect(drain(pool)).toEqual([]);
  });
});

describe('secure strings', () => {
  test('from 2.4 on they are plain, and no key is exchanged', () => {
    const { pool } = openedPool();
    expect(pool.canEncrypt).toBe(true);
    pool.requestSessionKey();
    expect(drain(pool)).toEqual([]);
    expect(pool.nextEvents()).toEqual([{ kind: 'sessionKeyReady' }]);
    // psrp/oop-host_input.json, message of ReadLineAsSecureString.
    const sealed = new PsPrimitive('SS', 'cwAzAGMAcgBlAHQA');
    expect(pool.encryptSecureString('s3cret')).toEqual(sealed);
    expect(pool.decryptSecureString(sealed)).toBe('s3cret');
    expect(codeOf(() => pool.decryptSecureString(new PsPrimitive('SS', 'AAAA')), ProtocolError)).toBe(
      'psrp.secure-string.plain',
    );
  });

  test('below they need the key, and cryptography', () => {
    const { pool } = openedPool({}, '2.3');
    expect(pool.canEncrypt).toBe(false);
    expect(codeOf(() => pool.encryptSecureString('x'))).toBe('psrp.session-key.missing');
    expect(codeOf(() => pool.requestSessionKey())).toBe('psrp.session-key.crypto');
  });

  test('the server asks for the exchange; asked twice, one key goes out', () => {
    const crypto = {
      generateKeyPair: () => ({
        publicModulus: new Uint8Array(256).fill(7),
        exponent: 65537,
        decryptNoPadding: (bytes: Uint8Array) => bytes,
      }),
      aes256CbcEncrypt: (_key: Uint8Array, _iv: Uint8Array, data: Uint8Array) => data,
      aes256CbcDecrypt: (_key: Uint8Array, _iv: Uint8Array, data: Uint8Array) => data,
    };
    const { pool, server } = openedPool({ crypto }, '2.1');
    server.says('PUBLIC_KEY_REQUEST', '<S />');
    server.says('PUBLIC_KEY_REQUEST', '<S />');
    pool.requestSessionKey();
    expect(names(drain(pool))).toEqual(['PUBLIC_KEY']);
  });
});

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
