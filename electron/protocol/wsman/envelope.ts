/**
 * The SOAP 1.2 envelope with the headers of WS-Addressing, WS-Management and [MS-WSMV] 2.2.3, written and read for both ends.
 *
 * Departures: headers we do not know are skipped unless they say mustUnderstand, and then they are only reported, because it is the server
 * that has to answer with a fault; `mustUnderstand` without a namespace counts, as pywinrm sends it so.
 */
import { ProtocolError } from '../errors.ts';
import { attributeOf, find, findAll, isElement, parseXml, textOf, type XmlElement } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { ANONYMOUS, NS } from './names.ts';
import { leaf } from './write.ts';

export interface WsmanOption {
  readonly name: string;
  readonly value: string;
  readonly mustComply?: boolean;
}

export interface WsmanSelector {
  readonly name: string;
  readonly value: string;
}

/** What a client puts in every request of one conversation. Ids are made by the caller, as upper-case GUIDs without `uuid:`. */
export interface RequestContext {
  /** The URL of the endpoint, as the client reaches it. */
  readonly to: string;
  readonly messageId: string;
  /** The same for every request of one client ([MS-WSMV] 2.2.3.10). */
  readonly sessionId: string;
  readonly operationId?: string;
  /** The same request a second time, with the same ids: a server that has answered it answers the same again ([MS-WSMV] 3.1.4.1.39). */
  readonly isRetransmission?: boolean;
  /** Bytes. The answer will not be larger. */
  readonly maxEnvelopeSize: number;
  readonly operationTimeoutMs: number;
  /** RFC 4646 tag of the language texts should be in. */
  readonly locale?: string;
  readonly dataLocale?: string;
}

/** What the answer to a request has in its header. */
export interface ResponseContext {
  readonly messageId: string;
  /** The MessageID of the request, as it was written there. */
  readonly relatesTo?: string;
  readonly activityId?: string;
  /** That of the request, where the answer is kept for who asks again ([MS-WSMV] 3.1.4.1.39). */
  readonly operationId?: string;
}

export interface Target {
  readonly resourceUri: string;
  readonly options?: readonly WsmanOption[];
  readonly selectors?: readonly WsmanSelector[];
}

export interface Header {
  readonly action: string | undefined;
  readonly to: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string | undefined;
  readonly relatesTo: string | undefined;
  readonly sessionId: string | undefined;
  readonly operationId: string | undefined;
  /** The OperationID must be understood: it was sent before. */
  readonly isRetransmission: boolean;
  readonly activityId: string | undefined;
  readonly resourceUri: string | undefined;
  readonly maxEnvelopeSize: number | undefined;
  readonly operationTimeoutMs: number | undefined;
  readonly locale: string | undefined;
  readonly dataLocale: string | undefined;
  readonly options: readonly WsmanOption[];
  readonly selectors: readonly WsmanSelector[];
  /** Names of headers that must be understood and are not. */
  readonly notUnderstood: readonly string[];
}

export interface Envelope {
  readonly header: Header;
  readonly body: XmlElement;
}

const NAMESPACES =
  ` xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:w="${NS.wsman}" xmlns:p="${NS.wsmv}"` +
  ` xmlns:rsp="${NS.shell}"`;
/** The prefixes only some bodies need. */
const EXTRA_NAMESPACES: Readonly<Record<ExtraPrefix, string>> = {
  x: NS.transfer,
  n: NS.enumeration,
  f: NS.fault,
  cfg: NS.config,
};
export type ExtraPrefix = 'x' | 'n' | 'f' | 'cfg';

function writeEnvelope(header: string, body: string, extra: readonly ExtraPrefix[], lang: string): string {
  const more = extra.map((prefix) => ` xmlns:${prefix}="${EXTRA_NAMESPACES[prefix]}"`).join('');
  return (
    `<s:Envelope${lang}${NAMESPACES}${more}>` +
    `<s:Header>${header}</s:Header>${body === '' ? '<s:Body/>' : `<s:Body>${body}</s:Body>`}</s:Envelope>`
  );
}

const MUST = { 's:mustUnderstand': 'true' } as const;
const MAY = { 's:mustUnderstand': 'false' } as const;

/** Each of our operations has one answer, whose number is 1 ([MS-WSMV] 4.11.3). */
const FIRST_OF_OPERATION = leaf('p:SequenceId', '1', MAY);

