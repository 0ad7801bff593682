/** One HTTP request and its answer on a socket that is there already. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { fromSocketError, TransportError, type Facts } from '../errors.ts';

export interface HttpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Every `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  readonly location: string | undefined;
  /** The server closes the connection after this. */
  readonly closes: boolean;
  readonly body: Uint8Array;
}

/** A Kerberos ticket with the groups of its user may have 48,000 bytes (MaxTokenSize), more in base64; Node's own limit is 16 KB. */
const MAX_HEADER_BYTES = 96 * 1024;

/** Keeps one socket for one request after another; never opens one itself. */
export class SocketAgent extends http.Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

/** Rejects with TransportError, or with the reason of the signal. The socket is of no use after a rejection. */
export function exchange(
  agent: http.Agent,
  request: HttpRequest,
  limits: { readonly maxResponseBytes: number; readonly signal: AbortSignal; readonly facts: Facts },
): Promise<HttpAnswer> {
  const { signal, facts, maxResponseBytes } = limits;
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      agent,
      method: 'POST',
      path: request.path,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { ...request.headers, 'Content-Length': String(request.body.byteLength) },
    });
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        outgoing.destroy();
        reject(error);
      });
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort);
    // Stays for good: a destroyed request may still report.
    outgoing.on('error', (error) => fail(fromRequestError(error, facts)));
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size <= maxResponseBytes) chunks.push(chunk);
        else {
          fail(
            new TransportError('http.too-large', 'The answer is larger than any answer may be', {
              facts: { ...facts, direction: 'response', limit: maxResponseBytes },
            }),
          );
        }
      });
      // Stays as well: destroying the request is reported here too.
      incoming.on('error', (error) => fail(fromRequestError(error, facts)));
      incoming.once('end', () =>
        settle(() =>
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            challenges: incoming.headersDistinct['www-authenticate'] ?? [],
            location: incoming.headers.location,
            closes: !keepsAlive(incoming),
            body: Buffer.concat(chunks),
          }),
        ),
      );
    });
    if (signal.aborted) onAbort();
    else outgoing.end(request.body);
  });
}

/** RFC 9112 9.3. */
function keepsAlive(incoming: http.IncomingMessage): boolean {
  const options = (incoming.headers.connection ?? '').toLowerCase().split(/[\s,]+/);
  if (options.includes('close')) return false;
  return incoming.httpVersion !== '1.0' || options.includes('keep-alive');
}

/** What Node's HTTP parser reports is not a broken line but another protocol. */
function fromRequestError(error: unknown, facts: Facts): TransportError {
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('HPE_')
  ) {
    return new TransportError('http.not-winrm', 'What answers does not speak HTTP', {
      facts: { ...facts, reason: error.code },
      cause: error,
    });
  }
  return fromSocketError(error, facts);
}
