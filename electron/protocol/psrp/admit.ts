/**
 * What a client accepts from a server, by default nothing ([MS-PSRP] 3.1.5.1): which messages, addressed to pool or pipeline, and in
 * which states.
 */
import { ProtocolError, UsageError } from '../errors.ts';
import { decodeBody } from './codecs.ts';
import type { DecodedMessage } from './codecs.ts';
import type { PoolState } from './enums.ts';
import type { PsrpEvent } from './events.ts';
import type { Defragmented } from './fragment.ts';
import { EMPTY_GUID } from './guid.ts';
import type { Inbox } from './inbox.ts';
import { decodeMessage } from './message.ts';
import type { MessageHeader, MessageName } from './message.ts';

/** Records may be addressed to the pool: servers warn before any pipeline runs. */
const FROM_SERVER: { readonly [N in MessageName]?: 'pool' | 'pipeline' | 'either' } = {
  SESSION_CAPABILITY: 'pool',
  ENCRYPTED_SESSION_KEY: 'pool',
  PUBLIC_KEY_REQUEST: 'pool',
  RUNSPACE_AVAILABILITY: 'pool',
  RUNSPACEPOOL_STATE: 'pool',
  USER_EVENT: 'pool',
  APPLICATION_PRIVATE_DATA: 'pool',
  RUNSPACEPOOL_INIT_DATA: 'pool',
  RUNSPACEPOOL_HOST_CALL: 'pool',
  PIPELINE_OUTPUT: 'pipeline',
  PIPELINE_STATE: 'pipeline',
  PIPELINE_HOST_CALL: 'pipeline',
  ERROR_RECORD: 'either',
  DEBUG_RECORD: 'either',
  VERBOSE_RECORD: 'either',
  WARNING_RECORD: 'either',
  PROGRESS_RECORD: 'either',
  INFORMATION_RECORD: 'either',
};

/** Until the versions are negotiated; a server that refuses us says so by its state. */
const BEFORE_NEGOTIATION: readonly MessageName[] = ['SESSION_CAPABILITY', 'RUNSPACEPOOL_STATE'];

export interface Receiver {
  readonly id: string;
  readonly state: PoolState;
  readonly negotiated: boolean;
  hasPipeline(id: string): boolean;
}

type PoolWarning = Extract<PsrpEvent, { kind: 'poolWarning' }>;

export type Admitted =
  | PoolWarning
  | { readonly kind: 'message'; readonly message: DecodedMessage; readonly pipelineId: string | undefined };

export function poolWarning(
  code: PoolWarning['code'],
  message: string,
  pipelineId: string | undefined,
  objectId: bigint,
): PoolWarning {
  return { kind: 'poolWarning', code, message, pipelineId, objectId };
}

/** Reads a message that is for this pool, or says why it is left aside. Throws where no conforming server would send it. */
export function admit(whole: Defragmented, inbox: Inbox, pool: Receiver): Admitted {
  const { objectId } = whole;
  const frame = decodeMessage(whole.message);
  const { name } = frame;
  const pipelineId = frame.pipelineId === EMPTY_GUID ? undefined : frame.pipelineId;
  if (frame.runspacePoolId !== pool.id && frame.runspacePoolId !== EMPTY_GUID) {
    // Its object id is of another sequence and says nothing about ours.
    return poolWarning(
      'psrp.pool.unknown',
      `${name} is addressed to another runspace pool.`,
      pipelineId,
      objectId,
    );
  }
  checkAccepted(frame, pool);
  if (pipelineId !== undefined && !pool.hasPipeline(pipelineId)) {
    inbox.ledger.add(objectId);
    const what = `${name} came for a pipeline that is not ours or has ended.`;
    return poolWarning('psrp.pipeline.unknown', what, pipelineId, objectId);
  }
  if (!inbox.note(objectId, pipelineId)) {
    return poolWarning('psrp.object.repeated', `${name} came a second time.`, pipelineId, objectId);
  }
  return { kind: 'message', message: decodeBody(frame), pipelineId };
}

function checkAccepted(frame: MessageHeader, pool: Receiver): void {
  const facts = { message: frame.name, state: pool.state };
  const level = FROM_SERVER[frame.name];
  if (frame.destination !== 'client' || level === undefined) {
    throw new ProtocolError(
      'psrp.message.unexpected',
      `A server does not send ${frame.name} to a client.`,
      facts,
    );
  }
  const addressedTo = frame.pipelineId === EMPTY_GUID ? 'pool' : 'pipeline';
  if (level !== 'either' && level !== addressedTo) {
    throw new ProtocolError('psrp.message.pipeline-id', `${frame.name} is not for a ${addressedTo}.`, facts);
  }
  if (pool.state === 'BeforeOpen') {
    throw new ProtocolError('psrp.message.early', `${frame.name} came before the pool was opened.`, facts);
  }
  if (!pool.negotiated && !BEFORE_NEGOTIATION.includes(frame.name)) {
    throw new ProtocolError(
      'psrp.message.early',
      `${frame.name} came before the versions were negotiated.`,
      facts,
    );
  }
}

/** [MS-PSRP] 3.1.5.4.5 */
export function keyUnavailable(objectId: bigint): PoolWarning {
  const what = 'The server asks for a key exchange, and no cryptography was provided.';
  return poolWarning('psrp.session-key.unavailable', what, undefined, objectId);
}

export function notOpened(what: string, state: PoolState): UsageError {
  return new UsageError('psrp.pool.not-opened', `Cannot ${what}: the runspace pool is ${state}.`, {
    state,
    expected: 'Opened',
  });
}
