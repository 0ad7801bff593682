/**
 * SOAP faults of WS-Management, with the WSManFault detail of Windows ([MS-WSMV] 2.2.4.43), read and written.
 *
 * Departure: a fault without WSManFault (OMI sends none) is a fault all the same, with no code.
 */
import { responseAction, FAULT_ACTION, NS } from './names.ts';
import { readEnvelope, writeResponse, type Envelope, type ResponseContext } from './envelope.ts';
import { faultName, type FaultCode } from './fault-codes.ts';
import { ProtocolError } from '../errors.ts';
import { attributeOf, find, textOf, type XmlElement } from '../xml/tree.ts';
import { element, escapeText } from '../xml/writer.ts';
import { present } from './present.ts';
import { leaf } from './write.ts';

export interface FaultParts {
  /** The number in `Code` of WSManFault. Undefined where the fault has none. */
  readonly code?: number;
  /** Who answered, as it calls itself. */
  readonly machine?: string;
  /** What the server says, for people. */
  readonly message: string;
  /** Whose fault it is: `Sender` or `Receiver`. */
  readonly role?: string;
  /** Local name of the SOAP subcode: `TimedOut`, `InvalidSelectors`. */
  readonly subcode?: string;
  /** URI in wsman:FaultDetail. */
  readonly faultDetail?: string;
  /** What the provider behind the service says, and its own code. */
  readonly providerFault?: { readonly provider?: string; readonly text: string; readonly code?: number };
  readonly httpStatus?: number;
}

/** A fault that the server answered with. Its message is the server's own text. */
export class WsmanFault extends Error {
  override readonly name = 'WsmanFault';
  readonly code: number | undefined;
  /** Windows' name for the code, where we know it: `WSMAN_OPERATION_TIMEDOUT`. */
  readonly codeName: string | undefined;
  readonly machine: string | undefined;
  readonly role: string | undefined;
  readonly subcode: string | undefined;
  readonly faultDetail: string | undefined;
  readonly providerFault: FaultParts['providerFault'];
  readonly httpStatus: number | undefined;

  constructor(parts: FaultParts) {
    super(parts.message);
    this.code = parts.code;
    this.codeName = parts.code === undefined ? undefined : faultName(parts.code);
    this.machine = parts.machine;
    this.role = parts.role;
    this.subcode = parts.subcode;
    this.faultDetail = parts.faultDetail;
    this.providerFault = parts.providerFault;
    this.httpStatus = parts.httpStatus;
  }

  is(known: FaultCode): boolean {
    return this.code === known.code;
  }
}

