import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { POOL_STATES } from '../enums.ts';
import type { PoolState } from '../enums.ts';
import { decodeErrorRecord } from '../error-record.ts';
import type { ErrorRecord } from '../error-record.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.9, server to client. */
export interface RunspacePoolStateMessage {
  readonly state: PoolState;
  readonly error?: ErrorRecord;
}

/** [MS-PSRP] 2.2.2.9 */
export function encodeRunspacePoolState(body: RunspacePoolStateMessage): PsValue {
  return psRecord({
    RunspaceState: POOL_STATES.indexOf(body.state),
    ExceptionAsErrorRecord: body.error?.raw,
  });
}

/** [MS-PSRP] 2.2.2.9 */
export function decodeRunspacePoolState(value: PsValue | undefined): RunspacePoolStateMessage {
  const fields = new Fields(value, 'RUNSPACEPOOL_STATE');
  const error = fields.optionalObject('ExceptionAsErrorRecord');
  return {
    state: fields.oneOf('RunspaceState', POOL_STATES),
    ...(error ? { error: decodeErrorRecord(error) } : {}),
  };
}
