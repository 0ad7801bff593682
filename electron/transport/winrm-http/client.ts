/**
 * WS-Management over HTTP and HTTPS: SOAP text out, SOAP text in. Several connections stand behind one client, because a Receive that
 * waits occupies its own, and Send and Signal must not wait for it.
 */
import type { AuthenticatorFactory } from '../../protocol/auth/authenticator.ts';
import { TransportError } from '../errors.ts';
import { answerLimit } from './answer-limit.ts';
import { throwUnlessSoap } from './answers.ts';
import { Lane, type LaneOptions } from './lane.ts';
import type { ProxyChoice } from './proxy.ts';
import type { TlsOptions } from './tls.ts';

export interface WinRmHttpOptions {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  /** `/wsman` where not given. */
  readonly path?: string;
  readonly auth: AuthenticatorFactory;
  readonly tls?: TlsOptions;
  /** Directly where not given. */
  readonly proxy?: ProxyChoice;
  readonly connectTimeoutMs?: number;
  readonly userAgent?: string;
  /** Basic over plain HTTP shows the password to everyone on the way. */
  readonly allowPlainBasic?: boolean;
  readonly maxConnections?: number;
  readonly maxResponseBytes?: number;
}

export interface PostOptions {
  /** From the moment a connection is free to the end of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The server may hold the answer back (Receive). Such requests never take the last connections. */
  readonly mayWait?: boolean;
  /**
   * Carried out twice it is as good as once (Identify, Get, Enumerate): it is sent once more where a connection that had served before is
   * cut. Receive is not: what a lost answer held does not come again.
   */
  readonly idempotent?: boolean;
}

export interface PostAnswer {
  /** 200, or the status of a fault. */
  readonly status: number;
  readonly body: string;
}

/** As long as PowerShell's OpenTimeout divided by its six attempts at most; a server that is there answers in milliseconds. */
const CONNECT_TIMEOUT_MS = 30_000;

/** Receives of a pool and some pipelines, and {@link KEPT_FREE}. WinRM 2 takes 25 connections of all users together, later ones 300. */
const MAX_CONNECTIONS = 10;

/** For a Send and a Signal while every other connection waits. */
const KEPT_FREE = 2;

/** What the XML reader takes. An answer is no larger than the MaxEnvelopeSize of its request, 500 KB as a rule. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

interface Waiting {
  readonly mayWait: boolean;
  readonly grant: (lane: Lane) => void;
  readonly refuse: (error: unknown) => void;
}

export class WinRmHttpClient {
  readonly #laneOptions: LaneOptions;
  readonly #maxConnections: number;
  readonly #free: Lane[] = [];
  readonly #queue: Waiting[] = [];
  readonly #running = new Set<AbortController>();
  #closed: Error | undefined;
  #busy = 0;
  /** How many of the busy ones wait at the server. */
  #waiting = 0;

  constructor(options: WinRmHttpOptions) {
    this.#laneOptions = {
      host: options.host,
      port: options.port,
      https: options.https,
      path: options.path ?? '/wsman',
      auth: options.auth,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      userAgent: options.userAgent ?? 'PSDeck',
      allowPlainBasic: options.allowPlainBasic ?? false,
      maxResponseBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
    };
    this.#maxConnections = Math.max(options.maxConnections ?? MAX_CONNECTIONS, KEPT_FREE + 1);
  }

  /** The URL for `wsa:To`. */
  get url(): string {
    const { host, port, https, path } = this.#laneOptions;
    const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return `${https ? 'https' : 'http'}://${name}:${port}${path}`;
  }

  /** Throws TransportError, or the reason of the caller's signal. A SOAP fault is an answer like any other. */
  async post(body: string, options: PostOptions): Promise<PostAnswer> {
    const { timeoutMs, signal } = options;
    signal?.throwIfAborted();
    const mayWait = options.mayWait ?? false;
    const lane = await this.#take(mayWait, signal);
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    const noLimit = answerLimit(timeoutMs, () => {
      const facts = { ...lane.facts, seconds: timeoutMs / 1000 };
      stop.abort(new TransportError('timeout', 'The service does not answer in time', { facts }));
    });
    this.#running.add(stop);
    signal?.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      if (this.#closed !== undefined) throw this.#closed;
      const answer = await lane.post(Buffer.from(body, 'utf8'), {
        signal: stop.signal,
        idempotent: options.idempotent ?? false,
      });
      throwUnlessSoap(answer, lane.facts);
      return { status: answer.status, body: decodeText(answer.contentType, answer.body) };
    } catch (error) {
      // Whatever broke when we stopped, that we did is the reason.
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      noLimit();
      signal?.removeEventListener('abort', onAbort);
      this.#running.delete(stop);
      this.#give(lane, mayWait);
    }
  }

  /** Ends every connection at once; requests under way and later ones fail with `error`. */
  abort(error: Error = new TransportError('closed', 'The connection was closed')): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    for (const stop of this.#running) stop.abort(error);
    for (const waiting of this.#queue.splice(0)) waiting.refuse(error);
    for (const lane of this.#free.splice(0)) lane.drop();
  }

  /** The network is another: connections that wait for work are let go of, before a request finds out by waiting for nothing. */
  refresh(): void {
    for (const lane of this.#free) lane.drop();
  }

  close(): void {
    this.abort();
  }

  #take(mayWait: boolean, signal: AbortSignal | undefined): Promise<Lane> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#allowed(mayWait)) return Promise.resolve(this.#occupy(mayWait));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = this.#queue.indexOf(waiting);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        mayWait,
        grant: (lane) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(lane);
        },
        refuse: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiting);
    });
  }

  #allowed(mayWait: boolean): boolean {
    if (this.#busy >= this.#maxConnections) return false;
    return !mayWait || this.#waiting < this.#maxConnections - KEPT_FREE;
  }

  #occupy(mayWait: boolean): Lane {
    this.#busy++;
    if (mayWait) this.#waiting++;
    // The one used last, so that idle ones grow old and go.
    return this.#free.pop() ?? new Lane(this.#laneOptions);
  }

  #give(lane: Lane, mayWait: boolean): void {
    this.#busy--;
    if (mayWait) this.#waiting--;
    if (this.#closed !== undefined) lane.drop();
    else this.#free.push(lane);
    for (;;) {
      const next = this.#queue.findIndex((waiting) => this.#allowed(waiting.mayWait));
      if (next < 0) return;
      const [waiting] = this.#queue.splice(next, 1);
      if (waiting !== undefined) waiting.grant(this.#occupy(waiting.mayWait));
    }
  }
}

/** RFC 9110 8.3.2; services write UTF-8, or UTF-16 where they were asked in it. */
function decodeText(contentType: string, body: Uint8Array): string {
  const utf16 = /charset="?utf-?16/i.test(contentType);
  return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8').decode(body);
}
