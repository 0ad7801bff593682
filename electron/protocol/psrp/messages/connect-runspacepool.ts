import { PsObject, psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.29, client to server. Without limits the pool keeps those it has (so .NET; the specification says 1). Needs protocol 2.2. */
export interface ConnectRunspacePool {
  readonly minRunspaces?: number | undefined;
  readonly maxRunspaces?: number | undefined;
}

/** [MS-PSRP] 2.2.2.29. Without limits .NET sends an empty string. */
export function encodeConnectRunspacePool(body: ConnectRunspacePool): PsValue {
  if (body.minRunspaces === undefined && body.maxRunspaces === undefined) return '';
  return psRecord({ MinRunspaces: body.minRunspaces, MaxRunspaces: body.maxRunspaces });
}

/** [MS-PSRP] 2.2.2.29 */
export function decodeConnectRunspacePool(value: PsValue | undefined): ConnectRunspacePool {
  if (!(value instanceof PsObject)) return {};
  const fields = new Fields(value, 'CONNECT_RUNSPACEPOOL');
  return {
    minRunspaces: fields.optionalInt('MinRunspaces'),
    maxRunspaces: fields.optionalInt('MaxRunspaces'),
  };
}
