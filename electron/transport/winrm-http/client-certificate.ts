/**
 * A person's certificate with its key, for signing in by TLS: read, checked, and refused with a reason before a connection is made. OpenSSL
 * says of most of this no more than "mac verify failure".
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { systemCode, TransportError, type Facts, type TransportErrorCode } from '../errors.ts';
import { exportFromStore, type StoredCertificate } from '../certificate-store/windows-store.ts';
import { splitPem } from './pem.ts';

export type ClientCertificate =
  /** PEM: the certificate and those between it and its authority, in any order; the key there as well, or apart. */
  | {
      readonly kind: 'pem';
      readonly certificate: string;
      readonly key?: string;
      /** Of the key, where it is encrypted. */
      readonly passphrase?: string;
    }
  /** PKCS#12, a .pfx or .p12 file. */
  | { readonly kind: 'pfx'; readonly data: Uint8Array; readonly passphrase?: string }
  /** In the personal store of Windows, with a key that may be exported. */
  | ({ readonly kind: 'store' } & StoredCertificate);

/** What TLS can use as it is. */
export type ReadCertificate = Exclude<ClientCertificate, { kind: 'store' }>;

/** Asked for once; a failure may be mended by the next time. */
const fromStores = new WeakMap<ClientCertificate, Promise<ReadCertificate>>();

/** A certificate as TLS can use it. @throws TransportError `certificate.store` */
export function readCertificate(from: ClientCertificate): ReadCertificate | Promise<ReadCertificate> {
  if (from.kind !== 'store') return from;
  const known = fromStores.get(from);
  if (known !== undefined) return known;
  const reading = exportFromStore(from).then((exported) => ({ kind: 'pfx', ...exported }) as const);
  fromStores.set(from, reading);
  reading.catch(() => fromStores.delete(from));
  return reading;
}

/** For tls.createSecureContext. */
export type ClientCertificateOptions = Pick<tls.SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase'>;

/** Enough to find it again: no part of it is secret. */
function describe(certificate: X509Certificate): Facts {
  return {
    subject: certificate.subject.split('\n').filter(Boolean).join(', '),
    fingerprint: certificate.fingerprint256,
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
  };
}

function problem(code: TransportErrorCode, what: string, facts: Facts = {}): TransportError {
  // Never with the cause: OpenSSL's errors are known to carry pieces of what they read.
  return new TransportError(code, what, { facts });
}

/** Deriving a key from a passphrase takes a while on purpose; once is enough. Forgotten with what it was read from. */
const loaded = new WeakMap<ReadCertificate, Loaded>();

/** @throws TransportError whose code begins with `certificate.` */
export function loadClientCertificate(
  from: ReadCertificate,
  now: number = Date.now(),
): ClientCertificateOptions {
  const read = loaded.get(from) ?? (from.kind === 'pem' ? loadPem(from) : loadPfx(from));
  loaded.set(from, read);
  const { options, leaf } = read;
  if (leaf.validToDate.getTime() < now) {
    throw problem('certificate.expired', 'The certificate to sign in with has expired', describe(leaf));
  }
  if (leaf.validFromDate.getTime() > now) {
    throw problem(
      'certificate.not-yet-valid',
      'The certificate to sign in with is not valid yet',
      describe(leaf),
    );
  }
  if (!isForClients(leaf)) {
    throw problem('certificate.purpose', 'The certificate is not made for signing in', describe(leaf));
  }
  return options;
}

/** id-kp-clientAuth and anyExtendedKeyUsage (RFC 5280 4.2.1.12); a certificate without the extension is for everything. */
function isForClients(certificate: X509Certificate): boolean {
  // Node's types have it always there.
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  return purposes === undefined || purposes.includes('1.3.6.1.5.5.7.3.2') || purposes.includes('2.5.29.37.0');
}

interface Loaded {
  readonly options: ClientCertificateOptions;
  readonly leaf: X509Certificate;
}

