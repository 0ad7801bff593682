/**
 * Kerberos' sealed tokens (RFC 4121 4.2.6.2) as WinRM wants them: a header in front and the data by itself ([MS-WSMV] 2.2.9.1.1.2). A token
 * is 16 bytes of header, then confounder, message, a copy of the header and the checksum, rotated right by RRC. Windows rotates so that what
 * is not message comes first; other libraries send it as it comes, or rotate otherwise.
 */
import { ProtocolError } from '../../protocol/errors.ts';
import type { SealedMessage } from '../../protocol/auth/security-context.ts';
import { SignInError, type SignInFacts } from '../../protocol/auth/sign-in-error.ts';

/** Token id, flags, filler, EC, RRC, sequence number. */
const HEADER = 16;
/** The header and the confounder stand before the message wherever the rest is rotated to. AES' block. */
const BEFORE_MESSAGE = 32;
/** Header copy and the shortest checksum. */
const MIN_AFTER_MESSAGE = 16 + 12;
/** Header copy and a checksum far longer than any encryption type's: 24 with SHA-384. */
const MAX_AFTER_MESSAGE = 16 + 64;

const FLAG_SEALED = 2;

/**
 * Encryption types that are taken (RFC 3961 8, RFC 3962, RFC 8009): AES. Not DES, triple DES and RC4 (RFC 8429), with which WinRM's messages
 * would look different, too.
 */
export const AES_TYPES: ReadonlySet<number> = new Set([17, 18, 19, 20]);

export function outdated(facts: SignInFacts, encryptionType?: number): SignInError {
  return new SignInError('kerberos.failed', 'The service’s ticket is for an outdated encryption type', {
    ...facts,
    reason: 'encryption-type',
    ...(encryptionType === undefined ? {} : { encryptionType }),
  });
}

/**
 * Splits what gss_wrap made of a message of `length` bytes.
 * @throws SignInError for a token of the encryption types before AES (RC4, DES), which are refused
 */
export function splitToken(token: Uint8Array, length: number): SealedMessage {
  if (token[0] !== 5 || token[1] !== 4) throw outdated({});
  const view = new DataView(token.buffer, token.byteOffset, token.byteLength);
  const headerLength = token.length - length;
  const after = headerLength - BEFORE_MESSAGE;
  const extra = token.length >= HEADER ? view.getUint16(4) : -1;
  const sealed = ((token[2] ?? 0) & FLAG_SEALED) !== 0;
  if (!sealed || extra !== 0 || after < MIN_AFTER_MESSAGE || after > MAX_AFTER_MESSAGE) {
    throw new SignInError(
      'kerberos.failed',
      'The system’s Kerberos seals in a way that WinRM does not know',
      {
        reason: 'token-layout',
        headerLength,
        extra,
      },
    );
  }
  const rest = token.subarray(HEADER);
  const rotation = view.getUint16(6) % rest.length;
  const turned = rotateRight(rest, (after - rotation + rest.length) % rest.length);
  const header = new Uint8Array(headerLength);
  header.set(token.subarray(0, HEADER));
  new DataView(header.buffer).setUint16(6, after);
  header.set(turned.subarray(0, headerLength - HEADER), HEADER);
  return { header, data: turned.subarray(headerLength - HEADER) };
}

/**
 * What gss_unwrap takes: it knows every rotation. Where the token was cut does not matter: CredSSP cuts it where NTLM's signature ends.
 * @throws ProtocolError where that is no sealed token
 */
export function joinToken(message: SealedMessage): Uint8Array {
  const { header, data } = message;
  if (
    header.length + data.length < BEFORE_MESSAGE + MIN_AFTER_MESSAGE ||
    header[0] !== 5 ||
    header[1] !== 4
  ) {
    throw new ProtocolError('kerberos.token', 'A sealed body without a Kerberos token before it', {
      length: header.length,
    });
  }
  const token = new Uint8Array(header.length + data.length);
  token.set(header);
  token.set(data, header.length);
  return token;
}

function rotateRight(bytes: Uint8Array, by: number): Uint8Array {
  if (by === 0) return bytes;
  const turned = new Uint8Array(bytes.length);
  turned.set(bytes.subarray(bytes.length - by));
  turned.set(bytes.subarray(0, bytes.length - by), by);
  return turned;
}
