/** TLS on a connection that stands, and the certificate judged before the first byte of ours. */
import { X509Certificate } from 'node:crypto';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { fromCertificateAlert, systemCode, TransportError, type Facts } from '../errors.ts';
import {
  certificateProblems,
  describeCertificate,
  sameFingerprint,
  type Authorities,
} from './certificate.ts';
import type { ClientCertificate } from './client-certificate.ts';

export interface TlsOptions {
  /** Further authorities: PEM, one or many in a text, or DER. */
  readonly ca?: Authorities;
  /** To sign in with. */
  readonly certificate?: ClientCertificate;
  /** SHA-256 of a certificate to accept although it does not verify. */
  readonly trustedFingerprint?: string;
  /** Name to ask for and to check, where it is not the host. */
  readonly servername?: string;
}

export interface TlsConnection {
  readonly socket: tls.TLSSocket;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** @param name of the host, without brackets. Rejects with TransportError, or with the reason of the signal. */
export function startTls(
  plain: net.Socket,
  name: string,
  context: tls.SecureContext,
  options: TlsOptions | undefined,
  signal: AbortSignal,
  facts: Facts,
): Promise<TlsConnection> {
  return new Promise((resolve, reject) => {
    const host = options?.servername ?? name;
    const socket = tls.connect({
      socket: plain,
      host,
      // An address is not a server name (RFC 6066 3).
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      secureContext: context,
      // Checked below, where the certificate can go into the error; nothing is sent before.
      rejectUnauthorized: false,
    });
    const onAbort = (): void => fail(signal.reason);
    const onError = (error: Error): void => fail(fromTlsError(error, facts));
    const onClose = (): void =>
      fail(
        new TransportError('tls.failed', 'The service hung up instead of speaking TLS', {
          facts: { ...facts, reason: 'closed' },
        }),
      );
    const unhook = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const fail = (error: unknown): void => {
      unhook();
      socket.on('error', () => undefined);
      socket.destroy();
      plain.destroy();
      reject(error);
    };
    signal.addEventListener('abort', onAbort);
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      const raw = socket.getPeerX509Certificate()?.raw;
      if (raw === undefined) {
        fail(
          new TransportError('tls.failed', 'The service shows no certificate', {
            facts: { ...facts, reason: 'no-certificate' },
          }),
        );
        return;
      }
      const refused = judge(socket, raw, host, options, facts);
      if (refused !== undefined) {
        fail(refused);
        return;
      }
      unhook();
      resolve({ socket, certificate: new Uint8Array(raw) });
    });
    if (signal.aborted) onAbort();
  });
}

/** The server chose an older version than we take, or will not hear of the newer ones. */
const TOO_OLD = /^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|.*ALERT_PROTOCOL_VERSION)$/;

function fromTlsError(error: Error, facts: Facts): TransportError {
  const alert = fromCertificateAlert(error, facts);
  if (alert !== undefined) return alert;
  const reason = systemCode(error) ?? 'unknown';
  return TOO_OLD.test(reason)
    ? new TransportError('tls.old', 'The service speaks an old version of TLS only', {
        facts: { ...facts, reason },
        cause: error,
      })
    : new TransportError('tls.failed', 'The service does not speak TLS as we do', {
        facts: { ...facts, reason },
        cause: error,
      });
}

/** Why the certificate is not accepted; undefined when it is. */
function judge(
  socket: tls.TLSSocket,
  raw: Buffer,
  host: string,
  options: TlsOptions | undefined,
  facts: Facts,
): TransportError | undefined {
  const certificate = new X509Certificate(raw);
  const problems = certificateProblems(socket, certificate, host, options?.ca);
  if (problems.length === 0) return undefined;
  const described = describeCertificate(certificate, problems);
  const trusted = options?.trustedFingerprint;
  if (trusted === undefined) {
    return new TransportError('tls.untrusted', 'The certificate of the service does not verify', {
      facts: { ...facts, problems },
      certificate: described,
    });
  }
  if (sameFingerprint(trusted, described.fingerprint)) return undefined;
  return new TransportError('tls.changed', 'The certificate of the service is not the one trusted before', {
    facts: { ...facts, problems, expected: trusted, fingerprint: described.fingerprint },
    certificate: described,
  });
}
