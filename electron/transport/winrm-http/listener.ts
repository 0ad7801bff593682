/**
 * The listening half: HTTP or HTTPS on loopback, for the practice server. It checks who asks and hands SOAP on; what the SOAP means is not
 * its business.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { parseBasicHeader } from '../../protocol/auth/basic.ts';
import { isSealedType } from '../../protocol/auth/mime.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { loginFactory, negotiateToken, type ConnectionLogin, type NegotiateLogin } from './accept-login.ts';

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
  /** Called when the answer could not be written to the end: the client is gone. */
  undelivered?(): void;
}

export interface ListenerOptions {
  /** PEM; plain HTTP without. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 0 chooses one. */
  readonly port?: number;
  readonly host?: '127.0.0.1' | '::1';
  readonly path?: string;
  /** Whether a log-on with Basic is right. Compare secrets with {@link sameSecret}. Without it Basic is not offered. */
  readonly verify?: (userName: string, password: string) => boolean | Promise<boolean>;
  /** Offer Negotiate with NTLM, and over plain HTTP take sealed bodies only from who uses it. */
  readonly negotiate?: NegotiateLogin;
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
  const logins = new WeakMap<Socket, ConnectionLogin>();
  const newLogin =
    options.negotiate === undefined ? undefined : loginFactory(options.negotiate, options.tls?.cert);
  const offer = [
    ...(newLogin === undefined ? [] : ['Negotiate']),
    ...(options.verify === undefined ? [] : ['Basic realm="WSMAN"']),
  ];

  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    respond(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  };

  /** The log-on of the connection that a request came by. */
  function loginOf({ socket }: http.IncomingMessage): ConnectionLogin | undefined {
    const known = logins.get(socket);
    if (known !== undefined || newLogin === undefined) return known;
    const login = newLogin();
    logins.set(socket, login);
    socket.once('close', () => login.close());
    return login;
  }

  /** Who asks, and what the answer's `WWW-Authenticate` is to be. */
  async function signIn(
    request: http.IncomingMessage,
    login: ConnectionLogin | undefined,
  ): Promise<SignedIn> {
    const header = request.headers.authorization;
    if (header === undefined) return { userName: login?.userName, sealable: true, challenges: offer };
    const given = parseBasicHeader(header);
    if (given !== undefined) {
      const right = (await options.verify?.(given.userName, given.password)) ?? false;
      return { userName: right ? given.userName : undefined, sealable: false, challenges: offer };
    }
    const token = negotiateToken(header);
    const step = token === undefined ? undefined : await login?.step(token);
    if (step === undefined || step.kind === 'refused')
      return { userName: undefined, sealable: false, challenges: offer };
    if (step.kind === 'challenge') return { userName: undefined, sealable: false, challenges: [step.value] };
    return {
      userName: login?.userName,
      sealable: true,
      challenges: step.value === undefined ? [] : [step.value],
    };
  }

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (!isOurHost(request.headers.host)) {
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
    // A page in a browser can send a form or text anywhere, but neither these types nor a preflight's permission.
    const contentType = request.headers['content-type'] ?? '';
    const isSealed = isSealedType(contentType);
    if (!isSealed && !/^application\/soap\+xml\b/i.test(contentType)) {
      refuse(response, 415);
      return;
    }
    const login = loginOf(request);
    const { userName, sealable, challenges } = await signIn(request, login);
    const anonymous = request.headers['wsmanidentify']?.toString().toLowerCase() === 'unauthenticated';
    if (userName === undefined && (!anonymous || isSealed)) {
      refuse(response, 401, { 'WWW-Authenticate': challenges });
      return;
    }
    const bytes = await readBody(request, options.maxRequestBytes ?? MAX_REQUEST_BYTES);
    if (bytes === undefined) {
      refuse(response, 413);
      return;
    }
    const final: Record<string, string[]> =
      userName !== undefined && challenges !== offer && challenges.length > 0
        ? { 'WWW-Authenticate': challenges }
        : {};
    if (sealable && userName !== undefined && bytes.byteLength === 0) {
      // The last leg of a log-on.
      refuse(response, 200, final);
      return;
    }
    // Whoever could seal, and over plain HTTP does not, would be answered in plain text.
    if (sealable && userName !== undefined && !isSealed && options.tls === undefined) {
      refuse(response, 403);
      return;
    }
    const body = isSealed ? await unsealed(login, contentType, bytes) : bytes;
    if (body === undefined) {
      refuse(response, 400);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await options.handle({
      body: Buffer.from(body).toString('utf8'),
      userName,
      url: `${scheme}://${request.headers.host ?? ''}${path}`,
      remoteAddress: request.socket.remoteAddress ?? '',
      signal: gone.signal,
    });
    const onUnwritten = (): void => {
      if (!response.writableFinished) answer.undelivered?.();
    };
    if (response.closed) onUnwritten();
    else response.once('close', onUnwritten);
    const plain = { contentType: SOAP_TYPE, body: Buffer.from(answer.body, 'utf8') };
    // An empty one is none of the service's, but of HTTP.
    const sealed = isSealed && plain.body.byteLength > 0 ? ((await login?.seal(plain.body)) ?? plain) : plain;
    response.writeHead(answer.status, {
      ...final,
      'Content-Type': sealed.contentType,
      'Content-Length': sealed.body.byteLength,
    });
    response.end(sealed.body);
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
  const { port } = server.address() as AddressInfo;
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

interface SignedIn {
  readonly userName: string | undefined;
  /** By a log-on of the connection, which has keys. */
  readonly sealable: boolean;
  readonly challenges: string[];
}

/** Undefined where it does not unseal. */
async function unsealed(
  login: ConnectionLogin | undefined,
  contentType: string,
  body: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    return await login?.unseal(contentType, body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/**
 * Another name in Host means that a page somewhere made a browser reach us by it (DNS rebinding). The port proves nothing: behind a forwarder
 * it is the forwarder's, and who rebinds a name has to connect to ours.
 */
function isOurHost(header: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(header ?? '');
}

function refuse(
  response: http.ServerResponse,
  status: number,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0 });
  response.end();
}

/** Undefined where it is larger than allowed; the rest is read and thrown away, so that the answer can be read by the client. */
async function readBody(request: http.IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= limit) chunks.push(chunk);
    // Twice the limit is not a mistake any more.
    else if (size > 2 * limit) return undefined;
  }
  return size > limit ? undefined : Buffer.concat(chunks);
}
