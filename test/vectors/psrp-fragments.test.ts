/** The fragment vectors as packets, which carry whole fragments, and the good ones again in every cut. */
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import type { Defragmented } from '../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../electron/protocol/psrp/message.ts';
import { readVectors } from './psrp-vectors.ts';

interface FragmentCase {
  id: string;
  chunksHex: string[];
  expectedMessages: { objectId: string; rawHex: string; messageTypeName: string; data: string }[] | null;
  expectError: string | null;
}

const { cases } = readVectors('fragments.json') as { cases: FragmentCase[] };

const CODES: Record<string, string> = {
  'fragment-chunk-split-in-header': 'psrp.fragment.truncated',
  'fragment-out-of-order': 'psrp.fragment.order',
  'fragment-missing-first': 'psrp.fragment.no-start',
  'fragment-restart': 'psrp.fragment.restart',
  'fragment-short-header': 'psrp.fragment.truncated',
  'fragment-message-too-short': 'psrp.message.short',
  'fragment-unknown-type': 'psrp.message.type',
  'fragment-start-flag-on-later': 'psrp.fragment.restart',
};

function asPackets(chunks: readonly Uint8Array[]): Defragmented[] {
  const defragmenter = new Defragmenter();
  return chunks.flatMap((chunk) => {
    const messages = defragmenter.push(chunk);
    defragmenter.end();
    for (const { message } of messages) decodeMessage(message);
    return messages;
  });
}

describe.each(cases)('$id', ({ id, chunksHex, expectedMessages, expectError }) => {
  const chunks = chunksHex.map((hex) => Buffer.from(hex, 'hex'));

  if (expectError !== null) {
    test(`is refused: ${expectError}`, () => {
      let caught: unknown;
      try {
        asPackets(chunks);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(ProtocolError);
      expect((caught as ProtocolError).code).toBe(CODES[id]);
    });
    return;
  }

  const expected = (expectedMessages ?? []).map(({ objectId, rawHex }) => ({ objectId, rawHex }));
  function seen(messages: readonly Defragmented[]): typeof expected {
    return messages.map(({ objectId, message }) => ({
      objectId: String(objectId),
      rawHex: Buffer.from(message).toString('hex'),
    }));
  }

  test('holds the messages', () => {
    const messages = asPackets(chunks);
    expect(seen(messages)).toEqual(expected);
    expect(messages.map(({ message }) => decodeMessage(message))).toMatchObject(
      (expectedMessages ?? []).map(({ messageTypeName, data }) => ({ name: messageTypeName, data })),
    );
  });

  const stream = Buffer.concat(chunks);

  test(`in each of its ${stream.length} cuts`, () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const defragmenter = new Defragmenter();
      const messages = [
        ...defragmenter.push(stream.subarray(0, cut)),
        ...defragmenter.push(stream.subarray(cut)),
      ];
      defragmenter.end();
      expect(seen(messages)).toEqual(expected);
    }
  });

  test('byte by byte, and behind itself', () => {
    const defragmenter = new Defragmenter();
    const twice = Buffer.concat([stream, stream]);
    const messages = [...twice].flatMap((byte) => defragmenter.push(Uint8Array.of(byte)));
    expect(seen(messages)).toEqual([...expected, ...expected]);
  });
});
