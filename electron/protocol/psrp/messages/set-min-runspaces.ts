import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.7, client to server. RUNSPACE_AVAILABILITY answers. */
export interface SetMinRunspaces {
  readonly minRunspaces: number;
  readonly callId: bigint;
}

/** [MS-PSRP] 2.2.2.7 */
export function encodeSetMinRunspaces(body: SetMinRunspaces): PsValue {
  return psRecord({ MinRunspaces: body.minRunspaces, ci: body.callId });
}

/** [MS-PSRP] 2.2.2.7 */
export function decodeSetMinRunspaces(value: PsValue | undefined): SetMinRunspaces {
  const fields = new Fields(value, 'SET_MIN_RUNSPACES');
  return { minRunspaces: fields.int('MinRunspaces'), callId: fields.long('ci') };
}
