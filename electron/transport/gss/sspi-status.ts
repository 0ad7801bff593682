/** What a SECURITY_STATUS means (winerror.h). */
import { ProtocolError } from '../../protocol/errors.ts';
import { SignInError, type SignInErrorCode, type SignInFacts } from '../../protocol/auth/sign-in-error.ts';

const BY_STATUS: Readonly<Record<number, readonly [code: SignInErrorCode, what: string]>> = {
  /** SEC_E_TARGET_UNKNOWN, SEC_E_WRONG_PRINCIPAL */
  0x8009_0303: ['kerberos.unknown-service', 'The domain does not know the service'],
  0x8009_0322: ['kerberos.unknown-service', 'The service’s name belongs to another account'],
  /** SEC_E_SECPKG_NOT_FOUND */
  0x8009_0305: ['kerberos.unavailable', 'Windows has no Kerberos here'],
  /** SEC_E_LOGON_DENIED */
  0x8009_030c: ['kerberos.wrong-password', 'The domain refuses user or password'],
  /** SEC_E_UNKNOWN_CREDENTIALS, SEC_E_NO_CREDENTIALS */
  0x8009_030d: ['kerberos.no-credentials', 'Windows does not know the credentials'],
  0x8009_030e: ['kerberos.no-credentials', 'Whoever is logged on has no Kerberos ticket'],
  /** SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS */
  0x8009_0311: ['kerberos.no-kdc', 'No domain controller can be reached'],
  0xc000_005e: ['kerberos.no-kdc', 'No domain controller can be reached'],
  /** SEC_E_KDC_UNABLE_TO_REFER */
  0x8009_0359: ['kerberos.no-kdc', 'The domain controller knows no way to the domain of the service'],
  /** SEC_E_CONTEXT_EXPIRED, STATUS_PASSWORD_EXPIRED, STATUS_PASSWORD_MUST_CHANGE, STATUS_ACCOUNT_EXPIRED */
  0x8009_0317: ['kerberos.expired', 'A ticket has expired'],
  0xc000_0071: ['kerberos.expired', 'The password has expired and has to be changed first'],
  0xc000_0224: ['kerberos.expired', 'The password has to be changed first'],
  0xc000_0193: ['kerberos.expired', 'The account has expired'],
  /** SEC_E_TIME_SKEW */
  0x8009_0324: ['kerberos.clock-skew', 'The clocks are too far apart for Kerberos'],
};

export function isFailure(status: number): boolean {
  return status >= 0x8000_0000;
}

export function sspiError(status: number, facts: SignInFacts): SignInError {
  const [code, what] = BY_STATUS[status] ?? ['kerberos.failed', 'Kerberos does not sign in'];
  return new SignInError(code, what, { ...facts, status: hex(status) });
}

/** Why a message or a token of the other end is not believed. */
export function sspiMessageError(status: number): ProtocolError {
  return new ProtocolError('kerberos.message', `A message does not hold (${hex(status)})`, {
    status: hex(status),
  });
}

/**
 * What is wrong with the other end's token itself: SEC_E_INVALID_TOKEN, SEC_E_MESSAGE_ALTERED, SEC_E_OUT_OF_SEQUENCE,
 * SEC_E_INCOMPLETE_MESSAGE, SEC_E_DECRYPT_FAILURE, SEC_E_MUTUAL_AUTH_FAILED.
 */
export const BAD_TOKEN: ReadonlySet<number> = new Set([
  0x8009_0308, 0x8009_030f, 0x8009_0310, 0x8009_0318, 0x8009_0330, 0x8009_0363,
]);

function hex(status: number): string {
  return `0x${status.toString(16).padStart(8, '0')}`;
}
