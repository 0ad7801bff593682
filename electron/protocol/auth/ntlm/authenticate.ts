/** AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3): who the client is, and its proof. */
import {
  MESSAGE_TYPE,
  MessageReader,
  MessageWriter,
  readText,
  writeText,
  type NtlmVersion,
} from './fields.ts';
import { has, NTLM_FLAG } from './flags.ts';

export interface Authenticate {
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  /** Zeros in NTLMv2 with target information ([MS-NLMP] 3.1.5.1.2); anything else is not read. */
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  /** Empty without key exchange. */
  readonly encryptedSessionKey: Uint8Array;
  readonly version?: NtlmVersion;
  /** 16 bytes over all three messages, computed with zeros in its place. */
  readonly mic?: Uint8Array;
}

const FIXED = 64;
const VERSION = 8;
const MIC = 16;

export function encodeAuthenticate(message: Authenticate): Uint8Array {
  const unicode = has(message.flags, NTLM_FLAG.unicode);
  const { version, mic } = message;
  const micAt = FIXED + (version === undefined ? 0 : VERSION);
  const writer = new MessageWriter(MESSAGE_TYPE.authenticate, micAt + (mic === undefined ? 0 : MIC))
    .field(12, message.lmResponse)
    .field(20, message.ntResponse)
    .field(28, writeText(message.domain, unicode))
    .field(36, writeText(message.user, unicode))
    .field(44, writeText(message.workstation, unicode))
    .field(52, message.encryptedSessionKey)
    .uint32(60, message.flags)
    .version(FIXED, version);
  if (mic !== undefined) writer.bytes(micAt, mic);
  return writer.done();
}

/** Where the MIC stands is told by nothing but where the payload begins. */
function micOffset(payloadStart: number): number | undefined {
  if (payloadStart >= FIXED + VERSION + MIC) return FIXED + VERSION;
  return payloadStart >= FIXED + MIC ? FIXED : undefined;
}

/** With the message as it was before the MIC was written into it, where it has one. @throws ProtocolError */
export function decodeAuthenticate(bytes: Uint8Array): Authenticate & { readonly withoutMic?: Uint8Array } {
  const reader = new MessageReader(bytes, MESSAGE_TYPE.authenticate, FIXED);
  const flags = reader.uint32(60);
  const unicode = has(flags, NTLM_FLAG.unicode);
  const none = new Uint8Array();
  const fields = {
    flags,
    lmResponse: reader.field(12) ?? none,
    ntResponse: reader.field(20) ?? none,
    domain: readText(reader.field(28), unicode),
    user: readText(reader.field(36), unicode),
    workstation: readText(reader.field(44), unicode),
    encryptedSessionKey: reader.field(52) ?? none,
  };
  const version = has(flags, NTLM_FLAG.version) ? reader.version(FIXED) : undefined;
  const at = micOffset(reader.payloadStart);
  if (at === undefined) return { ...fields, ...(version === undefined ? {} : { version }) };
  const withoutMic = Uint8Array.from(bytes).fill(0, at, at + MIC);
  return {
    ...fields,
    ...(version === undefined ? {} : { version }),
    mic: bytes.subarray(at, at + MIC),
    withoutMic,
  };
}
