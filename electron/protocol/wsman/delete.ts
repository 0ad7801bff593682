/** Delete: ends a shell and all that runs in it ([MS-WSMV] 3.1.4.4). */
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

export interface DeleteRequest {
  readonly resourceUri: string;
  readonly shellId: string;
}

export function encodeDeleteRequest(context: RequestContext, request: DeleteRequest): string {
  return writeRequest(
    context,
    ACTION.delete,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    '',
  );
}

export function decodeDeleteRequest(envelope: Envelope): DeleteRequest {
  return { resourceUri: resourceUriOf(envelope.header), shellId: shellIdOf(envelope.header) };
}

export function encodeDeleteResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.delete), '');
}
