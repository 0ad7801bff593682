/** One connection of a client, with the log-on that belongs to it. Requests go one after the other. */
import type { AuthenticatorFactory, AuthMove, HttpAuthenticator } from '../../protocol/auth/authenticator.ts';
import { challengeFor, parseChallenges } from '../../protocol/auth/challenge.ts';
import { TransportError, type Facts } from '../errors.ts';
import { connect, type Connection, type ConnectOptions } from './connect.ts';
import { exchange, SocketAgent, type HttpAnswer } from './exchange.ts';

export interface LaneOptions extends Omit<ConnectOptions, 'signal' | 'timeoutMs'> {
  readonly path: string;
  readonly auth: AuthenticatorFactory;
  readonly connectTimeoutMs: number;
  readonly userAgent: string;
  readonly allowPlainBasic: boolean;
  readonly maxResponseBytes: number;
}

const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';

/**
 * A log-on takes at most five legs (CredSSP, [MS-CSSP] 3.1.5); SPNEGO may ask for one more. A server that goes on beyond is not listening.
 */
const MAX_LEGS = 10;

/**
 * HTTP.sys closes connections that were idle for two minutes. A request that meets the closing end on the way may or may not have been
 * carried out, so we let go first.
 */
const MAX_IDLE_MS = 60_000;

interface Line {
  readonly connection: Connection;
  readonly agent: SocketAgent;
  readonly authenticator: HttpAuthenticator;
  signedIn: boolean;
  idleSince: number;
}

export class Lane {
  readonly #options: LaneOptions;
  #line: Line | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get facts(): Facts {
    return { host: this.#options.host, port: this.#options.port };
  }

  /** Sends a body and returns the answer, unsealed; connects and signs in first where need be. */
  async post(body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      const line = await this.#ready(signal);
      const answer = await this.#send(line, body, signal);
      line.idleSince = Date.now();
      return answer;
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  drop(): void {
    const line = this.#line;
    this.#line = undefined;
    line?.agent.destroy();
    line?.connection.socket.destroy();
  }

  async #ready(signal: AbortSignal): Promise<Line> {
    const line = this.#line;
    if (
      line !== undefined &&
      !line.connection.socket.destroyed &&
      line.connection.socket.writable &&
      Date.now() - line.idleSince < MAX_IDLE_MS
    ) {
      return line;
    }
    this.drop();
    const { host, port, https, auth, allowPlainBasic, connectTimeoutMs } = this.#options;
    const connection = await connect({ ...this.#options, timeoutMs: connectTimeoutMs, signal });
    // Errors of an idle socket; the next request sees that it is gone.
    connection.socket.on('error', () => undefined);
    try {
      const authenticator = await auth({
        host,
        port,
        https,
        ...(connection.certificate === undefined ? {} : { certificate: connection.certificate }),
      });
      if (authenticator.revealsSecret && !https && !allowPlainBasic) {
        throw new TransportError('signin.plain-text', 'The password would be sent in clear text', {
          facts: { ...this.facts, scheme: authenticator.scheme },
        });
      }
      const fresh: Line = {
        connection,
        agent: new SocketAgent(connection.socket),
        authenticator,
        signedIn: false,
        idleSince: Date.now(),
      };
      this.#line = fresh;
      return fresh;
    } catch (error) {
      connection.socket.destroy();
      throw error;
    }
  }

  async #send(line: Line, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    if (line.authenticator.scope === 'request') return this.#sendWithHeader(line, body, signal);
    if (!line.signedIn) await this.#signIn(line, signal);
    const answer = await this.#sendSealed(line, body, signal);
    if (answer.status !== 401) return answer;
    // The server forgot this connection's log-on, and did not look at the request.
    line.signedIn = false;
    await this.#signIn(line, signal);
    const second = await this.#sendSealed(line, body, signal);
    if (second.status === 401) throw this.#refused(line, second);
    return second;
  }

  async #sendWithHeader(line: Line, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    const move = await line.authenticator.start();
    const answer = await this.#exchange(line, signal, body, SOAP_TYPE, move);
    if (answer.status === 401) throw this.#refused(line, answer);
    return answer;
  }

