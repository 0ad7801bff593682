/** Basic (RFC 7617) with UTF-8, as WinRM's listener reads it. */
import { UsageError } from '../errors.ts';
import type { HttpAuthenticator } from './authenticator.ts';

/** The header's value. A colon in the user name would be read as the end of it (RFC 7617 2). */
export function basicHeader(userName: string, password: string): string {
  if (userName.includes(':')) {
    throw new UsageError('signin.user-name', 'A user name with a colon cannot sign in with Basic');
  }
  return `Basic ${Buffer.from(`${userName}:${password}`, 'utf8').toString('base64')}`;
}

export function createBasicAuthenticator(userName: string, password: string): HttpAuthenticator {
  const value = basicHeader(userName, password);
  return {
    scheme: 'Basic',
    scope: 'request',
    revealsSecret: true,
    start: () => ({ kind: 'header', value, complete: true }),
    step: () => ({ kind: 'header', value, complete: true }),
  };
}

/** What a client sent in `Authorization`, for a server; undefined where it is not Basic or not well made. */
export function parseBasicHeader(header: string): { userName: string; password: string } | undefined {
  const m = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header);
  if (m?.[1] === undefined) return undefined;
  const decoded = Buffer.from(m[1], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { userName: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
