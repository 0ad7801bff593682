import type { PsValue } from '../../clixml/value.ts';

/** [MS-PSRP] 2.2.2.19, server to client: one object of the pipeline's output. */
export interface PipelineOutput {
  readonly value: PsValue;
}

/** [MS-PSRP] 2.2.2.19. `$null` is a message without data. */
export function encodePipelineOutput(body: PipelineOutput): PsValue | undefined {
  return body.value ?? undefined;
}

/** [MS-PSRP] 2.2.2.19 */
export function decodePipelineOutput(value: PsValue | undefined): PipelineOutput {
  return { value: value ?? null };
}
