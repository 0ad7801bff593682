/** Identify: asks what a service is, before any shell and if the service likes before any log-on (DSP0226 11). It has no addressing headers. */
import { find, textOf } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { bodyElement, type Envelope } from './envelope.ts';
import { NS } from './names.ts';
import { present } from './present.ts';
import { leaf } from './write.ts';

export interface IdentifyResponse {
  readonly protocolVersion?: string;
  readonly productVendor?: string;
  /** Windows: `OS: 10.0.14393 SP: 0.0 Stack: 3.0`; zeros before log-on. */
  readonly productVersion?: string;
}

const OPEN = `<s:Envelope xmlns:s="${NS.soap}" xmlns:wsmid="${NS.identity}"><s:Header/><s:Body>`;
const CLOSE = '</s:Body></s:Envelope>';

export function encodeIdentifyRequest(): string {
  return `${OPEN}<wsmid:Identify/>${CLOSE}`;
}

export function isIdentifyRequest(envelope: Envelope): boolean {
  return find(envelope.body, 'Identify', NS.identity) !== undefined;
}

export function encodeIdentifyResponse(response: IdentifyResponse): string {
  const body = element(
    'wsmid:IdentifyResponse',
    {},
    leaf('wsmid:ProtocolVersion', response.protocolVersion ?? NS.wsman),
    leaf('wsmid:ProductVendor', response.productVendor),
    leaf('wsmid:ProductVersion', response.productVersion),
  );
  return OPEN + body + CLOSE;
}

export function decodeIdentifyResponse(envelope: Envelope): IdentifyResponse {
  const identify = bodyElement(envelope, NS.identity, 'IdentifyResponse');
  const value = (name: string): string | undefined => textOf(identify, name, NS.identity)?.trim();
  return {
    ...present('protocolVersion', value('ProtocolVersion')),
    ...present('productVendor', value('ProductVendor')),
    ...present('productVersion', value('ProductVersion')),
  };
}

/** The `Stack` in a Windows ProductVersion: 1.0 (XP, 2003), 2.0 (WinRM 2), 3.0 (WinRM 3 and later, which can disconnect). */
export function stackVersion(productVersion: string | undefined): number | undefined {
  const found = /Stack:\s*(\d{1,3}(?:\.\d{1,3})?)/.exec(productVersion ?? '');
  return found?.[1] === undefined ? undefined : Number(found[1]);
}
