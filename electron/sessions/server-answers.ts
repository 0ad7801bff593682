/** What a session reads out of what its server sent. */
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { PipelineResult, PipelineRun } from '../remoting/index.ts';

/** A prompt of more is none, but a function that does not stop. */
const MOST_PROMPT_CHARS = 16 * 1024;

/** What a `prompt` pipeline says; nothing where it failed. One that goes on for too long is stopped. */
export async function readPrompt(run: PipelineRun): Promise<string> {
  let said = '';
  for await (const record of run.records()) {
    if (record.kind === 'output') said += displayText(record.value);
    if (said.length >= MOST_PROMPT_CHARS) return said.slice(0, MOST_PROMPT_CHARS);
  }
  return (await run.finished).state === 'Completed' ? said : '';
}

/** The server's parser wants more input: not an error but an unfinished line. */
export function isIncomplete(result: PipelineResult): boolean {
  if (result.state !== 'Failed' || !(result.error instanceof PsObject)) return false;
  const exception = result.error.get('Exception');
  return (
    exception instanceof PsObject &&
    exception.isOfType('System.Management.Automation.IncompleteParseException')
  );
}

/** The endpoint runs commands, and no scripts (NoLanguage): nothing of the line has run. */
export function refusesScripts(result: PipelineResult): boolean {
  if (result.state !== 'Failed' || !(result.error instanceof PsObject)) return false;
  const exception = result.error.get('Exception');
  return (
    result.error.get('FullyQualifiedErrorId') === 'ScriptsNotAllowed' &&
    exception instanceof PsObject &&
    exception.isOfType('System.Management.Automation.ParseException')
  );
}

/**
 * The server did not begin it, because it took the pipeline before it to be running still: "Pipelines cannot be run concurrently". PowerShell 7
 * says so now and then of one that comes while another is being stopped (seen once in 4,000 tries). An error of the same kind that a command
 * throws says where it was thrown.
 */
export function wasNotBegun(result: PipelineResult): boolean {
  if (result.state !== 'Failed' || !(result.error instanceof PsObject)) return false;
  const exception = result.error.get('Exception');
  return (
    exception instanceof PsObject &&
    exception.isOfType('System.Management.Automation.PSInvalidOperationException') &&
    !(result.error.get('InvocationInfo') instanceof PsObject)
  );
}

/** The server knows no such command: a missing function rather than one that failed. */
export function isUnknownCommand(result: PipelineResult): boolean {
  if (result.state !== 'Failed' || !(result.error instanceof PsObject)) return false;
  const exception = result.error.get('Exception');
  return (
    exception instanceof PsObject &&
    exception.isOfType('System.Management.Automation.CommandNotFoundException')
  );
}

/** What the other side said of itself when the pool opened. */
export function remoteFacts(data: PsValue | undefined): { psVersion?: string; os?: string } {
  if (!(data instanceof PsObject)) return {};
  const table = data.entry('PSVersionTable');
  if (!(table instanceof PsObject)) return {};
  const version = table.entry('PSVersion');
  const os = table.entry('OS');
  return {
    ...(version === undefined || version === null ? {} : { psVersion: displayText(version) }),
    ...(typeof os === 'string' ? { os } : {}),
  };
}
