/** An HTTP proxy for tests, of Node's own modules: CONNECT alone, as the tests tell it to behave. */
import * as http from 'node:http';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Connect {
  /** What was asked for: `host:port`. */
  readonly target: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface TestProxy {
  readonly port: number;
  readonly url: string;
  readonly connects: Connect[];
  close(): Promise<void>;
}

/** `through`: make the tunnel, to 127.0.0.1 and another port if given. `refuse`: that status, with these headers. `hang`: say nothing at all. */
export type Verdict =
  | { readonly kind: 'through'; readonly port?: number }
  | { readonly kind: 'refuse'; readonly status: number; readonly headers?: Record<string, string | string[]> }
  | { readonly kind: 'hang' };

export async function startProxy(
  judge: (connect: Connect) => Verdict = () => ({ kind: 'through' }),
): Promise<TestProxy> {
  const connects: Connect[] = [];
  const open = new Set<net.Socket>();
  const keep = (socket: net.Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  };
  const server = http.createServer((_request, response) => response.writeHead(501).end());
  server.on('connection', keep);
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket, head: Buffer) => {
    const connect = { target: request.url ?? '', headers: request.headers };
    connects.push(connect);
    const verdict = judge(connect);
    if (verdict.kind === 'hang') return;
    if (verdict.kind === 'refuse') {
      const lines = Object.entries(verdict.headers ?? {}).flatMap(([name, value]) =>
        [value].flat().map((one) => `${name}: ${one}\r\n`),
      );
      socket.end(
        `HTTP/1.1 ${String(verdict.status)} No\r\n${lines.join('')}Content-Length: 4\r\nConnection: close\r\n\r\nno!\n`,
      );
      return;
    }
    const colon = connect.target.lastIndexOf(':');
    const upstream = net.connect(
      verdict.port === undefined
        ? {
            host: connect.target.slice(0, colon).replace(/^\[|\]$/g, ''),
            port: Number(connect.target.slice(colon + 1)),
          }
        : { host: '127.0.0.1', port: verdict.port },
    );
    keep(upstream);
    upstream.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connects,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
