/**
 * Command: starts a command in a shell ([MS-WSMV] 3.1.4.11). A PowerShell pipeline is a command without text whose first fragments stand,
 * as base64, in the first argument ([MS-PSRP] 3.1.5.3.3).
 */
import { ProtocolError } from '../errors.ts';
import { attributeOf, findAll, textOf } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import {
  bodyElement,
  optionValue,
  resourceUriOf,
  shellIdOf,
  writeRequest,
  writeResponse,
  type Envelope,
  type RequestContext,
  type ResponseContext,
  type WsmanOption,
} from './envelope.ts';
import { ACTION, NS, OPTION, responseAction } from './names.ts';
import { present } from './present.ts';
import { leaf } from './write.ts';

export interface CommandRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  /** The client may choose the id; PowerShell does, and uses the pipeline's. */
  readonly commandId?: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** winrs: true when stdin is a console, not a pipe. */
  readonly consoleModeStdin?: boolean;
  /** winrs: true starts the program itself, false (the default of the server) through cmd.exe. */
  readonly skipCmdShell?: boolean;
}

export interface CommandResponse {
  readonly commandId: string;
}

export function encodeCommandRequest(context: RequestContext, request: CommandRequest): string {
  const options: WsmanOption[] = [];
  const flag = (name: string, value: boolean | undefined): void => {
    if (value !== undefined) options.push({ name, value: value ? 'TRUE' : 'FALSE' });
  };
  flag(OPTION.consoleModeStdin, request.consoleModeStdin);
  flag(OPTION.skipCmdShell, request.skipCmdShell);
  const body = element(
    'rsp:CommandLine',
    { CommandId: request.commandId },
    leaf('rsp:Command', request.command),
    ...request.arguments.map((argument) => leaf('rsp:Arguments', argument)),
  );
  return writeRequest(
    context,
    ACTION.command,
    {
      resourceUri: request.resourceUri,
      options,
      selectors: [{ name: 'ShellId', value: request.shellId }],
    },
    body,
  );
}

/** A PowerShell pipeline with its first fragments. */
export function encodePipelineRequest(
  context: RequestContext,
  request: {
    readonly resourceUri: string;
    readonly shellId: string;
    readonly commandId: string;
    readonly data: Uint8Array;
  },
): string {
  const { data, ...rest } = request;
  return encodeCommandRequest(context, { ...rest, command: '', arguments: [encodeBase64(data)] });
}

export function decodeCommandRequest(envelope: Envelope): CommandRequest {
  const line = bodyElement(envelope, NS.shell, 'CommandLine');
  const flag = (name: string): boolean | undefined => {
    const value = optionValue(envelope.header, name)?.trim().toLowerCase();
    return value === undefined ? undefined : value === 'true' || value === '1';
  };
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('commandId', attributeOf(line, 'CommandId')),
    command: textOf(line, 'Command', NS.shell) ?? '',
    arguments: findAll(line, 'Arguments', NS.shell).map((argument) => argument.text),
    ...present('consoleModeStdin', flag(OPTION.consoleModeStdin)),
    ...present('skipCmdShell', flag(OPTION.skipCmdShell)),
  };
}

/** The first fragments of a pipeline, from a request for a PowerShell shell. */
export function pipelineData(request: CommandRequest): Uint8Array {
  const parts = request.arguments.map((argument) => decodeBase64(argument, 'Arguments'));
  if (parts.length === 0) {
    throw new ProtocolError('wsman.command.no-fragments', 'The command carries no pipeline');
  }
  return parts.length === 1 ? (parts[0] ?? new Uint8Array()) : Buffer.concat(parts);
}

export function encodeCommandResponse(context: ResponseContext, response: CommandResponse): string {
  const body = element('rsp:CommandResponse', {}, leaf('rsp:CommandId', response.commandId));
  return writeResponse(context, responseAction(ACTION.command), body);
}

export function decodeCommandResponse(envelope: Envelope): CommandResponse {
  const commandId = textOf(bodyElement(envelope, NS.shell, 'CommandResponse'), 'CommandId', NS.shell)?.trim();
  if (commandId === undefined || commandId === '') {
    throw new ProtocolError('wsman.command.missing-id', 'The server started a command but does not name it');
  }
  return { commandId };
}
