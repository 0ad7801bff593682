/** AV_PAIRs ([MS-NLMP] 2.2.2.1): what the server says of itself, and what the client adds to it in its response. */
import { ProtocolError } from '../../errors.ts';
import { viewOf } from '../bytes.ts';

export const AV = {
  end: 0,
  computerName: 1,
  domainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  dnsTreeName: 5,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const;

/** Bit of {@link AV.flags}: the AUTHENTICATE_MESSAGE has a MIC. */
export const AV_FLAG_MIC = 0x2;

export interface AvPair {
  readonly id: number;
  readonly value: Uint8Array;
}

/** Eleven are known, each stands once. */
const MAX_PAIRS = 64;

/** Without the closing pair. @throws ProtocolError */
export function decodeTargetInfo(bytes: Uint8Array): AvPair[] {
  const view = viewOf(bytes);
  const pairs: AvPair[] = [];
  for (let at = 0; ;) {
    if (at + 4 > bytes.length)
      throw new ProtocolError('ntlm.target-info', 'Target information without an end', { offset: at });
    const id = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > bytes.length) {
      throw new ProtocolError('ntlm.target-info', 'A value beyond the end of the target information', {
        offset: at,
        id,
        length,
      });
    }
    if (id === AV.end) return pairs;
    if (pairs.length >= MAX_PAIRS)
      throw new ProtocolError('ntlm.target-info', 'Too many values', { limit: MAX_PAIRS });
    pairs.push({ id, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
}

export function encodeTargetInfo(pairs: readonly AvPair[]): Uint8Array {
  const length = pairs.reduce((sum, { value }) => sum + 4 + value.length, 4);
  const out = new Uint8Array(length);
  const view = viewOf(out);
  let at = 0;
  for (const { id, value } of pairs) {
    view.setUint16(at, id, true);
    view.setUint16(at + 2, value.length, true);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}

/** The first value of that kind. */
export function avValue(pairs: readonly AvPair[], id: number): Uint8Array | undefined {
  return pairs.find((pair) => pair.id === id)?.value;
}

/** {@link AV.flags} as a number; 0 where there are none. */
export function avFlags(pairs: readonly AvPair[]): number {
  const value = avValue(pairs, AV.flags);
  return value === undefined || value.length < 4 ? 0 : viewOf(value).getUint32(0, true);
}

export function uint32Bytes(value: number): Uint8Array {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, value, true);
  return out;
}

/** 100 ns since 1601 ([MS-DTYP] 2.3.3). */
export function fileTime(milliseconds: number): Uint8Array {
  const out = new Uint8Array(8);
  viewOf(out).setBigUint64(0, BigInt(Math.trunc(milliseconds)) * 10_000n + 116_444_736_000_000_000n, true);
  return out;
}
