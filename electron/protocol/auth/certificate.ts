/** Signing in with a client certificate ([MS-WSMV] 2.2.9.1): TLS proves it, and a header says that it is meant to. */
import type { AuthPeer, HttpAuthenticator } from './authenticator.ts';
import { SignInError } from './sign-in-error.ts';

/** No scheme of HTTP's: services never offer it by a name. */
export const CERTIFICATE_SCHEME = 'Certificate';

const MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/** @throws SignInError without HTTPS, where nothing would prove anything. */
export function createCertificateAuthenticator(peer: Pick<AuthPeer, 'https'>): HttpAuthenticator {
  if (!peer.https) {
    throw new SignInError('signin.not-encrypted', 'A certificate signs in over HTTPS only', {
      scheme: CERTIFICATE_SCHEME,
    });
  }
  return {
    scheme: CERTIFICATE_SCHEME,
    scope: 'request',
    revealsSecret: false,
    start: () => ({ kind: 'header', value: MUTUAL, complete: true }),
    step: () => ({ kind: 'header', value: MUTUAL, complete: true }),
  };
}
