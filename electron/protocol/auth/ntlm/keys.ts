/** The keys and proofs of NTLMv2 ([MS-NLMP] 3.3.2, 3.4.5). Those of NTLMv1 and LM are not here on purpose. */
import { md4 } from '../md4.ts';
import { hmacMd5, md5 } from '../md5.ts';
import { Rc4 } from '../rc4.ts';
import { utf16 } from './fields.ts';

export type Side = 'client' | 'server';

/** NTOWFv1 ([MS-NLMP] 3.3.1): what Windows stores of a password. As good as the password itself. */
export function ntHash(password: string): Uint8Array {
  const bytes = utf16(password);
  const hash = md4(bytes);
  bytes.fill(0);
  return hash;
}

/**
 * As Windows makes upper case, UTF-16 unit by unit: no `ß` to `SS`, and nothing outside ASCII becomes ASCII (dotless i, long s).
 */
function upperCase(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    const upper = unit.toUpperCase();
    out += upper.length !== 1 || (upper < '\x80' && unit >= '\x80') ? unit : upper;
  }
  return out;
}

/** NTOWFv2 ([MS-NLMP] 3.3.2). The case of the user does not matter, that of the domain does. */
export function ntowfV2(hash: Uint8Array, user: string, domain: string): Uint8Array {
  return hmacMd5(hash, utf16(upperCase(user) + domain));
}

export interface ResponseInput {
  /** {@link ntowfV2} */
  readonly key: Uint8Array;
  readonly serverChallenge: Uint8Array;
  readonly clientChallenge: Uint8Array;
  /** FILETIME. */
  readonly time: Uint8Array;
  /** Encoded, with its closing pair. */
  readonly targetInfo: Uint8Array;
}

/** ComputeResponse ([MS-NLMP] 3.3.2): NTLMv2_RESPONSE ([MS-NLMP] 2.2.2.8) and the session base key. */
export function respond(input: ResponseInput): { response: Uint8Array; sessionBaseKey: Uint8Array } {
  const zeros = new Uint8Array(4);
  const temp = Buffer.concat([
    Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0),
    input.time,
    input.clientChallenge,
    zeros,
    input.targetInfo,
    zeros,
  ]);
  const proof = hmacMd5(input.key, input.serverChallenge, temp);
  return { response: Buffer.concat([proof, temp]), sessionBaseKey: hmacMd5(input.key, proof) };
}

/** RC4K ([MS-NLMP] 6). */
export function rc4k(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Rc4(key).apply(data);
}

const MAGIC = {
  sign: {
    client: 'session key to client-to-server signing key magic constant\0',
    server: 'session key to server-to-client signing key magic constant\0',
  },
  seal: {
    client: 'session key to client-to-server sealing key magic constant\0',
    server: 'session key to server-to-client sealing key magic constant\0',
  },
} as const;

/** SIGNKEY and SEALKEY ([MS-NLMP] 3.4.5.2, 3.4.5.3) with extended session security and 128 bits, of what that side sends. */
export function sessionKey(use: 'sign' | 'seal', exportedKey: Uint8Array, side: Side): Uint8Array {
  return md5(exportedKey, Buffer.from(MAGIC[use][side], 'latin1'));
}
