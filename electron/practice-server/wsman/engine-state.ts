/** What has to be known of a pipeline's messages beside their bytes, read off them as they pass ([MS-PSRP] 3.2.1). */
import { decodeBody } from '../../protocol/psrp/codecs.ts';
import { decodeMessage, MessageType } from '../../protocol/psrp/message.ts';

const ENDED: ReadonlySet<string> = new Set(['Stopped', 'Completed', 'Failed']);

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

/** What a server may drop while nobody receives, in the buffer mode Drop: records. States and questions of the host are none. */
const RECORDS: ReadonlySet<number> = new Set([
  MessageType.PIPELINE_OUTPUT,
  MessageType.ERROR_RECORD,
  MessageType.DEBUG_RECORD,
  MessageType.VERBOSE_RECORD,
  MessageType.WARNING_RECORD,
  MessageType.PROGRESS_RECORD,
  MessageType.INFORMATION_RECORD,
]);

export function isRecord(message: Uint8Array): boolean {
  return RECORDS.has(messageType(message));
}

/** The type in the header; 0 for what is too short to have one. */
function messageType(message: Uint8Array): number {
  return message.byteLength < 8
    ? 0
    : new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(4, true);
}
