/** [MS-CSSP] 2.2.1.2 TSCredentials with 2.2.1.2.1 TSPasswordCreds: what the server is handed, sealed. */
import { contextTag, DER, der } from '../der.ts';
import { encodeUint32 } from './integer.ts';

export interface PasswordCredentials {
  /** Empty for a name of the form user@domain. */
  readonly domain: string;
  readonly userName: string;
  readonly password: string;
}

/** credType of TSPasswordCreds. Smart cards (2) and Remote Credential Guard (6) are not for WinRM. */
const PASSWORD = 1;

/** The bytes hold the password readable: overwrite them as soon as they are sealed. */
export function encodeTsCredentials(credentials: PasswordCredentials): Uint8Array {
  const { domain, userName, password } = credentials;
  const inner = der(
    DER.sequence,
    ...[domain, userName, password].map((text, i) =>
      der(contextTag(i), der(DER.octetString, Buffer.from(text, 'utf16le'))),
    ),
  );
  return der(
    DER.sequence,
    der(contextTag(0), encodeUint32(PASSWORD)),
    der(contextTag(1), der(DER.octetString, inner)),
  );
}
