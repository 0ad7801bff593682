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

/** The bytes hold the password readable: overwrite them as soon as they are sealed. Those made on the way are overwritten here. */
export function encodeTsCredentials(credentials: PasswordCredentials): Uint8Array {
  const { domain, userName, password } = credentials;
  const made: Uint8Array[] = [];
  const wrap = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
    const bytes = der(tag, ...contents);
    made.push(bytes);
    return bytes;
  };
  const fields = [domain, userName, password].map((text, i) => {
    const octets = Buffer.from(text, 'utf16le');
    made.push(octets);
    return wrap(contextTag(i), wrap(DER.octetString, octets));
  });
  const whole = der(
    DER.sequence,
    der(contextTag(0), encodeUint32(PASSWORD)),
    wrap(contextTag(1), wrap(DER.octetString, wrap(DER.sequence, ...fields))),
  );
  for (const bytes of made) bytes.fill(0);
  return whole;
}
