import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.11, client to server. RUNSPACE_AVAILABILITY answers. */
export interface GetAvailableRunspaces {
  readonly callId: bigint;
}

/** [MS-PSRP] 2.2.2.11 */
export function encodeGetAvailableRunspaces(body: GetAvailableRunspaces): PsValue {
  return psRecord({ ci: body.callId });
}

/** [MS-PSRP] 2.2.2.11 */
export function decodeGetAvailableRunspaces(value: PsValue | undefined): GetAvailableRunspaces {
  return { callId: new Fields(value, 'GET_AVAILABLE_RUNSPACES').long('ci') };
}
