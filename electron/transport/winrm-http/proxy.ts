/**
 * Through an HTTP proxy to a service: a tunnel by CONNECT (RFC 9110 9.3.6), for HTTP targets as well as HTTPS ones. NTLM and Kerberos sign
 * in a connection, so it has to stay ours from end to end; a proxy that forwards requests would share it out.
 */
import * as http from 'node:http';
import * as net from 'node:net';
import { parseChallenges } from '../../protocol/auth/challenge.ts';
import { basicHeader } from '../../protocol/auth/basic.ts';
import { systemCode, TransportError, type Facts } from '../errors.ts';
import { authority, bareHost, connectTcp } from './tcp.ts';

export interface ProxyOptions {
  /** `http://proxy.example:3128`. A user name and password in it count unless they are given apart. */
  readonly url: string;
  readonly userName?: string;
  readonly password?: string;
}

/** A proxy, or what the environment says: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY in either case. */
export type ProxyChoice = ProxyOptions | 'system';

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly userName: string | undefined;
  readonly password: string | undefined;
}

/** The proxy of a choice; undefined where the way is direct. @throws TransportError `proxy.invalid` */
export function resolveProxy(
  choice: ProxyChoice | undefined,
  target: ProxyTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Proxy | undefined {
  if (choice === undefined) return undefined;
  if (choice !== 'system') return parseProxy(choice);
  const url = environmentProxy(target, environment);
  return url === undefined ? undefined : parseProxy({ url });
}

/** The port where the URL names none: what squid, and after it most others, listen on is 3128, but HTTP's own is what a URL says. */
const HTTP_PORT = 80;

/** The text may hold a password: it goes into no error. */
function invalid(reason: string): TransportError {
  return new TransportError('proxy.invalid', 'The address of the proxy is none that can be used', {
    facts: { reason },
  });
}

function parseProxy(options: ProxyOptions): Proxy {
  const text = options.url.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw invalid('url');
  }
  if (url.protocol !== 'http:') throw invalid(`scheme ${url.protocol.slice(0, -1)}`);
  if (url.hostname === '') throw invalid('host');
  let userName: string;
  let password: string;
  try {
    userName = options.userName ?? decodeURIComponent(url.username);
    password = options.password ?? decodeURIComponent(url.password);
  } catch {
    throw invalid('user');
  }
  if (userName.includes(':')) throw invalid('user');
  return {
    host: bareHost(url.hostname),
    port: url.port === '' ? HTTP_PORT : Number(url.port),
    userName: userName === '' ? undefined : userName,
    password: userName === '' ? undefined : password,
  };
}

/**
 * As curl and Go read the environment: the variable for the target's scheme, then ALL_PROXY; lower case first. HTTP_PROXY in capitals can be
 * set by a web server for its CGI programs (httpoxy), which this is none of.
 */
function environmentProxy(
  target: ProxyTarget,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const read = (name: string): string | undefined =>
    [environment[name], environment[name.toUpperCase()]].find((v) => v !== undefined && v.trim() !== '');
  const url = read(target.https ? 'https_proxy' : 'http_proxy') ?? read('all_proxy');
  if (url === undefined || isLoopback(target.host) || excepted(target, read('no_proxy') ?? '')) {
    return undefined;
  }
  return url;
}

function isLoopback(host: string): boolean {
  const bare = bareHost(host).toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || /^127\.|^::1$/.test(bare);
}

/** NO_PROXY: names that count with everything below them, addresses, networks (`10.0.0.0/8`), each with `:port` if wanted; `*` for all. */
function excepted(target: ProxyTarget, list: string): boolean {
  const host = bareHost(target.host).toLowerCase().replace(/%.*$/, '').replace(/\.$/, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, target.port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const network = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (network?.[1] !== undefined) return inNetwork(network[1], Number(network[2]), host);
  const parts = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry);
  if (parts !== null && Number(parts[3]) !== port) return false;
  const name = (parts === null ? bareHost(entry) : (parts[1] ?? parts[2] ?? '')).replace(/^\*?\./, '');
  return host === name || (net.isIP(host) === 0 && host.endsWith(`.${name}`));
}

