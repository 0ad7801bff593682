/** NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1): what the client can do. */
import { has, NTLM_FLAG } from './flags.ts';
import {
  MESSAGE_TYPE,
  MessageReader,
  MessageWriter,
  readText,
  writeText,
  type NtlmVersion,
} from './fields.ts';

export interface Negotiate {
  readonly flags: number;
  /** Empty where not said. */
  readonly domain: string;
  readonly workstation: string;
  readonly version?: NtlmVersion;
}

const FIXED = 32;
const WITH_VERSION = 40;

/** The flags that say which fields there are come from the fields. */
export function encodeNegotiate(message: Negotiate): Uint8Array {
  const { domain, workstation, version } = message;
  const flags =
    message.flags |
    (domain === '' ? 0 : NTLM_FLAG.domainSupplied) |
    (workstation === '' ? 0 : NTLM_FLAG.workstationSupplied) |
    (version === undefined ? 0 : NTLM_FLAG.version);
  return (
    new MessageWriter(MESSAGE_TYPE.negotiate, version === undefined ? FIXED : WITH_VERSION)
      .uint32(12, flags)
      // Never in Unicode, as what the other end reads is not agreed yet.
      .field(16, writeText(domain, false))
      .field(24, writeText(workstation, false))
      .version(32, version)
      .done()
  );
}

/** @throws ProtocolError */
export function decodeNegotiate(bytes: Uint8Array): Negotiate {
  // Some clients stop after the flags.
  const short = bytes.length < FIXED;
  const reader = new MessageReader(bytes, MESSAGE_TYPE.negotiate, 16);
  const flags = reader.uint32(12);
  const supplied = (at: number, flag: number): Uint8Array | undefined =>
    short || !has(flags, flag) ? undefined : reader.field(at);
  const domain = supplied(16, NTLM_FLAG.domainSupplied);
  const workstation = supplied(24, NTLM_FLAG.workstationSupplied);
  const version = has(flags, NTLM_FLAG.version) ? reader.version(32) : undefined;
  return {
    flags,
    domain: readText(domain, false),
    workstation: readText(workstation, false),
    ...(version === undefined ? {} : { version }),
  };
}
