/** Receive: output of a shell or a command, waiting for it if need be ([MS-WSMV] 3.1.4.14). */
import { attributeOf, find, findAll, textOf, type XmlElement } from '../xml/tree.ts';
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
} from './envelope.ts';
import { ACTION, COMMAND_STATE_PREFIX, NS, OPTION, responseAction } from './names.ts';
import { present } from './present.ts';
import { readStreamNames } from './shell-description.ts';
import { leaf, rawLeaf } from './write.ts';

export interface ReceiveRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  /** Absent: output of the shell itself (the runspace pool). */
  readonly commandId?: string;
  readonly streams: readonly string[];
  /** Asks the server to answer with a time-out fault, and to keep the shell, when there is nothing to send in time. */
  readonly keepAlive?: boolean;
}

export interface OutputChunk {
  readonly name: string;
  readonly commandId?: string;
  readonly data: Uint8Array;
  /** Nothing follows on this stream. */
  readonly end?: boolean;
}

/** `Pending` stands for every state we do not know. */
export type CommandStateName = 'Done' | 'Running' | 'Pending';

export interface CommandState {
  readonly commandId?: string;
  readonly state: CommandStateName;
  readonly exitCode?: number;
}

export interface ReceiveResponse {
  readonly streams: readonly OutputChunk[];
  readonly commandState?: CommandState;
}

export function encodeReceiveRequest(context: RequestContext, request: ReceiveRequest): string {
  const body = element(
    'rsp:Receive',
    {},
    leaf('rsp:DesiredStream', request.streams.join(' '), { CommandId: request.commandId }),
  );
  return writeRequest(
    context,
    ACTION.receive,
    {
      resourceUri: request.resourceUri,
      options: request.keepAlive ? [{ name: OPTION.keepAlive, value: 'True' }] : [],
      selectors: [{ name: 'ShellId', value: request.shellId }],
    },
    body,
  );
}

export function decodeReceiveRequest(envelope: Envelope): ReceiveRequest {
  const desired = find(bodyElement(envelope, NS.shell, 'Receive'), 'DesiredStream', NS.shell);
  const keepAlive = optionValue(envelope.header, OPTION.keepAlive)?.trim().toLowerCase();
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('commandId', desired && attributeOf(desired, 'CommandId')),
    streams: readStreamNames(desired?.text),
    ...present('keepAlive', keepAlive === undefined ? undefined : keepAlive === 'true' || keepAlive === '1'),
  };
}

export function encodeReceiveResponse(context: ResponseContext, response: ReceiveResponse): string {
  const streams = response.streams.map((stream) =>
    rawLeaf('rsp:Stream', encodeBase64(stream.data), {
      Name: stream.name,
      CommandId: stream.commandId,
      End: stream.end ? 'true' : undefined,
    }),
  );
  const state = response.commandState;
  const body = element(
    'rsp:ReceiveResponse',
    {},
    ...streams,
    state === undefined
      ? ''
      : element(
          'rsp:CommandState',
          { CommandId: state.commandId, State: COMMAND_STATE_PREFIX + state.state },
          leaf('rsp:ExitCode', state.exitCode?.toString()),
        ),
  );
  return writeResponse(context, responseAction(ACTION.receive), body);
}

export function decodeReceiveResponse(envelope: Envelope): ReceiveResponse {
  const response = bodyElement(envelope, NS.shell, 'ReceiveResponse');
  const state = find(response, 'CommandState', NS.shell);
  return {
    streams: findAll(response, 'Stream', NS.shell).map((stream) => {
      const end = attributeOf(stream, 'End')?.trim().toLowerCase();
      return {
        name: attributeOf(stream, 'Name') ?? '',
        ...present('commandId', attributeOf(stream, 'CommandId')),
        data: decodeBase64(stream.text, 'Stream'),
        ...(end === 'true' || end === '1' ? { end: true } : {}),
      };
    }),
    ...present('commandState', state && readState(state)),
  };
}

function readState(state: XmlElement): CommandState {
  const uri = attributeOf(state, 'State')?.trim() ?? '';
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  const exitCode = textOf(state, 'ExitCode', NS.shell)?.trim();
  return {
    ...present('commandId', attributeOf(state, 'CommandId')),
    state: name === 'Done' || name === 'Running' ? name : 'Pending',
    ...present(
      'exitCode',
      exitCode !== undefined && /^-?\d{1,10}$/.test(exitCode) ? Number(exitCode) : undefined,
    ),
  };
}
