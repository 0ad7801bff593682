/**
 * Who may talk to the browser shell at all, judged by what a browser cannot be made to lie about by a page: Host (a name that was rebound
 * to 127.0.0.1), Origin and the Sec-Fetch headers (another site, or another port of this computer). Looked at before path, cookie or token.
 */
import type { IncomingHttpHeaders } from 'node:http';

export type Refusal = 'method' | 'host' | 'origin' | 'fetch-site' | 'fetch-mode' | 'fetch-dest';

/** The names a browser on this computer may reach us by. */
export function ownHosts(port: number): readonly string[] {
  return [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`];
}

/**
 * Why a request is refused; undefined where it is not. The Sec-Fetch headers are absent from old browsers and other programs: what is
 * absent is not held against a page request, which still has to bring the token or the cookie. A websocket must always bring its Origin.
 */
export function refusalOf(
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
  kind: 'page' | 'socket',
  port: number,
): Refusal | undefined {
  const { headers } = request;
  if (request.method !== 'GET' && (kind === 'socket' || request.method !== 'HEAD')) return 'method';
  const host = headers.host?.toLowerCase();
  if (host === undefined || !ownHosts(port).includes(host)) return 'host';
  if (headers.origin === undefined ? kind === 'socket' : headers.origin.toLowerCase() !== `http://${host}`) {
    return 'origin';
  }
  const site = headers['sec-fetch-site'];
  const mode = headers['sec-fetch-mode'];
  const destination = headers['sec-fetch-dest'];
  const navigates = kind === 'page' && mode === 'navigate';
  // `none`: typed, opened by a program, or from a bookmark. Never by a page.
  if (site !== undefined && site !== 'same-origin' && !(navigates && site === 'none')) return 'fetch-site';
  if (kind === 'socket') {
    if (mode !== undefined && mode !== 'websocket') return 'fetch-mode';
    return destination === undefined || ['websocket', 'empty'].includes(destination)
      ? undefined
      : 'fetch-dest';
  }
  if (mode === 'websocket') return 'fetch-mode';
  if (navigates) return destination === undefined || destination === 'document' ? undefined : 'fetch-dest';
  return destination === undefined || embeddable.has(destination) ? undefined : 'fetch-dest';
}

/** What our own page asks for. Not among them: every way to show it inside another page. */
const embeddable: ReadonlySet<string> = new Set([
  'script',
  'style',
  'font',
  'image',
  'manifest',
  'empty',
  'worker',
]);