function loadPem({ certificate, key, passphrase }: Extract<ReadCertificate, { kind: 'pem' }>): Loaded {
  const chain = splitPem(certificate, 'CERTIFICATE');
  if (chain.length === 0) {
    throw problem('certificate.unreadable', 'There is no certificate in the text', {
      reason: 'no-certificate',
    });
  }
  const pem = key ?? certificate;
  const made = privateKey(pem, passphrase);
  const certificates = chain.map(parseCertificate);
  const leaf = certificates.find((one) => one.checkPrivateKey(made));
  if (leaf === undefined) {
    throw problem(
      'certificate.mismatch',
      'The key is not that of the certificate',
      describe(certificates[0] ?? never()),
    );
  }
  const ordered = [leaf, ...certificates.filter((one) => one !== leaf)].map((one) => one.toString());
  return {
    leaf,
    options: {
      cert: ordered.join('\n'),
      key: pem,
      ...(passphrase === undefined ? {} : { passphrase }),
    },
  };
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw problem('certificate.unreadable', 'The certificate cannot be read', { reason: 'damaged' });
  }
}

function privateKey(pem: string, passphrase: string | undefined): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw problem('certificate.no-key', 'There is no private key with the certificate');
  }
  const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:\s*4,\s*ENCRYPTED/m.test(pem);
  if (encrypted && (passphrase === undefined || passphrase === '')) {
    throw problem('certificate.passphrase', 'The key is encrypted', { given: false });
  }
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (error) {
    if (!encrypted)
      throw problem('certificate.unreadable', 'The private key cannot be read', { reason: 'damaged' });
    if (isUnsupported(error)) {
      throw problem(
        'certificate.old-encryption',
        'The key is encrypted in a way that is not supported any more',
        {
          of: 'key',
        },
      );
    }
    throw problem('certificate.passphrase', 'The passphrase does not open the key', { given: true });
  }
}

/** Of OpenSSL and of Node: an algorithm that this build has not. */
function isUnsupported(error: unknown): boolean {
  return /UNSUPPORTED/.test(systemCode(error) ?? '');
}

function loadPfx({ data, passphrase }: Extract<ReadCertificate, { kind: 'pfx' }>): Loaded {
  if (!looksLikePfx(data)) {
    throw problem('certificate.unreadable', 'This is no PFX file, or not all of it', { reason: 'damaged' });
  }
  const options = { pfx: Buffer.from(data), ...(passphrase === undefined ? {} : { passphrase }) };
  let context: tls.SecureContext;
  try {
    context = tls.createSecureContext(options);
  } catch (error) {
    throw pfxProblem(error, passphrase);
  }
  const leaf = certificateOf(context);
  if (leaf === undefined)
    throw problem('certificate.no-key', 'There is no certificate with a key in the PFX file');
  return { options, leaf };
}

function pfxProblem(error: unknown, passphrase: string | undefined): TransportError {
  if (isUnsupported(error)) {
    return problem(
      'certificate.old-encryption',
      'The PFX file is encrypted in a way that is not supported any more',
      {
        of: 'pfx',
      },
    );
  }
  // What Node says itself, once the file is open.
  if (systemCode(error) === 'ERR_CRYPTO_OPERATION_FAILED') {
    return problem('certificate.no-key', 'There is no certificate with a key in the PFX file');
  }
  // The seal over the whole file, which the passphrase makes: OpenSSL gives no code for that.
  return problem('certificate.passphrase', 'The passphrase does not open the PFX file', {
    given: passphrase !== undefined && passphrase !== '',
  });
}

/** RFC 7292 4: a SEQUENCE as long as the file, or of no length said (BER), as some write it. */
function looksLikePfx(data: Uint8Array): boolean {
  const [tag, first = 0] = data;
  if (tag !== 0x30 || data.byteLength < 16) return false;
  if (first === 0x80) return true;
  if (first < 0x80) return data.byteLength === 2 + first;
  const octets = first & 0x7f;
  if (octets > 4) return false;
  const length = data.subarray(2, 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0);
  return data.byteLength === 2 + octets + length;
}

/** The certificate that a context would show: a socket that never gets a connection tells. */
function certificateOf(secureContext: tls.SecureContext): X509Certificate | undefined {
  const nowhere = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const socket = new tls.TLSSocket(nowhere, { secureContext });
  try {
    return socket.getX509Certificate();
  } finally {
    socket.destroy();
    nowhere.destroy();
  }
}

function never(): never {
  throw new Error('a list that is not empty has a first');
}
