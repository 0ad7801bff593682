/** What a server may not send, and what is left aside and said to be. */
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import type { MessageName } from '../../../../electron/protocol/psrp/message.ts';
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
  poolState,
  rawMessage,
  codeOf,
} from './endpoint.ts';

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

  test('one object id on two pipelines is no repetition', () => {
    const { pool } = openedPool();
    const ids = [PIPELINE_ID, POOL_ID];
    for (const id of ids) pool.createPipeline({ commands: [{ text: 'x' }] }, id);
    pool.nextEvents();
    for (const id of [...ids, ...ids]) {
      pool.receive(
        Buffer.concat(buildFragments(4n, rawMessage('PIPELINE_OUTPUT', '<S>x</S>', { pid: id }))),
        id,
      );
    }
    expect(pool.nextEvents().map(({ kind }) => kind)).toEqual([
      'output',
      'output',
      'poolWarning',
      'poolWarning',
    ]);
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
