/** How much output one ReceiveResponse may carry: measured on the answer's own skeleton. */
import { encodeReceiveResponse, type OutputChunk } from '../../protocol/wsman/receive.ts';
import { base64Length, payloadCapacity } from '../../protocol/wsman/size.ts';

const ID = '00000000-0000-0000-0000-000000000000';

/** With everything an answer may have beside the streams; ids are all of one length. */
const SKELETON = encodeReceiveResponse(
  { messageId: ID, relatesTo: `uuid:${ID}`, activityId: ID },
  { streams: [], commandState: { commandId: ID, state: 'Running', exitCode: -2147483648 } },
);

/** What a Stream element costs beside its payload; names of streams have six letters. */
const STREAM_COST =
  Buffer.byteLength(
    encodeReceiveResponse(
      { messageId: ID, relatesTo: `uuid:${ID}`, activityId: ID },
      {
        streams: [{ name: 'stdout', commandId: ID, data: new Uint8Array(3), end: true }],
        commandState: { commandId: ID, state: 'Running', exitCode: -2147483648 },
      },
    ),
  ) -
  Buffer.byteLength(SKELETON) -
  4;

/**
 * Room below which another fragment is not begun: it would be mostly header. Also the least an answer must offer a fragment; DSP0226 6.2
 * asks services to take 8192-byte envelopes, which leave much more.
 */
const LEAST_PAYLOAD = 512;

export const MIN_ENVELOPE_SIZE = 8192;

/** Fills an answer from `next`, which is given the most bytes the next chunk may have and returns undefined when there is none. */
export function fillAnswer(
  maxEnvelopeSize: number,
  next: (maxBytes: number) => OutputChunk | undefined,
): OutputChunk[] {
  const chunks: OutputChunk[] = [];
  let left = payloadCapacity(maxEnvelopeSize, SKELETON);
  const streamCost = Math.ceil((STREAM_COST * 3) / 4);
  for (;;) {
    const room = left - streamCost;
    if (room < LEAST_PAYLOAD) return chunks;
    const chunk = next(room);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
    left -= streamCost + (base64Length(chunk.data.byteLength) / 4) * 3;
  }
}
