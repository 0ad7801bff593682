/**
 * Signing in to a WinRM service over HTTP: one interface for Basic, Negotiate (SPNEGO, NTLM), Kerberos and CredSSP. The transport sends the
 * headers and bodies; an authenticator only computes them. One belongs to one socket, and is used for one request at a time.
 */

/** What the transport knows of the other end when it asks for an authenticator. */
export interface AuthPeer {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  /** The server's certificate, DER, checked already. For channel bindings (RFC 5929). */
  readonly certificate?: Uint8Array;
}

export type AuthMove =
  /**
   * Send this value of `Authorization`. `complete`: nothing more comes from our side, so that another 401 means that the server does not
   * want us.
   */
  | {
      readonly kind: 'header';
      readonly value: string;
      readonly complete: boolean;
      /** A 401 without a token may be no refusal: the server had nothing to say. `step` gets an empty text then. */
      readonly mayBeUnanswered?: boolean;
    }
  /** Signed in; nothing to send. */
  | { readonly kind: 'done' };

export interface SealedBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface HttpAuthenticator {
  /** As it stands in `WWW-Authenticate`: `Basic`, `Negotiate`, `Kerberos`, `CredSSP`. Compares without case. */
  readonly scheme: string;
  /**
   * `request`: the header goes with every request, and with its body. `connection`: a first exchange with empty bodies signs the socket in,
   * and later requests carry no header.
   */
  readonly scope: 'request' | 'connection';
  /** Whether whoever reads the connection sees the password; such a scheme is for TLS only. */
  readonly revealsSecret: boolean;
  /** The first move of a log-on. Starts anew when called again. */
  start(): AuthMove | Promise<AuthMove>;
  /**
   * The server's answer: what follows the scheme in `WWW-Authenticate`, of a 401 or of the final answer. Throws where the server's token is
   * not what it has to be.
   */
  step(challenge: string): AuthMove | Promise<AuthMove>;
  /**
   * The server accepted without another token.
   * @throws SignInError where it still owes its own proof
   */
  finish?(): void;
  /** Seals a body once signed in. Absent: bodies go as they are. */
  wrap?(body: Uint8Array): SealedBody | Promise<SealedBody>;
  unwrap?(contentType: string, body: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** The connection is gone: keys and what the system holds are let go. More than once is fine. */
  close?(): void;
}

export type AuthenticatorFactory = (peer: AuthPeer) => HttpAuthenticator | Promise<HttpAuthenticator>;