/** A request ([MS-WSMV] 2.2.3, 3.1.4.1). `body` is XML in our prefixes. */
export function writeRequest(
  context: RequestContext,
  action: string,
  target: Target,
  body: string,
  extra: readonly ExtraPrefix[] = [],
): string {
  const header =
    leaf('a:Action', action, MUST) +
    leaf('a:To', context.to) +
    leaf('w:ResourceURI', target.resourceUri, MUST) +
    element('a:ReplyTo', {}, leaf('a:Address', ANONYMOUS, MUST)) +
    leaf('a:MessageID', `uuid:${context.messageId}`) +
    leaf('p:SessionId', `uuid:${context.sessionId}`, MAY) +
    (context.operationId === undefined
      ? ''
      : leaf('p:OperationID', `uuid:${context.operationId}`, context.isRetransmission === true ? MUST : MAY) +
        FIRST_OF_OPERATION) +
    leaf('w:MaxEnvelopeSize', String(context.maxEnvelopeSize), MUST) +
    element('w:Locale', { ...MAY, 'xml:lang': context.locale ?? 'en-US' }) +
    element('p:DataLocale', { ...MAY, 'xml:lang': context.dataLocale ?? context.locale ?? 'en-US' }) +
    leaf('w:OperationTimeout', formatDuration(context.operationTimeoutMs)) +
    writeOptions(target.options ?? []) +
    writeSelectors(target.selectors ?? []);
  return writeEnvelope(header, body, extra, '');
}

/** An answer ([MS-WSMV] 3.1.4.1). */
export function writeResponse(
  context: ResponseContext,
  action: string,
  body: string,
  extra: readonly ExtraPrefix[] = [],
): string {
  const header =
    leaf('a:Action', action) +
    leaf('a:MessageID', `uuid:${context.messageId}`) +
    leaf('p:ActivityId', context.activityId) +
    (context.operationId === undefined
      ? ''
      : leaf('p:OperationID', context.operationId, MAY) + FIRST_OF_OPERATION) +
    leaf('a:To', ANONYMOUS) +
    leaf('a:RelatesTo', context.relatesTo);
  return writeEnvelope(header, body, extra, ' xml:lang="en-US"');
}

/** [MS-WSMV] 2.2.3.7, DSP0226 6.4. */
function writeOptions(options: readonly WsmanOption[]): string {
  if (options.length === 0) return '';
  const content = options
    .map((o) => leaf('w:Option', o.value, { Name: o.name, MustComply: o.mustComply ? 'true' : undefined }))
    .join('');
  return element('w:OptionSet', MUST, content);
}

/** DSP0226 5.4.2.2. */
export function writeSelectors(selectors: readonly WsmanSelector[]): string {
  if (selectors.length === 0) return '';
  return element(
    'w:SelectorSet',
    {},
    selectors.map((s) => leaf('w:Selector', s.value, { Name: s.name })).join(''),
  );
}

/** Reads any envelope. Throws ProtocolError for what is none; a fault in the body is not looked at here. */
export function readEnvelope(xml: string): Envelope {
  const root = parseXml(xml.startsWith('\ufeff') ? xml.slice(1) : xml);
  if (!isElement(root, 'Envelope', NS.soap)) {
    throw new ProtocolError('wsman.envelope.root', 'The document is not a SOAP 1.2 envelope', {
      root: root.name.slice(0, 80),
    });
  }
  const body = find(root, 'Body', NS.soap);
  if (body === undefined) {
    throw new ProtocolError('wsman.envelope.missing-body', 'The envelope has no body');
  }
  return { header: readHeader(find(root, 'Header', NS.soap)), body };
}

const TEXT_HEADERS = new Map<string, keyof Header>([
  [`${NS.addressing} Action`, 'action'],
  [`${NS.addressing} To`, 'to'],
  [`${NS.addressing} MessageID`, 'messageId'],
  [`${NS.addressing} RelatesTo`, 'relatesTo'],
  [`${NS.wsmv} SessionId`, 'sessionId'],
  [`${NS.wsmv} OperationID`, 'operationId'],
  [`${NS.wsmv} ActivityId`, 'activityId'],
  [`${NS.wsman} ResourceURI`, 'resourceUri'],
]);

type MutableHeader = { -readonly [K in keyof Header]?: Header[K] };

