/** [MS-PSRP] 2.2.2.18, client to server: no more input comes. It has no data. */
export type EndOfPipelineInput = Readonly<Record<string, never>>;

/** [MS-PSRP] 2.2.2.18 */
export function encodeEndOfPipelineInput(): undefined {
  return undefined;
}

/** [MS-PSRP] 2.2.2.18. What it carries has no meaning and is not looked at. */
export function decodeEndOfPipelineInput(): EndOfPipelineInput {
  return {};
}
