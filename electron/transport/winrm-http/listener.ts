/**
 * The listening half: HTTP or HTTPS on loopback, for the practice server. It checks who asks and hands SOAP on; what the SOAP means is not
 * its business.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { parseBasicHeader } from '../../protocol/auth/basic.ts';

export interface SoapRequest {
  readonly body: string;
  /** Undefined for what may be asked before log-on (Identify). */
  readonly userName: string | undefined;
  /** As the client reached us: for `Address` in answers. */
  readonly url: string;
  readonly remoteAddress: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface SoapAnswer {
  /** 200, or 400 to 599 for a fault. */
  readonly status: number;
  readonly body: string;
}

export interface ListenerOptions {
  /** PEM; plain HTTP without. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 0 chooses one. */
  readonly port?: number;
  readonly host?: '127.0.0.1' | '::1';
  readonly path?: string;
  /** Whether the log-on is right. Compare secrets with {@link sameSecret}. */
  readonly verify: (userName: string, password: string) => boolean | Promise<boolean>;
  readonly handle: (request: SoapRequest) => Promise<SoapAnswer>;
  readonly maxRequestBytes?: number;
}

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** What the XML reader takes; WinRM's own limit is 500 KB. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

/** A body arrives at once on loopback; whoever is slower than this holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 60_000;

const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';

/** Whether two secrets are equal, in a time that does not depend on where they differ. */
export function sameSecret(given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const path = options.path ?? '/wsman';
  const host = options.host ?? '127.0.0.1';
  const scheme = options.tls === undefined ? 'http' : 'https';
  const sockets = new Set<Socket>();
  let port = 0;

  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    respond(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  };

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (!isOurHost(request.headers.host, port)) {
      refuse(response, 400);
      return;
    }
    if (request.url !== path) {
      refuse(response, 404);
      return;
    }
    if (request.method !== 'POST') {
      refuse(response, 405, { Allow: 'POST' });
      return;
    }
    // A page in a browser can send a form or text anywhere, but neither this type nor a preflight's permission.
    if (!/^application\/soap\+xml\b/i.test(request.headers['content-type'] ?? '')) {
      refuse(response, 415);
      return;
    }
    const anonymous = request.headers['wsmanidentify']?.toString().toLowerCase() === 'unauthenticated';
    const given = parseBasicHeader(request.headers.authorization ?? '');
    const known = given !== undefined && (await options.verify(given.userName, given.password));
    if (!known && !anonymous) {
      refuse(response, 401, { 'WWW-Authenticate': 'Basic realm="WSMAN"' });
      return;
    }
    const body = await readBody(request, options.maxRequestBytes ?? MAX_REQUEST_BYTES);
    if (body === undefined) {
      refuse(response, 413);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await options.handle({
      body,
      userName: known ? given.userName : undefined,
      url: `${scheme}://${request.headers.host ?? ''}${path}`,
      remoteAddress: request.socket.remoteAddress ?? '',
      signal: gone.signal,
    });
    const bytes = Buffer.from(answer.body, 'utf8');
    response.writeHead(answer.status, { 'Content-Type': SOAP_TYPE, 'Content-Length': bytes.byteLength });
    response.end(bytes);
  }

  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 120_000 };
  const server =
    options.tls === undefined
      ? http.createServer(limits, onRequest)
      : https.createServer({ ...limits, key: options.tls.key, cert: options.tls.cert }, onRequest);
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  port = (server.address() as AddressInfo).port;
  return {
    port,
    url: `${scheme}://${host === '::1' ? '[::1]' : host}:${port}${path}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Another name in Host means that a page somewhere made a browser reach us by it (DNS rebinding). */
function isOurHost(header: string | undefined, port: number): boolean {
  const host = header?.toLowerCase();
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` || host === `[::1]:${port}`;
}

function refuse(response: http.ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0 });
  response.end();
}

/** Undefined where it is larger than allowed; the rest is read and thrown away, so that the answer can be read by the client. */
async function readBody(request: http.IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= limit) chunks.push(chunk);
    // Twice the limit is not a mistake any more.
    else if (size > 2 * limit) return undefined;
  }
  return size > limit ? undefined : Buffer.concat(chunks).toString('utf8');
}
