import type { MessageBodies } from './codecs.ts';
import { errorRecord } from './error-record.ts';
import type { HostCall } from './host-call.ts';
import type { HostCallOutcome } from './pool-options.ts';

/** The message that answers a host call. [MS-PSRP] 2.2.2.16, 2.2.2.28 */
export function hostResponse(
  call: HostCall,
  outcome: HostCallOutcome,
): {
  readonly name: 'RUNSPACEPOOL_HOST_RESPONSE' | 'PIPELINE_HOST_RESPONSE';
  readonly body: MessageBodies['PIPELINE_HOST_RESPONSE'];
} {
  return {
    name: call.pipelineId === undefined ? 'RUNSPACEPOOL_HOST_RESPONSE' : 'PIPELINE_HOST_RESPONSE',
    body: {
      callId: call.callId,
      methodId: call.methodId,
      methodName: call.method,
      ...(outcome.kind === 'value'
        ? { result: outcome.value ?? undefined }
        : {
            error: errorRecord({ fullyQualifiedErrorId: 'RemoteHostExecutionException', ...outcome.error }),
          }),
    },
  };
}
