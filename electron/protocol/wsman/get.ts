/** Get: the configuration of the service, or the description of one shell ([MS-WSMV] 3.1.4.2; DSP0226 7.4). */
import { find, textOf, type XmlElement } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import {
  bodyElement,
  resourceUriOf,
  selectorValue,
  writeRequest,
  writeResponse,
  type Envelope,
  type RequestContext,
  type ResponseContext,
} from './envelope.ts';
import { ACTION, NS, responseAction } from './names.ts';
import { present } from './present.ts';
import { readShellDescription, writeShellDescription, type ShellDescription } from './shell-description.ts';
import { leaf } from './write.ts';

export interface GetRequest {
  /** RESOURCE.config or RESOURCE.shell. */
  readonly resourceUri: string;
  readonly shellId?: string;
}

/** What matters to a client of the configuration ([MS-WSMV] 2.2.4.8). */
export interface ServiceConfig {
  /** Kilobytes of 1024. */
  readonly maxEnvelopeSizeKb?: number;
  readonly maxTimeoutMs?: number;
  readonly maxBatchItems?: number;
  readonly maxShellsPerUser?: number;
  readonly maxConcurrentOperationsPerUser?: number;
  readonly idleTimeoutMs?: number;
}

export function encodeGetRequest(context: RequestContext, request: GetRequest): string {
  return writeRequest(
    context,
    ACTION.get,
    {
      resourceUri: request.resourceUri,
      selectors: request.shellId === undefined ? [] : [{ name: 'ShellId', value: request.shellId }],
    },
    '',
  );
}

export function decodeGetRequest(envelope: Envelope): GetRequest {
  return {
    resourceUri: resourceUriOf(envelope.header),
    ...present('shellId', selectorValue(envelope.header, 'ShellId')),
  };
}

export function encodeGetConfigResponse(context: ResponseContext, config: ServiceConfig): string {
  const body = element(
    'cfg:Config',
    {},
    leaf('cfg:MaxEnvelopeSizekb', config.maxEnvelopeSizeKb?.toString()),
    leaf('cfg:MaxTimeoutms', config.maxTimeoutMs?.toString()),
    leaf('cfg:MaxBatchItems', config.maxBatchItems?.toString()),
    element(
      'cfg:Service',
      {},
      leaf('cfg:MaxConcurrentOperationsPerUser', config.maxConcurrentOperationsPerUser?.toString()),
    ),
    element(
      'cfg:Winrs',
      {},
      leaf('cfg:IdleTimeout', config.idleTimeoutMs?.toString()),
      leaf('cfg:MaxShellsPerUser', config.maxShellsPerUser?.toString()),
    ),
  );
  return writeResponse(context, responseAction(ACTION.get), body, ['x', 'cfg']);
}

export function decodeGetConfigResponse(envelope: Envelope): ServiceConfig {
  return readConfig(bodyElement(envelope, NS.config, 'Config'));
}

/** ConfigType, as far as clients care ([MS-WSMV] 2.2.4.10). */
export function readConfig(config: XmlElement): ServiceConfig {
  const service = find(config, 'Service', NS.config);
  const winrs = find(config, 'Winrs', NS.config);
  const count = (parent: typeof service, name: string): number | undefined => {
    const text = parent && textOf(parent, name, NS.config)?.trim();
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  return {
    ...present('maxEnvelopeSizeKb', count(config, 'MaxEnvelopeSizekb')),
    ...present('maxTimeoutMs', count(config, 'MaxTimeoutms')),
    ...present('maxBatchItems', count(config, 'MaxBatchItems')),
    ...present('maxShellsPerUser', count(winrs, 'MaxShellsPerUser')),
    ...present('maxConcurrentOperationsPerUser', count(service, 'MaxConcurrentOperationsPerUser')),
    ...present('idleTimeoutMs', count(winrs, 'IdleTimeout')),
  };
}

export function encodeGetShellResponse(context: ResponseContext, shell: ShellDescription): string {
  return writeResponse(context, responseAction(ACTION.get), writeShellDescription(shell), ['x']);
}

export function decodeGetShellResponse(envelope: Envelope): ShellDescription {
  return readShellDescription(bodyElement(envelope, NS.shell, 'Shell'));
}
