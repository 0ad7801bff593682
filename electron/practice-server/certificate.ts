/** A certificate for this run alone: its authority's key is forgotten as soon as the one certificate is signed. */
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface PracticeCertificate {
  /** Of the authority, to be trusted for this server. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** SHA-256 of the certificate, upper-case hex with colons. */
  readonly fingerprint: string;
}

/** A run that lasts longer than a month must be started again; a shorter life would punish a wrong clock. */
const LIFETIME_MS = 31 * 24 * 3_600_000;

/** Clocks of this and another machine differ a little. */
const BACKDATE_MS = 24 * 3_600_000;

export async function makeCertificate(now: number): Promise<PracticeCertificate> {
  const shared = {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - BACKDATE_MS),
    notAfterDate: new Date(now + LIFETIME_MS),
  } as const;
  const ca = await generate([{ name: 'commonName', value: 'PSDeck practice server authority' }], {
    ...shared,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...shared,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return {
    caPem: ca.cert,
    certificatePem: server.cert,
    keyPem: server.private,
    fingerprint: new X509Certificate(server.cert).fingerprint256,
  };
}
