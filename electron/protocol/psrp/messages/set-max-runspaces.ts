import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.6, client to server. RUNSPACE_AVAILABILITY answers. */
export interface SetMaxRunspaces {
  readonly maxRunspaces: number;
  readonly callId: bigint;
}

/** [MS-PSRP] 2.2.2.6 */
export function encodeSetMaxRunspaces(body: SetMaxRunspaces): PsValue {
  return psRecord({ MaxRunspaces: body.maxRunspaces, ci: body.callId });
}

/** [MS-PSRP] 2.2.2.6 */
export function decodeSetMaxRunspaces(value: PsValue | undefined): SetMaxRunspaces {
  const fields = new Fields(value, 'SET_MAX_RUNSPACES');
  return { maxRunspaces: fields.int('MaxRunspaces'), callId: fields.long('ci') };
}
