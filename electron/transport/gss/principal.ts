/** From the name that somebody types to the one that Kerberos asks for. */
import { SignInError } from '../../protocol/auth/sign-in-error.ts';

/**
 * `user@REALM`, or `user` alone where the realm is not said.
 *
 * Active Directory's realms are the domains' names in capitals, and MIT's library minds the case. A domain without a dot is a NetBIOS name:
 * the realm where its first part is that name, else tried as it is (realms may be mapped in krb5.conf).
 *
 * @throws SignInError `kerberos.no-credentials` for accounts of one machine
 */
export function principalName(userName: string, defaultRealm: string | undefined): string {
  const backslash = userName.indexOf('\\');
  if (backslash >= 0) {
    const domain = userName.slice(0, backslash);
    const user = userName.slice(backslash + 1);
    if (domain === '' || domain === '.' || user === '') throw notInARealm();
    return `${escaped(user)}@${realmOf(domain, defaultRealm)}`;
  }
  const at = userName.lastIndexOf('@');
  if (at < 0) return escaped(userName);
  return `${escaped(userName.slice(0, at))}@${userName.slice(at + 1).toUpperCase()}`;
}

function realmOf(domain: string, defaultRealm: string | undefined): string {
  const upper = domain.toUpperCase();
  if (defaultRealm === undefined || upper.includes('.')) return upper;
  return defaultRealm.toUpperCase().startsWith(`${upper}.`) ? defaultRealm : upper;
}

/** In krb5_parse_name's spelling slashes and at signs separate. */
function escaped(user: string): string {
  return user.replace(/[\\/@]/g, String.raw`\$&`);
}

function notInARealm(): SignInError {
  return new SignInError('kerberos.no-credentials', 'An account of one machine is not in any realm', {
    reason: 'local-account',
  });
}
