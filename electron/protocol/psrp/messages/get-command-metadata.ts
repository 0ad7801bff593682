import { psList, psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { CommandTypes, psFlags } from '../enums.ts';
import { Fields } from '../fields.ts';

/**
 * [MS-PSRP] 2.2.2.14, client to server: a pipeline of its own, whose first output is a count and whose others are commands. It fails on
 * servers without Measure-Object.
 */
export interface GetCommandMetadata {
  /** Names, wildcards allowed. */
  readonly names: readonly string[];
  /** Flags of CommandTypes; default all. */
  readonly commandTypes?: number | undefined;
  /** Modules. */
  readonly namespaces?: readonly string[] | undefined;
  readonly argumentList?: readonly PsValue[] | undefined;
}

const STRINGS = ['System.String[]', 'System.Array', 'System.Object'];
const OBJECTS = ['System.Object[]', 'System.Array', 'System.Object'];

/** [MS-PSRP] 2.2.2.14 */
export function encodeGetCommandMetadata(body: GetCommandMetadata): PsValue {
  return psRecord({
    Name: psList([...body.names], STRINGS),
    CommandType: psFlags(
      'System.Management.Automation.CommandTypes',
      CommandTypes,
      body.commandTypes ?? CommandTypes.All,
    ),
    Namespace: body.namespaces ? psList([...body.namespaces], STRINGS) : null,
    ArgumentList: body.argumentList ? psList([...body.argumentList], OBJECTS) : null,
  });
}

/** [MS-PSRP] 2.2.2.14 */
export function decodeGetCommandMetadata(value: PsValue | undefined): GetCommandMetadata {
  const fields = new Fields(value, 'GET_COMMAND_METADATA');
  return {
    names: texts(fields.optionalItems('Name')) ?? ['*'],
    commandTypes: fields.optionalInt('CommandType'),
    namespaces: texts(fields.optionalItems('Namespace')),
    argumentList: fields.optionalItems('ArgumentList'),
  };
}

function texts(items: readonly PsValue[] | undefined): string[] | undefined {
  return items?.filter((item): item is string => typeof item === 'string');
}
