/** Serves the built renderer as `psdeck://app/…`: an origin of our own, with the same headers as in the browser shell. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { pageHeaders } from './page-headers.ts';

export const APP_SCHEME = 'psdeck';
export const APP_ORIGIN = `${APP_SCHEME}://app`;
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Whether an address is one of our own page's. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol === `${APP_SCHEME}:` && url.host === 'app';
}

export async function serveAppFile(
  request: { readonly url: string; readonly method: string },
  folder: string,
): Promise<Response> {
  const headers = { ...pageHeaders([]), 'Cache-Control': 'no-cache' };
  const path = request.method === 'GET' && isOwnPage(request.url) ? filePath(request.url) : undefined;
  const type = path === undefined ? undefined : TYPES[extname(path)];
  if (path === undefined || type === undefined) return new Response(null, { status: 404, headers });
  try {
    const body = await readFile(join(folder, path));
    return new Response(new Uint8Array(body), { headers: { ...headers, 'Content-Type': type } });
  } catch {
    return new Response(null, { status: 404, headers });
  }
}

/** The path below the folder, or undefined where it leads out of it. */
function filePath(address: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(address).pathname);
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  const relative = normalize(path === '/' ? 'index.html' : path.slice(1));
  return relative.split(sep).includes('..') || relative.includes(':') || relative.startsWith(sep)
    ? undefined
    : relative;
}