function inNetwork(network: string, prefix: number, host: string): boolean {
  const bare = bareHost(network);
  const family = net.isIP(bare);
  if (family === 0 || family !== net.isIP(host) || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const block = new net.BlockList();
  block.addSubnet(bare, prefix, type);
  return block.check(host, type);
}

/** Which proxies have asked which users for Basic already, so that the next socket need not be asked again. */
const askedForBasic = new Set<string>();
/** More proxies than anybody has; then it starts afresh. */
const MAX_REMEMBERED = 64;

/** How far a connection has come, for whoever runs out of time. */
export interface ProxyStage {
  now: string;
}

/** A connection to the target through the proxy. The password goes out only once the proxy has asked for Basic. */
export async function connectThrough(
  proxy: Proxy,
  target: ProxyTarget,
  signal: AbortSignal,
  stage: ProxyStage,
): Promise<net.Socket> {
  const { userName, password } = proxy;
  const credentials = userName === undefined ? undefined : basicHeader(userName, password ?? '');
  const key = JSON.stringify([proxy.host, proxy.port, userName]);
  const known = credentials !== undefined && askedForBasic.has(key);
  const facts = proxyFacts(proxy, target);
  const first = await tunnel(proxy, target, signal, stage, known ? credentials : undefined);
  if (first.socket !== undefined) return first.socket;
  if (known) askedForBasic.delete(key);
  const { offered } = first;
  if (!offered.some((scheme) => scheme.toLowerCase() === 'basic')) {
    throw new TransportError('proxy.no-common-scheme', 'The proxy takes other ways to sign in only', {
      facts: { ...facts, offered },
      httpStatus: first.status,
    });
  }
  if (credentials === undefined || known) throw refusedLogOn(facts, first, known);
  const second = await tunnel(proxy, target, signal, stage, credentials);
  if (second.socket === undefined) throw refusedLogOn(facts, second, true);
  if (askedForBasic.size >= MAX_REMEMBERED) askedForBasic.clear();
  askedForBasic.add(key);
  return second.socket;
}

export function proxyFacts(proxy: Proxy, target: ProxyTarget): Facts {
  return { host: target.host, port: target.port, proxy: authority(proxy.host, proxy.port) };
}

function refusedLogOn(
  facts: Facts,
  answer: { readonly status: number; readonly offered: readonly string[] },
  given: boolean,
): TransportError {
  return new TransportError(
    'proxy.sign-in',
    given ? 'The proxy refused the log-on' : 'The proxy wants a log-on of its own',
    { facts: { ...facts, offered: answer.offered, given }, httpStatus: answer.status },
  );
}

type Tunnel =
  | { readonly socket: net.Socket }
  | { readonly socket: undefined; readonly status: number; readonly offered: readonly string[] };

/** One CONNECT on a connection of its own: a proxy as a rule closes the one on which it said no. */
async function tunnel(
  proxy: Proxy,
  target: ProxyTarget,
  signal: AbortSignal,
  stage: ProxyStage,
  credentials: string | undefined,
): Promise<Tunnel> {
  const facts = proxyFacts(proxy, target);
  stage.now = 'proxy';
  let socket: net.Socket;
  try {
    socket = await connectTcp(proxy.host, proxy.port, signal, facts);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new TransportError('proxy.unreachable', 'The proxy cannot be reached', {
      facts: { ...error.facts, reason: error.code },
      cause: error.cause,
    });
  }
  stage.now = 'tunnel';
  try {
    const { status, challenges, head } = await askFor(socket, target, signal, facts, credentials);
    if (status >= 200 && status < 300) {
      if (head.byteLength > 0) socket.unshift(head);
      return { socket };
    }
    // tinyproxy says 401 to a wrong password; through a tunnel that is not there, it can be nobody else's.
    if (status !== 407 && status !== 401) {
      throw new TransportError('proxy.refused-target', 'The proxy does not let us through to the service', {
        facts: { ...facts, status },
        httpStatus: status,
      });
    }
    socket.destroy();
    return { socket: undefined, status, offered: parseChallenges(challenges).map((c) => c.scheme) };
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

interface ConnectAnswer {
  readonly status: number;
  /** Every `Proxy-Authenticate`, and `WWW-Authenticate` where a proxy takes the one for the other. */
  readonly challenges: readonly string[];
  /** What came after the answer's head already. */
  readonly head: Buffer;
}

function askFor(
  socket: net.Socket,
  target: ProxyTarget,
  signal: AbortSignal,
  facts: Facts,
  credentials: string | undefined,
): Promise<ConnectAnswer> {
  return new Promise((resolve, reject) => {
    const name = authority(target.host, target.port);
    const request = http.request({
      method: 'CONNECT',
      path: name,
      createConnection: () => socket,
      // As Host says where the tunnel goes, not who the proxy is (RFC 9110 9.3.6).
      headers: { Host: name, ...(credentials === undefined ? {} : { 'Proxy-Authorization': credentials }) },
    });
    const onAbort = (): void => fail(signal.reason);
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      request.destroy();
      reject(error);
    };
    signal.addEventListener('abort', onAbort);
    // Stays for good: a destroyed request may still report.
    request.on('error', (error) =>
      fail(
        new TransportError('proxy.not-http', 'What answers in the place of the proxy is none', {
          facts: { ...facts, reason: systemCode(error) ?? 'unknown' },
          cause: error,
        }),
      ),
    );
    // For CONNECT, Node reports whatever status comes here.
    request.once('connect', (answer, _socket, head) => {
      signal.removeEventListener('abort', onAbort);
      resolve({
        status: answer.statusCode ?? 0,
        challenges: [
          ...(answer.headersDistinct['proxy-authenticate'] ?? []),
          ...(answer.headersDistinct['www-authenticate'] ?? []),
        ],
        head,
      });
    });
    if (signal.aborted) onAbort();
    else request.end();
  });
}
