/** What a failure of GSS-API means. The codes are those of RFC 4120 7.5.9 and of krb5's own table, the same in MIT's and Heimdal's. */
import { ProtocolError } from '../../protocol/errors.ts';
import { SignInError, type SignInErrorCode, type SignInFacts } from '../../protocol/auth/sign-in-error.ts';
import { MAJOR, type GssApi, type GssStatus } from './gss-api.ts';

/** ERROR_TABLE_BASE_krb5: codes 0 to 127 are the protocol's, later ones the library's. */
const KRB5 = -1_765_328_384;

const BY_MINOR: Readonly<Record<number, SignInErrorCode>> = {
  /** KDC_ERR_NAME_EXP, KDC_ERR_SERVICE_EXP: the account's time is over. */
  1: 'kerberos.expired',
  2: 'kerberos.expired',
  /** KDC_ERR_C_PRINCIPAL_UNKNOWN */
  6: 'kerberos.no-credentials',
  /** KDC_ERR_S_PRINCIPAL_UNKNOWN */
  7: 'kerberos.unknown-service',
  /** KDC_ERR_CLIENT_REVOKED */
  18: 'kerberos.failed',
  /** KDC_ERR_KEY_EXPIRED */
  23: 'kerberos.expired',
  /** KDC_ERR_PREAUTH_FAILED */
  24: 'kerberos.wrong-password',
  /** KRB_AP_ERR_BAD_INTEGRITY: an answer that the typed password does not open. */
  31: 'kerberos.wrong-password',
  /** KRB_AP_ERR_TKT_EXPIRED */
  32: 'kerberos.expired',
  /** KRB_AP_ERR_SKEW */
  37: 'kerberos.clock-skew',
  /** KDC_ERR_WRONG_REALM */
  68: 'kerberos.no-kdc',
  /** KRB5_LIBOS_CANTREADPWD, KRB5_CC_NOTFOUND, KRB5_KT_NOTFOUND, KRB5_FCC_NOFILE, KRB5_NO_TKT_SUPPLIED */
  130: 'kerberos.no-credentials',
  141: 'kerberos.no-credentials',
  181: 'kerberos.no-credentials',
  195: 'kerberos.no-credentials',
  203: 'kerberos.no-credentials',
  /** KRB5_KDCREP_SKEW */
  148: 'kerberos.clock-skew',
  /** KRB5_REALM_UNKNOWN, KRB5_KDC_UNREACH, KRB5_REALM_CANT_RESOLVE */
  154: 'kerberos.no-kdc',
  156: 'kerberos.no-kdc',
  220: 'kerberos.no-kdc',
  /** KRB5_PREAUTH_FAILED: no way of proving the password was left. */
  210: 'kerberos.wrong-password',
  /** KRB5_CONFIG_NODEFREALM */
  224: 'kerberos.no-kdc',
};

const WORDS: Readonly<Partial<Record<SignInErrorCode, string>>> = {
  'kerberos.no-credentials': 'There is no Kerberos ticket to sign in with',
  'kerberos.wrong-password': 'The key distribution centre refuses the password',
  'kerberos.unknown-service': 'The key distribution centre does not know the service',
  'kerberos.no-kdc': 'No key distribution centre can be reached',
  'kerberos.expired': 'A ticket, a password or an account has expired',
  'kerberos.clock-skew': 'The clocks are too far apart for Kerberos',
};

/** Where one code stands for several things: facts `reason`, and what to say. */
const REASONS: Readonly<Record<number, readonly [reason: string, what: string]>> = {
  /** KDC_ERR_C_PRINCIPAL_UNKNOWN */
  6: ['unknown-user', 'The key distribution centre does not know the user'],
  /** KDC_ERR_CLIENT_REVOKED */
  18: ['account-revoked', 'The account is switched off, locked or out of its hours'],
  /** KDC_ERR_KEY_EXPIRED */
  23: ['password-expired', 'The password has expired and has to be changed first'],
};

export function isError(status: GssStatus): boolean {
  return (status.major & MAJOR.errors) !== 0;
}

/** Why tickets or a context cannot be had. */
export function signInError(api: GssApi, status: GssStatus, facts: SignInFacts): SignInError {
  const code = codeOf(status);
  const [reason, what] = REASONS[status.minor - KRB5] ?? [];
  return new SignInError(code, what ?? WORDS[code] ?? 'Kerberos does not sign in', {
    ...facts,
    major: status.major,
    minor: status.minor,
    status: api.describe(status).slice(0, 500),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Heimdal hands on the system's code where there is no ticket cache. */
const ENOENT = 2;

/** Why the service refuses, as it says in the mechanism's error message; what it says without a code of ours is a refusal like any other. */
export function refusal(api: GssApi, status: GssStatus, facts: SignInFacts): SignInError {
  const said = signInError(api, status, facts);
  if (said.code === 'kerberos.clock-skew' || said.code === 'kerberos.expired') return said;
  return new SignInError('signin.rejected', 'The service refuses the ticket', {
    ...said.facts,
    mechanism: 'kerberos',
  });
}

function codeOf({ major, minor }: GssStatus): SignInErrorCode {
  const byMinor = BY_MINOR[minor - KRB5];
  if (byMinor !== undefined) return byMinor;
  if (minor === ENOENT) return 'kerberos.no-credentials';
  const routine = major & 0x00ff0000;
  if (routine === MAJOR.credentialsExpired || routine === MAJOR.contextExpired) return 'kerberos.expired';
  if (routine === MAJOR.noCredential || routine === MAJOR.defectiveCredential)
    return 'kerberos.no-credentials';
  return 'kerberos.failed';
}

/** Why a message of the other end is not believed. */
export function messageError(api: GssApi, status: GssStatus): ProtocolError {
  const facts = { major: status.major, minor: status.minor };
  if (!isError(status)) {
    return new ProtocolError(
      'kerberos.sequence',
      'A sealed message was repeated, lost or came too late',
      facts,
    );
  }
  return new ProtocolError(
    'kerberos.message',
    `A message does not hold: ${api.describe(status).slice(0, 200)}`,
    facts,
  );
}

/**
 * Whether a token is the mechanism's error message (RFC 4121 4.1: TOK_ID 03 00 after the object identifier), in which the service says why
 * it refuses.
 */
export function isErrorToken(token: Uint8Array): boolean {
  if (token[0] !== 0x60) return false;
  const lengthBytes = (token[1] ?? 0) < 0x80 ? 0 : (token[1] ?? 0) & 0x7f;
  const oid = 2 + lengthBytes;
  if (token[oid] !== 0x06) return false;
  const id = oid + 2 + (token[oid + 1] ?? 0);
  return token[id] === 3 && token[id + 1] === 0;
}
