/** Servers for the client's tests, made with Node's own modules so that nothing of ours stands at both ends. */
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

export interface Seen {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Which connection it came by, counted from 1. */
  readonly connection: number;
}

export interface TestServer {
  readonly port: number;
  readonly seen: Seen[];
  connections(): number;
  /** Resolves when so many requests have come. */
  untilSeen(count: number): Promise<void>;
  close(): Promise<void>;
}

export type Answer = (request: Seen, response: http.ServerResponse, index: number) => void | Promise<void>;

export function soap(response: http.ServerResponse, body = '<answer/>', status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/soap+xml;charset=UTF-8' });
  response.end(body);
}

export async function startServer(
  answer: Answer,
  options: { tls?: { key: string; cert: string }; host?: string } = {},
): Promise<TestServer> {
  const seen: Seen[] = [];
  const numbers = new Map<net.Socket, number>();
  const open = new Set<net.Socket>();
  let connections = 0;
  let waiters: { count: number; resolve: () => void }[] = [];
  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        headers: request.headers,
        body: Buffer.concat(chunks).toString('latin1'),
        connection: numbers.get(request.socket) ?? 0,
      };
      seen.push(one);
      for (const waiter of waiters.filter((w) => w.count <= seen.length)) waiter.resolve();
      waiters = waiters.filter((w) => w.count > seen.length);
      void answer(one, response, seen.length - 1);
    });
  };
  const server = options.tls ? https.createServer(options.tls, onRequest) : http.createServer(onRequest);
  server.on('connection', (socket: net.Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: net.Socket) => {
    numbers.set(socket, ++connections);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => connections,
    untilSeen: (count) =>
      seen.length >= count ? Promise.resolve() : new Promise((resolve) => waiters.push({ count, resolve })),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A server that takes connections and does with them what it is told. */
export async function startRaw(
  onSocket: (socket: net.Socket) => void,
): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** A self-signed certificate for names and addresses. */
export async function certificate(
  names: readonly ({ dns: string } | { ip: string })[],
  dates: { notBeforeDate?: Date; notAfterDate?: Date } = {},
): Promise<Pair> {
  const pems = await generate([{ name: 'commonName', value: 'test server' }], {
    ...dates,
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: names.map((n) => ('dns' in n ? { type: 2, value: n.dns } : { type: 7, ip: n.ip })),
      },
    ],
  });
  return { key: pems.private, cert: pems.cert };
}

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = await startRaw(() => undefined);
  await server.close();
  return server.port;
}
