import type { PsValue } from '../../clixml/value.ts';
import { decodeInformationalRecord } from '../informational-record.ts';
import type { InformationalRecord } from '../informational-record.ts';

/** [MS-PSRP] 2.2.2.24, server to client. */
export function encodeWarningRecord(body: InformationalRecord): PsValue {
  return body.raw;
}

/** [MS-PSRP] 2.2.2.24 */
export function decodeWarningRecord(value: PsValue | undefined): InformationalRecord {
  return decodeInformationalRecord(value, 'WARNING_RECORD');
}
