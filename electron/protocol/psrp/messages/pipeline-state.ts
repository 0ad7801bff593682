import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { PIPELINE_STATES } from '../enums.ts';
import type { PipelineState } from '../enums.ts';
import { decodeErrorRecord } from '../error-record.ts';
import type { ErrorRecord } from '../error-record.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.21, server to client. A terminating error comes here, whatever is merged. */
export interface PipelineStateMessage {
  readonly state: PipelineState;
  readonly error?: ErrorRecord;
}

/** [MS-PSRP] 2.2.2.21 */
export function encodePipelineState(body: PipelineStateMessage): PsValue {
  return psRecord({
    PipelineState: PIPELINE_STATES.indexOf(body.state),
    ExceptionAsErrorRecord: body.error?.raw,
  });
}

/** [MS-PSRP] 2.2.2.21 */
export function decodePipelineState(value: PsValue | undefined): PipelineStateMessage {
  const fields = new Fields(value, 'PIPELINE_STATE');
  const error = fields.optionalObject('ExceptionAsErrorRecord');
  return {
    state: fields.oneOf('PipelineState', PIPELINE_STATES),
    ...(error ? { error: decodeErrorRecord(error) } : {}),
  };
}
