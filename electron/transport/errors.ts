/**
 * What can go wrong between us and a service, before anything the service itself says. The code is the contract; classification goes by
 * the codes of the operating system, OpenSSL and HTTP, never by the text of a message.
 */

export type TransportErrorCode =
  /** The name has no address. */
  | 'connect.name-not-found'
  /** The machine answers, nothing listens. */
  | 'connect.refused'
  | 'connect.timeout'
  /** The connection was cut. */
  | 'connect.reset'
  | 'connect.unreachable'
  /** A certificate that does not verify; `certificate` says which and why. */
  | 'tls.untrusted'
  /** Not the certificate trusted before, whether it verifies or not: facts `expected` and `fingerprint`. */
  | 'tls.changed'
  /** No TLS could be spoken at all: facts `reason`. */
  | 'tls.failed'
  /** It speaks TLS 1.0 or 1.1 at most, which we do not any more: facts `reason`. */
  | 'tls.old'
  /** An authority to trust is no certificate: facts `reason`. */
  | 'tls.authority'
  /** What a person's certificate for signing in lacks: facts of these `subject`, `fingerprint`, `validFrom`, `validTo` where it was read. */
  | 'certificate.unreadable'
  /** Facts `given`: whether there was one. */
  | 'certificate.passphrase'
  | 'certificate.no-key'
  | 'certificate.mismatch'
  /** RC2 and the like, which OpenSSL has put away: facts `of`, `pfx` or `key`. */
  | 'certificate.old-encryption'
  | 'certificate.expired'
  | 'certificate.not-yet-valid'
  /** It is for servers or mail only. */
  | 'certificate.purpose'
  /**
   * In Windows' store: facts `thumbprint`, `reason`: `platform`, `library`, `thumbprint`, `store`, `not-found`, `no-key`, `not-exportable`.
   */
  | 'certificate.store'
  /** The service wants a certificate and got none: facts `alert`. */
  | 'certificate.required'
  /** The service does not take it: facts `alert`, or `status`. */
  | 'certificate.refused'
  /** The proxy's address is none: facts `reason`, never the text. */
  | 'proxy.invalid'
  /** No connection to the proxy: facts `proxy` (of all of these), `reason`, a `connect.` code. */
  | 'proxy.unreachable'
  /** It wants a log-on, or refuses ours (fact `given`). */
  | 'proxy.sign-in'
  /** It takes other schemes than Basic only: facts `offered`. */
  | 'proxy.no-common-scheme'
  /** It does not let us through to the target, or cannot reach it: facts `status` (403, 502, 504…). */
  | 'proxy.refused-target'
  /** What answers at the proxy's address is no HTTP proxy. */
  | 'proxy.not-http'
  /** The service refused user and password. */
  | 'signin.rejected'
  /** It takes other schemes only: facts `offered` and `scheme`. */
  | 'signin.no-common-scheme'
  /** The scheme would show the password to everyone on the way. */
  | 'signin.plain-text'
  /** Something answers, but not WS-Management. */
  | 'http.not-winrm'
  | 'http.proxy'
  /** Another HTTP status, in `httpStatus`. */
  | 'http.status'
  /** Facts `direction`: which way the body was too large. */
  | 'http.too-large'
  /** Facts `location`. */
  | 'http.redirect'
  /** Connected, but no answer in time. */
  | 'timeout'
  /** The client was closed by us while the request ran. */
  | 'closed';

export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A server's certificate as people are shown it. */
export interface PeerCertificate {
  readonly subject: string;
  /** Names it is for: DNS names and addresses. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  /** SHA-256 of the certificate, upper-case hex pairs with colons. */
  readonly fingerprint: string;
  /** What is wrong with it: the first of `problems`; empty where there is none. */
  readonly problem: string;
  /**
   * `self-signed`, `unknown-issuer`, `incomplete-chain`, `expired`, `not-yet-valid`, `wrong-name`, `revoked`, `revocation-unknown`,
   * `wrong-purpose`, `weak`, or OpenSSL's code.
   */
  readonly problems: readonly string[];
}