/** All that a fault says, for whoever reads the raw facts: its code by number and name, who answered, and the server's own words. */
export function describeFault(fault: WsmanFault): string {
  const { code, codeName, machine, providerFault } = fault;
  return [
    code === undefined
      ? 'SOAP fault'
      : `WSMan fault ${String(code)} (0x${code.toString(16)}${codeName === undefined ? '' : `, ${codeName}`})`,
    machine === undefined ? '' : `Machine: ${machine}`,
    fault.message,
    providerFault?.text ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The fault in an envelope's body, if that is what it holds. */
export function faultIn(envelope: Envelope, httpStatus?: number): WsmanFault | undefined {
  const fault = find(envelope.body, 'Fault', NS.soap);
  return fault === undefined ? undefined : readFault(fault, httpStatus);
}

/**
 * Reads the answer to a request: the envelope, where its action is the one expected; throws WsmanFault where the server refuses, and
 * ProtocolError where the text is something else.
 */
export function readAnswer(
  xml: string,
  expected: { readonly action: string; readonly messageId?: string },
  httpStatus?: number,
): Envelope {
  const envelope = readEnvelope(xml);
  const fault = faultIn(envelope, httpStatus);
  if (fault !== undefined) throw fault;
  const { action, relatesTo } = envelope.header;
  if (action !== responseAction(expected.action)) {
    throw new ProtocolError('wsman.answer.action', 'The answer is for another action', {
      expected: expected.action,
      action: action?.slice(0, 200) ?? '',
    });
  }
  if (expected.messageId !== undefined && relatesTo !== undefined && !sameId(relatesTo, expected.messageId)) {
    throw new ProtocolError('wsman.answer.relates-to', 'The answer is for another request', {
      expected: expected.messageId,
    });
  }
  return envelope;
}

/** Ids compare without case and without the `uuid:` or `urn:uuid:` before them. */
export function sameId(a: string, b: string): boolean {
  return bareId(a) === bareId(b);
}

export function bareId(id: string): string {
  return id
    .trim()
    .replace(/^(?:urn:)?uuid:/i, '')
    .toUpperCase();
}

function localName(qualified: string | undefined): string | undefined {
  const name = qualified?.trim();
  return name === undefined || name === '' ? undefined : name.slice(name.lastIndexOf(':') + 1);
}

function readFault(fault: XmlElement, httpStatus: number | undefined): WsmanFault {
  const code = find(fault, 'Code', NS.soap);
  const detail = find(fault, 'Detail', NS.soap);
  const wsmanFault = within(detail, 'WSManFault');
  const provider = within(within(wsmanFault, 'Message'), 'ProviderFault');
  const message =
    within(wsmanFault, 'Message')?.text.trim() ||
    textIn(find(fault, 'Reason', NS.soap), 'Text', NS.soap) ||
    (provider && providerText(provider)) ||
    'The server gave no reason';
  return new WsmanFault({
    message,
    ...present('code', readCode(wsmanFault)),
    ...present('machine', wsmanFault && attributeOf(wsmanFault, 'Machine')),
    ...present('role', localName(textIn(code, 'Value', NS.soap))),
    ...present('subcode', localName(textIn(code && find(code, 'Subcode', NS.soap), 'Value', NS.soap))),
    ...present('faultDetail', textIn(detail, 'FaultDetail', NS.wsman)),
    ...present('providerFault', provider && readProviderFault(provider)),
    ...present('httpStatus', httpStatus),
  });
}

function within(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent && find(parent, name, NS.fault);
}

function textIn(parent: XmlElement | undefined, name: string, namespace: string): string | undefined {
  return parent && textOf(parent, name, namespace)?.trim();
}

function readProviderFault(provider: XmlElement): NonNullable<FaultParts['providerFault']> {
  return {
    text: providerText(provider),
    ...present('provider', attributeOf(provider, 'provider')),
    ...present('code', readCode(within(provider, 'WSManFault'))),
  };
}

/** Providers put their text into a WSManFault of their own or straight into the element. */
function providerText(provider: XmlElement): string {
  return within(within(provider, 'WSManFault'), 'Message')?.text.trim() || provider.text.trim();
}

function readCode(source: XmlElement | undefined): number | undefined {
  const text = source && attributeOf(source, 'Code')?.trim();
  if (text === undefined || !/^-?\d{1,10}$/.test(text)) return undefined;
  // Some servers write the code as a signed number.
  return Number(text) >>> 0;
}

/** The answer that refuses a request ([MS-WSMV] 2.2.4.43, DSP0226 14). */
export function encodeFault(
  context: ResponseContext,
  fault: FaultParts & { readonly action?: string },
): string {
  const provider =
    fault.providerFault === undefined
      ? undefined
      : element(
          'f:ProviderFault',
          { provider: fault.providerFault.provider },
          fault.providerFault.code === undefined
            ? escapeText(printable(fault.providerFault.text))
            : wsmanFaultElement(
                fault.providerFault.code,
                fault.machine,
                escapeText(printable(fault.providerFault.text)),
              ),
        );
  const detail =
    leaf('w:FaultDetail', fault.faultDetail) +
    (fault.code === undefined
      ? ''
      : wsmanFaultElement(fault.code, fault.machine, provider ?? escapeText(printable(fault.message))));
  const body = element(
    's:Fault',
    {},
    element(
      's:Code',
      {},
      leaf('s:Value', `s:${fault.role ?? 'Sender'}`) +
        (fault.subcode === undefined
          ? ''
          : element('s:Subcode', {}, leaf('s:Value', subcodeName(fault.subcode)))),
    ) +
      element('s:Reason', {}, leaf('s:Text', printable(fault.message), { 'xml:lang': 'en-US' })) +
      (detail === '' ? '' : element('s:Detail', {}, detail)),
  );
  return writeResponse(context, fault.action ?? faultAction(fault.subcode), body, ['x', 'n', 'f']);
}

/** Texts of errors come from anywhere, and may hold what XML cannot carry: terminal escapes, halves of characters. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it replaces
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
}

function wsmanFaultElement(code: number, machine: string | undefined, content: string): string {
  return element(
    'f:WSManFault',
    { Code: String(code), Machine: machine ?? 'localhost' },
    element('f:Message', {}, content),
  );
}

/** Subcodes of WS-Addressing and WS-Enumeration; all others are WS-Management's (DSP0226 14.6, MS-WSMV 2.2.4.43). */
const ADDRESSING_SUBCODES = new Set([
  'ActionNotSupported',
  'DestinationUnreachable',
  'EndpointUnavailable',
  'InvalidMessageInformationHeader',
  'MessageInformationHeaderRequired',
]);
const ENUMERATION_SUBCODES = new Set([
  'CannotProcessFilter',
  'FilterDialectRequestedUnavailable',
  'InvalidEnumerationContext',
]);

function subcodeName(subcode: string): string {
  if (ADDRESSING_SUBCODES.has(subcode)) return `a:${subcode}`;
  if (ENUMERATION_SUBCODES.has(subcode)) return `n:${subcode}`;
  if (subcode === 'MustUnderstand') return `s:${subcode}`;
  return `w:${subcode}`;
}

function faultAction(subcode: string | undefined): string {
  if (subcode !== undefined && ADDRESSING_SUBCODES.has(subcode)) return FAULT_ACTION.addressing;
  if (subcode !== undefined && ENUMERATION_SUBCODES.has(subcode)) return FAULT_ACTION.enumeration;
  return FAULT_ACTION.wsman;
}
