/** Why a mechanism cannot or may not sign in, before or instead of the server's refusal. The code is the contract. */

export type SignInErrorCode =
  /** The system's Kerberos library is not there. */
  | 'kerberos.unavailable'
  /** No ticket, keytab or password to get one with. */
  | 'kerberos.no-credentials'
  | 'kerberos.wrong-password'
  /** The key distribution centre does not know the service: facts `principal`. */
  | 'kerberos.unknown-service'
  /** No key distribution centre can be found or reached for the realm. */
  | 'kerberos.no-kdc'
  | 'kerberos.expired'
  /** Clocks are more than five minutes apart. */
  | 'kerberos.clock-skew'
  /** Anything else that the library says; facts `major`, `minor`, `status`. */
  | 'kerberos.failed'
  /** The server would have us go on without encryption. */
  | 'signin.not-encrypted'
  /** A policy of this server or folder forbids the only mechanism left. */
  | 'signin.forbidden'
  /** NTLM over plain HTTP, which proves no server, was not allowed for this one. Fact `kerberos`: the code that says why it was not Kerberos. */
  | 'signin.ntlm-over-http'
  /** Neither a password nor anything that serves without one. Facts `kerberos`: why a ticket did not. */
  | 'signin.no-credentials'
  /** None of our mechanisms is the server's; facts `offered`. */
  | 'signin.no-mechanism'
  /** The server's own proof does not hold: it does not know the password, or somebody stands between. */
  | 'signin.server-not-proved'
  /** The other end says no, or its proof does not hold: facts `mechanism`. */
  | 'signin.rejected'
  /** The server cannot do what safe NTLM needs: facts `missing`. */
  | 'ntlm.weak'
  /** No TLS inside the log-on could be agreed on: facts `reason`. */
  | 'credssp.tls'
  /** An older, unsafe version was asked for; facts `version`. */
  | 'credssp.version'
  /** The server reports an NTSTATUS of its own: facts `status` (a number), `name` where we know it. */
  | 'credssp.refused';

export type SignInFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly code: SignInErrorCode;
  readonly facts: SignInFacts;

  constructor(code: SignInErrorCode, what: string, facts: SignInFacts = {}) {
    super(what);
    this.code = code;
    this.facts = facts;
  }
}
