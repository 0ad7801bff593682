/** Binding a log-on to the TLS connection it runs over, so that nobody in the middle can pass it on (RFC 5929 4, RFC 5056). */
import { viewOf } from './bytes.ts';
import type { AuthCrypto, CertificateHash } from './crypto.ts';
import { decodeOid, DER, DerReader, contextTag } from './der.ts';
import { md5 } from './md5.ts';

const PREFIX = 'tls-server-end-point:';

const BY_SIGNATURE: Readonly<Record<string, CertificateHash>> = {
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  // Hashes named in the parameters of RSASSA-PSS.
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const RSASSA_PSS = '1.2.840.113549.1.1.10';

/**
 * `tls-server-end-point:` and the certificate's hash: the hash of its signature, or SHA-256 where that is MD5, SHA-1 or none (RFC 5929
 * 4.1, which leaves the last open; other implementations take SHA-256, too).
 */
export function tlsServerEndPoint(certificate: Uint8Array, crypto: AuthCrypto): Uint8Array {
  return Buffer.concat([
    Buffer.from(PREFIX, 'latin1'),
    crypto.hash(certificateHash(certificate), certificate),
  ]);
}

/** RFC 5280 4.1.1: Certificate is the signed part, the algorithm of the signature, the signature. @throws ProtocolError */
function certificateHash(certificate: Uint8Array): CertificateHash {
  const parts = new DerReader(new DerReader(certificate).expect(DER.sequence));
  parts.expect(DER.sequence);
  const algorithm = new DerReader(parts.expect(DER.sequence));
  const oid = decodeOid(algorithm.expect(DER.oid));
  if (oid !== RSASSA_PSS) return BY_SIGNATURE[oid] ?? 'sha256';
  // RFC 4055 3.1: [0] is the hash, SHA-1 where it is left out.
  const parameters = algorithm.optional(DER.sequence);
  const hash = parameters === undefined ? undefined : new DerReader(parameters).optional(contextTag(0));
  if (hash === undefined) return 'sha256';
  const named = new DerReader(new DerReader(hash).expect(DER.sequence)).expect(DER.oid);
  return BY_SIGNATURE[decodeOid(named)] ?? 'sha256';
}

/**
 * What NTLM sends of it: MD5 of a gss_channel_bindings_struct without addresses ([MS-NLMP] 2.2.2.1, RFC 2744 3.11): type and length of
 * both addresses, then length and bytes of the data.
 */
export function channelBindingHash(applicationData: Uint8Array): Uint8Array {
  const head = new Uint8Array(20);
  viewOf(head).setUint32(16, applicationData.length, true);
  return md5(head, applicationData);
}
