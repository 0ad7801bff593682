/** Reconnect: the client that disconnected comes back to its shell ([MS-WSMV] 3.1.4.16). The body is empty, as recorded. */
import {
  resourceUriOf,
  shellIdOf,
  writeRequest,
  writeResponse,
  type Envelope,
  type RequestContext,
  type ResponseContext,
} from './envelope.ts';
import { ACTION, responseAction } from './names.ts';

export interface ReconnectRequest {
  readonly resourceUri: string;
  readonly shellId: string;
}

export function encodeReconnectRequest(context: RequestContext, request: ReconnectRequest): string {
  return writeRequest(
    context,
    ACTION.reconnect,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    '',
  );
}

export function decodeReconnectRequest(envelope: Envelope): ReconnectRequest {
  return { resourceUri: resourceUriOf(envelope.header), shellId: shellIdOf(envelope.header) };
}

export function encodeReconnectResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.reconnect), '');
}