export interface TransportErrorParts {
  readonly facts?: Facts;
  readonly certificate?: PeerCertificate;
  readonly httpStatus?: number;
  /** An excerpt of what the other end sent, at most 200 characters. */
  readonly details?: string;
  readonly cause?: unknown;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly facts: Facts;
  readonly certificate: PeerCertificate | undefined;
  readonly httpStatus: number | undefined;
  readonly details: string | undefined;

  constructor(code: TransportErrorCode, what: string, parts: TransportErrorParts = {}) {
    super(what, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.facts = parts.facts ?? {};
    this.certificate = parts.certificate;
    this.httpStatus = parts.httpStatus;
    this.details = parts.details === undefined ? undefined : excerpt(parts.details);
  }
}

/** Enough to recognise a page by, too little to hold a secret-bearing document. */
const EXCERPT_LENGTH = 200;

/** The beginning of a text without tags and runs of white space. */
export function excerpt(text: string): string {
  return text
    .slice(0, 4096)
    .replace(/<style[\s\S]*?<\/style>|<[^>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, EXCERPT_LENGTH);
}

const BY_SYSTEM_CODE: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  ENOTFOUND: ['connect.name-not-found', 'The name has no address'],
  EAI_AGAIN: ['connect.name-not-found', 'The name could not be looked up'],
  EAI_NONAME: ['connect.name-not-found', 'The name has no address'],
  EAI_NODATA: ['connect.name-not-found', 'The name has no address'],
  EAI_FAIL: ['connect.name-not-found', 'The name could not be looked up'],
  ECONNREFUSED: ['connect.refused', 'Nothing listens on that port'],
  ETIMEDOUT: ['connect.timeout', 'The machine does not answer'],
  EHOSTUNREACH: ['connect.unreachable', 'There is no way to the machine'],
  EHOSTDOWN: ['connect.unreachable', 'The machine is down'],
  ENETUNREACH: ['connect.unreachable', 'There is no way to the network'],
  ENETDOWN: ['connect.unreachable', 'The network is down'],
  EADDRNOTAVAIL: ['connect.unreachable', 'The address cannot be reached from here'],
  ECONNRESET: ['connect.reset', 'The connection was cut'],
  ECONNABORTED: ['connect.reset', 'The connection was cut'],
  EPIPE: ['connect.reset', 'The connection was cut'],
};

/** The code the operating system gave, also of a connection that was tried on several addresses. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) {
    const codes = error.errors.map(systemCode).filter((code) => code !== undefined);
    // One address refusing says more than another that cannot be reached.
    return codes.find((code) => code === 'ECONNREFUSED') ?? codes[0];
  }
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** Alerts about our certificate (RFC 8446 6.2), as OpenSSL and BoringSSL spell them in their codes. */
const CERTIFICATE_ALERT =
  /^ERR_SSL_.*ALERT_(UNKNOWN_CA|ACCESS_DENIED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED))$/;

/** What the other end says of our certificate, or that it wants one; undefined for any other failure. */
export function fromCertificateAlert(error: unknown, facts: Facts): TransportError | undefined {
  const alert = CERTIFICATE_ALERT.exec(systemCode(error) ?? '')?.[1]
    ?.toLowerCase()
    .replaceAll('_', '-');
  if (alert === undefined) return undefined;
  return alert === 'certificate-required'
    ? new TransportError('certificate.required', 'The service wants a certificate to sign in with', {
        facts: { ...facts, alert },
        cause: error,
      })
    : new TransportError('certificate.refused', 'The service does not take our certificate', {
        facts: { ...facts, alert },
        cause: error,
      });
}

/** A failure of a socket as a TransportError. */
export function fromSocketError(error: unknown, facts: Facts): TransportError {
  if (error instanceof TransportError) return error;
  // With TLS 1.3 the server looks at our certificate after we have begun to speak.
  const alert = fromCertificateAlert(error, facts);
  if (alert !== undefined) return alert;
  const code = systemCode(error);
  const [known, what] = BY_SYSTEM_CODE[code ?? ''] ?? ['connect.reset', 'The connection failed'];
  return new TransportError(known, what, {
    facts: code === undefined ? facts : { ...facts, systemCode: code },
    cause: error,
  });
}
