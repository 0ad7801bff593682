import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.31, client to server. RUNSPACE_AVAILABILITY answers. Needs protocol 2.3. */
export interface ResetRunspaceState {
  readonly callId: bigint;
}

/** [MS-PSRP] 2.2.2.31 */
export function encodeResetRunspaceState(body: ResetRunspaceState): PsValue {
  return psRecord({ ci: body.callId });
}

/** [MS-PSRP] 2.2.2.31 */
export function decodeResetRunspaceState(value: PsValue | undefined): ResetRunspaceState {
  return { callId: new Fields(value, 'RESET_RUNSPACE_STATE').long('ci') };
}
