import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { decodeErrorRecord } from '../error-record.ts';
import type { ErrorRecord } from '../error-record.ts';
import { Fields } from '../fields.ts';
import { encodeMethodId } from './host-call.ts';

/** RUNSPACEPOOL_HOST_RESPONSE [MS-PSRP] 2.2.2.16 and PIPELINE_HOST_RESPONSE 2.2.2.28, client to server: one shape. */
export interface HostResponseMessage {
  readonly callId: bigint;
  readonly methodId: number;
  readonly methodName: string;
  /** What the method returned. */
  readonly result?: PsValue | undefined;
  /** What it threw instead. */
  readonly error?: ErrorRecord | undefined;
}

/** [MS-PSRP] 2.2.2.16, 2.2.2.28 */
export function encodeHostResponse(body: HostResponseMessage): PsValue {
  return psRecord({
    ci: body.callId,
    mi: encodeMethodId(body.methodId, body.methodName),
    mr: body.error === undefined ? body.result : undefined,
    me: body.error?.raw,
  });
}

/** [MS-PSRP] 2.2.2.16, 2.2.2.28 */
export function decodeHostResponse(value: PsValue | undefined): HostResponseMessage {
  const fields = new Fields(value, 'HOST_RESPONSE');
  const error = fields.optionalObject('me');
  return {
    callId: fields.long('ci'),
    methodId: fields.int('mi'),
    methodName: fields.optionalObject('mi')?.text ?? '',
    ...(error ? { error: decodeErrorRecord(error) } : { result: fields.raw('mr') }),
  };
}
