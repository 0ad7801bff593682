import type { PsValue } from '../../clixml/value.ts';
import { decodeInformationalRecord } from '../informational-record.ts';
import type { InformationalRecord } from '../informational-record.ts';

/** [MS-PSRP] 2.2.2.23, server to client. */
export function encodeVerboseRecord(body: InformationalRecord): PsValue {
  return body.raw;
}

/** [MS-PSRP] 2.2.2.23 */
export function decodeVerboseRecord(value: PsValue | undefined): InformationalRecord {
  return decodeInformationalRecord(value, 'VERBOSE_RECORD');
}
