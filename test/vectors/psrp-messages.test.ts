/** Every recorded message: header, typed body, and back to the same meaning. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CODECS, decodeBody, encodeBody } from '../../electron/protocol/psrp/codecs.ts';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { MessageType, decodeMessage, encodeMessage } from '../../electron/protocol/psrp/message.ts';
import type { MessageName } from '../../electron/protocol/psrp/message.ts';
import type { ProtocolVersion } from '../../electron/protocol/psrp/pipeline-spec.ts';
import { meaningOf, meaningOfExpected } from './psrp-meaning.ts';
import { expectedOf, readSession, readVectors, sessionFiles } from './psrp-vectors.ts';
import type { RecordedMessage } from './psrp-vectors.ts';

const FILES = [...sessionFiles('oop-'), ...sessionFiles('wsman-')];
const byType = (readVectors('messages-by-type.json') as { messages: RecordedMessage[] }).messages;

function sharesObjects(message: RecordedMessage): boolean {
  return JSON.stringify(message.expected).includes('"tag":"Ref"');
}

function check(message: RecordedMessage, version: ProtocolVersion): void {
  if (message.rawHex === null) return;
  const bytes = Buffer.from(message.rawHex, 'hex');
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(message.sha256);

  const frame = decodeMessage(bytes);
  expect(frame).toEqual({
    destination: message.destination === 1 ? 'client' : 'server',
    name: message.messageTypeName,
    runspacePoolId: message.rpid.toLowerCase(),
    pipelineId: message.pid.toLowerCase(),
    data: message.data ?? '',
  });
  expect(MessageType[frame.name]).toBe(message.messageType);
  if (message.bom || frame.data === '') expect(Buffer.from(encodeMessage(frame)).equals(bytes)).toBe(true);

  const decoded = decodeBody(frame);
  const again = encodeBody(decoded.name, decoded.body as never, version);
  const value = again === '' ? undefined : deserialize(again);
  if (sharesObjects(message)) {
    // The vector names a shared object instead of repeating it.
    expect(meaningOf(value)).toEqual(meaningOf(deserialize(frame.data)));
  } else {
    expect(meaningOf(value)).toEqual(meaningOfExpected(expectedOf(message)));
  }
}

describe.each(FILES)('%s', (file) => {
  const session = readSession(file);
  // A pipeline's merge instructions depend on the version that was negotiated in this recording.
  const versions = session.messages
    .filter((m) => m.messageTypeName === 'SESSION_CAPABILITY')
    .map((m) => /protocolversion">(2\.\d)/.exec(m.data ?? '')?.[1] ?? '2.4')
    .toSorted();
  test(`${session.messages.length} messages`, () => {
    for (const message of session.messages) check(message, versions[0] as ProtocolVersion);
  });
});

describe('messages-by-type.json', () => {
  test('covers every message type', () => {
    expect(new Set(byType.map((m) => m.messageTypeName))).toEqual(new Set(Object.keys(CODECS)));
    expect(Object.keys(CODECS)).toHaveLength(31);
  });

  test.each(Object.keys(CODECS) as MessageName[])('%s', (name) => {
    for (const message of byType.filter((m) => m.messageTypeName === name)) check(message, '2.4');
  });
});
