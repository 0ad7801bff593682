import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../electron/protocol/errors.ts';
import { Defragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import type { MessageName } from '../../../../electron/protocol/psrp/message.ts';
import { PoolObserver } from '../../../../electron/protocol/psrp/observer.ts';
import { buildFragments, readSession, sessionFiles } from '../../../vectors/psrp-vectors.ts';
import { capability, POOL_ID, newPool, rawMessage } from './endpoint.ts';

const NONE = '00000000-0000-0000-0000-000000000000';

/** Lets a recorded session pass by. */
function observe(
  file: string,
  until = Number.POSITIVE_INFINITY,
): { observer: PoolObserver; states: string[] } {
  const observer = new PoolObserver();
  const states: string[] = [];
  for (const packet of readSession(file).packets ?? []) {
    if (packet.index > until) break;
    if (packet.action !== 'Data') continue;
    const bytes = Buffer.from(packet.data ?? '', 'base64');
    const pid = packet.psGuid === NONE ? undefined : (packet.psGuid ?? undefined);
    if (packet.sender === 'server') observer.fromServer(bytes, pid);
    else observer.fromClient(bytes, pid, packet.stream === 'PromptResponse' ? 'promptResponse' : 'default');
    if (states.at(-1) !== observer.state) states.push(observer.state);
  }
  return { observer, states };
}

describe.each(sessionFiles('oop-'))('%s', (file) => {
  test('pool and pipelines end as they did', () => {
    const { observer, states } = observe(file);
    expect(states).toEqual(['Opening', 'Opened', 'Closing', 'Closed']);
    const recorded = readSession(file).messages;
    expect(observer.poolId).toBe(recorded[0]?.rpid);
    const ends = ['NotStarted', 'Running', 'Stopping', 'Stopped', 'Completed', 'Failed', 'Disconnected'];
    const pipelines = recorded
      .filter(({ messageTypeName }) => messageTypeName === 'PIPELINE_STATE')
      .map(({ pid, data }) => [pid, ends[Number(/PipelineState">(\d)/.exec(data ?? '')?.[1])]]);
    expect(Object.fromEntries(observer.pipelines)).toEqual(Object.fromEntries(pipelines));
    expect(observer.runningPipelines).toEqual([]);
  });
});

test('the limits are those the server granted', () => {
  // psrp/oop-pc_pool.json: 1 to 3; maximum 5 granted, minimum 2 granted, another minimum refused.
  expect(observe('oop-pc_pool.json').observer.limits).toEqual({ minRunspaces: 2, maxRunspaces: 5 });
});

test('a client that connects is answered, and understands', () => {
  const session = readSession('oop-basic.json');
  const create = session.messages.find(({ messageTypeName }) => messageTypeName === 'CREATE_PIPELINE');
  const { observer } = observe('oop-basic.json', create?.packet);
  expect(observer.runningPipelines).toEqual([create?.pid]);

  const pool = newPool({ id: observer.poolId ?? POOL_ID });
  pool.connect();
  const request = pool.takeOutgoing(() => 100_000);
  expect(PoolObserver.readConnect(request?.data ?? new Uint8Array())).toMatchObject({
    capability: { protocolVersion: '2.4' },
    poolId: observer.poolId,
    limits: {},
  });
  let id = 100n;
  const { connectResponse, receive } = observer.connectAnswer(() => ++id, 500);
  pool.receive(connectResponse, undefined);
  expect(pool.state).toBe('Opened');
  expect(pool.protocolVersion).toBe('2.4');
  expect([pool.minRunspaces, pool.maxRunspaces]).toEqual([1, 1]);
  expect(receive.length).toBeGreaterThan(1);
  for (const payload of receive) pool.receive(payload, undefined);
  expect(pool.applicationPrivateData).toEqual(observer.applicationPrivateData);
  expect(pool.nextEvents().map(({ kind }) => kind)).toEqual([
    'poolState',
    'capability',
    'initData',
    'poolState',
    'applicationPrivateData',
  ]);
});

test("the endpoint's own news pass the same table", () => {
  const { observer } = observe('oop-basic.json', 4);
  observer.apply('begin-disconnect');
  observer.apply('disconnected');
  expect(observer.state).toBe('Disconnected');
  expect(() => {
    observer.apply('open');
  }).toThrow(UsageError);
});

test('what cannot be answered is said', () => {
  expect(() => new PoolObserver().connectAnswer(() => 1n, 1000)).toThrow('has not been opened');
  const { observer } = observe('oop-basic.json', 4);
  expect(() => observer.connectAnswer(() => 1n, 200)).toThrow('does not fit');
});

test('a connect of other messages is refused', () => {
  const pool = newPool();
  pool.open();
  const opening = pool.takeOutgoing(() => 100_000)?.data ?? new Uint8Array();
  expect(() => PoolObserver.readConnect(opening)).toThrow('CONNECT_RUNSPACEPOOL');
  expect(() => PoolObserver.readConnect(opening.subarray(0, 30))).toThrow('inside a fragment');
});

test('a message that goes the wrong way is refused', () => {
  const pool = newPool();
  pool.open();
  const opening = pool.takeOutgoing(() => 100_000)?.data ?? new Uint8Array();
  expect(() => new PoolObserver().fromServer(opening, undefined)).toThrow('wrong way');
});

test('who connects is told the version that the engine speaks with the pool, not the one it could', () => {
  const observer = new PoolObserver();
  const send = (name: MessageName, data: string, side: 'client' | 'server'): void => {
    const bytes = Buffer.concat(
      buildFragments(1n, rawMessage(name, data, { destination: side === 'client' ? 2 : 1 })),
    );
    if (side === 'client') observer.fromClient(bytes, undefined, 'default');
    else observer.fromServer(bytes, undefined);
  };
  send('SESSION_CAPABILITY', capability('2.3'), 'client');
  const init = newPool({ id: POOL_ID });
  init.open();
  const opening = init.takeOutgoing(() => 100_000)?.data ?? new Uint8Array();
  // The second message of the opening: INIT_RUNSPACEPOOL.
  const [, second] = new Defragmenter().push(opening);
  observer.clientMessage(second?.message ?? new Uint8Array());
  send('SESSION_CAPABILITY', capability('2.4'), 'server');
  const pool = newPool({ id: POOL_ID });
  pool.connect();
  let id = 0n;
  pool.receive(observer.connectAnswer(() => ++id, 10_000).connectResponse, undefined);
  expect(pool.protocolVersion).toBe('2.3');
});
