/** A server's certificate: which authorities we ask, and what to say of one that does not verify. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as tls from 'node:tls';
import { TransportError, type PeerCertificate } from '../errors.ts';
import { loadClientCertificate, type ClientCertificate, type ReadCertificate } from './client-certificate.ts';
import { splitPem, toPem, type PemLabel } from './pem.ts';

let systemAuthorities: readonly string[] | undefined;

/** The operating system's and Node's own authorities, read once: reading the store of Windows or macOS takes tens of milliseconds. */
function knownAuthorities(): readonly string[] {
  if (systemAuthorities === undefined) {
    // Most are in both, with lines of other lengths. Each one twice is twice the time for every context.
    const byContent = new Map<string, string>();
    for (const pem of [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]) {
      byContent.set(pem.replaceAll(/-----[^-]+-----|\s/g, ''), pem);
    }
    systemAuthorities = [...byContent.values()];
  }
  return systemAuthorities;
}

/** Certificates of authorities: PEM, one or many in a text, or DER. */
export type Authorities = string | Uint8Array | readonly (string | Uint8Array)[];

/** Lists of revoked certificates (RFC 5280 5), in the same forms. */
export type RevocationLists = Authorities;

function listed<T>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given as T];
}

/** One PEM each. @throws TransportError `tls.authority` */
function extraAuthorities(ca: Authorities | undefined): string[] {
  return listed<string | Uint8Array>(ca).flatMap((one) => {
    const found = pieces(one, 'CERTIFICATE');
    if (found.length === 0) throw noAuthority('no-certificate');
    return found.map(asPem);
  });
}

/** One PEM each. @throws TransportError `tls.authority` */
function extraLists(lists: RevocationLists | undefined): string[] {
  return listed<string | Uint8Array>(lists).flatMap((one) => {
    const found = pieces(one, 'X509 CRL');
    if (found.length === 0) throw noAuthority('no-revocation-list');
    return found.map((piece) => (typeof piece === 'string' ? piece : toPem(piece, 'X509 CRL')));
  });
}

/** What a text holds of a kind; bytes may be one in DER, too. */
function pieces(one: string | Uint8Array, label: PemLabel): (string | Uint8Array)[] {
  if (typeof one === 'string') return splitPem(one, label);
  // What every certificate and list in DER begins with.
  if (one[0] === 0x30) return [one];
  return splitPem(Buffer.from(one).toString('latin1'), label);
}

function asPem(one: string | Uint8Array): string {
  try {
    return new X509Certificate(one).toString();
  } catch {
    throw noAuthority('damaged');
  }
}

function noAuthority(reason: string): TransportError {
  return new TransportError('tls.authority', 'The authority to trust is no certificate that can be read', {
    facts: { reason },
  });
}

export interface TrustOptions {
  /** Beside the system's and Node's own. */
  readonly ca?: Authorities;
  /**
   * Who has been revoked. Nobody is asked over the network; with lists, each authority on the way to the root must have one that is not
   * too old.
   */
  readonly revocationLists?: RevocationLists;
  /** To sign in with. See `readCertificate`. */
  readonly certificate?: ClientCertificate;
}

/** By the authorities; those with a certificate of ours go with that. */
const contexts = new Map<string, tls.SecureContext>();
const contextsWithCertificate = new WeakMap<ReadCertificate, Map<string, tls.SecureContext>>();
/** Contexts hold some 150 parsed certificates each; a desktop uses one or two. */
const MAX_CONTEXTS = 16;

/**
 * With a certificate, TLS 1.2 unless another version is asked for: Windows asks for the certificate once it has seen the request, by a
 * renegotiation, and what TLS 1.3 has instead (RFC 8446 4.6.2) Node does not speak.
 * @throws TransportError `tls.authority`, `certificate.…`
 */
export function secureContext(
  { ca, revocationLists }: TrustOptions,
  certificate: ReadCertificate | undefined,
  version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2',
): tls.SecureContext {
  const extra = extraAuthorities(ca);
  const crl = extraLists(revocationLists);
  const key = [certificate === undefined ? '' : version, ...extra, ...crl].join('\n');
  const known = certificate === undefined ? contexts : knownFor(certificate);
  // Checked every time: a certificate may expire while we run.
  const ours = certificate === undefined ? undefined : loadClientCertificate(certificate);
  let context = known.get(key);
  if (context === undefined) {
    context = createContext({
      ca: [...knownAuthorities(), ...extra],
      // An authority under a root counts by itself where somebody names it.
      allowPartialTrustChain: extra.length > 0,
      ...(crl.length === 0 ? {} : { crl }),
      minVersion: 'TLSv1.2',
      ...(ours === undefined ? {} : { ...ours, minVersion: version, maxVersion: version }),
    });
    if (known.size >= MAX_CONTEXTS) known.clear();
    known.set(key, context);
  }
  return context;
}

