/** The browser shell's server: the renderer's files and the contract, on loopback only, for who was let in. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import sirv from 'sirv';
import { WebSocketServer } from 'ws';
import type { Log } from '../diagnostics/log.ts';
import { MOST_FRAME_BYTES, serveBridge } from './bridge-socket.ts';
import type { Core } from './core-interface.ts';
import { createEntryPass } from './entry-pass.ts';
import { pageHeaders } from './page-headers.ts';
import { createPagePresence } from './page-presence.ts';
import { ownHosts, refusalOf } from './request-guard.ts';

export interface BrowserServerOptions {
  readonly core: Core;
  readonly log: Log;
  /** The built renderer: a folder with `index.html`. */
  readonly rendererDir: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly graceMs?: number;
  /** A browser used an address up. */
  readonly onEntered?: () => void;
}

export interface BrowserServer {
  readonly port: number;
  /** An address that lets one browser in, once. */
  newAddress(): string;
  close(): Promise<void>;
}

/** Connections of one page are six and its websocket; this many pages are more than anybody has. */
const MOST_CONNECTIONS = 512;

/** Rejects with Node's own error (`EADDRINUSE`, `EACCES`) where the port cannot be had. */
export async function startBrowserServer(options: BrowserServerOptions): Promise<BrowserServer> {
  const { core, log, rendererDir } = options;
  if (!existsSync(join(rendererDir, 'index.html'))) throw new Error(`no renderer in ${rendererDir}`);

  const http = createServer();
  http.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen({ port: options.port, host: '127.0.0.1', exclusive: true }, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const { port } = http.address() as AddressInfo;
  const pass = createEntryPass(port, randomBytes);
  const headers = pageHeaders(ownHosts(port).map((host) => `ws://${host}`));
  const files = sirv(rendererDir, {
    etag: true,
    setHeaders(response, path) {
      // Vite puts a hash of the content into the name of everything below assets.
      const lasting = path.startsWith('/assets/');
      response.setHeader('Cache-Control', lasting ? 'private, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const presence = createPagePresence({
    onGone: () => {
      log.info('pages.gone');
      core.pageGone();
    },
    setTimer: (fire, ms) => {
      const timer = setTimeout(fire, ms).unref();
      return () => clearTimeout(timer);
    },
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
  });

  http.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = refusalOf(request, 'page', port);
    if (refusal === undefined) servePage(request, response);
    else {
      log.warn('browser.refused', { why: refusal });
      say(response, 403, 'PSDeck does not answer this request.');
    }
  });

  function servePage(request: IncomingMessage, response: ServerResponse): void {
    // HEAD is how a link is looked at, not followed: it must not use the token up.
    const enters = request.method === 'GET' && pathOf(request) === '/';
    const token = enters ? tokenOf(request) : undefined;
    const admitted = pass.admits(request.headers.cookie);
    if (token !== undefined) {
      const cookie = pass.exchange(token);
      if (cookie !== undefined) {
        response.setHeader('Set-Cookie', `${pass.cookieName}=${cookie}; Path=/; HttpOnly; SameSite=Strict`);
        log.info('browser.entered');
        options.onEntered?.();
      } else if (!admitted) return say(response, 401, usedToken);
      // Also for who is in already and came by an old address: the token leaves the address bar and the history.
      response.setHeader('Location', '/');
      return say(response, 303, 'Go on to /');
    }
    if (!admitted) return say(response, 401, noCookie);
    files(request, response, () => say(response, 404, 'There is nothing here.'));
  }

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });
  http.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, 'socket', port);
    if (refusal !== undefined) return refuseUpgrade(duplex, '403 Forbidden', refusal);
    if (pathOf(request) !== '/bridge') return refuseUpgrade(duplex, '404 Not Found', 'path');
    if (!pass.admits(request.headers.cookie)) return refuseUpgrade(duplex, '401 Unauthorized', 'cookie');
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      socket.once('close', presence.arrived());
      serveBridge(socket, core, log);
    });
  });

  function refuseUpgrade(duplex: Duplex, status: string, why: string): void {
    log.warn('browser.refused', { why });
    duplex.on('error', () => undefined); // the other side may be gone already
    duplex.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  // What is not HTTP at all gets Node's own 400; it must not reach `uncaughtException`.
  http.on('clientError', (_error, socket: Duplex) => (socket as Socket).destroy());
  http.on('error', (error) => log.failure('browser.server', error));

  let closing: Promise<void> | undefined;
  return {
    port,
    newAddress: () => `http://127.0.0.1:${String(port)}/?token=${pass.newToken()}`,
    close() {
      closing ??= new Promise((resolve) => {
        presence.stop();
        // Not a closing handshake: a page that does not answer it must not hold us up, and one that does learns no more.
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        http.close(() => resolve());
        http.closeAllConnections();
      });
      return closing;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function tokenOf(request: IncomingMessage): string | undefined {
  const query = (request.url ?? '').split('?', 2)[1] ?? '';
  return new URLSearchParams(query).get('token') ?? undefined;
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

const another = 'Take the newest address in the terminal where PSDeck runs.';
const usedToken = `This address was used already, or belongs to an earlier start of PSDeck: each lets one browser in, once.\n${another}`;
const noCookie = `PSDeck is here, but this browser has not been let in.\n${another}`;
