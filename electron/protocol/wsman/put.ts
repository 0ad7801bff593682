/**
 * Put: the configuration of the service, changed ([MS-WSMV] 4.2.2; WS-Transfer 3.2). A Put replaces, so that it carries all that Get told,
 * what we do not know included.
 */
import { ProtocolError } from '../errors.ts';
import type { XmlElement } from '../xml/tree.ts';
import { element, textElement } from '../xml/writer.ts';
import { bodyElement, resourceUriOf, writeRequest, type Envelope, type RequestContext } from './envelope.ts';
import { readConfig, type ServiceConfig } from './get.ts';
import { ACTION, NS, RESOURCE } from './names.ts';

export interface PutRequest {
  readonly resourceUri: string;
}

/** Where each setting stands in the configuration ([MS-WSMV] 2.2.4.10). */
const PLACES: { readonly [Setting in keyof ServiceConfig]-?: { parent: string; name: string } } = {
  maxEnvelopeSizeKb: { parent: 'Config', name: 'MaxEnvelopeSizekb' },
  maxTimeoutMs: { parent: 'Config', name: 'MaxTimeoutms' },
  maxBatchItems: { parent: 'Config', name: 'MaxBatchItems' },
  maxConcurrentOperationsPerUser: { parent: 'Service', name: 'MaxConcurrentOperationsPerUser' },
  idleTimeoutMs: { parent: 'Winrs', name: 'IdleTimeout' },
  maxShellsPerUser: { parent: 'Winrs', name: 'MaxShellsPerUser' },
};

/** `current`: the answer to a Get of the configuration. Throws a ProtocolError where that holds something that is no configuration. */
export function encodePutConfigRequest(
  context: RequestContext,
  current: Envelope,
  change: ServiceConfig,
): string {
  const body = changed(bodyElement(current, NS.config, 'Config'), valuesOf(change));
  return writeRequest(context, ACTION.put, { resourceUri: RESOURCE.config }, body, ['cfg']);
}

export function decodePutRequest(envelope: Envelope): PutRequest {
  return { resourceUri: resourceUriOf(envelope.header) };
}

/** What the service made of it; it need not be what was asked for. */
export function decodePutConfigResponse(envelope: Envelope): ServiceConfig {
  return readConfig(bodyElement(envelope, NS.config, 'Config'));
}

type Values = ReadonlyMap<string, ReadonlyMap<string, string>>;

function valuesOf(change: ServiceConfig): Values {
  const values = new Map<string, Map<string, string>>();
  for (const [setting, { parent, name }] of Object.entries(PLACES)) {
    const value = change[setting as keyof ServiceConfig];
    if (value === undefined) continue;
    const group = values.get(parent) ?? new Map<string, string>();
    values.set(parent, group.set(name, String(value)));
  }
  return values;
}

/** The element again, with other values. The reader has bounded its depth. Attributes only tell where a value comes from, and stay behind. */
function changed(current: XmlElement, values: Values): string {
  if (current.namespace !== NS.config) {
    throw new ProtocolError('wsman.body', 'The configuration has an element that is none of its own', {
      offset: current.offset,
    });
  }
  const mine = values.get(current.name);
  const parts = current.children.map((child) => {
    const value = child.children.length === 0 ? mine?.get(child.name) : undefined;
    return value === undefined ? changed(child, values) : textElement(`cfg:${child.name}`, value);
  });
  for (const [name, value] of mine ?? []) {
    if (!current.children.some((child) => child.name === name)) parts.push(textElement(`cfg:${name}`, value));
  }
  const name = `cfg:${current.name}`;
  return parts.length === 0 ? textElement(name, current.text.trim()) : element(name, {}, ...parts);
}
