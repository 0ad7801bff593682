/** CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2): what the server chose, its nonce, and what it says of itself. */
import {
  MESSAGE_TYPE,
  MessageReader,
  MessageWriter,
  readText,
  writeText,
  type NtlmVersion,
} from './fields.ts';
import { has, NTLM_FLAG } from './flags.ts';
import { decodeTargetInfo, encodeTargetInfo, type AvPair } from './target-info.ts';

export interface Challenge {
  readonly flags: number;
  /** 8 bytes. */
  readonly serverChallenge: Uint8Array;
  readonly targetName: string;
  /** Absent where the server says nothing of itself. */
  readonly targetInfo?: readonly AvPair[];
  readonly version?: NtlmVersion;
}

const FIXED = 48;
const WITH_VERSION = 56;

export function encodeChallenge(message: Challenge): Uint8Array {
  const { flags, version, targetInfo } = message;
  return new MessageWriter(MESSAGE_TYPE.challenge, version === undefined ? FIXED : WITH_VERSION)
    .field(12, writeText(message.targetName, has(flags, NTLM_FLAG.unicode)))
    .uint32(20, flags)
    .bytes(24, message.serverChallenge)
    .field(40, targetInfo === undefined ? new Uint8Array() : encodeTargetInfo(targetInfo))
    .version(48, version)
    .done();
}

/** @throws ProtocolError */
export function decodeChallenge(bytes: Uint8Array): Challenge {
  // Before Windows NT 4.0 SP4 there was no target information; the message may end with the nonce.
  const reader = new MessageReader(bytes, MESSAGE_TYPE.challenge, 32);
  const flags = reader.uint32(20);
  const name = reader.field(12);
  const info = bytes.length >= FIXED ? reader.field(40) : undefined;
  const version = has(flags, NTLM_FLAG.version) ? reader.version(48) : undefined;
  return {
    flags,
    serverChallenge: bytes.subarray(24, 32),
    targetName: readText(name, has(flags, NTLM_FLAG.unicode)),
    ...(info === undefined ? {} : { targetInfo: decodeTargetInfo(info) }),
    ...(version === undefined ? {} : { version }),
  };
}
