/**
 * The message header and the numbers of the messages ([MS-PSRP] 2.2.1).
 */
import { ProtocolError } from '../errors.ts';
import { readGuid, writeGuid } from './guid.ts';

export const MESSAGE_HEADER_BYTES = 40;

/** [MS-PSRP] 2.2.1, MessageType. RESET_RUNSPACE_STATE is of protocol 2.3. */
export const MessageType = {
  SESSION_CAPABILITY: 0x00010002,
  INIT_RUNSPACEPOOL: 0x00010004,
  PUBLIC_KEY: 0x00010005,
  ENCRYPTED_SESSION_KEY: 0x00010006,
  PUBLIC_KEY_REQUEST: 0x00010007,
  CONNECT_RUNSPACEPOOL: 0x00010008,
  SET_MAX_RUNSPACES: 0x00021002,
  SET_MIN_RUNSPACES: 0x00021003,
  RUNSPACE_AVAILABILITY: 0x00021004,
  RUNSPACEPOOL_STATE: 0x00021005,
  CREATE_PIPELINE: 0x00021006,
  GET_AVAILABLE_RUNSPACES: 0x00021007,
  USER_EVENT: 0x00021008,
  APPLICATION_PRIVATE_DATA: 0x00021009,
  GET_COMMAND_METADATA: 0x0002100a,
  RUNSPACEPOOL_INIT_DATA: 0x0002100b,
  RESET_RUNSPACE_STATE: 0x0002100c,
  RUNSPACEPOOL_HOST_CALL: 0x00021100,
  RUNSPACEPOOL_HOST_RESPONSE: 0x00021101,
  PIPELINE_INPUT: 0x00041002,
  END_OF_PIPELINE_INPUT: 0x00041003,
  PIPELINE_OUTPUT: 0x00041004,
  ERROR_RECORD: 0x00041005,
  PIPELINE_STATE: 0x00041006,
  DEBUG_RECORD: 0x00041007,
  VERBOSE_RECORD: 0x00041008,
  WARNING_RECORD: 0x00041009,
  PROGRESS_RECORD: 0x00041010,
  INFORMATION_RECORD: 0x00041011,
  PIPELINE_HOST_CALL: 0x00041100,
  PIPELINE_HOST_RESPONSE: 0x00041101,
} as const;

export type MessageName = keyof typeof MessageType;

const NAMES: ReadonlyMap<number, MessageName> = new Map(
  (Object.entries(MessageType) as [MessageName, number][]).map(([name, value]) => [value, name]),
);

/** Which side a message is addressed to ([MS-PSRP] 2.2.1, Destination). */
export type Destination = 'client' | 'server';

export interface MessageHeader {
  readonly destination: Destination;
  readonly name: MessageName;
  readonly runspacePoolId: string;
  /** All zero where the message concerns the pool. */
  readonly pipelineId: string;
}

/** A message with its data still text. */
export interface MessageFrame extends MessageHeader {
  /** CLIXML without byte order mark; empty where the message has no data. */
  readonly data: string;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** [MS-PSRP] 2.2.1, without looking at the data. */
export function decodeHeader(bytes: Uint8Array): MessageHeader {
  if (bytes.length < MESSAGE_HEADER_BYTES) {
    throw new ProtocolError('psrp.message.short', 'A message is shorter than its header.', {
      length: bytes.length,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, MESSAGE_HEADER_BYTES);
  const destination = view.getUint32(0, true);
  if (destination !== 1 && destination !== 2) {
    throw new ProtocolError(
      'psrp.message.destination',
      'A message is addressed to neither client nor server.',
      {
        destination,
        offset: 0,
      },
    );
  }
  const type = view.getUint32(4, true);
  const name = NAMES.get(type);
  if (name === undefined) {
    throw new ProtocolError('psrp.message.type', 'A message is of an unknown type.', {
      type: `0x${type.toString(16).padStart(8, '0')}`,
      offset: 4,
    });
  }
  return {
    destination: destination === 1 ? 'client' : 'server',
    name,
    runspacePoolId: readGuid(bytes, 8),
    pipelineId: readGuid(bytes, 24),
  };
}

/** [MS-PSRP] 2.2.1. The byte order mark before the data is optional. */
export function decodeMessage(bytes: Uint8Array): MessageFrame {
  return { ...decodeHeader(bytes), data: decodeData(bytes) };
}

function decodeData(bytes: Uint8Array): string {
  const hasBom =
    bytes.length >= MESSAGE_HEADER_BYTES + 3 &&
    bytes[40] === 0xef &&
    bytes[41] === 0xbb &&
    bytes[42] === 0xbf;
  return decodeText(bytes.subarray(hasBom ? MESSAGE_HEADER_BYTES + 3 : MESSAGE_HEADER_BYTES));
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  try {
    return UTF8.decode(bytes);
  } catch {
    // TypeError for bytes that are no UTF-8, RangeError for text longer than a string can be.
    throw new ProtocolError('psrp.message.text', 'The data of a message is not readable as UTF-8.', {
      length: bytes.length,
    });
  }
}

/** [MS-PSRP] 2.2.1. With the byte order mark .NET writes when there is data. */
export function encodeMessage(frame: MessageFrame): Uint8Array {
  const text = frame.data === '' ? 0 : Buffer.byteLength(frame.data, 'utf8');
  const bytes = new Uint8Array(MESSAGE_HEADER_BYTES + (text === 0 ? 0 : text + 3));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, frame.destination === 'client' ? 1 : 2, true);
  view.setUint32(4, MessageType[frame.name], true);
  writeGuid(frame.runspacePoolId, bytes, 8);
  writeGuid(frame.pipelineId, bytes, 24);
  if (text > 0) {
    bytes.set([0xef, 0xbb, 0xbf], MESSAGE_HEADER_BYTES);
    Buffer.from(bytes.buffer).write(frame.data, MESSAGE_HEADER_BYTES + 3, 'utf8');
  }
  return bytes;
}
