/** Send: input for a shell or a command ([MS-WSMV] 3.1.4.13). */
import { attributeOf, findAll } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
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
import { rawLeaf } from './write.ts';

export interface SendRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  readonly streams: readonly InputChunk[];
}

export interface InputChunk {
  /** `stdin`, or `pr` for answers to host calls. */
  readonly name: string;
  /** Absent: for the shell itself. */
  readonly commandId?: string;
  readonly data: Uint8Array;
  /** Nothing follows on this stream. */
  readonly end?: boolean;
}

export function encodeSendRequest(context: RequestContext, request: SendRequest): string {
  const streams = request.streams.map((stream) =>
    rawLeaf('rsp:Stream', encodeBase64(stream.data), {
      Name: stream.name,
      CommandId: stream.commandId,
      End: stream.end ? 'true' : undefined,
    }),
  );
  return writeRequest(
    context,
    ACTION.send,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    element('rsp:Send', {}, ...streams),
  );
}

export function decodeSendRequest(envelope: Envelope): SendRequest {
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    streams: findAll(bodyElement(envelope, NS.shell, 'Send'), 'Stream', NS.shell).map((stream) => {
      const end = attributeOf(stream, 'End')?.trim().toLowerCase();
      return {
        name: attributeOf(stream, 'Name') ?? '',
        ...present('commandId', attributeOf(stream, 'CommandId')),
        data: decodeBase64(stream.text, 'Stream'),
        ...(end === 'true' || end === '1' ? { end: true } : {}),
      };
    }),
  };
}

export function encodeSendResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.send), element('rsp:SendResponse'));
}
