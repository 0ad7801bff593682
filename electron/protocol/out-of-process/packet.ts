/**
 * The line packets that carry PSRP over a pair of pipes: `pwsh -s`, a named pipe, SSH ([MS-PSRP] has no section on them; the format is
 * that of PowerShell's own out-of-process transport, as recorded in test/vectors/psrp/oop-*.json). One packet is one line:
 *
 *     <Data Stream='Default' PSGuid='…'>base64 of fragments</Data>
 *     <Command PSGuid='…' />
 *
 * The all-zero GUID means the runspace pool, any other a pipeline.
 *
 * Departures from PowerShell's client: it runs an XML reader over each line and so takes comments and several elements a line, which
 * nothing sends; here a line is one packet. GUIDs are taken in their 36-character form only. A line that is text and no markup ends
 * its session, here it is reported and passed over (a login banner, a child process that writes to the inherited pipe).
 */
import { ProtocolError } from '../errors.ts';

/** The target of a packet that concerns the whole session, as it stands on the wire. */
export const POOL_GUID = '00000000-0000-0000-0000-000000000000';

/** `DataPriorityType` of PowerShell: input, or the answers to host calls, which overtake it. */
export type DataStream = 'Default' | 'PromptResponse';

/** The packets that carry a target and nothing else. */
export const SIGNPOSTS = [
  'DataAck',
  'Command',
  'CommandAck',
  'Signal',
  'SignalAck',
  'Close',
  'CloseAck',
] as const;
export type Signpost = (typeof SIGNPOSTS)[number];

/** `psGuid` is in lower case. */
export type Packet =
  | {
      readonly kind: 'Data';
      readonly psGuid: string;
      readonly stream: DataStream;
      readonly data: Uint8Array;
    }
  | { readonly kind: Signpost; readonly psGuid: string };

/** What a line turned out to be: a packet, or text that some program wrote between the packets. */
export type Line = Packet | { readonly kind: 'Text'; readonly text: string };

/** The packet as one line with its line feed, as PowerShell spells it: PowerShell's reader does not mind, other people's may. */
export function encodePacket(packet: Packet): string {
  if (packet.kind !== 'Data') return `<${packet.kind} PSGuid='${packet.psGuid}' />\n`;
  const { buffer, byteOffset, byteLength } = packet.data;
  const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return `<Data Stream='${packet.stream}' PSGuid='${packet.psGuid}'>${base64}</Data>\n`;
}

/** A Data packet as PowerShell spells it up to its content: almost every line there is. The general way below reads it too, in four times the time. */
const USUAL_HEAD = "<Data Stream='Default' PSGuid='";
const USUAL_TAIL = '</Data>';
const GUID_END = USUAL_HEAD.length + 36;

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The start tag. Anchored, no nested repetition: linear in the length of the line. */
const START_TAG = /^<([A-Za-z]{1,16})((?:\s+[A-Za-z]{1,16}\s*=\s*(?:'[^'<]*'|"[^"<]*")){0,8})\s*(\/?)>/;
const ATTRIBUTE = /\s+([A-Za-z]{1,16})\s*=\s*(?:'([^'<]*)'|"([^"<]*)")/g;
const STREAMS: ReadonlyMap<string, DataStream> = new Map([
  ['default', 'Default'],
  ['promptresponse', 'PromptResponse'],
]);

/**
 * Read one line, without its line end. Undefined for an empty line, which PowerShell's client passes over too.
 * @throws ProtocolError `oop.*` for a line that begins as a packet does and is none.
 */
export function decodeLine(line: string): Line | undefined {
  // Indentation is white space between elements to PowerShell's reader.
  const text = line.trim();
  if (text === '') return undefined;
  if (!text.startsWith('<')) return { kind: 'Text', text };
  if (text.startsWith(USUAL_HEAD) && text.startsWith("'>", GUID_END) && text.endsWith(USUAL_TAIL)) {
    const psGuid = text.slice(USUAL_HEAD.length, GUID_END);
    if (GUID.test(psGuid)) {
      const data = decodeBase64(text.slice(GUID_END + 2, -USUAL_TAIL.length).trim());
      return { kind: 'Data', psGuid: psGuid.toLowerCase(), stream: 'Default', data };
    }
  }

  const tag = START_TAG.exec(text);
  if (tag === null) throw new ProtocolError('oop.malformed', 'A packet line is not well-formed', size(text));
  const [whole, name = '', attributeText = '', empty] = tag;
  const attributes = readAttributes(name, attributeText);
  const psGuid = attributes.get('PSGuid');
  const isData = name === 'Data';
  if (!isData && !isSignpost(name)) {
    throw new ProtocolError('oop.element', 'A packet of an unknown kind arrived', { name });
  }
  if (psGuid === undefined || !GUID.test(psGuid)) {
    throw new ProtocolError('oop.guid', 'A packet has no valid PSGuid', { name });
  }
  // PowerShell counts the attributes, and so takes no others.
  if (attributes.size !== (isData ? 2 : 1)) {
    throw new ProtocolError('oop.attributes', 'A packet has attributes that do not belong to it', {
      name,
      count: attributes.size,
    });
  }

  const rest = text.slice(whole.length);
  const endTag = `</${name}>`;
  if (isData) {
    const stream = STREAMS.get((attributes.get('Stream') ?? '').toLowerCase());
    if (stream === undefined) throw new ProtocolError('oop.stream', 'A Data packet names no known stream');
    if (empty === '/' || !rest.endsWith(endTag)) {
      throw new ProtocolError('oop.malformed', 'A Data packet is not closed', size(text));
    }
    const data = decodeBase64(rest.slice(0, -endTag.length).trim());
    return { kind: 'Data', psGuid: psGuid.toLowerCase(), stream, data };
  }
  if (empty === '/' ? rest !== '' : rest.trim() !== endTag) {
    throw new ProtocolError('oop.malformed', 'Something follows a packet on its line', size(text));
  }
  return { kind: name, psGuid: psGuid.toLowerCase() };
}

function isSignpost(name: string): name is Signpost {
  return (SIGNPOSTS as readonly string[]).includes(name);
}

function readAttributes(element: string, text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', single, double] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) {
      throw new ProtocolError('oop.attributes', 'A packet has an attribute twice', { name: element });
    }
    attributes.set(name, single ?? double ?? '');
  }
  return attributes;
}

/** Node's decoder passes over what is not base64, so the length of the result is what tells. */
function decodeBase64(text: string): Uint8Array {
  if (text === '') throw new ProtocolError('oop.data', 'A Data packet is empty');
  let padding = 0;
  if (text.endsWith('=')) padding = text.endsWith('==') ? 2 : 1;
  const data = Buffer.from(text, 'base64');
  const valid = text.length % 4 === 0 && data.length === (text.length / 4) * 3 - padding;
  // Node also takes the URL-safe alphabet; PowerShell does not.
  if (!valid || text.includes('-') || text.includes('_')) {
    throw new ProtocolError('oop.data', 'The content of a Data packet is not base64', size(text));
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function size(text: string): { length: number } {
  return { length: text.length };
}