  /** Legs with empty bodies until both sides are content. */
  async #signIn(line: Line, signal: AbortSignal): Promise<void> {
    const { authenticator } = line;
    let move = await authenticator.start();
    for (let leg = 0; leg < MAX_LEGS; leg++) {
      if (move.kind === 'done') {
        line.signedIn = true;
        return;
      }
      const answer = await this.#exchange(line, signal, new Uint8Array(), SOAP_TYPE, move);
      const value = challengeFor(parseChallenges(answer.challenges), authenticator.scheme);
      if (answer.status === 401) {
        // A scheme alone, or nothing more to say from our side: refused.
        if (value === undefined || value === '' || move.complete) throw this.#refused(line, answer);
        move = await authenticator.step(value);
      } else if (answer.status < 300 || answer.status >= 400) {
        // Any answer but a challenge means that the log-on itself was accepted; an empty body may well be called a bad request.
        if (answer.status === 407 || answer.status === 404) throwUnlessSoap(answer, this.facts);
        if (value !== undefined && value !== '') move = await authenticator.step(value);
        else move = { kind: 'done' };
        if (move.kind === 'header' && move.complete) move = { kind: 'done' };
      } else {
        throwUnlessSoap(answer, this.facts);
      }
    }
    throw new TransportError('signin.rejected', 'The log-on does not come to an end', {
      facts: { ...this.facts, scheme: authenticator.scheme, legs: MAX_LEGS },
    });
  }

  async #sendSealed(line: Line, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    const { authenticator } = line;
    if (authenticator.wrap === undefined) return this.#exchange(line, signal, body, SOAP_TYPE, undefined);
    const sealed = await authenticator.wrap(body);
    const answer = await this.#exchange(line, signal, sealed.body, sealed.contentType, undefined);
    if (authenticator.unwrap === undefined || !/^multipart\//i.test(answer.contentType)) return answer;
    return {
      ...answer,
      contentType: SOAP_TYPE,
      body: await authenticator.unwrap(answer.contentType, answer.body),
    };
  }

  #exchange(
    line: Line,
    signal: AbortSignal,
    body: Uint8Array,
    contentType: string,
    move: AuthMove | undefined,
  ): Promise<HttpAnswer> {
    const { path, userAgent, maxResponseBytes } = this.#options;
    const headers: Record<string, string> = {
      Host: this.#hostHeader(),
      'Content-Type': contentType,
      'User-Agent': userAgent,
      // WinRM compresses with xpress where it may, which nobody else speaks.
      'Accept-Encoding': 'identity',
      Connection: 'Keep-Alive',
    };
    if (move?.kind === 'header') headers['Authorization'] = move.value;
    return exchange(line.agent, { path, headers, body }, { maxResponseBytes, signal, facts: this.facts });
  }

  #hostHeader(): string {
    const { host, port } = this.#options;
    // A zone is for our side only (RFC 6874).
    const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
    return `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
  }

  #refused(line: Line, answer: HttpAnswer): TransportError {
    const offered = parseChallenges(answer.challenges).map((c) => c.scheme);
    const { scheme } = line.authenticator;
    const known = offered.some((name) => name.toLowerCase() === scheme.toLowerCase());
    return known || offered.length === 0
      ? new TransportError('signin.rejected', 'The service refused the log-on', {
          facts: { ...this.facts, scheme, offered },
          httpStatus: 401,
        })
      : new TransportError('signin.no-common-scheme', 'The service takes other ways to sign in only', {
          facts: { ...this.facts, scheme, offered },
          httpStatus: 401,
        });
  }
}

/** Statuses and types that say that there is no WS-Management behind the address. */
export function throwUnlessSoap(answer: HttpAnswer, facts: Facts): void {
  const { status, contentType } = answer;
  const soap = /^application\/soap\+xml\b/i.test(contentType);
  const details = (): string => Buffer.from(answer.body.subarray(0, 4096)).toString('utf8');
  if (status === 407) {
    throw new TransportError('http.proxy', 'A proxy wants a log-on of its own', {
      facts,
      httpStatus: status,
    });
  }
  if (status >= 300 && status < 400) {
    throw new TransportError('http.redirect', 'The service sends us to another address', {
      facts: answer.location === undefined ? facts : { ...facts, location: answer.location.slice(0, 500) },
      httpStatus: status,
    });
  }
  if (status === 413) {
    throw new TransportError('http.too-large', 'The service takes no request of that size', {
      facts: { ...facts, direction: 'request' },
      httpStatus: status,
    });
  }
  if (soap && answer.body.byteLength > 0) return;
  const nothingThere = status === 404 || status === 405 || status === 501 || (status >= 200 && status < 300);
  throw nothingThere
    ? new TransportError('http.not-winrm', 'What answers is not WS-Management', {
        facts: { ...facts, contentType: contentType.slice(0, 100) },
        httpStatus: status,
        details: details(),
      })
    : new TransportError('http.status', 'The service answers with an error', {
        facts: { ...facts, status },
        httpStatus: status,
        details: details(),
      });
}
