/** Create: makes a shell ([MS-WSMV] 3.1.4.5; PowerShell's creationXml: [MS-PSRP] 3.1.5.3.1). */
import { ProtocolError } from '../errors.ts';
import { attributeOf, find, textOf } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { formatDuration, parseDuration } from './duration.ts';
import {
  bodyElement,
  optionValue,
  readSelectors,
  resourceUriOf,
  writeRequest,
  writeResponse,
  writeSelectors,
  type Envelope,
  type RequestContext,
  type ResponseContext,
  type WsmanOption,
} from './envelope.ts';
import { ACTION, NS, OPTION, responseAction } from './names.ts';
import { present } from './present.ts';
import {
  readEnvironment,
  readShellDescription,
  readStreamNames,
  writeEnvironment,
  writeShellDescription,
  type EnvironmentVariable,
  type ShellDescription,
} from './shell-description.ts';
import { leaf, rawLeaf } from './write.ts';

export interface CreateRequest {
  readonly resourceUri: string;
  /** The client may choose the id; PowerShell does, and uses the runspace pool's. */
  readonly shellId?: string;
  readonly name?: string;
  readonly inputStreams: readonly string[];
  readonly outputStreams: readonly string[];
  readonly idleTimeoutMs?: number;
  /** What happens to output while nobody receives, once the server's buffer is full ([MS-WSMV] 2.2.4.37). Not known before WinRM 3. */
  readonly bufferMode?: 'Block' | 'Drop';
  readonly lifetimeMs?: number;
  readonly workingDirectory?: string;
  readonly environment?: readonly EnvironmentVariable[];
  /** Opening fragments, for a PowerShell shell. */
  readonly creationXml?: Uint8Array;
  /** [MS-PSRP] version of the client, for a PowerShell shell: the option `protocolversion`. */
  readonly protocolVersion?: string;
  readonly noProfile?: boolean;
  /** Console code page of a winrs shell. */
  readonly codePage?: number;
}

export interface CreateResponse {
  readonly shellId: string;
  readonly resourceUri?: string;
  /** Absent in the answers of old servers. */
  readonly shell?: ShellDescription;
}

export function encodeCreateRequest(context: RequestContext, request: CreateRequest): string {
  const options: WsmanOption[] = [];
  if (request.protocolVersion !== undefined) {
    options.push({ name: OPTION.protocolVersion, value: request.protocolVersion, mustComply: true });
  }
  if (request.noProfile !== undefined) {
    options.push({ name: OPTION.noProfile, value: request.noProfile ? 'TRUE' : 'FALSE' });
  }
  if (request.codePage !== undefined)
    options.push({ name: OPTION.codePage, value: String(request.codePage) });
  const body = element(
    'rsp:Shell',
    { ShellId: request.shellId, Name: request.name },
    // In the order of the recorded requests, which servers from 2008 R2 on took.
    leaf('rsp:InputStreams', request.inputStreams.join(' ')),
    leaf('rsp:OutputStreams', request.outputStreams.join(' ')),
    leaf(
      'rsp:IdleTimeOut',
      request.idleTimeoutMs === undefined ? undefined : formatDuration(request.idleTimeoutMs),
    ),
    leaf('rsp:BufferMode', request.bufferMode),
    leaf('rsp:Lifetime', request.lifetimeMs === undefined ? undefined : formatDuration(request.lifetimeMs)),
    leaf('rsp:WorkingDirectory', request.workingDirectory),
    writeEnvironment(request.environment),
    request.creationXml === undefined
      ? ''
      : rawLeaf('creationXml', encodeBase64(request.creationXml), { xmlns: NS.powershell }),
  );
  return writeRequest(context, ACTION.create, { resourceUri: request.resourceUri, options }, body);
}

export function decodeCreateRequest(envelope: Envelope): CreateRequest {
  const shell = bodyElement(envelope, NS.shell, 'Shell');
  const value = (name: string): string | undefined => textOf(shell, name, NS.shell)?.trim();
  const duration = (name: string): number | undefined => {
    const text = value(name);
    return text === undefined ? undefined : parseDuration(text);
  };
  const creation = textOf(shell, 'creationXml', NS.powershell);
  const noProfile = optionValue(envelope.header, OPTION.noProfile)?.trim().toLowerCase();
  const codePage = optionValue(envelope.header, OPTION.codePage)?.trim();
  const mode = value('BufferMode')?.toLowerCase();
  return {
    resourceUri: resourceUriOf(envelope.header),
    ...present('shellId', attributeOf(shell, 'ShellId')),
    ...present('name', attributeOf(shell, 'Name') ?? value('Name')),
    inputStreams: readStreamNames(value('InputStreams')),
    outputStreams: readStreamNames(value('OutputStreams')),
    ...present('idleTimeoutMs', duration('IdleTimeOut')),
    ...present(
      'bufferMode',
      mode === 'block' ? ('Block' as const) : mode === 'drop' ? ('Drop' as const) : undefined,
    ),
    ...present('lifetimeMs', duration('Lifetime')),
    ...present('workingDirectory', value('WorkingDirectory')),
    ...present('environment', readEnvironment(shell)),
    ...present('creationXml', creation === undefined ? undefined : decodeBase64(creation, 'creationXml')),
    ...present('protocolVersion', optionValue(envelope.header, OPTION.protocolVersion)?.trim()),
    ...present('noProfile', noProfile === undefined ? undefined : noProfile === 'true' || noProfile === '1'),
    ...present(
      'codePage',
      codePage !== undefined && /^\d{1,9}$/.test(codePage) ? Number(codePage) : undefined,
    ),
  };
}

export function encodeCreateResponse(
  context: ResponseContext,
  response: { readonly address: string; readonly shell: ShellDescription & { readonly resourceUri: string } },
): string {
  const { address, shell } = response;
  const created = element(
    'x:ResourceCreated',
    {},
    leaf('a:Address', address),
    element(
      'a:ReferenceParameters',
      {},
      leaf('w:ResourceURI', shell.resourceUri),
      writeSelectors([{ name: 'ShellId', value: shell.shellId }]),
    ),
  );
  return writeResponse(context, responseAction(ACTION.create), created + writeShellDescription(shell), ['x']);
}

export function decodeCreateResponse(envelope: Envelope): CreateResponse {
  const parameters = find(
    bodyElement(envelope, NS.transfer, 'ResourceCreated'),
    'ReferenceParameters',
    NS.addressing,
  );
  const set = parameters && find(parameters, 'SelectorSet', NS.wsman);
  const selected = set && readSelectors(set).find((s) => s.name.toLowerCase() === 'shellid')?.value;
  const description = find(envelope.body, 'Shell', NS.shell);
  const shell = description && readShellDescription(description);
  const shellId = selected || shell?.shellId;
  if (shellId === undefined || shellId === '') {
    throw new ProtocolError('wsman.create.missing-shell', 'The server made a shell but does not name it');
  }
  const resourceUri = parameters && textOf(parameters, 'ResourceURI', NS.wsman)?.trim();
  return { shellId, ...present('resourceUri', resourceUri), ...present('shell', shell) };
}
