/**
 * What has to be known of a runspace pool and its pipelines beside their bytes: the messages that introduced the server, for a client that
 * connects later, and whether a pipeline has ended. Read off the messages as they pass ([MS-PSRP] 3.2.1).
 */
import { decodeBody } from '../../protocol/psrp/codecs.ts';
import { decodeMessage, MessageType } from '../../protocol/psrp/message.ts';

/** Messages of the server that describe the pool, the latest of each. */
const REMEMBERED: ReadonlySet<number> = new Set([
  MessageType.SESSION_CAPABILITY,
  MessageType.APPLICATION_PRIVATE_DATA,
  MessageType.RUNSPACEPOOL_INIT_DATA,
  MessageType.RUNSPACEPOOL_STATE,
]);

const ENDED: ReadonlySet<string> = new Set(['Stopped', 'Completed', 'Failed']);

export class PoolMemory {
  readonly #latest = new Map<number, Uint8Array>();

  see(message: Uint8Array): void {
    const type = messageType(message);
    if (REMEMBERED.has(type)) this.#latest.set(type, message.slice());
  }

  latest(type: number): Uint8Array | undefined {
    return this.#latest.get(type);
  }
}

/** Whether this message is a pipeline's last. Throws ProtocolError for a state message that is none. */
export function endsPipeline(message: Uint8Array): boolean {
  if (messageType(message) !== MessageType.PIPELINE_STATE) return false;
  const decoded = decodeBody(decodeMessage(message));
  return decoded.name === 'PIPELINE_STATE' && ENDED.has(decoded.body.state);
}

/**
 * Whether the pipeline now waits for the client to answer a host call; a call id of -100 says that no answer is expected
 * ([MS-PSRP] 2.2.2.27, 2.2.3.17). Throws ProtocolError for a host call that is none.
 */
export function asksClient(message: Uint8Array): boolean {
  if (messageType(message) !== MessageType.PIPELINE_HOST_CALL) return false;
  const decoded = decodeBody(decodeMessage(message));
  return decoded.name === 'PIPELINE_HOST_CALL' && decoded.body.callId > 0n;
}

/** The type in the header; 0 for what is too short to have one. */
function messageType(message: Uint8Array): number {
  return message.byteLength < 8
    ? 0
    : new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(4, true);
}
