/** One connection to a service: TCP, through a proxy where there is one, then TLS where asked. */
import type { Socket } from 'node:net';
import { TransportError, type Facts } from '../errors.ts';
import { awakeTimeout } from './awake-timeout.ts';
import { secureContext } from './certificate.ts';
import { readCertificate, type ReadCertificate } from './client-certificate.ts';
import { connectThrough, proxyFacts, resolveProxy, type ProxyChoice } from './proxy.ts';
import { bareHost, connectTcp } from './tcp.ts';
import { startTls, type TlsOptions } from './tls.ts';

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  readonly tls?: TlsOptions;
  /** Directly where not given. */
  readonly proxy?: ProxyChoice;
  /** For TCP, the proxy and TLS together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly socket: Socket;
  /** DER. */
  readonly certificate?: Uint8Array;
}

/** Rejects with TransportError, or with the reason of the signal. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const named = options.https ? options.tls?.certificate : undefined;
  if (named === undefined) return connectOnce(options, undefined);
  const certificate = await readCertificate(named);
  try {
    return await connectOnce(options, certificate);
  } catch (error) {
    // A service that has put TLS 1.2 away asks for the certificate in its handshake.
    if (!(error instanceof TransportError) || error.code !== 'tls.old') throw error;
    return connectOnce(options, certificate, 'TLSv1.3');
  }
}

async function connectOnce(
  options: ConnectOptions,
  certificate: ReadCertificate | undefined,
  version?: 'TLSv1.3',
): Promise<Connection> {
  const { host, port } = options;
  const proxy = resolveProxy(options.proxy, options);
  const facts: Facts = proxy === undefined ? { host, port } : proxyFacts(proxy, options);
  // What is wrong with our own certificates is told before anybody is called.
  const context = options.https ? secureContext(options.tls ?? {}, certificate, version) : undefined;
  const limit = awakeTimeout(options.timeoutMs);
  const deadline = limit.signal;
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const stage = { now: 'tcp' };
  try {
    const plain =
      proxy === undefined
        ? await connectTcp(host, port, signal, facts)
        : await connectThrough(proxy, options, signal, stage);
    if (context === undefined) return { socket: plain };
    stage.now = 'tls';
    return await startTls(plain, bareHost(host), context, options.tls, signal, facts);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (options.signal?.aborted) throw options.signal.reason;
    if (deadline.aborted) {
      const late = { ...facts, seconds: options.timeoutMs / 1000, stage: stage.now };
      throw stage.now === 'proxy'
        ? new TransportError('proxy.unreachable', 'The proxy does not answer in time', {
            facts: { ...late, reason: 'connect.timeout' },
          })
        : new TransportError('connect.timeout', 'The machine does not answer in time', { facts: late });
    }
    throw error;
  } finally {
    limit.clear();
  }
}
