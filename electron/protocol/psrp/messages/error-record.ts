import type { PsValue } from '../../clixml/value.ts';
import { decodeErrorRecord } from '../error-record.ts';
import type { ErrorRecord } from '../error-record.ts';

/** [MS-PSRP] 2.2.2.20, server to client: an error that did not end the pipeline. */
export function encodeErrorRecordMessage(body: ErrorRecord): PsValue {
  return body.raw;
}

/** [MS-PSRP] 2.2.2.20 */
export function decodeErrorRecordMessage(value: PsValue | undefined): ErrorRecord {
  return decodeErrorRecord(value);
}
