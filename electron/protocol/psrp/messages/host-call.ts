import type { PsValue } from '../../clixml/value.ts';
import { psEnum, psList, psRecord } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** RUNSPACEPOOL_HOST_CALL [MS-PSRP] 2.2.2.15 and PIPELINE_HOST_CALL 2.2.2.27, server to client: one shape. */
export interface HostCallMessage {
  /** -100 where no answer is awaited. */
  readonly callId: bigint;
  readonly methodId: number;
  readonly methodName: string;
  readonly parameters: readonly PsValue[];
}

/** The call id of a call that wants no answer ([MS-PSRP] 2.2.2.15 speaks of void methods; the number is .NET's). */
export const VOID_CALL_ID = -100n;

const METHOD_ID = 'System.Management.Automation.Remoting.RemoteHostMethodId';

/** [MS-PSRP] 2.2.3.17 */
export function encodeMethodId(id: number, name: string): PsValue {
  return psEnum(METHOD_ID, name, id);
}

/** [MS-PSRP] 2.2.2.15, 2.2.2.27 */
export function encodeHostCall(body: HostCallMessage): PsValue {
  return psRecord({
    ci: body.callId,
    mi: encodeMethodId(body.methodId, body.methodName),
    mp: psList([...body.parameters]),
  });
}

/** [MS-PSRP] 2.2.2.15, 2.2.2.27 */
export function decodeHostCall(value: PsValue | undefined): HostCallMessage {
  const fields = new Fields(value, 'HOST_CALL');
  return {
    callId: fields.long('ci'),
    methodId: fields.int('mi'),
    methodName: fields.optionalObject('mi')?.text ?? '',
    parameters: fields.items('mp'),
  };
}
