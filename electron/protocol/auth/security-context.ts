/**
 * One log-on of one mechanism, as GSS-API (RFC 2743) and SSPI have it: tokens until both sides are content, then signing and sealing. NTLM
 * is ours; Kerberos is the system's, behind the same interface. What carries the tokens (SPNEGO, HTTP, CredSSP) knows no mechanism.
 *
 * A context belongs to one socket; calls to it come one after the other, as sequence numbers demand.
 */

type Soon<T> = T | Promise<T>;

export interface ContextStep {
  /** For the other end; absent where there is nothing more to say. */
  readonly token?: Uint8Array;
  /** Nothing more is needed from the other end, and sealing is possible. */
  readonly complete: boolean;
}

export interface SealedMessage {
  /** NTLM: the 16-byte signature. Kerberos: the RFC 4121 header rotated in front. WinRM writes its length before it. */
  readonly header: Uint8Array;
  readonly data: Uint8Array;
}

export interface SecurityContext {
  readonly mechanism: 'kerberos' | 'ntlm';
  /** The first call has no token. @throws ProtocolError for a token that is none, SignInError where the mechanism refuses. */
  step(token: Uint8Array | undefined): Soon<ContextStep>;
  /** GSS_GetMIC, for SPNEGO's mechListMIC (RFC 4178 5). Only once complete. */
  sign(message: Uint8Array): Soon<Uint8Array>;
  /** GSS_VerifyMIC. @throws ProtocolError */
  verify(message: Uint8Array, signature: Uint8Array): Soon<void>;
  /** GSS_Wrap with confidentiality. Only once complete. */
  seal(message: Uint8Array): Soon<SealedMessage>;
  /** @throws ProtocolError where the message was changed, repeated, lost or only signed. The context is of no use afterwards. */
  unseal(message: SealedMessage): Soon<Uint8Array>;
  /**
   * NTLM alone: begins the cipher of what we send, or of what we get, anew, as SPNEGO has it after mechListMIC ([MS-SPNG] 3.3.5.1). The
   * count of messages goes on.
   */
  resetCipher?(direction: 'sending' | 'receiving'): void;
  /** Frees what the system holds, and forgets keys. More than once is fine. */
  close(): void;
}

/** Whom a server's context proved to be there. */
export interface AcceptedIdentity {
  /** As the client wrote it. */
  readonly user: string;
  readonly domain: string;
  /** Whether the client bound its log-on to the TLS connection, and rightly. */
  readonly channelBound: boolean;
}

/** The server's side of a log-on. `step` throws SignInError `signin.rejected` for a proof that does not hold. */
export interface AcceptingContext extends SecurityContext {
  /** Undefined until complete. */
  readonly identity: AcceptedIdentity | undefined;
}

/** For whom a context is made. */
export interface ContextTarget {
  /** Kerberos' service class; `HTTP` for WinRM, which also answers to `WSMAN`, `TERMSRV` for none of ours. */
  readonly service: string;
  /** The host part of the service principal name; the server's name unless somebody chose another. */
  readonly host: string;
  /** `tls-server-end-point:` and the certificate's hash (RFC 5929 4); absent without TLS. */
  readonly channelBinding?: Uint8Array;
  /** Let the server act for the user elsewhere (Kerberos). */
  readonly delegate?: boolean;
}

/**
 * Makes a context, or throws a SignInError where this mechanism cannot serve this target (no library, no ticket, no key distribution
 * centre): Negotiate then goes on with the next.
 */
export type SecurityContextFactory = (target: ContextTarget) => Soon<SecurityContext>;
