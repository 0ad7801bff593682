import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.3, client to server. */
export interface PublicKey {
  /** base64 of a CAPI PUBLICKEYBLOB: see session-key.ts. */
  readonly publicKey: string;
}

/** [MS-PSRP] 2.2.2.3 */
export function encodePublicKey(body: PublicKey): PsValue {
  return psRecord({ PublicKey: body.publicKey });
}

/** [MS-PSRP] 2.2.2.3 */
export function decodePublicKey(value: PsValue | undefined): PublicKey {
  return { publicKey: new Fields(value, 'PUBLIC_KEY').string('PublicKey') };
}
