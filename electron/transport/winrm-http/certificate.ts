/** A server's certificate: which authorities we ask, and what to say of one that does not verify. */
import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import type { PeerCertificate } from '../errors.ts';

let systemAuthorities: readonly string[] | undefined;

/** The operating system's and Node's own authorities, read once: reading the store of Windows or macOS takes tens of milliseconds. */
function knownAuthorities(): readonly string[] {
  systemAuthorities ??= [
    ...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')]),
  ];
  return systemAuthorities;
}

/** One PEM each, of texts that may hold several. */
function extraAuthorities(ca: string | readonly string[] | undefined): string[] {
  const texts = ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca;
  return texts.flatMap(splitPem);
}

function splitPem(text: string): string[] {
  const found = text.match(
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
  );
  return found ?? [];
}

const contexts = new Map<string, tls.SecureContext>();
/** Contexts hold some 150 parsed certificates each; a desktop uses one or two. */
const MAX_CONTEXTS = 16;

export function secureContext(ca: string | readonly string[] | undefined): tls.SecureContext {
  const extra = extraAuthorities(ca);
  const key = extra.join('\n');
  let context = contexts.get(key);
  if (context === undefined) {
    context = tls.createSecureContext({ ca: [...knownAuthorities(), ...extra] });
    if (contexts.size >= MAX_CONTEXTS) contexts.clear();
    contexts.set(key, context);
  }
  return context;
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
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  HOSTNAME_MISMATCH: 'wrong-name',
};

/** Everything wrong with the certificate of a socket, not only what OpenSSL met first. Empty when it verified. */
export function certificateProblems(
  socket: tls.TLSSocket,
  certificate: X509Certificate,
  host: string,
  ca: string | readonly string[] | undefined,
): string[] {
  if (socket.authorized) return [];
  const code = String(socket.authorizationError);
  const first = PROBLEMS[code] ?? code;
  // Where two authorities have one name and no key identifiers, as self-signed certificates of one machine over the years, OpenSSL takes
  // one of them for the issuer and never looks at the other.
  const anchored = first === 'self-signed' && isAmong(certificate, ca);
  const problems = anchored ? [] : [first];
  // OpenSSL stops at what it meets first; a certificate that is for another name has been verified up to there.
  if (!anchored && first !== 'wrong-name' && certificate.checkIssued(certificate))
    problems.push('self-signed');
  const now = Date.now();
  if (certificate.validToDate.getTime() < now) problems.push('expired');
  if (certificate.validFromDate.getTime() > now) problems.push('not-yet-valid');
  if (!isFor(certificate, host)) problems.push('wrong-name');
  return [...new Set(problems)];
}

function isAmong(certificate: X509Certificate, ca: string | readonly string[] | undefined): boolean {
  return extraAuthorities(ca).some((pem) => new X509Certificate(pem).raw.equals(certificate.raw));
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return (certificate.checkHost(host) ?? certificate.checkIP(host)) !== undefined;
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
