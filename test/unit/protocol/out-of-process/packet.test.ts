import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeLine, encodePacket } from '../../../../electron/protocol/out-of-process/packet.ts';
import type { DataStream, Packet, Signpost } from '../../../../electron/protocol/out-of-process/packet.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

interface RecordedPacket {
  action: Signpost | 'Data';
  stream: DataStream | null;
  psGuid: string;
  /** Null where the recording left out a long line. */
  line: string | null;
}

const FOLDER = join(import.meta.dirname, '../../../vectors/psrp');
const recorded = readdirSync(FOLDER)
  .filter((name) => name.startsWith('oop-') && name.endsWith('.json'))
  .flatMap((name) => {
    const { packets } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { packets: RecordedPacket[] };
    return packets.flatMap(({ line, ...rest }) => (line === null ? [] : [{ file: name, line, ...rest }]));
  });

const ZERO = '00000000-0000-0000-0000-000000000000';
const GUID = '43f6f2cc-275e-41fc-bf36-ba8e815c5b30';

function codeOf(line: string): string {
  try {
    decodeLine(line);
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'none';
}

describe('recorded sessions with PowerShell 7.6.9', () => {
  test('hold every kind of packet', () => {
    expect(new Set(recorded.map((packet) => packet.action))).toEqual(
      new Set(['Data', 'DataAck', 'Command', 'CommandAck', 'Signal', 'SignalAck', 'Close', 'CloseAck']),
    );
    expect(recorded.length).toBeGreaterThan(350);
  });

  test.each([...new Set(recorded.map((packet) => packet.file))])(
    '%s: every line is read, and written as PowerShell writes it',
    (file) => {
      for (const packet of recorded.filter((each) => each.file === file)) {
        const read = decodeLine(packet.line);
        const isData = packet.action === 'Data';
        // The base64 between the tags, decoded by other means than the product's.
        const base64 = packet.line.slice(packet.line.indexOf('>') + 1, packet.line.lastIndexOf('<'));
        expect(read).toEqual({
          kind: packet.action,
          psGuid: packet.psGuid,
          ...(isData && {
            stream: packet.stream,
            data: Uint8Array.from(atob(base64), (each) => each.charCodeAt(0)),
          }),
        });
        expect(encodePacket(read as Packet)).toBe(`${packet.line}\n`);
      }
    },
  );
});

describe('what an XML reader takes, and so PowerShell', () => {
  const data = { kind: 'Data', psGuid: GUID, stream: 'Default' };

  test.each([
    ['double quotes', `<Data Stream="Default" PSGuid="${GUID}">AQID</Data>`],
    ['the other order', `<Data PSGuid='${GUID}' Stream='Default'>AQID</Data>`],
    ['space around', `  <Data  Stream = 'Default'\tPSGuid='${GUID}' >AQID</Data>\r`],
    [
      'any case in the stream and the GUID',
      `<Data Stream='default' PSGuid='${GUID.toUpperCase()}'>AQID</Data>`,
    ],
  ])('%s', (_what, line) => {
    const read = decodeLine(line);
    expect(read).toMatchObject(data);
    expect(read?.kind === 'Data' && [...read.data]).toEqual([1, 2, 3]);
  });

  test.each([
    `<CloseAck PSGuid='${ZERO}' />`,
    `<CloseAck PSGuid='${ZERO}'/>`,
    `<CloseAck PSGuid='${ZERO}'></CloseAck>`,
  ])('both ways to close an empty element: %s', (line) =>
    expect(decodeLine(line)).toEqual({ kind: 'CloseAck', psGuid: ZERO }),
  );
});

describe('what is no packet', () => {
  test.each(['', '   ', '\r'])('nothing at all is passed over: %j', (line) =>
    expect(decodeLine(line)).toBeUndefined(),
  );

  test.each(['Welcome to Ubuntu', '__NamedPipeError__:gone', 'a <Data'])('text is text: %s', (text) =>
    expect(decodeLine(`${text} \r`)).toEqual({ kind: 'Text', text }),
  );

  test.each([
    ['oop.malformed', '<'],
    ['oop.malformed', '<!-- comment -->'],
    ['oop.malformed', '<?xml version="1.0"?>'],
    ['oop.malformed', '<!DOCTYPE x [<!ENTITY a "b">]>'],
    ['oop.malformed', `<Data Stream='Default' PSGuid='${GUID}'>AQID`],
    ['oop.malformed', `<Data Stream='Default' PSGuid='${GUID}' />`],
    ['oop.malformed', `<Data Stream='Default' PSGuid='${GUID}'>AQID</Data>more`],
    ['oop.malformed', `<Data Stream='Default PSGuid='${GUID}'>AQID</Data>`],
    ['oop.malformed', `<Close PSGuid='${GUID}' />x`],
    ['oop.malformed', `<Close PSGuid='${GUID}'>`],
    ['oop.malformed', `<Close PSGuid='${GUID}'>x</Close>`],
    ['oop.element', `<Hello PSGuid='${GUID}' />`],
    ['oop.element', `<data Stream='Default' PSGuid='${GUID}'>AQID</data>`],
    ['oop.guid', `<Close />`],
    ['oop.guid', `<Close PSGuid='' />`],
    ['oop.guid', `<Close PSGuid='{${GUID}}' />`],
    ['oop.guid', `<Data Stream='Default'>AQID</Data>`],
    ['oop.attributes', `<Close PSGuid='${GUID}' Stream='Default' />`],
    ['oop.attributes', `<Data Stream='Default' PSGuid='${GUID}' Extra='1'>AQID</Data>`],
    ['oop.attributes', `<Data PSGuid='${GUID}' PSGuid='${GUID}'>AQID</Data>`],
    ['oop.attributes', `<Data PSGuid='${GUID}'>AQID</Data>`],
    ['oop.stream', `<Data Stream='Other' PSGuid='${GUID}'>AQID</Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'></Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'>AQI</Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'>AQ=D</Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'>A*ID</Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'>-_-_</Data>`],
    ['oop.data', `<Data Stream='Default' PSGuid='${GUID}'><a/></Data>`],
  ])('%s: %s', (code, line) => expect(codeOf(line)).toBe(code));

  test('an error names lengths and kinds, never content', () => {
    const secret = 'c2VjcmV0IHRleHQ';
    const line = `<Data Stream='Default' PSGuid='${GUID}'>${secret}!</Data>`;
    expect(() => decodeLine(line)).toThrow(
      expect.objectContaining({
        code: 'oop.data',
        message: expect.not.stringContaining(secret) as string,
        facts: { length: secret.length + 1 },
      }),
    );
  });
});
