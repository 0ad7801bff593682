/** One connection of a client, with the log-on that belongs to it. Requests go one after the other. */
import type {
  AuthenticatorFactory,
  AuthMove,
  HttpAuthenticator,
  SealedBody,
} from '../../protocol/auth/authenticator.ts';
import { CERTIFICATE_SCHEME } from '../../protocol/auth/certificate.ts';
import { challengeFor, parseChallenges } from '../../protocol/auth/challenge.ts';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import { TransportError, type Facts } from '../errors.ts';
import { isPage, throwUnlessAccepted } from './answers.ts';
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

/** A connection found dead, and then one whose log-on the server forgot and which it closed with that. More is no chance any more. */
const MAX_ATTEMPTS = 3;

interface Line {
  readonly connection: Connection;
  readonly agent: SocketAgent;
  readonly authenticator: HttpAuthenticator;
  signedIn: boolean;
  idleSince: number;
}

/** How far a request got, for what its failure means. */
interface Progress {
  /** The connection served others before. */
  reused: boolean;
  /** Something of the request, not only of the log-on, may have reached the service. */
  sent: boolean;
}

/** The server did not look at the request and closed the connection: it goes on another. */
class Elsewhere extends Error {
  readonly refusal: TransportError;

  constructor(refusal: TransportError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export interface LanePost {
  readonly signal: AbortSignal;
  /** Carried out twice it is as good as once: it is sent again where a connection was cut before the answer. */
  readonly idempotent?: boolean;
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

  /**
   * Sends a body and returns the answer, unsealed; connects and signs in first where need be. Sent again are only requests that the service
   * cannot have seen, or that are idempotent.
   * @throws TransportError, whose fact `sent` is false where nothing of the request can have reached the service; SignInError, ProtocolError
   */
  async post(body: Uint8Array, { signal, idempotent = false }: LanePost): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const progress: Progress = { reused: this.#line !== undefined, sent: false };
      try {
        // One attempt after the other is the point.
        // oxlint-disable-next-line no-await-in-loop
        const line = await this.#ready(progress, signal);
        // oxlint-disable-next-line no-await-in-loop
        const answer = await this.#send(line, body, progress, signal);
        line.idleSince = Date.now();
        return answer;
      } catch (error) {
        this.drop();
        const again =
          attempt < MAX_ATTEMPTS && !signal.aborted && mayGoElsewhere(error, progress, idempotent);
        if (!again) throw this.#told(error, progress);
      }
    }
  }

  drop(): void {
    const line = this.#line;
    this.#line = undefined;
    if (line !== undefined) letGo(line);
  }

  async #ready(progress: Progress, signal: AbortSignal): Promise<Line> {
    const line = this.#line;
    if (line !== undefined && isOpen(line) && Date.now() - line.idleSince < MAX_IDLE_MS) {
      // That the server has closed it may be known to the system already, and is learnt of in the next turns of the loop.
      await turn();
      await turn();
      if (isOpen(line)) return line;
    }
    this.drop();
    progress.reused = false;
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

  async #send(line: Line, body: Uint8Array, progress: Progress, signal: AbortSignal): Promise<HttpAnswer> {
    if (line.authenticator.scope === 'request') return this.#sendWithHeader(line, body, progress, signal);
    if (!line.signedIn) await this.#signIn(line, signal);
    const answer = await this.#sendSealed(line, body, progress, signal);
    if (answer.status !== 401) return answer;
    // The server forgot this connection's log-on, and did not look at the request.
    progress.sent = false;
    line.signedIn = false;
    if (!isOpen(line) || answer.closes) throw new Elsewhere(this.#refused(line, answer));
    await this.#signIn(line, signal);
    const second = await this.#sendSealed(line, body, progress, signal);
    if (second.status === 401) throw this.#refused(line, second);
    return second;
  }

  async #sendWithHeader(
    line: Line,
    body: Uint8Array,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const move = await line.authenticator.start();
    const answer = await this.#exchange(line, signal, { body, contentType: SOAP_TYPE, move, progress });
    // A certificate that nobody is mapped to is 401, one that is not trusted 403 to HTTP.sys.
    if (answer.status === 401 || (answer.status === 403 && withCertificate(line))) {
      progress.sent = false;
      throw this.#refused(line, answer);
    }
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
      // oxlint-disable-next-line no-await-in-loop
      const answer = await this.#exchange(line, signal, {
        body: new Uint8Array(),
        contentType: SOAP_TYPE,
        move,
      });
      const value = challengeFor(parseChallenges(answer.challenges), authenticator.scheme) ?? '';
      if (answer.status === 401) {
        // A scheme alone, or nothing more to say from our side: refused.
        const unanswered = value === '' && move.mayBeUnanswered !== true;
        if (unanswered || move.complete) throw this.#refused(line, answer);
        // oxlint-disable-next-line no-await-in-loop
        move = await authenticator.step(value);
        if (answer.closes && move.kind === 'header') throw this.#cutShort(line);
      } else {
        throwUnlessAccepted(answer, this.facts);
        // oxlint-disable-next-line no-await-in-loop
        move = value === '' ? { kind: 'done' } : await authenticator.step(value);
        if (value === '' || (move.kind === 'header' && move.complete)) {
          this.#finish(line, answer);
          move = { kind: 'done' };
        }
      }
    }
    throw new TransportError('signin.rejected', 'The log-on does not come to an end', {
      facts: { ...this.facts, scheme: authenticator.scheme, legs: MAX_LEGS },
    });
  }

  /** @throws SignInError where the server owes a proof; where it also refused the request, that refusal, which is the cause */
  #finish({ authenticator }: Line, { status }: HttpAnswer): void {
    try {
      authenticator.finish?.();
    } catch (error) {
      if (status < 400) throw error;
      throw new TransportError('http.status', 'The service refuses the log-on’s request', {
        facts: { ...this.facts, status, stage: 'signin' },
        httpStatus: status,
        cause: error,
      });
    }
  }

  async #sendSealed(
    line: Line,
    body: Uint8Array,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { authenticator } = line;
    if (authenticator.wrap === undefined) {
      return this.#exchange(line, signal, { body, contentType: SOAP_TYPE, progress });
    }
    const sealed = await authenticator.wrap(body);
    const answer = await this.#exchange(line, signal, { ...sealed, progress });
    if (authenticator.unwrap === undefined || !/^multipart\//i.test(answer.contentType)) {
      return this.#refusePlain(line, answer);
    }
    return {
      ...answer,
      contentType: SOAP_TYPE,
      body: await authenticator.unwrap(answer.contentType, answer.body),
    };
  }

  /**
   * What came unsealed where we sealed is taken for what it says about HTTP, never for an answer of the service: anybody on the way can have
   * written it.
   */
  #refusePlain(line: Line, answer: HttpAnswer): HttpAnswer {
    const empty = answer.body.byteLength === 0;
    const soap = /^application\/soap\+xml\b/i.test(answer.contentType);
    // A page is no answer to anything: what stands on the way, or the network of a hotel, has written it.
    if (empty || isPage(answer) || (!soap && answer.status >= 300)) return answer;
    throw new SignInError(
      'signin.not-encrypted',
      'The server answered in plain text to an encrypted request',
      {
        ...this.facts,
        scheme: line.authenticator.scheme,
      },
    );
  }

  async #exchange(
    line: Line,
    signal: AbortSignal,
    request: SealedBody & { readonly move?: AuthMove; readonly progress?: Progress },
  ): Promise<HttpAnswer> {
    const { path, userAgent, maxResponseBytes } = this.#options;
    const { body, contentType, move, progress } = request;
    const headers: Record<string, string> = {
      Host: this.#hostHeader(),
      'Content-Type': contentType,
      'User-Agent': userAgent,
      // WinRM compresses with xpress where it may, which nobody else speaks.
      'Accept-Encoding': 'identity',
      Connection: 'Keep-Alive',
    };
    if (move?.kind === 'header') headers['Authorization'] = move.value;
    const { socket } = line.connection;
    const before = socket.bytesWritten;
    try {
      return await exchange(
        line.agent,
        { path, headers, body },
        { maxResponseBytes, signal, facts: this.facts },
      );
    } finally {
      if (progress !== undefined && socket.bytesWritten > before) progress.sent = true;
    }
  }

  #hostHeader(): string {
    const { host, port } = this.#options;
    // A zone is for our side only (RFC 6874).
    const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
    return `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
  }

  /** As who asked is to be told. */
  #told(error: unknown, { sent }: Progress): unknown {
    let told = error;
    if (error instanceof SignInError && error.code === 'signin.rejected') {
      told = new TransportError('signin.rejected', 'The service refused the log-on', {
        facts: { ...error.facts, ...this.facts },
        cause: error,
      });
    } else if (error instanceof Elsewhere) {
      told = error.refusal;
    }
    if (sent || !(told instanceof TransportError)) return told;
    const { code, message, facts, certificate, httpStatus, details, cause } = told;
    return new TransportError(code, message, {
      facts: { ...facts, sent: false },
      ...(certificate === undefined ? {} : { certificate }),
      ...(httpStatus === undefined ? {} : { httpStatus }),
      ...(details === undefined ? {} : { details }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Such log-ons belong to the connection, and cannot go on where the server closes it between two legs. */
  #cutShort(line: Line): TransportError {
    return new TransportError(
      'connect.reset',
      'The server closed the connection in the middle of the log-on',
      {
        facts: { ...this.facts, scheme: line.authenticator.scheme, stage: 'signin' },
      },
    );
  }

  #refused(line: Line, answer: HttpAnswer): TransportError {
    const offered = parseChallenges(answer.challenges).map((c) => c.scheme);
    const { scheme } = line.authenticator;
    const { status } = answer;
    if (withCertificate(line)) {
      return new TransportError('certificate.refused', 'The service does not take our certificate', {
        facts: { ...this.facts, scheme, offered, status },
        httpStatus: status,
      });
    }
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

function withCertificate({ authenticator }: Line): boolean {
  return authenticator.scheme === CERTIFICATE_SCHEME;
}

function isOpen({ connection: { socket } }: Line): boolean {
  return !socket.destroyed && socket.writable && !socket.readableEnded;
}

function letGo(line: Line): void {
  line.agent.destroy();
  line.connection.socket.destroy();
  line.authenticator.close?.();
}

/** One turn of the event loop, what has come for its sockets included. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Whether a request that failed on one connection may be sent on another. */
function mayGoElsewhere(error: unknown, { reused, sent }: Progress, idempotent: boolean): boolean {
  if (error instanceof Elsewhere) return true;
  // A connection that never served says something about the server, and whoever asked decides.
  if (!reused) return false;
  // The ticket ran out since the connection was made; a new connection gets a new one.
  if (error instanceof SignInError) return error.code === 'kerberos.expired' && !sent;
  return error instanceof TransportError && error.code === 'connect.reset' && (!sent || idempotent);
}
