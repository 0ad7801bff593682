/** Disconnect: leaves a shell running on the server without a client ([MS-WSMV] 3.1.4.15). */
import { textOf } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { formatDuration, parseDuration } from './duration.ts';
import {
  bodyElement,
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
import { leaf } from './write.ts';

export interface DisconnectRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  /** How long the server keeps the shell. Absent: what it was created with. */
  readonly idleTimeoutMs?: number;
  /** What happens to output when the server's buffer is full: the command waits, or the output is lost. */
  readonly bufferMode?: 'Block' | 'Drop';
}

export function encodeDisconnectRequest(context: RequestContext, request: DisconnectRequest): string {
  return writeRequest(
    context,
    ACTION.disconnect,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    element(
      'rsp:Disconnect',
      {},
      leaf(
        'rsp:IdleTimeOut',
        request.idleTimeoutMs === undefined ? undefined : formatDuration(request.idleTimeoutMs),
      ),
      leaf('rsp:BufferMode', request.bufferMode),
    ),
  );
}

export function decodeDisconnectRequest(envelope: Envelope): DisconnectRequest {
  const disconnect = bodyElement(envelope, NS.shell, 'Disconnect');
  const idle = textOf(disconnect, 'IdleTimeOut', NS.shell)?.trim();
  const mode = textOf(disconnect, 'BufferMode', NS.shell)?.trim().toLowerCase();
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('idleTimeoutMs', idle === undefined || idle === '' ? undefined : parseDuration(idle)),
    ...present(
      'bufferMode',
      mode === 'block' ? ('Block' as const) : mode === 'drop' ? ('Drop' as const) : undefined,
    ),
  };
}

export function encodeDisconnectResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.disconnect), '');
}
