/** Signal: interrupts or ends a command ([MS-WSMV] 3.1.4.12). */
import { ProtocolError } from '../errors.ts';
import { attributeOf, textOf } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
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

export interface SignalRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  readonly commandId?: string;
  /** One of SIGNAL. */
  readonly code: string;
}

export function encodeSignalRequest(context: RequestContext, request: SignalRequest): string {
  return writeRequest(
    context,
    ACTION.signal,
    { resourceUri: request.resourceUri, selectors: [{ name: 'ShellId', value: request.shellId }] },
    element('rsp:Signal', { CommandId: request.commandId }, leaf('rsp:Code', request.code)),
  );
}

export function decodeSignalRequest(envelope: Envelope): SignalRequest {
  const signal = bodyElement(envelope, NS.shell, 'Signal');
  const code = textOf(signal, 'Code', NS.shell)?.trim();
  if (code === undefined || code === '') {
    throw new ProtocolError('wsman.signal.missing-code', 'The signal has no code');
  }
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('commandId', attributeOf(signal, 'CommandId')),
    code,
  };
}

export function encodeSignalResponse(context: ResponseContext): string {
  return writeResponse(context, responseAction(ACTION.signal), element('rsp:SignalResponse'));
}
