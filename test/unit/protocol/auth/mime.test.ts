/** Sealed bodies as services write them that no vector holds, and those that are none. */
import { describe, expect, test } from 'vitest';
import { decodeSealed, isSealedType, SESSION_PROTOCOL } from '../../../../electron/protocol/auth/mime.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

const PROTOCOL = SESSION_PROTOCOL.negotiate;
const TYPE = `multipart/encrypted;protocol="${PROTOCOL}";boundary="Encrypted Boundary"`;

/** By hand: two bytes of signature, three of text. */
const BODY = [
  '--Encrypted Boundary\r\n',
  `\tContent-Type: ${PROTOCOL}\r\n`,
  '\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n',
  '--Encrypted Boundary\r\n',
  '\tContent-Type: application/octet-stream\r\n',
  '\x02\0\0\0sgabc',
  '--Encrypted Boundary--\r\n',
].join('');

function read(body: string, type = TYPE, dataLength = ({ length }: { length: number }) => length) {
  const { contentType, parts } = decodeSealed(type, Buffer.from(body, 'latin1'), PROTOCOL, dataLength);
  return {
    contentType,
    parts: parts.map(({ length, header, data }) => [length, String(header), String(data)]),
  };
}

const RIGHT = { contentType: 'application/soap+xml;charset=UTF-8', parts: [[3, 'sg', 'abc']] };

test.each<[string, string, string]>([
  ['as it is', BODY, TYPE],
  ['with a space before the boundary', BODY.replaceAll('--Encrypted', '-- Encrypted'), TYPE],
  ['without the last line’s end', BODY.slice(0, -2), TYPE],
  ['with bare line feeds', BODY.replaceAll('\r\n', '\n'), TYPE],
  [
    'without tabs, in other letters',
    BODY.replaceAll('\t', '').replace('Content-Type: application/HTTP', 'CONTENT-TYPE:application/http'),
    TYPE.toUpperCase().replace('ENCRYPTED BOUNDARY', 'Encrypted Boundary'),
  ],
  [
    'with another boundary, without quotes',
    BODY.replaceAll('Encrypted Boundary', 'b0undary'),
    `multipart/encrypted; protocol=${PROTOCOL}; boundary=b0undary`,
  ],
  [
    'with a boundary that is a pattern',
    BODY.replaceAll('Encrypted Boundary', '(.*'),
    TYPE.replace('Encrypted Boundary', '(.*'),
  ],
])('reads a body %s', (_how, body, type) => {
  expect(read(body, type)).toEqual(RIGHT);
});

test('tells the type of the plain text', () => {
  expect(read(BODY.replace('UTF-8', 'UTF-16')).contentType).toBe('application/soap+xml;charset=UTF-16');
});

test('a delimiter in ciphertext is ciphertext', () => {
  const inside = '--Encrypted Boundary--\r\n';
  const body = BODY.replace('Length=3', `Length=${inside.length}`).replace('abc', inside);
  expect(read(body).parts).toEqual([[inside.length, 'sg', inside]]);
});

describe('refuses', () => {
  test.each<[string, string, string]>([
    ['nothing', '', 'sealed.delimiter'],
    ['no part', '--Encrypted Boundary--\r\n', 'sealed.parts'],
    ['another protocol within', BODY.replace('SPNEGO', 'CredSSP'), 'sealed.protocol'],
    ['no length', BODY.replace(';Length=3', ''), 'sealed.length'],
    ['a length that is none', BODY.replace('Length=3', 'Length=-3'), 'sealed.length'],
    ['a length of twenty digits', BODY.replace('Length=3', `Length=${'9'.repeat(20)}`), 'sealed.length'],
    ['a length beyond the end', BODY.replace('Length=3', 'Length=300'), 'sealed.cut'],
    ['a length that is too small', BODY.replace('Length=3', 'Length=2'), 'sealed.delimiter'],
    ['a signature beyond the end', BODY.replace('\x02\0\0\0', '\xff\0\0\0'), 'sealed.header'],
    ['a signature of gigabytes', BODY.replace('\x02\0\0\0', '\xff\xff\xff\xff'), 'sealed.header'],
    ['a content of another type', BODY.replace('octet-stream', 'soap+xml'), 'sealed.headers'],
    [
      'a part without content',
      BODY.replace('Boundary\r\n\tContent-Type: application/octet-stream', 'Boundary--'),
      'sealed.cut',
    ],
    [
      'headers without end',
      BODY.replace('\tOriginal', `${'\ta: b\r\n'.repeat(20)}\tOriginal`),
      'sealed.headers',
    ],
    ['a line without end', `--Encrypted Boundary\r\n${'x'.repeat(100_000)}`, 'sealed.line'],
  ])('%s', (_what, body, code) => {
    let error: unknown;
    try {
      read(body);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code });
  });

  test.each([
    ['another type', 'multipart/mixed', 'sealed.type'],
    ['no protocol', 'multipart/encrypted', 'sealed.protocol'],
    ['the protocol of another log-on', TYPE.replace('SPNEGO', 'Kerberos'), 'sealed.protocol'],
  ])('%s', (_what, type, code) => {
    expect(() => read(BODY, type)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each([-1, 0.5, Number.NaN, 4, 1e9])('a measure of %d', (length) => {
    expect(() => read(BODY, TYPE, () => length)).toThrow(ProtocolError);
  });

  test('more parts than a body could need', () => {
    const part = BODY.slice(0, BODY.lastIndexOf('--Encrypted'));
    expect(() => read(`${part.repeat(1025)}--Encrypted Boundary--\r\n`)).toThrow(
      expect.objectContaining({ code: 'sealed.parts' }) as Error,
    );
  });
});

test.each([
  ['multipart/encrypted;protocol=x', true],
  ['Multipart/X-Multi-Encrypted; boundary=y', true],
  ['multipart/encryptedx', false],
  ['application/soap+xml', false],
  ['', false],
])('%s is the type of a sealed body: %s', (type, expected) => {
  expect(isSealedType(type)).toBe(expected);
});
