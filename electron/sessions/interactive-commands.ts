/** The pipelines an interactive session runs, as PowerShell's own client makes them (recorded: test/vectors/interactive). */
import { hostInfoOf } from '../console/host-calls.ts';
import type { PipelineCommand, PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import { ERRORS_TO_OUTPUT } from '../protocol/psrp/pipeline-spec.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { TerminalSize } from '../../shared/terminal.ts';

const OUT_DEFAULT: PipelineCommand = {
  text: 'Out-Default',
  useLocalScope: true,
  merge: { previousResults: 'Warning' },
};

/** A line that a person typed: its errors merged into its output, all of it formatted by the server. */
export function lineSpec(line: string, host: HostInfo, addToHistory: boolean): PipelineSpec {
  return {
    commands: [{ text: line, isScript: true, merge: ERRORS_TO_OUTPUT }, OUT_DEFAULT],
    history: line,
    redirectShellErrorOutputPipe: false,
    addToHistory,
    hostInfo: host,
  };
}

/** The same for an endpoint that takes no scripts: each statement's commands, and what they bring formatted. */
export function commandsSpec(
  line: string,
  statements: readonly (readonly PipelineCommand[])[],
  host: HostInfo,
  addToHistory: boolean,
): PipelineSpec {
  return {
    commands: statements.flatMap((commands) => [
      ...commands.slice(0, -1),
      ...commands.slice(-1).map((last) => ({ ...last, merge: ERRORS_TO_OUTPUT })),
      { ...OUT_DEFAULT, endOfStatement: true },
    ]),
    history: line,
    redirectShellErrorOutputPipe: false,
    addToHistory,
    hostInfo: host,
  };
}

/** Formats objects given as input; a terminating error is shown this way, as PowerShell's console does. */
export function formatInputSpec(host: HostInfo): PipelineSpec {
  return {
    commands: [OUT_DEFAULT],
    redirectShellErrorOutputPipe: false,
    noInput: false,
    addToHistory: false,
    hostInfo: host,
  };
}

/** The remote `prompt` function; a command and not a script, so that it also runs where scripts are not allowed. */
export function promptSpec(host: HostInfo): PipelineSpec {
  return {
    commands: [{ text: 'prompt' }],
    history: 'prompt',
    redirectShellErrorOutputPipe: false,
    addToHistory: false,
    hostInfo: host,
  };
}

/** TabExpansion2 by its parameters, a command and not a script for the same reason. */
export function completionSpec(text: string, cursor: number, host: HostInfo): PipelineSpec {
  return {
    commands: [
      {
        text: 'TabExpansion2',
        arguments: [
          { name: 'inputScript', value: text },
          { name: 'cursorColumn', value: cursor },
        ],
      },
    ],
    redirectShellErrorOutputPipe: false,
    addToHistory: false,
    hostInfo: host,
  };
}

/** The newest errors of the runspace, as objects: what they are is asked where the page has only their text, in the server's language. */
export function recentErrorsSpec(host: HostInfo): PipelineSpec {
  return {
    commands: [
      {
        text: `foreach ($e in $Error) { $e; if (++$n -ge ${String(MOST_RECENT_ERRORS)}) { break } }`,
        isScript: true,
        useLocalScope: true,
      },
    ],
    redirectShellErrorOutputPipe: false,
    addToHistory: false,
    hostInfo: host,
  };
}

/** A denied share makes two or three: that it is denied, then that it is not there. */
const MOST_RECENT_ERRORS = 3;

/** What the server answers questions about the window from; sent with every pipeline, so that tables follow the terminal's width. */
export function hostInfoFor(size: TerminalSize, title: string): HostInfo {
  return hostInfoOf({ width: size.columns, height: size.rows }, title);
}
