/** What a session reads out of what its server sent. */
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { PipelineResult } from '../remoting/index.ts';

/** The server's parser wants more input: not an error but an unfinished line. */
export function isIncomplete(result: PipelineResult): boolean {
  if (result.state !== 'Failed' || !(result.error instanceof PsObject)) return false;
  const exception = result.error.get('Exception');
  return (
    exception instanceof PsObject &&
    exception.isOfType('System.Management.Automation.IncompleteParseException')
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
