/** A TCP connection, or the reason why there is none. */
import * as net from 'node:net';
import { fromSocketError, type Facts } from '../errors.ts';

/** How long an idle connection stays quiet before the system asks whether the other end still lives. */
const KEEP_ALIVE_MS = 30_000;

/** A host as URLs may write it: brackets off. */
export function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** `host:port` as URLs and CONNECT write it: brackets around an IPv6 address, and no zone, which is for our side only (RFC 6874). */
export function authority(host: string, port: number): string {
  const bare = bareHost(host).replace(/%.*$/, '');
  return `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
}

/** Rejects with TransportError, or with the reason of the signal. */
export function connectTcp(
  host: string,
  port: number,
  signal: AbortSignal,
  facts: Facts,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: bareHost(host),
      port,
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
