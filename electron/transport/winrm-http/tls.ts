/** TLS on a connection that stands, and the certificate judged before the first byte of ours. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import {
  fromCertificateAlert,
  systemCode,
  TransportError,
  type Facts,
  type PeerCertificate,
} from '../errors.ts';
import {
  certificateProblems,
  describeCertificate,
  sameFingerprint,
  type TrustOptions,
} from './certificate.ts';

/**
 * Asked for a certificate, before anything is sent: whether to go on. `problems` of the certificate say what is wrong with it; they are
 * empty where it verifies. What it throws refuses.
 */
export type VerifyCertificate = (certificate: PeerCertificate) => boolean | Promise<boolean>;

export interface TlsOptions extends TrustOptions {
  /** Decides on every certificate in place of the authorities, unless one is pinned by `trustedFingerprint`. */
  readonly verify?: VerifyCertificate;
  /** SHA-256 of the one certificate to accept, whether it verifies or not. Any other stops the connection. */
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
    let over = false;
    const fail = (error: unknown): void => {
      over = true;
      unhook();
      socket.on('error', () => undefined);
      socket.destroy();
      plain.destroy();
      reject(error);
    };
    signal.addEventListener('abort', onAbort);
    socket.once('error', onError);
    socket.once('close', onClose);
    const onSecure = (): void => {
      // Once only: Node takes a certificate off the chain with every call.
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) {
        fail(
          new TransportError('tls.failed', 'The service shows no certificate', {
            facts: { ...facts, reason: 'no-certificate' },
          }),
        );
        return;
      }
      const accept = (): void => {
        unhook();
        resolve({ socket, certificate: new Uint8Array(certificate.raw) });
      };
      const problems = certificateProblems(socket, certificate, host, options?.ca);
      const described = describeCertificate(certificate, problems);
      const { verify, trustedFingerprint } = options ?? {};
      if (verify !== undefined && trustedFingerprint === undefined) {
        void (async () => verify(described))()
          // Refused by an error as by a no: it may hold anything, and is not ours to tell.
          .catch(() => false)
          .then((accepted) => {
            // The other end may have hung up, or we, while somebody thought.
            if (over) return;
            if (accepted) accept();
            else fail(untrusted(described, facts));
          });
        return;
      }
      const refused = judge(described, trustedFingerprint, facts);
      if (refused === undefined) accept();
      else fail(refused);
    };
    socket.once('secureConnect', () => {
      try {
        onSecure();
      } catch (error) {
        // What is in a certificate is the other end's: nothing of it may come out elsewhere than here.
        fail(
          new TransportError('tls.failed', 'The certificate of the service cannot be judged', {
            facts: { ...facts, reason: 'certificate' },
            cause: error,
          }),
        );
      }
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
  described: PeerCertificate,
  trusted: string | undefined,
  facts: Facts,
): TransportError | undefined {
  if (trusted === undefined) return described.problems.length === 0 ? undefined : untrusted(described, facts);
  if (sameFingerprint(trusted, described.fingerprint)) return undefined;
  // Even one that verifies: whoever opens TLS on the way has an authority of his own on many a machine.
  return new TransportError('tls.changed', 'The certificate of the service is not the one trusted before', {
    facts: {
      ...facts,
      problems: described.problems,
      expected: trusted,
      fingerprint: described.fingerprint,
    },
    certificate: described,
  });
}

function untrusted(described: PeerCertificate, facts: Facts): TransportError {
  return new TransportError('tls.untrusted', 'The certificate of the service does not verify', {
    facts: { ...facts, problems: described.problems },
    certificate: described,
  });
}
