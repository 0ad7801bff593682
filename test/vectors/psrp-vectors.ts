/** The recorded PSRP messages and sessions as they stand in psrp/*.json, and an independent builder of fragments. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageName } from '../../electron/protocol/psrp/message.ts';

/** A value as the vectors describe it; see README.md. */
export type ExpectedValue =
  | { tag: 'Nil' }
  | { tag: 'Ref'; ref: string }
  | ExpectedObject
  | {
      tag: string;
      value: unknown;
      ticks?: string;
      kind?: string;
      offset?: number | null;
      hex?: string;
      ieee?: string;
    };

export interface ExpectedObject {
  tag: 'Obj';
  typeNames: string[] | null;
  toString: string | null;
  base: ExpectedValue | null;
  container:
    { kind: 'DCT'; entries: [ExpectedValue, ExpectedValue][] } | { kind: string; items: ExpectedValue[] } | null;
  adapted: [string, ExpectedValue][] | null;
  extended: [string, ExpectedValue][] | null;
}

export interface RecordedMessage {
  index: number;
  sender: 'client' | 'server';
  objectId: string;
  fragmentCount: number;
  destination: number;
  messageType: number;
  messageTypeName: MessageName;
  rpid: string;
  pid: string;
  bom: boolean;
  length: number;
  sha256: string;
  /** Null over 40,000 bytes. */
  rawHex: string | null;
  data: string | null;
  expected: ExpectedValue[] | ExpectedValue | null;
  stream?: string;
  packet?: number;
  exchange?: number;
  element?: string;
}

export interface RecordedPacket {
  index: number;
  sender: 'client' | 'server';
  action: string;
  stream: string | null;
  psGuid: string | null;
  /** The fragments, base64. */
  data?: string;
}

export interface RecordedSession {
  id: string;
  packets?: RecordedPacket[];
  messages: RecordedMessage[];
}

const FOLDER = join(import.meta.dirname, 'psrp');

export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as unknown;
}

export function sessionFiles(prefix: 'oop-' | 'wsman-'): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
    .toSorted();
}

export function readSession(file: string): RecordedSession {
  return readVectors(file) as RecordedSession;
}

/** The one value a message's data holds; undefined where it has none. */
export function expectedOf(message: Pick<RecordedMessage, 'expected'>): ExpectedValue | undefined {
  const { expected } = message;
  if (expected === null) return undefined;
  return Array.isArray(expected) ? expected[0] : expected;
}

/** Fragments of a message, built from the specification alone ([MS-PSRP] 2.2.4): `size` bytes of blob each. */
export function buildFragments(objectId: bigint, message: Uint8Array, size = message.length || 1): Buffer[] {
  const fragments: Buffer[] = [];
  const count = Math.max(1, Math.ceil(message.length / size));
  for (let i = 0; i < count; i++) {
    const blob = message.subarray(i * size, (i + 1) * size);
    const header = Buffer.alloc(21);
    header.writeBigUInt64BE(objectId, 0);
    header.writeBigUInt64BE(BigInt(i), 8);
    header.writeUInt8((i === 0 ? 1 : 0) + (i === count - 1 ? 2 : 0), 16);
    header.writeUInt32BE(blob.length, 17);
    fragments.push(Buffer.concat([header, blob]));
  }
  return fragments;
}
