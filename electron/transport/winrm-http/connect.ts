/** One connection to a service: TCP, then TLS where asked, and the certificate checked before the first byte of ours. */
import { X509Certificate } from 'node:crypto';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { fromSocketError, systemCode, TransportError, type Facts } from '../errors.ts';
import { certificateProblems, describeCertificate, sameFingerprint, secureContext } from './certificate.ts';

export interface TlsOptions {
  /** PEM of further authorities. */
  readonly ca?: string | readonly string[];
  /** SHA-256 of a certificate to accept although it does not verify. */
  readonly trustedFingerprint?: string;
  /** Name to ask for and to check, where it is not the host. */
  readonly servername?: string;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  readonly tls?: TlsOptions;
  /** For TCP and TLS together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly socket: net.Socket;
  /** DER. */
  readonly certificate?: Uint8Array;
}

/** A host as URLs may write it: brackets off. */
export function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

export async function connect(options: ConnectOptions): Promise<Connection> {
  const facts: Facts = { host: options.host, port: options.port };
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const stage = { now: 'tcp' };
  try {
    const plain = await connectTcp(options, signal, facts);
    if (!options.https) return { socket: plain };
    stage.now = 'tls';
    return await startTls(plain, options, signal, facts);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (options.signal?.aborted) throw options.signal.reason;
    if (deadline.aborted) {
      throw new TransportError('connect.timeout', 'The machine does not answer in time', {
        facts: { ...facts, seconds: options.timeoutMs / 1000, stage: stage.now },
      });
    }
    throw error;
  }
}

/** How long an idle connection stays quiet before the system asks whether the other end still lives. */
const KEEP_ALIVE_MS = 30_000;

function connectTcp(options: ConnectOptions, signal: AbortSignal, facts: Facts): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: bareHost(options.host),
      port: options.port,
      autoSelectFamily: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const onAbort = (): void => finish(signal.reason);
    const onError = (error: Error): void => finish(fromSocketError(error, facts));
    const onConnect = (): void => finish(undefined);
    const finish = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      // Late errors of a socket nobody waits for.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', onAbort);
    socket.once('error', onError);
    socket.once('connect', onConnect);
    if (signal.aborted) onAbort();
  });
}

function startTls(
  plain: net.Socket,
  options: ConnectOptions,
  signal: AbortSignal,
  facts: Facts,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const host = options.tls?.servername ?? bareHost(options.host);
    const socket = tls.connect({
      socket: plain,
      host,
      // An address is not a server name (RFC 6066 3).
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      secureContext: secureContext(options.tls?.ca),
      // Checked below, where the certificate can go into the error; nothing is sent before.
      rejectUnauthorized: false,
    });
    const onAbort = (): void => fail(signal.reason);
    const onError = (error: Error): void =>
      fail(
        new TransportError('tls.failed', 'The service does not speak TLS as we do', {
          facts: { ...facts, reason: systemCode(error) ?? 'unknown' },
          cause: error,
        }),
      );
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
      const refused = judge(socket, raw, host, options.tls, facts);
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

/** Why the certificate is not accepted; undefined when it is. */
function judge(
  socket: tls.TLSSocket,
  raw: Buffer,
  host: string,
  options: TlsOptions | undefined,
  facts: Facts,
): TransportError | undefined {
  const certificate = new X509Certificate(raw);
  const problems = certificateProblems(socket, certificate, host);
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
