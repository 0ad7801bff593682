/** A server's side of a session for tests: messages built from text, as an engine writes them, without our encoders. */
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { Defragmenter } from '../../../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../../../electron/protocol/psrp/message.ts';
import type { MessageFrame } from '../../../../electron/protocol/psrp/message.ts';
import type { OutgoingTarget } from '../../../../electron/protocol/psrp/outgoing.ts';
import { MessageType } from '../../../../electron/protocol/psrp/message.ts';
import type { MessageName } from '../../../../electron/protocol/psrp/message.ts';
import { ClientRunspacePool } from '../../../../electron/protocol/psrp/runspace-pool.ts';
import type { RunspacePoolOptions } from '../../../../electron/protocol/psrp/pool-options.ts';
import { buildFragments } from '../../../vectors/psrp-vectors.ts';

export const POOL_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
export const PIPELINE_ID = '11111111-2222-3333-4444-555555555555';
export const NONE = '00000000-0000-0000-0000-000000000000';

/** [MS-PSRP] 2.2.1 by hand. */
export function rawMessage(
  name: MessageName,
  data: string,
  ids: { rpid?: string; pid?: string | undefined; destination?: number } = {},
): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(ids.destination ?? 1, 0);
  header.writeUInt32LE(MessageType[name], 4);
  return Buffer.concat([header, guid(ids.rpid ?? POOL_ID), guid(ids.pid ?? NONE), Buffer.from(data, 'utf8')]);
}

function guid(text: string): Buffer {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-');
  return Buffer.concat([
    Buffer.from(a, 'hex').toReversed(),
    Buffer.from(b, 'hex').toReversed(),
    Buffer.from(c, 'hex').toReversed(),
    Buffer.from(d + e, 'hex'),
  ]);
}

export const capability = (version = '2.4'): string =>
  `<Obj RefId="0"><MS><Version N="protocolversion">${version}</Version><Version N="PSVersion">2.0</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>`;
export const poolState = (state: number): string =>
  `<Obj RefId="0"><MS><I32 N="RunspaceState">${state}</I32></MS></Obj>`;
export const pipelineState = (state: number): string =>
  `<Obj RefId="0"><MS><I32 N="PipelineState">${state}</I32></MS></Obj>`;
export const hostCall = (callId: number, method: number, parameters = ''): string =>
  `<Obj RefId="0"><MS><I64 N="ci">${callId}</I64><Obj N="mi" RefId="1"><ToString>x</ToString><I32>${method}</I32></Obj><Obj N="mp" RefId="2"><LST>${parameters}</LST></Obj></MS></Obj>`;
export const PRIVATE_DATA =
  '<Obj RefId="0"><MS><Obj N="ApplicationPrivateData" RefId="1"><DCT><En><S N="Key">a</S><I32 N="Value">1</I32></En></DCT></Obj></MS></Obj>';

export class Server {
  #objectId = 0n;
  readonly pool: ClientRunspacePool;

  constructor(pool: ClientRunspacePool) {
    this.pool = pool;
  }

  /** Sends a message, each with the next object id. */
  says(
    name: MessageName,
    data: string,
    pid?: string,
    ids: { rpid?: string; destination?: number } = {},
  ): bigint {
    const objectId = ++this.#objectId;
    this.pool.receive(Buffer.concat(buildFragments(objectId, rawMessage(name, data, { ...ids, pid }))), pid);
    return objectId;
  }
}

export function newPool(options: Partial<RunspacePoolOptions> = {}): ClientRunspacePool {
  let guids = 0;
  return new ClientRunspacePool({
    id: POOL_ID,
    newGuid: () => `99999999-0000-0000-0000-${String(++guids).padStart(12, '0')}`,
    ...options,
  });
}

/** A pool that is Opened, with nothing in its queues. */
export function openedPool(
  options: Partial<RunspacePoolOptions> = {},
  version = '2.4',
): { pool: ClientRunspacePool; server: Server } {
  const pool = newPool(options);
  const server = new Server(pool);
  pool.open();
  pool.takeOutgoing(() => 100_000);
  server.says('SESSION_CAPABILITY', capability(version), undefined, { rpid: NONE });
  server.says('APPLICATION_PRIVATE_DATA', PRIVATE_DATA);
  server.says('RUNSPACEPOOL_STATE', poolState(2));
  pool.nextEvents();
  return { pool, server };
}

export function codeOf(
  action: () => unknown,
  type: typeof ProtocolError | typeof UsageError = UsageError,
): string {
  try {
    action();
  } catch (error) {
    if (error instanceof type) return error.code;
    throw error;
  }
  return 'no error';
}

export interface Sent extends OutgoingTarget {
  messages: MessageFrame[];
}

export function drain(
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

export const names = (sent: readonly Sent[]): string[] =>
  sent.flatMap(({ messages }) => messages.map(({ name }) => name));
