/** [MS-CSSP] 2.2.1 TSRequest: what both sides say inside TLS. */
import { ProtocolError } from '../../errors.ts';
import { contextTag, DER, der, DerReader, single } from '../der.ts';
import { decodeUint32, encodeUint32 } from './integer.ts';

export interface TsRequest {
  /** 2 to 6, so far. */
  readonly version: number;
  /** [MS-CSSP] 2.2.1.1 NegoData: tokens of SPNEGO. More than one is allowed, and never seen. */
  readonly negoTokens?: readonly Uint8Array[];
  /** TSCredentials, sealed. */
  readonly authInfo?: Uint8Array;
  /** The proof that both see the same TLS key, sealed. */
  readonly pubKeyAuth?: Uint8Array;
  /** NTSTATUS, unsigned. Versions 3, 4 and 6. */
  readonly errorCode?: number;
  /** Versions 5 and later: 32 bytes. */
  readonly clientNonce?: Uint8Array;
}

/** The first, and what it may hold at most: one more is a loop, not a log-on. */
const MAX_NEGO_TOKENS = 8;

export function encodeTsRequest(request: TsRequest): Uint8Array {
  const { version, negoTokens, authInfo, pubKeyAuth, errorCode, clientNonce } = request;
  const fields = [der(contextTag(0), encodeUint32(version))];
  if (negoTokens !== undefined) {
    const tokens = negoTokens.map((token) =>
      der(DER.sequence, der(contextTag(0), der(DER.octetString, token))),
    );
    fields.push(der(contextTag(1), der(DER.sequence, ...tokens)));
  }
  if (authInfo !== undefined) fields.push(der(contextTag(2), der(DER.octetString, authInfo)));
  if (pubKeyAuth !== undefined) fields.push(der(contextTag(3), der(DER.octetString, pubKeyAuth)));
  if (errorCode !== undefined) fields.push(der(contextTag(4), encodeUint32(errorCode)));
  if (clientNonce !== undefined) fields.push(der(contextTag(5), der(DER.octetString, clientNonce)));
  return der(DER.sequence, ...fields);
}

/** Exactly one, whole. Fields of later versions, after those known, are passed over. @throws ProtocolError */
export function decodeTsRequest(bytes: Uint8Array): TsRequest {
  const fields = new DerReader(single(bytes, DER.sequence));
  const version = decodeUint32(single(fields.expect(contextTag(0)), DER.integer));
  const nego = fields.optional(contextTag(1));
  const authInfo = optionalOctets(fields, 2);
  const pubKeyAuth = optionalOctets(fields, 3);
  const error = fields.optional(contextTag(4));
  const clientNonce = optionalOctets(fields, 5);
  while (!fields.done) {
    if ((fields.peek() ?? 0) <= contextTag(5)) {
      throw new ProtocolError('credssp.request', 'The fields of a TSRequest are out of order', {
        tag: fields.peek() ?? 0,
      });
    }
    fields.next();
  }
  return {
    version,
    ...(nego === undefined ? {} : { negoTokens: decodeNegoData(nego) }),
    ...(authInfo === undefined ? {} : { authInfo }),
    ...(pubKeyAuth === undefined ? {} : { pubKeyAuth }),
    ...(error === undefined ? {} : { errorCode: decodeUint32(single(error, DER.integer)) }),
    ...(clientNonce === undefined ? {} : { clientNonce }),
  };
}

function optionalOctets(fields: DerReader, n: number): Uint8Array | undefined {
  const field = fields.optional(contextTag(n));
  return field === undefined ? undefined : single(field, DER.octetString);
}

function decodeNegoData(field: Uint8Array): Uint8Array[] {
  const list = new DerReader(single(field, DER.sequence));
  const tokens: Uint8Array[] = [];
  while (!list.done) {
    if (tokens.length >= MAX_NEGO_TOKENS) {
      throw new ProtocolError('credssp.request', 'A TSRequest with more tokens than anybody needs', {
        limit: MAX_NEGO_TOKENS,
      });
    }
    const one = new DerReader(list.expect(DER.sequence));
    tokens.push(single(one.expect(contextTag(0)), DER.octetString));
    one.end();
  }
  return tokens;
}
