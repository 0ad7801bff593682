/** A server's certificate: which authorities we ask, and what to say of one that does not verify. */
import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { TransportError, type PeerCertificate } from '../errors.ts';
import { loadClientCertificate, type ClientCertificate } from './client-certificate.ts';
import { splitPem } from './pem.ts';

let systemAuthorities: readonly string[] | undefined;

/** The operating system's and Node's own authorities, read once: reading the store of Windows or macOS takes tens of milliseconds. */
function knownAuthorities(): readonly string[] {
  systemAuthorities ??= [
    ...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')]),
  ];
  return systemAuthorities;
}

/** Certificates of authorities: PEM, one or many in a text, or DER. */
export type Authorities = string | Uint8Array | readonly (string | Uint8Array)[];

/** One PEM each. @throws TransportError `tls.authority` */
function extraAuthorities(ca: Authorities | undefined): string[] {
  if (ca === undefined) return [];
  const given = typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
  return given.flatMap((one) => {
    const found = typeof one === 'string' ? splitPem(one) : fromFile(one);
    if (found.length === 0) throw noAuthority('no-certificate');
    return found.map(asPem);
  });
}

function fromFile(bytes: Uint8Array): (string | Uint8Array)[] {
  // What every certificate in DER begins with: a SEQUENCE of more than 255 bytes.
  if (bytes[0] === 0x30) return [bytes];
  return splitPem(Buffer.from(bytes).toString('latin1'));
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

/** By the authorities; those with a certificate of ours go with that. */
const contexts = new Map<string, tls.SecureContext>();
const contextsWithCertificate = new WeakMap<ClientCertificate, Map<string, tls.SecureContext>>();
/** Contexts hold some 150 parsed certificates each; a desktop uses one or two. */
const MAX_CONTEXTS = 16;

/**
 * With a certificate, TLS 1.2 unless another version is asked for: Windows asks for the certificate once it has seen the request, by a
 * renegotiation, and what TLS 1.3 has instead (RFC 8446 4.6.2) Node does not speak.
 * @throws TransportError `tls.authority`, `certificate.…`
 */
export function secureContext(
  ca: Authorities | undefined,
  certificate?: ClientCertificate,
  version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2',
): tls.SecureContext {
  const extra = extraAuthorities(ca);
  const key = [certificate === undefined ? '' : version, ...extra].join('\n');
  const known = certificate === undefined ? contexts : knownFor(certificate);
  // Checked every time: a certificate may expire while we run.
  const ours = certificate === undefined ? undefined : loadClientCertificate(certificate);
  let context = known.get(key);
  if (context === undefined) {
    context = tls.createSecureContext({
      ca: [...knownAuthorities(), ...extra],
      ...(ours === undefined ? {} : { ...ours, minVersion: version, maxVersion: version }),
    });
    if (known.size >= MAX_CONTEXTS) known.clear();
    known.set(key, context);
  }
  return context;
}

function knownFor(certificate: ClientCertificate): Map<string, tls.SecureContext> {
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

function isAmong(certificate: X509Certificate, ca: Authorities | undefined): boolean {
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
