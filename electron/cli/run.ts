/** What invoke and enter share: a pipeline as it is followed to its end, and errors as PowerShell words them. */
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject } from '../protocol/clixml/value.ts';
import { ERRORS_TO_OUTPUT, type PipelineCommand } from '../protocol/psrp/pipeline-spec.ts';
import type { ErrorRecord } from '../protocol/psrp/error-record.ts';
import type { PipelineResult, PipelineRun, RunspacePool } from '../remoting/index.ts';
import type { ConsoleHost } from './host.ts';
import type { Terminal } from './terminal.ts';

/** Formats whatever reaches it, by host calls at the host's width, as PowerShell's own client has it run. */
export const OUT_DEFAULT: PipelineCommand = {
  text: 'Out-Default',
  useLocalScope: true,
  merge: { previousResults: 'Warning' },
};

/** Errors go where the output goes, for Out-Default to format them. */
export const formatted = (command: PipelineCommand): PipelineCommand[] => [
  { ...command, merge: ERRORS_TO_OUTPUT },
  OUT_DEFAULT,
];

/** Draws what a formatted run brings besides host calls. */
export async function follow(
  run: PipelineRun,
  host: ConsoleHost,
  terminal: Terminal,
): Promise<PipelineResult> {
  for await (const record of run.records()) {
    if (record.kind === 'output') await terminal.show(`${displayText(record.value)}\n`, '', 'out');
    else if (record.kind === 'error') await host.error(errorText(record.record));
  }
  return await run.finished;
}

/** A terminating error, formatted by the server in a second pipeline, so that it looks as the server's PowerShell makes it. */
export async function showFailure(
  pool: RunspacePool,
  host: ConsoleHost,
  terminal: Terminal,
  result: PipelineResult,
): Promise<void> {
  const text = result.errorText ?? 'The command failed and gave no reason.';
  host.drewErrors = true;
  if (!(result.error instanceof PsObject)) {
    await host.error(text);
    return;
  }
  host.errorPass = true;
  host.drew = false;
  try {
    const run = pool.run({
      commands: [OUT_DEFAULT],
      noInput: false,
      addToHistory: false,
      hostInfo: host.info,
    });
    await run.writeInput(result.error);
    run.endInput();
    const shown = await follow(run, host, terminal);
    if (shown.state !== 'Completed' || !host.drew) await host.error(text);
  } catch {
    // The error itself matters more than that it could not be formatted.
    await host.error(text);
  } finally {
    host.errorPass = false;
  }
}

/** As PowerShell's concise view begins: the command, then what it says. */
export function errorText(record: ErrorRecord): string {
  const { activity } = record.category;
  return activity === undefined || activity === '' ? record.message : `${activity}: ${record.message}`;
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
