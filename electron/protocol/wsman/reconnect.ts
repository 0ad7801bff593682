/**
 * Reconnect: the client that disconnected comes back to its shell ([MS-WSMV] 3.1.4.16), and then to each of its commands, which the
 * shell's Reconnect does not bring back ([MS-PSRP] 3.1.5.3.18). For the shell the body is empty, as recorded.
 */
import { attributeOf, find } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import {
  resourceUriOf,
  shellIdOf,
  writeRequest,
  writeResponse,
  type Envelope,
  type RequestContext,
  type ResponseContext,
} from './envelope.ts';
import { ACTION, NS, responseAction } from './names.ts';
import { present } from './present.ts';

export interface ReconnectRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  /** Absent: the shell itself. */
  readonly commandId?: string;
}

export function encodeReconnectRequest(context: RequestContext, request: ReconnectRequest): string {
  return writeRequest(
    context,
    ACTION.reconnect,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    request.commandId === undefined ? '' : element('rsp:Reconnect', { CommandId: request.commandId }),
  );
}

export function decodeReconnectRequest(envelope: Envelope): ReconnectRequest {
  const reconnect = find(envelope.body, 'Reconnect', NS.shell);
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('commandId', reconnect && attributeOf(reconnect, 'CommandId')),
  };
}

export function encodeReconnectResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.reconnect), '');
}
