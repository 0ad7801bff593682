/**
 * What a server tells of its commands: the output of the pipeline that GET_COMMAND_METADATA starts, a count and then each command
 * ([MS-PSRP] 2.2.2.14, 2.2.3.21 to 2.2.3.23).
 */
import { PsObject, type PsValue } from '../clixml/value.ts';
import { CommandTypes } from './enums.ts';
import { Fields, entriesOf } from './fields.ts';

export type CommandKind = Exclude<keyof typeof CommandTypes, 'All'>;

export interface ParameterMetadata {
  readonly name: string;
  /** A .NET type, as `System.String[]`. */
  readonly type: string | undefined;
  readonly aliases: readonly string[];
  readonly isSwitch: boolean;
  /** It is there under conditions only. */
  readonly isDynamic: boolean;
}

export interface CommandMetadata {
  readonly name: string;
  readonly kind: CommandKind | undefined;
  /** The module it comes from. */
  readonly module: string | undefined;
  readonly helpUri: string | undefined;
  /** What an alias stands for. */
  readonly resolvedName: string | undefined;
  readonly outputTypes: readonly string[];
  readonly parameters: readonly ParameterMetadata[];
}

/** How many follow. [MS-PSRP] 2.2.3.21 */
export function decodeCommandMetadataCount(value: PsValue): number {
  return new Fields(value, 'CommandMetadataCount').int('Count');
}

/** [MS-PSRP] 2.2.3.22 */
export function decodeCommandMetadata(value: PsValue): CommandMetadata {
  const fields = new Fields(value, 'CommandMetadata');
  const type = fields.optionalInt('CommandType');
  const parameters = fields.raw('Parameters');
  return {
    name: fields.string('Name'),
    kind: KINDS.find((kind) => CommandTypes[kind] === type),
    module: text(fields.optionalString('Namespace')),
    helpUri: text(fields.optionalString('HelpUri')),
    resolvedName: text(fields.optionalString('ResolvedCommandName')),
    outputTypes: texts(fields.optionalItems('OutputType')),
    // Commands of the operating system have none.
    parameters:
      parameters === undefined ? [] : entriesOf(parameters, 'Parameters').map(([, each]) => parameter(each)),
  };
}

const KINDS = (Object.keys(CommandTypes) as (keyof typeof CommandTypes)[]).filter((kind) => kind !== 'All');

/** [MS-PSRP] 2.2.3.23 */
function parameter(value: PsValue): ParameterMetadata {
  const fields = new Fields(value, 'ParameterMetadata');
  return {
    name: fields.string('Name'),
    type: text(fields.optionalString('ParameterType')),
    aliases: texts(fields.optionalItems('Aliases')),
    isSwitch: fields.optionalBoolean('SwitchParameter') ?? false,
    isDynamic: fields.optionalBoolean('IsDynamic') ?? false,
  };
}

function text(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** PSTypeName comes as its text. */
function texts(items: readonly PsValue[] | undefined): string[] {
  return (items ?? []).flatMap((item) => {
    if (typeof item === 'string') return [item];
    return item instanceof PsObject && item.text !== undefined ? [item.text] : [];
  });
}