function createContext(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options);
  } catch {
    // Authorities and our certificate were read before this; a list is first read here.
    throw noAuthority('damaged');
  }
}

function knownFor(certificate: ReadCertificate): Map<string, tls.SecureContext> {
  const known = contextsWithCertificate.get(certificate) ?? new Map<string, tls.SecureContext>();
  contextsWithCertificate.set(certificate, known);
  return known;
}

/** OpenSSL's verification results in words of ours. */
const PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  CERT_UNTRUSTED: 'unknown-issuer',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  CERT_REVOKED: 'revoked',
  UNABLE_TO_GET_CRL: 'revocation-unknown',
  CRL_HAS_EXPIRED: 'revocation-unknown',
  CRL_NOT_YET_VALID: 'revocation-unknown',
  CRL_SIGNATURE_FAILURE: 'revocation-unknown',
  INVALID_PURPOSE: 'wrong-purpose',
  EE_KEY_TOO_SMALL: 'weak',
  CA_KEY_TOO_SMALL: 'weak',
  CA_MD_TOO_WEAK: 'weak',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  HOSTNAME_MISMATCH: 'wrong-name',
};

/** Everything wrong with the certificate of a socket, not only what OpenSSL met first. Empty when it verified. */
export function certificateProblems(
  socket: tls.TLSSocket,
  certificate: X509Certificate,
  host: string,
  ca: Authorities | undefined,
): string[] {
  if (socket.authorized) return [];
  const code = String(socket.authorizationError);
  const first = PROBLEMS[code] ?? code;
  const selfSigned = certificate.checkIssued(certificate);
  // Where two authorities have one name and no key identifiers, as self-signed certificates of one machine over the years, OpenSSL takes
  // one of them for the issuer and never looks at the other.
  const anchored = first === 'self-signed' && isAmong(certificate, ca);
  const problems = anchored ? [] : [first];
  // OpenSSL stops at what it meets first; a certificate that is for another name has been verified up to there.
  if (!anchored && first !== 'wrong-name' && selfSigned) problems.push('self-signed');
  // What OpenSSL met last hides what it met before.
  if (IN_TIME.includes(first) && !selfSigned && !leadsToAuthority(certificate, ca))
    problems.push('unknown-issuer');
  // The server showed its own certificate, and none of those between that and an authority.
  if (problems.includes('unknown-issuer') && !selfSigned && certificate.issuerCertificate === undefined) {
    problems.push('incomplete-chain');
  }
  const now = Date.now();
  if (certificate.validToDate.getTime() < now) problems.push('expired');
  if (certificate.validFromDate.getTime() > now) problems.push('not-yet-valid');
  if (!isFor(certificate, host)) problems.push('wrong-name');
  return [...new Set(problems)];
}

const IN_TIME = ['expired', 'not-yet-valid'];

/** More than any real chain; the other end made this one. */
const MAX_CHAIN = 16;

/** Whether the last of the certificates shown was issued by an authority that we know. */
function leadsToAuthority(certificate: X509Certificate, ca: Authorities | undefined): boolean {
  let last = certificate;
  for (let depth = 0; depth < MAX_CHAIN && last.issuerCertificate !== undefined; depth++) {
    if (last.checkIssued(last)) break;
    last = last.issuerCertificate;
  }
  return [...knownAuthorities(), ...extraAuthorities(ca)].some((pem) => {
    const authority = new X509Certificate(pem);
    return (
      last.raw.equals(authority.raw) || (last.checkIssued(authority) && last.verify(authority.publicKey))
    );
  });
}

function isAmong(certificate: X509Certificate, ca: Authorities | undefined): boolean {
  return extraAuthorities(ca).some((pem) => new X509Certificate(pem).raw.equals(certificate.raw));
}

function isFor(certificate: X509Certificate, host: string): boolean {
  // Node throws where one is asked for the other.
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}

export function describeCertificate(
  certificate: X509Certificate,
  problems: readonly string[],
): PeerCertificate {
  return {
    subject: oneLine(certificate.subject),
    names: alternativeNames(certificate.subjectAltName),
    issuer: oneLine(certificate.issuer),
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
    fingerprint: certificate.fingerprint256,
    problem: problems[0] ?? '',
    problems,
  };
}

/** Node writes one attribute of a distinguished name a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ');
}

function alternativeNames(list: string | undefined): string[] {
  return (list ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(?:DNS|IP Address|URI|email):/, ''))
    .filter(Boolean);
}

/** Fingerprints compare without case, colons and spaces. */
export function sameFingerprint(a: string, b: string): boolean {
  return bareFingerprint(a) === bareFingerprint(b) && bareFingerprint(a).length === 64;
}

function bareFingerprint(text: string): string {
  return text.replace(/[^0-9a-f]/gi, '').toUpperCase();
}