function readHeader(source: XmlElement | undefined): Header {
  const header: MutableHeader = {};
  const notUnderstood: string[] = [];
  for (const child of source?.children ?? []) {
    if (child.name === 'OperationID' && mustUnderstand(child)) header.isRetransmission = true;
    if (!readHeaderElement(child, header) && mustUnderstand(child)) notUnderstood.push(child.name);
  }
  return {
    action: header.action,
    to: header.to,
    replyTo: header.replyTo,
    messageId: header.messageId,
    relatesTo: header.relatesTo,
    sessionId: header.sessionId,
    operationId: header.operationId,
    isRetransmission: header.isRetransmission ?? false,
    activityId: header.activityId,
    resourceUri: header.resourceUri,
    maxEnvelopeSize: header.maxEnvelopeSize,
    operationTimeoutMs: header.operationTimeoutMs,
    locale: header.locale,
    dataLocale: header.dataLocale,
    options: header.options ?? [],
    selectors: header.selectors ?? [],
    notUnderstood,
  };
}

/** Whether the element is one we know. */
function readHeaderElement(child: XmlElement, header: MutableHeader): boolean {
  const key = `${child.namespace} ${child.name}`;
  const textKey = TEXT_HEADERS.get(key);
  if (textKey !== undefined) {
    (header as Record<string, string>)[textKey] = child.text.trim();
    return true;
  }
  switch (key) {
    case `${NS.addressing} ReplyTo`:
      header.replyTo = textOf(child, 'Address', NS.addressing)?.trim();
      return true;
    case `${NS.wsman} MaxEnvelopeSize`:
      header.maxEnvelopeSize = readCount(child);
      return true;
    case `${NS.wsman} OperationTimeout`:
      header.operationTimeoutMs = parseDuration(child.text);
      return true;
    case `${NS.wsman} Locale`:
      header.locale = attributeOf(child, 'lang', NS.xml);
      return true;
    case `${NS.wsmv} DataLocale`:
      header.dataLocale = attributeOf(child, 'lang', NS.xml);
      return true;
    case `${NS.wsman} OptionSet`:
      header.options = findAll(child, 'Option', NS.wsman).map(readOption);
      return true;
    case `${NS.wsman} SelectorSet`:
      header.selectors = readSelectors(child);
      return true;
    default:
      return false;
  }
}

function mustUnderstand(child: XmlElement): boolean {
  const value = (
    attributeOf(child, 'mustUnderstand', NS.soap) ?? attributeOf(child, 'mustUnderstand')
  )?.trim();
  return value === 'true' || value === '1';
}

function readOption(option: XmlElement): WsmanOption {
  const mustComply = attributeOf(option, 'MustComply')?.trim();
  return {
    name: attributeOf(option, 'Name') ?? '',
    value: option.text,
    ...(mustComply === 'true' || mustComply === '1' ? { mustComply: true } : {}),
  };
}

export function readSelectors(set: XmlElement): WsmanSelector[] {
  return findAll(set, 'Selector', NS.wsman).map((s) => ({
    name: attributeOf(s, 'Name') ?? '',
    value: s.text.trim(),
  }));
}

/** A count of at most 15 digits, which a JavaScript number holds exactly. */
export function readCount(source: XmlElement): number {
  const text = source.text.trim();
  if (!/^\d{1,15}$/.test(text)) {
    throw new ProtocolError('wsman.number', `<${source.name}> does not hold a count`, {
      length: text.length,
    });
  }
  return Number(text);
}

/** Option and selector names compare without case ([MS-WSMV] 2.2.4.24, DSP0226 5.4.2.2). */
export function optionValue(header: Header, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return header.options.find((o) => o.name.toLowerCase() === wanted)?.value;
}

export function selectorValue(header: Header, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return header.selectors.find((s) => s.name.toLowerCase() === wanted)?.value;
}

/** The shell a request or its answer speaks of. */
export function shellIdOf(header: Header): string {
  const id = selectorValue(header, 'ShellId');
  if (id === undefined || id === '') {
    throw new ProtocolError('wsman.envelope.missing-shell', 'The request names no shell');
  }
  return id;
}

export function resourceUriOf(header: Header): string {
  if (header.resourceUri === undefined || header.resourceUri === '') {
    throw new ProtocolError('wsman.envelope.missing-resource', 'The request has no ResourceURI');
  }
  return header.resourceUri;
}

/** The body's one element of that name. */
export function bodyElement(envelope: Envelope, ns: string, name: string): XmlElement {
  const found = find(envelope.body, name, ns);
  if (found === undefined) {
    throw new ProtocolError('wsman.body', `The body has no <${name}>`, {
      action: envelope.header.action?.slice(0, 200) ?? '',
    });
  }
  return found;
}
