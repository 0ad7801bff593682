import { psRecord } from '../clixml/value.ts';
import type { PsObject, PsValue } from '../clixml/value.ts';
import { Fields } from './fields.ts';

/** What DEBUG_RECORD, VERBOSE_RECORD and WARNING_RECORD carry ([MS-PSRP] 2.2.3.16 InformationalRecord). */
export interface InformationalRecord {
  readonly message: string;
  /** Whether the invocation info stands in `raw` (`InvocationInfo_*`): only when the pipeline asked by RemoteStreamOptions. */
  readonly hasInvocationInfo: boolean;
  /** The object as it came. */
  readonly raw: PsObject;
}

/** [MS-PSRP] 2.2.3.16 */
export function decodeInformationalRecord(value: PsValue | undefined, where: string): InformationalRecord {
  const fields = new Fields(value, where);
  return {
    message: fields.optionalString('InformationalRecord_Message') ?? '',
    hasInvocationInfo: fields.optionalBoolean('InformationalRecord_SerializeInvocationInfo') ?? false,
    raw: fields.object,
  };
}

/** A record of ours, as an endpoint sends it. [MS-PSRP] 2.2.3.16 */
export function informationalRecord(
  type: 'Debug' | 'Verbose' | 'Warning',
  message: string,
): InformationalRecord {
  const raw = psRecord(
    { InformationalRecord_Message: message, InformationalRecord_SerializeInvocationInfo: false },
    [
      `System.Management.Automation.${type}Record`,
      'System.Management.Automation.InformationalRecord',
      'System.Object',
    ],
  );
  raw.text = message;
  return { message, hasInvocationInfo: false, raw };
}
