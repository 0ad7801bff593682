/**
 * PSRP over WSMan ([MS-PSRP] 3.1.5.3): the runspace pool is a shell, a pipeline is a command of it.
 *
 * When the network fails, the connection goes on by itself: it asks again, with growing waits, until a window has passed ({@link Link}),
 * and reconnects where the server has noticed and set the shell aside meanwhile ([MS-WSMV] 3.1.4.16). {@link Courier} says what is sent again.
 */
import { randomUUID } from 'node:crypto';
import { SignInError } from '../protocol/auth/sign-in-error.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { decodeCommandResponse } from '../protocol/wsman/command.ts';
import { decodeConnectResponse } from '../protocol/wsman/connect.ts';
import { decodeCreateResponse } from '../protocol/wsman/create.ts';
import type { Envelope, RequestContext } from '../protocol/wsman/envelope.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { WsmanFault } from '../protocol/wsman/faults.ts';
import { ACTION, SIGNAL } from '../protocol/wsman/names.ts';
import { sleep, systemClock, type Clock } from './clock.ts';
import type {
  ConnectionEvents,
  DisconnectOptions,
  PsrpStream,
  RemotingConnection,
  ServerPipeline,
  ShellControl,
} from './connection.ts';
import { PoolStateError } from './errors.ts';
import { ArrivedBeforeError, Courier, MayHaveArrivedError } from './courier.ts';
import { failedOnTheWay, Link, LinkLostError, wasNeverSent, type RetryOptions } from './link.ts';
import { Receivers } from './receivers.ts';
import { shellFaultReason } from './shell-fault.ts';
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

