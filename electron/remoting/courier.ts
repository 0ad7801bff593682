/**
 * Requests of one connection, and what becomes of them when the network fails: which are sent again, and when it is given up.
 *
 * Requests are repeated where that does no harm, and only there:
 *
 * - a Receive always, by the same ids as before where the server keeps answers ({@link Receivers}): else what an answer that was lost on the
 *   way held, is told by the ids of the fragments that come next;
 * - a Command, because its id is ours: a server that knows the id already refuses the second, and that is the proof that the first arrived;
 * - Signal, Disconnect, Reconnect and Connect, which change nothing a second time ([MS-WSMV] 3.1.4.16);
 * - the answer to a host call, where it is whole in one Send: a server drops the second answer to a call ([MS-PSRP] 3.2.5.4.28); and calls
 *   to the pool, which ask for the same state a second time;
 * - input of a pipeline only where nothing of the request can have left. Sent twice it would be there twice, and no server can be asked
 *   whether it has it: the pipeline ends with a {@link SendUncertainError} instead.
 */
import { readEnvelope, type Envelope, type RequestContext } from '../protocol/wsman/envelope.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { readAnswer, WsmanFault } from '../protocol/wsman/faults.ts';
import { encodeIdentifyRequest } from '../protocol/wsman/identify.ts';
import { ACTION } from '../protocol/wsman/names.ts';
import { TransportError } from '../transport/errors.ts';
import type { Clock } from './clock.ts';
import { NotSentError, SendUncertainError } from './errors.ts';
import { failedOnTheWay, LinkLostError, wasNeverSent, type Link } from './link.ts';
import { asShellFault, shellFaultReason } from './shell-fault.ts';
import type { SoapHttp } from './soap-http.ts';

/** On top of the operation's own time-out: the way there and back. */
const NETWORK_MS = 10_000;

export interface CourierOptions {
  readonly http: SoapHttp;
  readonly link: Link;
  readonly context: (operationTimeoutMs: number) => RequestContext;
  /** Aborts every request under way. */
  readonly over: AbortSignal;
  /** Whether a failure is followed by other attempts at all. */
  readonly retries: boolean;
  readonly state: () => 'open' | 'away' | 'other';
  /** The server has set the shell aside: brings us back to it. */
  readonly comeBack: () => Promise<void>;
  /** It is given up. The state may be `away` afterwards. */
  readonly lost: (error: Error) => void;
}

export interface Errand {
  readonly action: string;
  readonly timeoutMs: number;
  readonly make: (context: RequestContext) => string;
  /** Whether a request that may have arrived may be sent again. */
  readonly repeatable: boolean;
}

/** The command was started by an earlier attempt, whose answer was lost. */
export class ArrivedBeforeError extends Error {}

/** The connection was given up while nobody could say whether the command had been started. */
export class MayHaveArrivedError extends Error {}

export class Courier {
  readonly #options: CourierOptions;
  /** Requests under way that may be sent again. */
  readonly #repeatable = new Set<AbortController>();

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /**
   * The way may be another: what is under way, may be sent again and is not answered within a grace, ends as if its connection were cut. What
   * waits for an attempt makes it.
   */
  doubt(clock: Clock, graceMs: number): void {
    this.#options.link.retryNow();
    const suspects = [...this.#repeatable];
    if (suspects.length === 0) return;
    clock.after(graceMs, () => {
      for (const suspect of suspects) suspect.abort(new TransportError('connect.reset', 'The way was lost'));
    });
  }

  /** Asks once, and may be interrupted by {@link doubt}. */
  async askRepeatable(
    body: string,
    action: string,
    context: RequestContext,
    signal: AbortSignal = this.#options.over,
  ): Promise<Envelope> {
    const doubted = new AbortController();
    this.#repeatable.add(doubted);
    try {
      return await this.ask(body, action, context, AbortSignal.any([signal, doubted.signal]));
    } finally {
      this.#repeatable.delete(doubted);
    }
  }

  /** Learns from any answer at all that the server can be reached. */
  async isThere(): Promise<void> {
    const { http, over, link } = this.#options;
    const { body } = await http.post(encodeIdentifyRequest(), { timeoutMs: NETWORK_MS, signal: over });
    readEnvelope(body);
    link.succeeded();
  }

  /** Asks once. @throws TransportError, WsmanFault, ShellFault, ProtocolError */
  async ask(
    body: string,
    action: string,
    context: RequestContext,
    signal: AbortSignal = this.#options.over,
    timeoutMs = context.operationTimeoutMs + NETWORK_MS,
  ): Promise<Envelope> {
    const answer = await this.#options.http.post(body, {
      timeoutMs,
      signal,
      mayWait: action === ACTION.receive,
    });
    try {
      return readAnswer(answer.body, { action, messageId: context.messageId }, answer.status);
    } catch (error) {
      throw asShellFault(error);
    }
  }

  /**
   * Asks until there is an answer.
   * @throws SendUncertainError, NotSentError, ArrivedBeforeError, MayHaveArrivedError, WsmanFault, and why it was given up
   */
  async run(errand: Errand): Promise<Envelope> {
    const { link, over, context } = this.#options;
    let mayHaveArrived = false;
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        await link.ready(over);
        if (this.#options.state() === 'away' && errand.action !== ACTION.reconnect) throw new NotSentError();
        const fresh = context(errand.timeoutMs);
        const body = errand.make(fresh);
        // oxlint-disable-next-line no-await-in-loop
        const answer = await (errand.repeatable
          ? this.askRepeatable(body, errand.action, fresh)
          : this.ask(body, errand.action, fresh));
        link.succeeded();
        return answer;
      } catch (error) {
        if (error instanceof WsmanFault) {
          link.succeeded();
          if (mayHaveArrived && error.is(FAULT.commandIdInUse)) throw new ArrivedBeforeError();
          if (!this.#isSetAside(error, errand)) throw error;
          // Refused, and so not done.
          // oxlint-disable-next-line no-await-in-loop
          await this.#options.comeBack();
          continue;
        }
        if (!failedOnTheWay(error)) throw error;
        if (!wasNeverSent(error)) {
          if (!errand.repeatable) throw this.#options.retries ? new SendUncertainError(error) : error;
          mayHaveArrived = true;
        }
        // oxlint-disable-next-line no-await-in-loop
        await this.#another(error, errand, mayHaveArrived);
      }
    }
  }

  #isSetAside(fault: WsmanFault, { action }: Errand): boolean {
    return (
      shellFaultReason(fault) === 'disconnected' &&
      this.#options.state() === 'open' &&
      action !== ACTION.reconnect
    );
  }

  async #another(error: Error, { action }: Errand, mayHaveArrived: boolean): Promise<void> {
    try {
      await this.#options.link.failed(error, this.#options.over);
    } catch (lost) {
      if (!(lost instanceof LinkLostError)) throw lost;
      this.#options.lost(lost.cause);
      if (this.#options.state() !== 'away') throw lost.cause;
      if (mayHaveArrived && action === ACTION.command) throw new MayHaveArrivedError();
      // What may be sent twice may be sent later as well.
      throw action === ACTION.send || action === ACTION.command ? new NotSentError() : lost.cause;
    }
  }
}
