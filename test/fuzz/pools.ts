/** Client pools in every state a peer can meet them in, for bytes of any kind. */
import { generateKeyPairSync } from 'node:crypto';
import { NodeSessionKeyCrypto, sessionKeyPair } from '../../electron/remoting/session-key-crypto.ts';
import type { SessionKeyCrypto } from '../../electron/protocol/psrp/session-key.ts';
import { psPrimitiveDictionary } from '../../electron/protocol/clixml/value.ts';
import { hasEnded } from '../../electron/protocol/psrp/transitions.ts';
import type { ClientRunspacePool } from '../../electron/protocol/psrp/runspace-pool.ts';
import {
  capability,
  hostCall,
  newPool,
  NONE,
  openedPool,
  PIPELINE_ID,
  poolState,
  Server,
} from '../unit/protocol/psrp/endpoint.ts';
import { inPieces } from './mutate.ts';
import { Random } from './random.ts';

export const ENDED_PIPELINE_ID = '22222222-2222-3333-4444-555555555555';

let keyPair: ReturnType<typeof sessionKeyPair> | undefined;
const cipher = new NodeSessionKeyCrypto();
/** One key for all: making one takes longer than a hundred inputs. */
const crypto: SessionKeyCrypto = {
  generateKeyPair: () =>
    (keyPair ??= sessionKeyPair(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)),
  aes256CbcEncrypt: (key, iv, data) => cipher.aes256CbcEncrypt(key, iv, data),
  aes256CbcDecrypt: (key, iv, data) => cipher.aes256CbcDecrypt(key, iv, data),
};

type Made = { pool: ClientRunspacePool; server: Server };

function opening(): Made {
  const pool = newPool();
  pool.open();
  pool.takeOutgoing(() => 100_000);
  return { pool, server: new Server(pool) };
}

/** With a pipeline that runs, one that has ended, calls that wait for their answers and a host call that waits for ours. */
function busy(version = '2.4'): Made {
  const made = openedPool({ crypto, applicationArguments: psPrimitiveDictionary({ a: 1 }) }, version);
  const { pool, server } = made;
  pool.createPipeline({ commands: [{ text: 'x' }], noInput: false }, PIPELINE_ID);
  pool.createPipeline({ commands: [{ text: 'y' }] }, ENDED_PIPELINE_ID);
  pool.setMaxRunspaces(3);
  pool.getAvailableRunspaces();
  while (pool.takeOutgoing(() => 100_000) !== undefined);
  server.says(
    'PIPELINE_STATE',
    '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>',
    ENDED_PIPELINE_ID,
  );
  server.says('PIPELINE_HOST_CALL', hostCall(7, 11), PIPELINE_ID);
  return made;
}

function after(made: Made, act: (made: Made) => void): ClientRunspacePool {
  act(made);
  return made.pool;
}

export const POOLS: Readonly<Record<string, () => ClientRunspacePool>> = {
  BeforeOpen: () => newPool(),
  Opening: () => opening().pool,
  'Opening, negotiated': () =>
    after(opening(), ({ server }) =>
      server.says('SESSION_CAPABILITY', capability(), undefined, { rpid: NONE }),
    ),
  Opened: () => openedPool().pool,
  'Opened, busy': () => busy().pool,
  'Opened, 2.1, exchanging a key': () => after(busy('2.1'), ({ pool }) => pool.requestSessionKey()),
  'Opened, a pipeline stopping': () => after(busy(), ({ pool }) => pool.pipeline(PIPELINE_ID)?.stopping()),
  'Connecting, another client': () => {
    const pool = newPool();
    pool.connect();
    pool.reconstructPipeline(PIPELINE_ID);
    pool.takeOutgoing(() => 100_000);
    return pool;
  },
  Disconnecting: () => after(busy(), ({ pool }) => pool.beginDisconnect()),
  Disconnected: () => after(busy(), ({ pool }) => pool.disconnected()),
  'Connecting, back': () =>
    after(busy(), ({ pool }) => {
      pool.disconnected();
      pool.reconnecting();
    }),
  'Opened, back': () =>
    after(busy(), ({ pool }) => {
      pool.disconnected();
      pool.reconnecting();
      pool.reconnected();
    }),
  'Opened, answers lost': () =>
    after(busy(), ({ pool }) => {
      pool.answerLost(PIPELINE_ID);
      pool.answerLost(undefined);
    }),
  'Opened, a pipeline taken over': () =>
    after(openedPool(), ({ pool }) => {
      pool.reconstructPipeline(PIPELINE_ID, 5n);
    }),
  Closing: () => after(busy(), ({ pool }) => pool.beginClose()),
  Closed: () => after(busy(), ({ pool }) => pool.closed()),
  Broken: () => after(busy(), ({ server }) => server.says('RUNSPACEPOOL_STATE', poolState(5))),
};

export const POOL_NAMES: readonly string[] = Object.keys(POOLS);

/**
 * Lets a pool read what came, does what the library does with the events, and holds it to its promises: what it throws is up to the caller
 * to judge; after it threw, it is over and reads nothing any more.
 */
export function feedPool(
  pool: ClientRunspacePool,
  bytes: Uint8Array,
  seed: number,
  target: string | undefined,
): void {
  const random = new Random(seed);
  for (const piece of inPieces(random, bytes)) {
    try {
      pool.receive(piece, target);
    } catch (error) {
      if (pool.state !== 'Broken' && pool.state !== 'Closed') {
        throw new Error(`after a violation the pool is ${pool.state}`, { cause: error });
      }
      pool.nextEvents();
      pool.receive(bytes, target);
      if (pool.nextEvents().length > 0)
        throw new Error('a pool that is over still tells of events', { cause: error });
      throw error;
    }
    for (const event of pool.nextEvents()) {
      if (event.kind === 'hostCall' && !event.call.void) {
        pool.answerHostCall(event.call, { kind: 'error', error: { message: 'no' } });
      }
      if (event.kind === 'pipelineState' && hasEnded(event.state) && pool.pipeline(event.pipelineId)) {
        throw new Error('a pipeline that has ended is still held');
      }
    }
    while (pool.takeOutgoing(() => 50_000) !== undefined);
  }
}
