import type { PsValue } from '../../clixml/value.ts';
import { decodeInformationalRecord } from '../informational-record.ts';
import type { InformationalRecord } from '../informational-record.ts';

/** [MS-PSRP] 2.2.2.22, server to client. */
export function encodeDebugRecord(body: InformationalRecord): PsValue {
  return body.raw;
}

/** [MS-PSRP] 2.2.2.22 */
export function decodeDebugRecord(value: PsValue | undefined): InformationalRecord {
  return decodeInformationalRecord(value, 'DEBUG_RECORD');
}
