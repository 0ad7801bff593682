/** From the name that somebody types to the one that Kerberos asks for. */
import { SignInError } from '../../protocol/auth/sign-in-error.ts';

export interface TypedName {
  readonly user: string;
  /** As typed; undefined where none was. */
  readonly domain: string | undefined;
}

/**
 * `DOMAIN\user`, `user@domain` or `user`.
 *
 * @throws SignInError `kerberos.no-credentials` for accounts of one machine, and for names without a domain unless one is assumed
 */
export function typedName(userName: string, assumeRealm: boolean): TypedName {
  const backslash = userName.indexOf('\\');
  if (backslash >= 0) {
    const domain = userName.slice(0, backslash);
    const user = userName.slice(backslash + 1);
    if (domain === '' || domain === '.' || user === '') {
      throw new SignInError('kerberos.no-credentials', 'An account of one machine is not in any realm', {
        reason: 'local-account',
      });
    }
    return { user, domain };
  }
  const at = userName.lastIndexOf('@');
  if (at > 0 && at < userName.length - 1) {
    return { user: userName.slice(0, at), domain: userName.slice(at + 1) };
  }
  if (!assumeRealm) {
    throw new SignInError(
      'kerberos.no-credentials',
      'A user without a domain may be of any realm or of none',
      {
        reason: 'no-realm',
      },
    );
  }
  return { user: userName, domain: undefined };
}

/**
 * `user@REALM`, or `user` alone where the realm is the machine's own.
 *
 * Active Directory's realms are the domains' names in capitals, and MIT's library minds the case. A domain without a dot is a NetBIOS name:
 * the default realm where its first part is that name, else tried as it is (krb5.conf may know a realm of that name).
 *
 * @throws SignInError as {@link typedName}
 */
export function principalName(
  userName: string,
  options: { readonly defaultRealm: string | undefined; readonly assumeRealm: boolean },
): string {
  const { user, domain } = typedName(userName, options.assumeRealm);
  // In krb5_parse_name's spelling slashes and at signs separate.
  const escaped = user.replace(/[\\/@]/g, String.raw`\$&`);
  return domain === undefined ? escaped : `${escaped}@${realmOf(domain, options.defaultRealm)}`;
}

function realmOf(domain: string, defaultRealm: string | undefined): string {
  const upper = domain.toUpperCase();
  if (defaultRealm === undefined || upper.includes('.')) return upper;
  return defaultRealm.toUpperCase().startsWith(`${upper}.`) ? defaultRealm : upper;
}
