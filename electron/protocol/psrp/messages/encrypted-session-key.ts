import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.4, server to client. */
export interface EncryptedSessionKey {
  /** base64 of a CAPI SIMPLEBLOB: see session-key.ts. */
  readonly encryptedSessionKey: string;
}

/** [MS-PSRP] 2.2.2.4 */
export function encodeEncryptedSessionKey(body: EncryptedSessionKey): PsValue {
  return psRecord({ EncryptedSessionKey: body.encryptedSessionKey });
}

/** [MS-PSRP] 2.2.2.4 */
export function decodeEncryptedSessionKey(value: PsValue | undefined): EncryptedSessionKey {
  return { encryptedSessionKey: new Fields(value, 'ENCRYPTED_SESSION_KEY').string('EncryptedSessionKey') };
}
