/** Who signs in. */

export interface NtlmUser {
  readonly user: string;
  readonly domain: string;
}

/**
 * `DOMAIN\user`, `user@domain` or `user`. A user principal name goes whole into the user field and leaves the domain empty, as Windows sends
 * it: only the server's domain knows which account it belongs to.
 */
export function parseUserName(name: string): NtlmUser {
  const at = name.indexOf('\\');
  return at < 0 ? { user: name, domain: '' } : { domain: name.slice(0, at), user: name.slice(at + 1) };
}
