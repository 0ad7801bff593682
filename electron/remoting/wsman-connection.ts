/**
 * PSRP over WSMan ([MS-PSRP] 3.1.5.3): the runspace pool is a shell, a pipeline is a command of it.
 *
 * When the network fails, the connection goes on by itself: it asks again, with growing waits, until a window has passed ({@link Link}),
 * and reconnects where the server has noticed and set the shell aside meanwhile ([MS-WSMV] 3.1.4.16). Requests are repeated where that does
 * no harm, and only there:
 *
 * - a Receive always: what an answer that was lost on the way held, is told by the ids of the fragments that come next;
 * - a Command, because its id is ours: a server that knows the id already refuses the second, and that is the proof that the first arrived;
 * - Signal, Disconnect, Reconnect, Connect and Delete, which change nothing a second time;
 * - the answer to a host call, where it is whole in one Send: a server drops the second answer to a call ([MS-PSRP] 3.2.5.4.28); and calls
 *   to the pool, which ask for the same state a second time;
 * - input of a pipeline only where nothing of the request can have left. Sent twice it would be there twice, and no server can be asked
 *   whether it has it: the pipeline ends with a {@link SendUncertainError} instead.
 */
import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../protocol/errors.ts';
import { decodeCommandResponse } from '../protocol/wsman/command.ts';
import { decodeConnectResponse } from '../protocol/wsman/connect.ts';
import { decodeCreateResponse } from '../protocol/wsman/create.ts';
import type { Envelope, RequestContext } from '../protocol/wsman/envelope.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { readAnswer, WsmanFault } from '../protocol/wsman/faults.ts';
import { ACTION, SIGNAL } from '../protocol/wsman/names.ts';
import { decodeReceiveResponse, type ReceiveResponse } from '../protocol/wsman/receive.ts';
import { sleep, systemClock, type Clock } from './clock.ts';
import type {
  ConnectionEvents,
  DisconnectOptions,
  PsrpStream,
  RemotingConnection,
  ServerPipeline,
  ShellControl,
} from './connection.ts';
import { NotSentError, SendUncertainError } from './errors.ts';
import { failedOnTheWay, Link, LinkLostError, wasNeverSent, type RetryOptions } from './link.ts';
import { asShellFault, shellFaultReason } from './shell-fault.ts';
import { ShellRequests, type ShellRequestOptions } from './shell-requests.ts';
import type { SoapHttp } from './soap-http.ts';
import { isWholeMessages } from './whole-messages.ts';
import { WsmanClient } from './wsman-client.ts';

export type { SoapHttp } from './soap-http.ts';

export interface WsmanConnectionOptions extends ShellRequestOptions {
  readonly http: SoapHttp;
  readonly computerName: string;
  readonly userName?: string;
  /** How it is signed in to, known once it is. */
  readonly security?: () => string | undefined;
  /** How long and how often a server that cannot be reached is tried. Where it is not given, the first failure ends the connection. */
  readonly retry?: RetryOptions;
  /** How long one request may take at the server. Default: a minute. */
  readonly operationTimeoutMs?: number;
  readonly clock?: Clock;
  /** 0 ≤ n < 1 */
  readonly random?: () => number;
}

/** How long a Receive waits at the server before it says that there is nothing yet: well under every proxy's patience. */
const RECEIVE_WAIT_MS = 20_000;
/** After an interruption: soon enough to say that the server is back although it has nothing to say. Windows takes half a second and more. */
const SETTLING_WAIT_MS = 1_000;
/** Create starts a process on the server. No request may ask for more than the server's MaxTimeoutms, whose default this is. */
const OPEN_MS = 60_000;
/** Every other operation is done at once by a server that is well. */
const OPERATION_MS = 60_000;
/** On top of the operation's own time-out: the way there and back. */
const NETWORK_MS = 10_000;
/** Deleting a shell is a courtesy: it must not keep a person waiting for a dead server. */
const CLOSE_MS = 5_000;
/** A Receive that has nothing to say waits at the server; one that comes back at once, again and again, is asked more slowly. */
const MOST_QUICK = 5;
const QUICK_PAUSE_MS = 100;
/** A shell that is being made when its opening is cancelled can be deleted only once it is there: a server that is well needs a second or two. */
const CREATE_WAIT_MS = 2_000;
/** A server that has disconnected answers the Receives that waited, with what there was or with a fault; most do so before. */
const LINGER_MS = 2_000;
/** Answers in a row that are no answers: a gateway's page comes once or twice, another protocol for ever. */
const MOST_DAMAGED = 3;

