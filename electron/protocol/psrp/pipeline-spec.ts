/**
 * What a pipeline is to run ([MS-PSRP] 2.2.2.10, 2.2.3.11 PowerShell, 2.2.3.12 Command, 2.2.3.13 Command Parameter).
 */
import { PsObject, psList, psRecord } from '../clixml/value.ts';
import type { PsValue } from '../clixml/value.ts';
import { ProtocolError, UsageError } from '../errors.ts';
import { PIPELINE_RESULT_TYPES } from './enums.ts';
import type { ApartmentState, PipelineResultType } from './enums.ts';
import { Fields, enumAt } from './fields.ts';
import type { HostInfo } from './host-info.ts';

export type ProtocolVersion = '2.1' | '2.2' | '2.3' | '2.4';

export interface CommandArgument {
  /** Undefined for a positional argument. A switch has a name and no value. */
  readonly name?: string | undefined;
  readonly value?: PsValue | undefined;
}

/**
 * Where a command's streams go. `myResult`/`toResult` is PowerShell 2's pair; `error` to `information` came with protocol 2.2 (2.3
 * for information) and are left out below. A 7.x server heeds only the newer ones, so set both to merge errors.
 */
export interface MergeInstructions {
  readonly myResult?: PipelineResultType;
  readonly toResult?: PipelineResultType;
  readonly previousResults?: PipelineResultType;
  readonly error?: PipelineResultType;
  readonly warning?: PipelineResultType;
  readonly verbose?: PipelineResultType;
  readonly debug?: PipelineResultType;
  readonly information?: PipelineResultType;
}

export interface PipelineCommand {
  /** A command's name, or a script. */
  readonly text: string;
  readonly isScript?: boolean;
  /** Undefined lets the server decide. */
  readonly useLocalScope?: boolean | undefined;
  readonly arguments?: readonly CommandArgument[];
  readonly merge?: MergeInstructions;
  /** The command is the last of its statement, as before `;`. The last command of all needs none. */
  readonly endOfStatement?: boolean;
}

export interface PipelineSpec {
  readonly commands: readonly PipelineCommand[];
  /** Run inside the pipeline that is under way, as a nested prompt does. */
  readonly isNested?: boolean;
  /** What the history shows; undefined for the command's own text. */
  readonly history?: string | undefined;
  /** Errors of the pipeline go to the shell's error output; .NET's default is true. */
  readonly redirectShellErrorOutputPipe?: boolean;
  /** The server does not wait for input; default true. */
  readonly noInput?: boolean;
  readonly addToHistory?: boolean;
  readonly apartmentState?: ApartmentState;
  /** Flags of RemoteStreamOptions. */
  readonly remoteStreamOptions?: number;
  /** Default: the pool's host. */
  readonly hostInfo?: HostInfo;
}

/** A command that merges its errors into its output, for servers old and new. */
export const ERRORS_TO_OUTPUT: MergeInstructions = { myResult: 'Error', toResult: 'Output', error: 'Output' };

const RESULT_TYPES = 'System.Management.Automation.Runspaces.PipelineResultTypes';
/** The type list that .NET gives the lists in a PowerShell object; servers do not look at it. */
const LIST = ['System.Collections.ArrayList', 'System.Object'];

/** Wire name, our name, first protocol version. */
const MERGES = [
  ['MergeMyResult', 'myResult', 1],
  ['MergeToResult', 'toResult', 1],
  ['MergePreviousResults', 'previousResults', 1],
  ['MergeError', 'error', 2],
  ['MergeWarning', 'warning', 2],
  ['MergeVerbose', 'verbose', 2],
  ['MergeDebug', 'debug', 2],
  ['MergeInformation', 'information', 3],
] as const;

/** The minor part of a protocol version. */
export function minorOf(version: ProtocolVersion): number {
  return Number(version.slice(2));
}