/** Create starts a process on the server. No request may ask for more than the server's MaxTimeoutms, whose default this is. */
const OPEN_MS = 60_000;
/** Every other operation is done at once by a server that is well. */
const OPERATION_MS = 60_000;
/** Deleting a shell is a courtesy: it must not keep a person waiting for a dead server. */
const CLOSE_MS = 5_000;
/** A shell that is being made when its opening is cancelled can be deleted only once it is there: a server that is well needs a second or two. */
const CREATE_WAIT_MS = 2_000;
/** A server that has disconnected answers the Receives that waited, with what there was or with a fault; most do so before. */
const LINGER_MS = 2_000;
/** For an answer that is on its way in spite of all: TCP sends what was lost again, and a network that merely blinked brings it. */
const GRACE_MS = 1_000;
type State = 'new' | 'open' | 'leaving' | 'away' | 'closing' | 'closed';

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
  readonly #courier: Courier;
  readonly #receivers: Receivers;
  #events: ConnectionEvents | undefined;
  /** Whether the shell was made, once the server has answered. */
  #created: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;
  #comingBack: Promise<void> | undefined;
  /** Whether a shell of this server outlives its client ([MS-PSRP] 3.1.4.9: protocol 2.2). */
  #canBeLeft = false;
  #idleTimeoutMs: number | undefined;
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
    const { http, retry } = options;
    const common = {
      link: this.#link,
      over: this.#over.signal,
      comeBack: () => this.#comeBack(),
    };
    this.#courier = new Courier({
      ...common,
      http,
      context: (ms) => this.#requests.context(ms),
      retries: retry !== undefined,
      state: () => (this.#state === 'open' || this.#state === 'away' ? this.#state : 'other'),
      lost: (error) => this.#lost(error),
    });
    this.#receivers = new Receivers({
      ...common,
      clock: this.#clock,
      courier: this.#courier,
      requests: this.#requests,
      events: () => this.#events,
      isOpen: () => this.#isOpen,
      failed: (pipelineId, error) => this.#receiveFailed(pipelineId, error),
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
      askIdleTimeout: () => this.#askIdleTimeout(),
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

  networkChanged(): void {
    if (this.#isOver) return;
    this.#options.http.refresh?.();
    this.#courier.doubt(this.#clock, GRACE_MS);
  }

  get idleTimeoutMs(): number | undefined {
    return this.#idleTimeoutMs;
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
    this.#receivers.add(undefined);
  }

  async #create(data: Uint8Array): Promise<void> {
    const context = this.#requests.context(OPEN_MS);
    const body = this.#requests.create(context, this.#requests.shellId, data);
    const { shellId, shell } = decodeCreateResponse(await this.#courier.ask(body, ACTION.create, context));
    // What was asked for is a wish: a server has bounds, and a default of its own.
    this.#idleTimeoutMs = shell?.idleTimeoutMs;
    this.#takesIds = shellId.toUpperCase() === this.#requests.shellId;
    this.#requests.shellId = shellId;
  }

  /** [MS-WSMV] 3.1.4.17, [MS-PSRP] 3.1.5.3.14 */
  async #connect(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    this.#requests.shellId = shellId.toUpperCase();
    this.#takesIds = true;
    const answer = await this.#courier.run({
      action: ACTION.connect,
      timeoutMs: OPEN_MS,
      make: (context) => this.#requests.connect(context, data),
      repeatable: true,
    });
    if (this.#state !== 'new') return;
    this.#state = 'open';
    const { connectResponseXml } = decodeConnectResponse(answer);
    if (connectResponseXml !== undefined) await events.onData(connectResponseXml, undefined);
    if (this.#isOpen) this.#receivers.add(undefined);
  }

  async #connectPipeline(pipelineId: string): Promise<void> {
    await this.#run(ACTION.connect, (context) => this.#requests.connectPipeline(context, pipelineId));
    this.#receivers.add(pipelineId);
  }

  /** On our own connections: what can be asked beside the shell's own requests. */
  #client(): WsmanClient {
    const { http, url, locale, newGuid } = this.#options;
    return new WsmanClient({
      http,
      url,
      ...(locale === undefined ? {} : { locale }),
      ...(newGuid === undefined ? {} : { newGuid }),
    });
  }

  async #askIdleTimeout(): Promise<number | undefined> {
    const shells = await this.#client().enumerateShells();
    const id = this.#requests.shellId.toUpperCase();
    const ours = shells.find((shell) => shell.shellId.toUpperCase() === id);
    this.#idleTimeoutMs = ours?.idleTimeoutMs ?? this.#idleTimeoutMs;
    return this.#idleTimeoutMs;
  }

  async #listPipelines(): Promise<ServerPipeline[]> {
    const commands = await this.#client().enumerateCommands(this.#requests.shellId);
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
    this.#mustBe('open');
    this.#state = 'leaving';
    try {
      if (!this.#link.isInterrupted) {
        const context = this.#requests.context(this.#operationMs);
        const body = this.#requests.disconnect(context, options);
        await this.#courier.ask(body, ACTION.disconnect, context);
        this.#idleTimeoutMs = options.idleTimeoutMs ?? this.#idleTimeoutMs;
      }
    } catch (error) {
      if (this.#isOver) throw error;
      // It was disconnected already: by an answer that was lost, or by the server.
      if (!failedOnTheWay(error) && shellFaultReason(error) !== 'disconnected') {
        this.#state = 'open';
        this.#receivers.startAll();
        throw error;
      }
    }
    if (this.#isOver) return;
    this.#state = 'away';
    // Who waits for an attempt need not wait for it any longer.
    this.#link.reset();
    const ends = this.#receivers.ended();
    const linger = new AbortController();
    await Promise.race([ends, sleep(this.#clock, LINGER_MS, linger.signal).catch(() => undefined)]);
    linger.abort();
    this.#receivers.stopAll();
  }

  async #reconnect(): Promise<void> {
    this.#mustBe('away');
    this.#link.reset();
    await this.#askToReconnect(false);
    if (this.#state !== 'away') return;
    this.#state = 'open';
    this.#receivers.startAll();
  }

  /** The shell, then each of its commands ([MS-PSRP] 3.1.5.3.18). One that is connected already takes no notice ([MS-WSMV] 3.1.4.16). */
  async #askToReconnect(persist: boolean): Promise<void> {
    const ask = (pipelineId?: string): Promise<unknown> => {
      const make = (context: RequestContext): string => this.#requests.reconnect(context, pipelineId);
      if (persist) return this.#run(ACTION.reconnect, make);
      const context = this.#requests.context(this.#operationMs);
      return this.#courier.ask(make(context), ACTION.reconnect, context);
    };
    await ask();
    // A command that has ended, or a server that needs no such thing: the Receive that follows says what is the matter.
    await Promise.all(
      this.#receivers.pipelines.map(async (id) => {
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
    this.#receivers.stopAll();
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
      const { signal } = this.#over;
      await this.#courier
        .ask(this.#requests.delete(context), ACTION.delete, context, signal, CLOSE_MS)
        .catch(() => undefined);
    }
    this.#end(undefined);
  }

  abort(error: Error): void {
    this.#end(error);
  }

  // ---- pipelines

  async createPipeline(pipelineId: string, data: Uint8Array): Promise<void> {
    try {
      const answer = await this.#courier.run({
        action: ACTION.command,
        timeoutMs: this.#operationMs,
        make: (context) => this.#requests.pipeline(context, pipelineId.toUpperCase(), data),
        repeatable: this.#takesIds,
      });
      this.#requests.named(pipelineId, decodeCommandResponse(answer).commandId);
    } catch (error) {
      // It was started, or we learn by its Receive whether it was when we are back.
      if (!(error instanceof ArrivedBeforeError || error instanceof MayHaveArrivedError)) throw error;
    }
    this.#receivers.add(pipelineId);
  }

  async send(data: Uint8Array, stream: PsrpStream, pipelineId: string | undefined): Promise<void> {
    const sent = this.#courier.run({
      action: ACTION.send,
      timeoutMs: this.#operationMs,
      make: (context) => this.#requests.send(context, data, stream, pipelineId),
      repeatable: (stream === 'promptResponse' || pipelineId === undefined) && isWholeMessages(data),
    });
    await (pipelineId === undefined ? sent : unlessEnded(sent));
  }

  async stopPipeline(pipelineId: string): Promise<void> {
    await unlessEnded(
      this.#run(ACTION.signal, (context) =>
        this.#requests.signal(context, pipelineId, SIGNAL.powershellStop),
      ),
    );
  }

  /** What changes nothing a second time. */
  #run(action: string, make: (context: RequestContext) => string): Promise<Envelope> {
    return this.#courier.run({ action, timeoutMs: this.#operationMs, make, repeatable: true });
  }

  async closePipeline(pipelineId: string): Promise<void> {
    this.#receivers.remove(pipelineId);
    if (!this.#isOpen) return;
    // The command is over for us whatever the server answers, and a server that cannot answer is noticed by the standing Receive.
    const context = this.#requests.context(CLOSE_MS);
    const body = this.#requests.signal(context, pipelineId, SIGNAL.terminate);
    const { signal } = this.#over;
    await this.#courier.ask(body, ACTION.signal, context, signal, CLOSE_MS).catch(() => undefined);
    this.#requests.forget(pipelineId);
  }

  /** The server has set the shell aside, because it noticed before us that we were gone. */
  #comeBack(): Promise<void> {
    if (this.#comingBack === undefined) {
      // It may hand out once more what it cannot know to have arrived.
      for (const id of [undefined, ...this.#receivers.pipelines]) this.#events?.onAnswerLost?.(id);
      this.#comingBack = this.#askToReconnect(true).finally(() => {
        this.#comingBack = undefined;
      });
    }
    return this.#comingBack;
  }

  #receiveFailed(pipelineId: string | undefined, error: Error): void {
    const reason = shellFaultReason(error);
    if (error instanceof LinkLostError) {
      this.#lost(error.cause);
    } else if (reason === 'in-use' || error instanceof SignInError || error instanceof ProtocolError) {
      // The shell stands where it stood, whoever is not let in to it now, and whatever damages its answers on their way.
      this.#lost(error);
    } else if (pipelineId !== undefined && error instanceof WsmanFault) {
      // The command alone is gone; if the whole shell is, the pool's own Receive says so.
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
    this.#receivers.stopAll();
    this.#link.reset();
    this.#events?.onDisconnected?.(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#over.abort();
    // A wait that nobody waits for would keep the process.
    this.#link.reset();
    this.#options.http.close();
    this.#events?.onClosed(error);
  }

  #mustBe(state: State): void {
    if (this.#state !== state) throw new PoolStateError(this.#state, `it must be ${state} for this`);
  }

  get #isOpen(): boolean {
    return this.#state === 'open';
  }

  get #isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'closed';
  }
}

/** A command that has ended meanwhile can be neither told nor stopped: how it ended, its Receive says. */
async function unlessEnded(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof WsmanFault && error.is(FAULT.unexpectedSelectors))) throw error;
  }
}