type State = 'new' | 'open' | 'leaving' | 'away' | 'closing' | 'closed';

interface Receiving {
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

export class WsmanConnection implements RemotingConnection {
  readonly kind = 'wsman';
  readonly target: RemotingConnection['target'];
  readonly shells: ShellControl;
  readonly #options: WsmanConnectionOptions;
  readonly #clock: Clock;
  readonly #operationMs: number;
  readonly #requests: ShellRequests;
  readonly #link: Link;
  /** Aborts every request under way. */
  readonly #over = new AbortController();
  readonly #receiving = new Map<string, Receiving>();
  /** The pipelines that have output to receive, and the pool, whose key is empty. */
  readonly #targets = new Set<string>();
  #events: ConnectionEvents | undefined;
  /** Whether the shell was made, once the server has answered. */
  #created: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;
  #comingBack: Promise<void> | undefined;
  /** Whether a shell of this server outlives its client ([MS-PSRP] 3.1.4.9: protocol 2.2). */
  #canBeLeft = false;
  /** Whether the server takes the ids we choose; Windows Server 2008 R2 does not. */
  #takesIds = false;
  #state: State = 'new';

  constructor(options: WsmanConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#operationMs = options.operationTimeoutMs ?? OPERATION_MS;
    this.#requests = new ShellRequests({ newGuid: randomUUID, ...options });
    this.#link = new Link({
      ...(options.retry ?? { windowMs: 0 }),
      clock: this.#clock,
      random: options.random ?? Math.random,
      onInterrupted: (interruption) => this.#events?.onInterrupted?.(interruption),
      onResumed: () => this.#events?.onResumed?.(),
    });
    this.target = {
      computerName: options.computerName,
      configurationName: options.configurationName,
      ...(options.userName === undefined ? {} : { userName: options.userName }),
      get security() {
        return options.security?.();
      },
    };
    this.shells = {
      disconnect: (how) => this.#disconnect(how),
      reconnect: () => this.#reconnect(),
      connect: (shellId, data, events) => this.#connect(shellId, data, events),
      connectPipeline: (pipelineId) => this.#connectPipeline(pipelineId),
      listPipelines: () => this.#listPipelines(),
    };
  }

  protocolNegotiated(version: string): void {
    this.#requests.protocolNegotiated(version);
    this.#canBeLeft = version !== '2.0' && version !== '2.1';
  }

  capacity(call: 'open' | 'connect' | 'pipeline' | 'send', stream: PsrpStream = 'default'): number {
    return this.#requests.capacity(call, stream);
  }

  /** Ends the wait before the next attempt, where the server cannot be reached. */
  retryNow(): void {
    this.#link.retryNow();
  }

  // ---- the shell

  async open(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    this.#requests.shellId = shellId.toUpperCase();
    const created = this.#create(data);
    this.#created = created.then(
      () => true,
      // One whose answer was lost may have been made all the same.
      (error: unknown) => failedOnTheWay(error) && !wasNeverSent(error),
    );
    await created;
    if (this.#state !== 'new') return; // closed or aborted meanwhile
    this.#state = 'open';
    this.#startReceiving(undefined);
  }

  async #create(data: Uint8Array): Promise<void> {
    const context = this.#requests.context(OPEN_MS);
    const body = this.#requests.create(context, this.#requests.shellId, data);
    const { shellId } = decodeCreateResponse(await this.#ask(body, ACTION.create, context));
    this.#takesIds = shellId.toUpperCase() === this.#requests.shellId;
    this.#requests.shellId = shellId;
  }

  /** [MS-WSMV] 3.1.4.17, [MS-PSRP] 3.1.5.3.14 */
  async #connect(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    this.#requests.shellId = shellId.toUpperCase();
    this.#takesIds = true;
    const { answer } = await this.#persist(
      (context) => this.#requests.connect(context, data),
      ACTION.connect,
      OPEN_MS,
      true,
    );
    if (this.#state !== 'new') return;
    this.#state = 'open';
    const { connectResponseXml } = decodeConnectResponse(answer);
    if (connectResponseXml !== undefined) await events.onData(connectResponseXml, undefined);
    if (this.#isOpen) this.#startReceiving(undefined);
  }

  async #connectPipeline(pipelineId: string): Promise<void> {
    await this.#persist(
      (context) => this.#requests.connectPipeline(context, pipelineId),
      ACTION.connect,
      this.#operationMs,
      true,
    );
    this.#startReceiving(pipelineId);
  }

  async #listPipelines(): Promise<ServerPipeline[]> {
    const { http, url, locale } = this.#options;
    const client = new WsmanClient({ http, url, ...(locale === undefined ? {} : { locale }) });
    const commands = await client.enumerateCommands(this.#requests.shellId);
    return commands.map(({ commandId, state }) => ({
      id: commandId.toLowerCase(),
      ...(state === undefined ? {} : { state }),
    }));
  }

  /**
   * [MS-WSMV] 3.1.4.15: the server first finishes what is under way and hands out what it has for the Receives that wait. No new ones are
   * sent meanwhile. A server that cannot be reached is left without a word: it will find out by itself.
   */
  async #disconnect(options: DisconnectOptions): Promise<void> {
    this.#state = 'leaving';
    try {
      if (!this.#link.isInterrupted) {
        const context = this.#requests.context(this.#operationMs);
        const body = this.#requests.disconnect(context, options);
        await this.#ask(body, ACTION.disconnect, context);
      }
    } catch (error) {
      if (this.#isOver) throw error;
      // It was disconnected already: by an answer that was lost, or by the server.
      if (!failedOnTheWay(error) && shellFaultReason(error) !== 'disconnected') {
        this.#state = 'open';
        this.#startAllReceiving();
        throw error;
      }
    }
    if (this.#isOver) return;
    this.#state = 'away';
    const ends = Promise.all([...this.#receiving.values()].map(({ over }) => over));
    const linger = new AbortController();
    await Promise.race([ends, sleep(this.#clock, LINGER_MS, linger.signal).catch(() => undefined)]);
    linger.abort();
    this.#stopReceiving();
  }

  async #reconnect(): Promise<void> {
    this.#link.reset();
    await this.#askToReconnect(false);
    if (this.#state !== 'away') return;
    this.#state = 'open';
    this.#startAllReceiving();
  }

  /** The shell, then each of its commands ([MS-PSRP] 3.1.5.3.18). One that is connected already takes no notice ([MS-WSMV] 3.1.4.16). */
  async #askToReconnect(persist: boolean): Promise<void> {
    const ask = (pipelineId?: string): Promise<unknown> => {
      if (persist) {
        return this.#persist(
          (fresh) => this.#requests.reconnect(fresh, pipelineId),
          ACTION.reconnect,
          this.#operationMs,
          true,
        );
      }
      const context = this.#requests.context(this.#operationMs);
      return this.#ask(this.#requests.reconnect(context, pipelineId), ACTION.reconnect, context);
    };
    await ask();
    const pipelines = [...this.#targets].filter((key) => key !== '');
    // A command that has ended, or a server that needs no such thing: the Receive that follows says what is the matter.
    await Promise.all(
      pipelines.map(async (id) => {
        try {
          await ask(id);
        } catch (error) {
          if (!(error instanceof WsmanFault)) throw error;
        }
      }),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    const opening = this.#state === 'new' ? this.#created : undefined;
    let made = this.#state !== 'new';
    this.#state = 'closing';
    this.#stopReceiving();
    if (opening) {
      const wait = new AbortController();
      const late = sleep(this.#clock, CREATE_WAIT_MS, wait.signal).then(
        () => false,
        () => false,
      );
      made = await Promise.race([opening, late]);
      wait.abort();
    }
    if (made) {
      const context = this.#requests.context(CLOSE_MS);
      await this.#ask(this.#requests.delete(context), ACTION.delete, context, CLOSE_MS).catch(
        () => undefined,
      );
    }
    this.#end(undefined);
  }

  abort(error: Error): void {
    this.#end(error);
  }

  // ---- pipelines

  async createPipeline(pipelineId: string, data: Uint8Array): Promise<void> {
    const make = (context: RequestContext): string =>
      this.#requests.pipeline(context, pipelineId.toUpperCase(), data);
    try {
      const { answer } = await this.#persist(make, ACTION.command, this.#operationMs, this.#takesIds);
      this.#requests.named(pipelineId, decodeCommandResponse(answer).commandId);
    } catch (error) {
      if (!(error instanceof ArrivedBeforeError)) throw error;
    }
    this.#startReceiving(pipelineId);
  }

  async send(data: Uint8Array, stream: PsrpStream, pipelineId: string | undefined): Promise<void> {
    const sent = this.#persist(
      (context) => this.#requests.send(context, data, stream, pipelineId),
      ACTION.send,
      this.#operationMs,
      (stream === 'promptResponse' || pipelineId === undefined) && isWholeMessages(data),
    );
    await (pipelineId === undefined ? sent : unlessEnded(sent));
  }

  async stopPipeline(pipelineId: string): Promise<void> {
    await unlessEnded(
      this.#persist(
        (context) => this.#requests.signal(context, pipelineId, SIGNAL.powershellStop),
        ACTION.signal,
        this.#operationMs,
        true,
      ),
    );
  }

  async closePipeline(pipelineId: string): Promise<void> {
    this.#targets.delete(pipelineId);
    if (!this.#isOpen) return;
    this.#receiving.get(pipelineId)?.stop.abort();
    // The command is over for us whatever the server answers, and a server that cannot answer is noticed by the standing Receive.
    const context = this.#requests.context(CLOSE_MS);
    const body = this.#requests.signal(context, pipelineId, SIGNAL.terminate);
    await this.#ask(body, ACTION.signal, context, CLOSE_MS).catch(() => undefined);
    this.#requests.forget(pipelineId);
  }

  // ---- Receive

  #startAllReceiving(): void {
    for (const key of this.#targets) {
      if (!this.#receiving.has(key)) this.#startReceiving(key === '' ? undefined : key);
    }
  }

  #stopReceiving(): void {
    for (const { stop } of this.#receiving.values()) stop.abort();
  }

  #startReceiving(pipelineId: string | undefined): void {
    const key = pipelineId ?? '';
    const stop = new AbortController();
    this.#targets.add(key);
    const entry: Receiving = {
      stop,
      over: this.#receive(pipelineId, AbortSignal.any([stop.signal, this.#over.signal])).finally(() => {
        if (this.#receiving.get(key) !== entry) return;
        this.#receiving.delete(key);
        // One that ended because we were leaving, while leaving was refused.
        if (this.#isOpen && this.#targets.has(key) && !stop.signal.aborted) this.#startReceiving(pipelineId);
      }),
    };
    this.#receiving.set(key, entry);
  }

  /** The standing Receive of the pool or of one pipeline: asks, hands on, asks again, until the command is done or the connection over. */
  async #receive(pipelineId: string | undefined, signal: AbortSignal): Promise<void> {
    let quick = 0;
    let settling = false;
    let damaged = 0;
    try {
      while (!signal.aborted && this.#isOpen) {
        // oxlint-disable-next-line no-await-in-loop -- one Receive after the other
        if (quick > MOST_QUICK) await sleep(this.#clock, QUICK_PAUSE_MS, signal);
        const asked = this.#clock.now();
        const context = this.#requests.context(settling ? SETTLING_WAIT_MS : RECEIVE_WAIT_MS);
        let response: ReceiveResponse;
        try {
          const body = this.#requests.receive(context, pipelineId);
          // oxlint-disable-next-line no-await-in-loop
          response = decodeReceiveResponse(await this.#ask(body, ACTION.receive, context, undefined, signal));
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof WsmanFault && error.is(FAULT.operationTimedOut)) response = NOTHING;
          else {
            damaged = error instanceof ProtocolError ? damaged + 1 : 0;
            if (damaged >= MOST_DAMAGED) throw error;
            // oxlint-disable-next-line no-await-in-loop
            await this.#mend(error, pipelineId, signal);
            settling = true;
            continue;
          }
        }
        this.#link.succeeded();
        settling = false;
        damaged = 0;
        const idle = response.streams.length === 0 && this.#clock.now() - asked < QUICK_PAUSE_MS;
        quick = idle ? quick + 1 : 0;
        for (const stream of response.streams) {
          if (stream.data.length > 0 && !this.#over.signal.aborted) {
            // oxlint-disable-next-line no-await-in-loop -- in order, and no faster than it is taken
            await this.#events?.onData(stream.data, pipelineId);
          }
        }
        if (response.commandState?.state === 'Done') {
          this.#targets.delete(pipelineId ?? '');
          if (pipelineId !== undefined && !signal.aborted) this.#events?.onPipelineEnded(pipelineId);
          return;
        }
      }
    } catch (error) {
      if (signal.aborted || this.#state === 'leaving' || this.#state === 'away') return;
      this.#receiveFailed(pipelineId, asError(error));
    }
  }

  /** After a Receive that failed: resolves when it may be asked again. Throws where it may not. */
  async #mend(error: unknown, pipelineId: string | undefined, signal: AbortSignal): Promise<void> {
    if (failedOnTheWay(error)) {
      if (!wasNeverSent(error)) this.#events?.onAnswerLost?.(pipelineId);
      await this.#link.failed(error, signal);
      return;
    }
    if (error instanceof WsmanFault && this.#isOpen) {
      if (shellFaultReason(error) === 'disconnected') {
        await this.#comeBack();
        return;
      }
      // The server has not noticed yet that the one who asked before is gone.
      if (error.is(FAULT.receiveInProgress)) {
        await this.#link.failed(error, signal);
        return;
      }
    }
    throw error;
  }

  /** The server has set the shell aside, because it noticed before us that we were gone. */
  #comeBack(): Promise<void> {
    this.#comingBack ??= this.#askToReconnect(true).finally(() => {
      this.#comingBack = undefined;
    });
    return this.#comingBack;
  }

  #receiveFailed(pipelineId: string | undefined, error: Error): void {
    const reason = shellFaultReason(error);
    if (error instanceof LinkLostError) {
      this.#lost(error.cause);
    } else if (reason === 'in-use') {
      this.#lost(error);
    } else if (pipelineId !== undefined && error instanceof WsmanFault) {
      // The command alone is gone; if the whole shell is, the pool's own Receive says so.
      this.#targets.delete(pipelineId);
      this.#events?.onPipelineEnded(pipelineId, error);
    } else {
      this.#end(error);
    }
  }

  /** The server cannot be reached, or somebody else has the shell. Where the shell can stand without us, we may come back to it. */
  #lost(error: Error): void {
    if (!this.#isOpen) return;
    if (!this.#canBeLeft || this.#options.retry === undefined) {
      this.#end(error);
      return;
    }
    this.#state = 'away';
    this.#stopReceiving();
    this.#link.reset();
    this.#events?.onDisconnected?.(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#over.abort();
    this.#options.http.close();
    this.#events?.onClosed(error);
  }

  get #isOpen(): boolean {
    return this.#state === 'open';
  }

  get #isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'closed';
  }

  // ---- requests

  /**
   * Asks until there is an answer. `repeatable` says whether a request that may have arrived may be sent again.
   * @throws SendUncertainError, NotSentError, ArrivedBeforeError, WsmanFault
   */
  async #persist(
    make: (context: RequestContext) => string,
    action: string,
    timeoutMs: number,
    repeatable: boolean,
  ): Promise<{ readonly answer: Envelope }> {
    const signal = this.#over.signal;
    let mayHaveArrived = false;
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        await this.#link.ready(signal);
        if (this.#state === 'away' && action !== ACTION.reconnect) throw new NotSentError();
        const context = this.#requests.context(timeoutMs);
        // oxlint-disable-next-line no-await-in-loop
        const answer = await this.#ask(make(context), action, context);
        this.#link.succeeded();
        return { answer };
      } catch (error) {
        if (error instanceof WsmanFault) {
          this.#link.succeeded();
          if (mayHaveArrived && error.is(FAULT.commandIdInUse)) throw new ArrivedBeforeError();
          if (shellFaultReason(error) !== 'disconnected' || !this.#isOpen || action === ACTION.reconnect) {
            throw asShellFault(error);
          }
          // Refused, and so not done.
          // oxlint-disable-next-line no-await-in-loop
          await this.#comeBack();
          continue;
        }
        if (!failedOnTheWay(error)) throw error;
        if (!wasNeverSent(error)) {
          if (!repeatable) throw this.#options.retry === undefined ? error : new SendUncertainError(error);
          mayHaveArrived = true;
        }
        // oxlint-disable-next-line no-await-in-loop
        await this.#waitForAnother(error, mayHaveArrived, signal);
      }
    }
  }

  async #waitForAnother(error: Error, mayHaveArrived: boolean, signal: AbortSignal): Promise<void> {
    try {
      await this.#link.failed(error, signal);
    } catch (lost) {
      if (!(lost instanceof LinkLostError)) throw lost;
      this.#lost(lost.cause);
      if (this.#state === 'away' && !mayHaveArrived) throw new NotSentError();
      throw lost.cause;
    }
  }

  async #ask(
    body: string,
    action: string,
    context: RequestContext,
    timeoutMs = context.operationTimeoutMs + NETWORK_MS,
    signal: AbortSignal = this.#over.signal,
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
}

const NOTHING: ReceiveResponse = { streams: [] };

/** The command was started by an earlier attempt, whose answer was lost. */
class ArrivedBeforeError extends Error {}

/** A command that has ended meanwhile can be neither told nor stopped: how it ended, its Receive says. */
async function unlessEnded(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof WsmanFault && error.is(FAULT.unexpectedSelectors))) throw error;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
