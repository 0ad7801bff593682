/** Connect: a client takes over a shell, or one command of it, that another client left ([MS-WSMV] 3.1.4.17, [MS-PSRP] 3.1.5.3.13). */
import { attributeOf, textOf } from '../xml/tree.ts';
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
import { ACTION, NS, OPTION, responseAction } from './names.ts';
import { present } from './present.ts';
import { readStreamNames } from './shell-description.ts';
import { leaf, rawLeaf } from './write.ts';

export interface ConnectRequest {
  readonly resourceUri: string;
  readonly shellId: string;
  /** Absent: the shell itself. */
  readonly commandId?: string;
  /** SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL, for the shell. */
  readonly connectXml?: Uint8Array;
  readonly protocolVersion?: string;
}

export interface ConnectResponse {
  readonly inputStreams: readonly string[];
  readonly outputStreams: readonly string[];
  /** The server's capability, init data and private data. */
  readonly connectResponseXml?: Uint8Array;
}

export function encodeConnectRequest(context: RequestContext, request: ConnectRequest): string {
  return writeRequest(
    context,
    ACTION.connect,
    {
      resourceUri: request.resourceUri,
      options:
        request.protocolVersion === undefined
          ? []
          : [{ name: OPTION.protocolVersion, value: request.protocolVersion, mustComply: true }],
      selectors: [{ name: 'ShellId', value: request.shellId }],
    },
    element(
      'rsp:Connect',
      { CommandId: request.commandId },
      request.connectXml === undefined
        ? ''
        : rawLeaf('connectXml', encodeBase64(request.connectXml), { xmlns: NS.powershell }),
    ),
  );
}

export function decodeConnectRequest(envelope: Envelope): ConnectRequest {
  const connect = bodyElement(envelope, NS.shell, 'Connect');
  const data = textOf(connect, 'connectXml', NS.powershell);
  return {
    resourceUri: resourceUriOf(envelope.header),
    shellId: shellIdOf(envelope.header),
    ...present('commandId', attributeOf(connect, 'CommandId')),
    ...present('connectXml', data === undefined ? undefined : decodeBase64(data, 'connectXml')),
    ...present('protocolVersion', optionValue(envelope.header, OPTION.protocolVersion)?.trim()),
  };
}

export function encodeConnectResponse(context: ResponseContext, response: ConnectResponse): string {
  const body = element(
    'rsp:ConnectResponse',
    {},
    leaf('rsp:InputStreams', response.inputStreams.join(' ')),
    leaf('rsp:OutputStreams', response.outputStreams.join(' ')),
    response.connectResponseXml === undefined
      ? ''
      : rawLeaf('connectResponseXml', encodeBase64(response.connectResponseXml), { xmlns: NS.powershell }),
  );
  return writeResponse(context, responseAction(ACTION.connect), body);
}

export function decodeConnectResponse(envelope: Envelope): ConnectResponse {
  const response = bodyElement(envelope, NS.shell, 'ConnectResponse');
  const data = textOf(response, 'connectResponseXml', NS.powershell);
  return {
    inputStreams: readStreamNames(textOf(response, 'InputStreams', NS.shell)),
    outputStreams: readStreamNames(textOf(response, 'OutputStreams', NS.shell)),
    ...present(
      'connectResponseXml',
      data === undefined ? undefined : decodeBase64(data, 'connectResponseXml'),
    ),
  };
}
