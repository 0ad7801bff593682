import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.30, server to client: tells a client that connects how large the pool is. */
export interface RunspacePoolInitData {
  readonly minRunspaces: number;
  readonly maxRunspaces: number;
}

/** [MS-PSRP] 2.2.2.30 */
export function encodeRunspacePoolInitData(body: RunspacePoolInitData): PsValue {
  return psRecord({ MinRunspaces: body.minRunspaces, MaxRunspaces: body.maxRunspaces });
}

/** [MS-PSRP] 2.2.2.30 */
export function decodeRunspacePoolInitData(value: PsValue | undefined): RunspacePoolInitData {
  const fields = new Fields(value, 'RUNSPACEPOOL_INIT_DATA');
  return { minRunspaces: fields.int('MinRunspaces'), maxRunspaces: fields.int('MaxRunspaces') };
}
