import type { DecodedMessage } from './codecs.ts';
import type { PsrpEvent } from './events.ts';
import { EMPTY_GUID } from './guid.ts';
import { readHostCall } from './host-call.ts';

/** The event of a message that changes no state: records, output, host calls, user events. Undefined for the others. */
export function plainEvent(
  message: DecodedMessage,
  pipelineId: string | undefined,
  objectId: bigint,
): PsrpEvent | undefined {
  switch (message.name) {
    case 'PIPELINE_OUTPUT':
      return { kind: 'output', value: message.body.value, pipelineId: pipelineId ?? EMPTY_GUID, objectId };
    case 'ERROR_RECORD':
      return { kind: 'error', record: message.body, pipelineId, objectId };
    case 'WARNING_RECORD':
      return { kind: 'warning', record: message.body, pipelineId, objectId };
    case 'VERBOSE_RECORD':
      return { kind: 'verbose', record: message.body, pipelineId, objectId };
    case 'DEBUG_RECORD':
      return { kind: 'debug', record: message.body, pipelineId, objectId };
    case 'INFORMATION_RECORD':
      return { kind: 'information', record: message.body, pipelineId, objectId };
    case 'PROGRESS_RECORD':
      return { kind: 'progress', record: message.body, pipelineId, objectId };
    case 'RUNSPACEPOOL_HOST_CALL':
    case 'PIPELINE_HOST_CALL':
      return { kind: 'hostCall', call: readHostCall(message.body, pipelineId), pipelineId, objectId };
    case 'USER_EVENT':
      return { kind: 'userEvent', event: message.body, objectId };
    default:
      return undefined;
  }
}