/** Commands by statement. */
function statementsOf(commands: readonly PipelineCommand[]): PipelineCommand[][] {
  const statements: PipelineCommand[][] = [[]];
  commands.forEach((command, i) => {
    statements.at(-1)?.push(command);
    if (command.endOfStatement === true && i < commands.length - 1) statements.push([]);
  });
  return statements;
}

/** [MS-PSRP] 2.2.3.11. With several statements, ExtraCmds holds them all and Cmds the first. */
export function encodePowerShell(spec: PipelineSpec, version: ProtocolVersion): PsObject {
  if (spec.commands.length === 0) throw new UsageError('psrp.pipeline.empty', 'A pipeline needs a command.');
  const statements = statementsOf(spec.commands).map((commands) =>
    psList(
      commands.map((c) => encodeCommand(c, version)),
      LIST,
    ),
  );
  return psRecord({
    Cmds: statements[0] ?? null,
    IsNested: spec.isNested ?? false,
    History: spec.history ?? null,
    RedirectShellErrorOutputPipe: spec.redirectShellErrorOutputPipe ?? true,
    ExtraCmds:
      statements.length > 1
        ? psList(
            statements.map((list) => psRecord({ Cmds: list })),
            LIST,
          )
        : undefined,
  });
}

/** [MS-PSRP] 2.2.3.12 */
function encodeCommand(command: PipelineCommand, version: ProtocolVersion): PsObject {
  const fields: Record<string, PsValue> = {
    Cmd: command.text,
    Args: psList(
      (command.arguments ?? []).map(({ name, value }) => psRecord({ N: name ?? null, V: value ?? null })),
      LIST,
    ),
    IsScript: command.isScript ?? false,
    UseLocalScope: command.useLocalScope ?? null,
  };
  for (const [wire, name, since] of MERGES) {
    if (since <= minorOf(version)) {
      fields[wire] = enumAt(RESULT_TYPES, PIPELINE_RESULT_TYPES, command.merge?.[name] ?? 'None');
    }
  }
  return psRecord(fields);
}

type DecodedPowerShell = Pick<
  PipelineSpec,
  'commands' | 'isNested' | 'history' | 'redirectShellErrorOutputPipe'
>;

/** [MS-PSRP] 2.2.3.11 */
export function decodePowerShell(value: PsValue | undefined): DecodedPowerShell {
  const fields = new Fields(value, 'PowerShell');
  const extra = fields.optionalItems('ExtraCmds');
  const lists = extra?.length
    ? extra.map((statement) => new Fields(statement, 'ExtraCmds').items('Cmds'))
    : [fields.items('Cmds')];
  const commands = lists.flatMap((list, i) =>
    list.map((command, j) => decodeCommand(command, i < lists.length - 1 && j === list.length - 1)),
  );
  if (commands.length === 0) {
    throw new ProtocolError('psrp.pipeline.empty', 'A pipeline without a command was sent.');
  }
  return {
    commands,
    isNested: fields.optionalBoolean('IsNested') ?? false,
    history: fields.optionalString('History'),
    redirectShellErrorOutputPipe: fields.optionalBoolean('RedirectShellErrorOutputPipe') ?? true,
  };
}

/** [MS-PSRP] 2.2.3.12 */
function decodeCommand(value: PsValue, endOfStatement: boolean): PipelineCommand {
  const fields = new Fields(value, 'Command');
  const merge: { -readonly [K in keyof MergeInstructions]: MergeInstructions[K] } = {};
  for (const [wire, name] of MERGES) {
    if (fields.raw(wire) !== undefined) merge[name] = fields.oneOf(wire, PIPELINE_RESULT_TYPES);
  }
  return {
    text: fields.string('Cmd'),
    isScript: fields.boolean('IsScript'),
    useLocalScope: fields.optionalBoolean('UseLocalScope'),
    arguments: (fields.optionalItems('Args') ?? []).map((argument) => {
      const parts = new Fields(argument, 'Command Parameter');
      return { name: parts.optionalString('N'), value: parts.raw('V') };
    }),
    merge,
    ...(endOfStatement ? { endOfStatement } : {}),
  };
}
