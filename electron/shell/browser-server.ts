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
import { createEntryPass, type TokenKind } from './entry-pass.ts';
import { HAND_OVER_HEADER, HAND_OVER_PATH, type Addresses } from './hand-over.ts';
import { pageHeaders } from './page-headers.ts';
import { createPagePresence } from './page-presence.ts';
import { isOurOwn, type Ends } from './peer-owner.ts';
import { ownHosts, refusalOf } from './request-guard.ts';

export interface BrowserServerOptions {
  /** May still be on its way: a page is served at once, and its websocket when there is somebody to answer it. */
  readonly core: Promise<Core>;
  readonly log: Log;
  /** The built renderer: a folder with `index.html`. */
  readonly rendererDir: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly graceMs?: number;
  /** The page's program is on its way to a browser, which has enough to do for a while. */
  readonly onPageServed?: () => void;
  /** A browser used a printed address up. */
  readonly onEntered?: () => void;
  /** Whether a connection comes from a process of ours. */
  readonly isOurOwn?: (ends: Ends) => Promise<boolean>;
}

export interface BrowserServer {
  readonly port: number;
  /** An address that lets one browser in, once. A person gets one that is `printed`, a program's command line one that is `handed`. */
  newAddress(kind: TokenKind): string;
  /** Whoever brings it gets addresses: a second start of PSDeck. */
  readonly key: string;
  close(): Promise<void>;
}

/** Connections of one page are six and its websocket; this many pages are more than anybody has. */
const MOST_CONNECTIONS = 512;

/** Rejects with Node's own error (`EADDRINUSE`, `EACCES`) where the port cannot be had. */
export async function startBrowserServer(options: BrowserServerOptions): Promise<BrowserServer> {
  const { core, log, rendererDir } = options;
  core.catch(ignore);
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
  const pass = createEntryPass(port, randomBytes, () => performance.now());
  const isOwn = options.isOurOwn ?? isOurOwn;
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
      void core.then((ready) => ready.pageGone(), ignore);
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
    if (refusal === undefined) {
      servePage(request, response).catch((error: unknown) => {
        log.failure('browser.page', error);
        response.destroy();
      });
    } else {
      log.warn('browser.refused', { why: refusal });
      say(response, 403, 'PSDeck does not answer this request.');
    }
  });

  async function servePage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (pathOf(request) === HAND_OVER_PATH) return handOver(request, response);
    // HEAD is how a link is looked at, not followed: it must not use the token up.
    const enters = request.method === 'GET' && pathOf(request) === '/';
    const token = enters ? tokenOf(request) : undefined;
    const admitted = pass.admits(request.headers.cookie);
    if (token !== undefined) {
      const kind = pass.use(token);
      const { remotePort: client = 0 } = request.socket;
      if (kind === 'handed' && !(await isOwn({ client, server: port }))) {
        log.warn('browser.refused', { why: 'owner' });
        return say(response, 403, notYours);
      }
      if (kind !== undefined) {
        const cookie = pass.newCookie();
        response.setHeader('Set-Cookie', `${pass.cookieName}=${cookie}; Path=/; HttpOnly; SameSite=Strict`);
        log.info('browser.entered');
        if (kind === 'printed') options.onEntered?.();
      } else if (!admitted) return say(response, 401, usedToken);
      // Also for who is in already and came by an old address: the token leaves the address bar and the history.
      response.setHeader('Location', '/');
      return say(response, 303, 'Go on to /');
    }
    if (!admitted) return say(response, 401, noCookie);
    if (pathOf(request).endsWith('.js')) response.once('close', () => options.onPageServed?.());
    files(request, response, () => say(response, 404, 'There is nothing here.'));
  }

  const newAddress = (kind: TokenKind): string =>
    `http://127.0.0.1:${String(port)}/?token=${pass.newToken(kind)}`;

  /** A page cannot send the header without asking first, and that is refused. */
  function handOver(request: IncomingMessage, response: ServerResponse): void {
    const given = request.headers[HAND_OVER_HEADER];
    if (typeof given !== 'string' || !pass.isKey(given)) return say(response, 401, noCookie);
    const addresses: Addresses = { printed: newAddress('printed'), handed: newAddress('handed') };
    log.info('browser.handed-over');
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(addresses));
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
    const early = (): void => void duplex.destroy();
    duplex.once('error', early);
    core.then(
      (ready) => {
        duplex.off('error', early);
        sockets.handleUpgrade(request, duplex, head, (socket) => {
          socket.once('close', presence.arrived());
          serveBridge(socket, ready, log);
        });
      },
      () => refuseUpgrade(duplex, '503 Service Unavailable', 'core'),
    );
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
    newAddress,
    key: pass.key,
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

/** Whoever made the core hears of its failure. */
function ignore(): void {}

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
const notYours = `This address was meant for the browser of the user that PSDeck runs as.\n${another}`;
const noCookie = `PSDeck is here, but this browser has not been let in.\n${another}`;
