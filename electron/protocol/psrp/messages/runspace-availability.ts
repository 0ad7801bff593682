import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.8, server to client: the answer to SET_MIN, SET_MAX, RESET (whether it was done) and to GET_AVAILABLE_RUNSPACES (how many). */
export interface RunspaceAvailability {
  readonly callId: bigint;
  readonly response: boolean | bigint;
}

/** [MS-PSRP] 2.2.2.8. One property name for both kinds of answer. */
export function encodeRunspaceAvailability(body: RunspaceAvailability): PsValue {
  return psRecord({ SetMinMaxRunspacesResponse: body.response, ci: body.callId });
}

/** [MS-PSRP] 2.2.2.8 */
export function decodeRunspaceAvailability(value: PsValue | undefined): RunspaceAvailability {
  const fields = new Fields(value, 'RUNSPACE_AVAILABILITY');
  const response = fields.raw('SetMinMaxRunspacesResponse');
  return {
    callId: fields.long('ci'),
    response: typeof response === 'boolean' ? response : fields.long('SetMinMaxRunspacesResponse'),
  };
}
