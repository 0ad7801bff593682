import { describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { readGuid, writeGuid } from '../../../../electron/protocol/psrp/guid.ts';
import { MessageType, decodeMessage, encodeMessage } from '../../../../electron/protocol/psrp/message.ts';
import { rawMessage } from './endpoint.ts';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof UsageError) return error.code;
    throw error;
  }
  return 'no error';
}

const frame = {
  destination: 'client',
  name: 'PIPELINE_OUTPUT',
  runspacePoolId: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
  pipelineId: '11111111-2222-3333-4444-555555555555',
  data: '<S>wörld 😀</S>',
} as const;

test('a GUID in the byte order of .NET', () => {
  // new Guid("00112233-4455-6677-8899-aabbccddeeff").ToByteArray(), as .NET documents it.
  const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
  expect(readGuid(bytes, 0)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  const written = new Uint8Array(18);
  writeGuid('00112233-4455-6677-8899-AABBCCDDEEFF', written, 1);
  expect(Buffer.from(written).toString('hex')).toBe(`00${bytes.toString('hex')}00`);
  expect(codeOf(() => readGuid(bytes, 1))).toBe('psrp.guid.short');
  expect(codeOf(() => writeGuid('00112233', written, 0))).toBe('psrp.guid');
});

test('a message is as built by hand', () => {
  const raw = rawMessage(frame.name, frame.data, { rpid: frame.runspacePoolId, pid: frame.pipelineId });
  const bom = Buffer.from([0xef, 0xbb, 0xbf]);
  expect(decodeMessage(raw)).toEqual(frame);
  expect(Buffer.from(encodeMessage(frame))).toEqual(
    Buffer.concat([raw.subarray(0, 40), bom, raw.subarray(40)]),
  );
  expect(decodeMessage(encodeMessage(frame))).toEqual(frame);
});

test('a message without data has neither', () => {
  expect(encodeMessage({ ...frame, data: '' })).toHaveLength(40);
  expect(decodeMessage(encodeMessage({ ...frame, data: '' })).data).toBe('');
  expect(
    decodeMessage(Buffer.concat([rawMessage(frame.name, ''), Buffer.from([0xef, 0xbb, 0xbf])])).data,
  ).toBe('');
});

describe('refused', () => {
  const raw = rawMessage(frame.name, frame.data);

  test('every header that is cut off', () => {
    for (let length = 0; length < 40; length++) {
      expect(codeOf(() => decodeMessage(raw.subarray(0, length)))).toBe('psrp.message.short');
    }
  });

  test('every destination but two', () => {
    for (const destination of [0, 3, 4, 0x01000000, 0xffffffff]) {
      expect(codeOf(() => decodeMessage(rawMessage(frame.name, '', { destination })))).toBe(
        'psrp.message.destination',
      );
    }
  });

  test('every type but the known ones, by number', () => {
    const known = new Set<number>(Object.values(MessageType));
    expect(known.size).toBe(31);
    for (const group of [0x00010000, 0x00021000, 0x00041000, 0x00051000]) {
      for (let low = 0; low < 0x300; low++) {
        const bytes = Buffer.from(raw);
        bytes.writeUInt32LE(group + low, 4);
        expect(codeOf(() => decodeMessage(bytes))).toBe(
          known.has(group + low) ? 'no error' : 'psrp.message.type',
        );
      }
    }
  });

  test('data that is no UTF-8, wherever a character is cut', () => {
    const text = Buffer.from('ö😀', 'utf8');
    for (const cut of [1, 3, 4, 5]) {
      const bytes = Buffer.concat([raw.subarray(0, 40), text.subarray(0, cut)]);
      expect(codeOf(() => decodeMessage(bytes))).toBe('psrp.message.text');
    }
  });
});
