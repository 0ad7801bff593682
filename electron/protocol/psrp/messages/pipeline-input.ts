import type { PsValue } from '../../clixml/value.ts';

/** [MS-PSRP] 2.2.2.17, client to server: one object of the pipeline's input. */
export interface PipelineInput {
  readonly value: PsValue;
}

/** [MS-PSRP] 2.2.2.17. `$null` is a message without data. */
export function encodePipelineInput(body: PipelineInput): PsValue | undefined {
  return body.value ?? undefined;
}

/** [MS-PSRP] 2.2.2.17 */
export function decodePipelineInput(value: PsValue | undefined): PipelineInput {
  return { value: value ?? null };
}
