/** The tokens of SPNEGO (RFC 4178 4.2, [MS-SPNG] 2.2). */
import { ProtocolError } from '../../errors.ts';
import {
  applicationTag,
  contextTag,
  decodeOid,
  decodeSmallInteger,
  DER,
  der,
  DerReader,
  encodeOid,
  single,
} from '../der.ts';

export const OID = {
  spnego: '1.3.6.1.5.5.2',
  kerberos: '1.2.840.113554.1.2.2',
  /** Kerberos as Windows 2000 wrote it by a mistake (one bit of the first), and all versions after it offer and take. */
  microsoftKerberos: '1.2.840.48018.1.2.2',
  ntlm: '1.3.6.1.4.1.311.2.2.10',
} as const;

export const NEG_STATE = {
  acceptCompleted: 0,
  acceptIncomplete: 1,
  reject: 2,
  requestMic: 3,
} as const;
export type NegState = (typeof NEG_STATE)[keyof typeof NEG_STATE];

export interface NegTokenInit {
  readonly mechTypes: readonly string[];
  /** The list as it was written: what mechListMIC signs. */
  readonly mechTypesDer: Uint8Array;
  readonly mechToken?: Uint8Array;
  readonly mechListMic?: Uint8Array;
  /** [MS-SPNG] 2.2.1: servers that speak first say nothing of use here. */
  readonly hintName?: Uint8Array;
  readonly hintAddress?: Uint8Array;
}

export interface NegTokenResp {
  readonly state?: NegState;
  readonly mechanism?: string;
  readonly token?: Uint8Array;
  readonly mechListMic?: Uint8Array;
}

/** Windows offers five. */
const MAX_MECHANISMS = 32;

/** MechTypeList (RFC 4178 4.1). */
export function encodeMechTypes(mechTypes: readonly string[]): Uint8Array {
  return der(DER.sequence, ...mechTypes.map((oid) => der(DER.oid, encodeOid(oid))));
}

function octets(tag: number, value: Uint8Array | undefined): Uint8Array[] {
  return value === undefined ? [] : [der(contextTag(tag), der(DER.octetString, value))];
}

/** RFC 4178 4.2.1, in the framing of RFC 2743 3.1. */
export function encodeNegTokenInit(token: {
  readonly mechTypes: readonly string[];
  readonly mechToken?: Uint8Array;
  readonly mechListMic?: Uint8Array;
}): Uint8Array {
  const inner = der(
    DER.sequence,
    der(contextTag(0), encodeMechTypes(token.mechTypes)),
    ...octets(2, token.mechToken),
    ...octets(3, token.mechListMic),
  );
  return der(applicationTag(0), der(DER.oid, encodeOid(OID.spnego)), der(contextTag(0), inner));
}

/** @throws ProtocolError */
export function decodeNegTokenInit(bytes: Uint8Array): NegTokenInit {
  const framed = new DerReader(single(bytes, applicationTag(0)));
  const mechanism = decodeOid(framed.expect(DER.oid));
  if (mechanism !== OID.spnego)
    throw new ProtocolError('spnego.token', 'A token of another mechanism', { mechanism });
  const choice = framed.expect(contextTag(0));
  framed.end();
  const fields = new DerReader(single(choice, DER.sequence));
  const { mechTypes, mechTypesDer } = decodeMechTypes(fields.expect(contextTag(0)));
  // reqFlags: nothing that anybody minds (RFC 4178 4.2.1).
  fields.optional(contextTag(1));
  const mechToken = fields.optional(contextTag(2));
  const third = fields.optional(contextTag(3));
  const fourth = fields.optional(contextTag(4));
  fields.end();
  // [3] is the MIC in RFC 4178, and the hints in NegTokenInit2, where the MIC moves on to [4].
  const hints = third?.[0] === DER.sequence ? decodeHints(third) : undefined;
  const mic = hints === undefined ? third : fourth;
  return {
    mechTypes,
    mechTypesDer,
    ...(mechToken === undefined ? {} : { mechToken: single(mechToken, DER.octetString) }),
    ...(mic === undefined ? {} : { mechListMic: single(mic, DER.octetString) }),
    ...hints,
  };
}

function decodeMechTypes(content: Uint8Array): { mechTypes: string[]; mechTypesDer: Uint8Array } {
  const mechTypes: string[] = [];
  const reader = new DerReader(single(content, DER.sequence));
  while (!reader.done) {
    if (mechTypes.length >= MAX_MECHANISMS) {
      throw new ProtocolError('spnego.mechanisms', 'Too many mechanisms', { limit: MAX_MECHANISMS });
    }
    mechTypes.push(decodeOid(reader.expect(DER.oid)));
  }
  return { mechTypes, mechTypesDer: content };
}

function decodeHints(content: Uint8Array): Pick<NegTokenInit, 'hintName' | 'hintAddress'> {
  const fields = new DerReader(single(content, DER.sequence));
  const name = fields.optional(contextTag(0));
  const address = fields.optional(contextTag(1));
  fields.end();
  return {
    ...(name === undefined ? {} : { hintName: single(name, DER.generalString) }),
    ...(address === undefined ? {} : { hintAddress: single(address, DER.octetString) }),
  };
}

/** RFC 4178 4.2.2. */
export function encodeNegTokenResp(token: NegTokenResp): Uint8Array {
  return der(
    contextTag(1),
    der(
      DER.sequence,
      ...(token.state === undefined
        ? []
        : [der(contextTag(0), der(DER.enumerated, Uint8Array.of(token.state)))]),
      ...(token.mechanism === undefined
        ? []
        : [der(contextTag(1), der(DER.oid, encodeOid(token.mechanism)))]),
      ...octets(2, token.token),
      ...octets(3, token.mechListMic),
    ),
  );
}

/** @throws ProtocolError */
export function decodeNegTokenResp(bytes: Uint8Array): NegTokenResp {
  const fields = new DerReader(single(single(bytes, contextTag(1)), DER.sequence));
  const state = fields.optional(contextTag(0));
  const mechanism = fields.optional(contextTag(1));
  const token = fields.optional(contextTag(2));
  const mechListMic = fields.optional(contextTag(3));
  fields.end();
  return {
    ...(state === undefined ? {} : { state: decodeState(single(state, DER.enumerated)) }),
    ...(mechanism === undefined ? {} : { mechanism: decodeOid(single(mechanism, DER.oid)) }),
    ...(token === undefined ? {} : { token: single(token, DER.octetString) }),
    ...(mechListMic === undefined ? {} : { mechListMic: single(mechListMic, DER.octetString) }),
  };
}

function decodeState(content: Uint8Array): NegState {
  const value = decodeSmallInteger(content);
  const state = Object.values(NEG_STATE).find((known) => known === value);
  if (state === undefined)
    throw new ProtocolError('spnego.state', 'A state that there is not', { state: value });
  return state;
}
