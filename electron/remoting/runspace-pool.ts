/**
 * A runspace pool over any connection: moves bytes between the protocol core and the connection, and hands events to whoever asked.
 * One exception in here breaks this pool and no other.
 */
import { randomUUID } from 'node:crypto';
import { ClientRunspacePool } from '../protocol/psrp/runspace-pool.ts';
import type { PoolState } from '../protocol/psrp/enums.ts';
import type { PsrpEvent, StateError } from '../protocol/psrp/events.ts';
import type { PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import { psPrimitiveDictionary, type PsPrimitive, type PsValue } from '../protocol/clixml/value.ts';
import type { Outgoing } from '../protocol/psrp/outgoing.ts';
import type {
  ConnectionEvents,
  DisconnectOptions,
  Interruption,
  RemotingConnection,
  ServerPipeline,
  ShellControl,
} from './connection.ts';
import { NotSentError, PoolStateError } from './errors.ts';
import type { HostCallOutcome, PSHost } from './host.ts';
import { Outbox } from './outbox.ts';
import { PipelineRun, type PipelineResult } from './pipeline-run.ts';
import { nodeSessionKeyCrypto } from './session-key-crypto.ts';
import { ShellFault, shellFaultReason } from './shell-fault.ts';

export interface RunspacePoolOptions {
  /** Default 1. */
  readonly minRunspaces?: number;
  /** Default 1. */
  readonly maxRunspaces?: number;
  readonly host?: PSHost;
  /** Goes to `$PSSenderInfo.ApplicationArguments`. */
  readonly applicationArguments?: Readonly<Record<string, PsValue>>;
  /** Default: a random GUID. For `connect` the id of the shell, which is its pool's. */
  readonly id?: string;
}

/** Object ids: a server numbers its messages one by one. */
export interface ReceivedMessages {
  readonly lowest: bigint | undefined;
  readonly highest: bigint | undefined;
  /** Between those two and not there, as [first, last]. */
  readonly missing: readonly (readonly [bigint, bigint])[];
}

export interface PoolListener {
  /** The state changed; `error` says why it broke, or why it is Disconnected where that was not asked for. */
  stateChanged?(state: PoolState, error: Error | undefined): void;
  /** The server cannot be reached; the state is what it was, and what is sent waits. Told again before each attempt. */
  interrupted?(interruption: Interruption): void;
  /** The server answers again. */
  resumed?(): void;
  userEvent?(event: Extract<PsrpEvent, { kind: 'userEvent' }>): void;
  /** Messages to the pool itself were lost. What a pipeline lost stands among its records. */
  gap?(gap: Extract<PsrpEvent, { kind: 'gap' }>): void;
}

type Waiter<T> = { resolve: (value: T) => void; reject: (error: Error) => void };

/** Input held for a slow server before `writeInput` waits: as much as a few envelopes carry. */
const MOST_UNSENT = 1024 * 1024;

export class RunspacePool {
  readonly id: string;
  readonly connection: RemotingConnection;
  readonly #core: ClientRunspacePool;
  readonly #host: PSHost | undefined;
  readonly #listener: PoolListener;
  readonly #runs = new Map<string, PipelineRun>();
  readonly #calls = new Map<bigint, Waiter<boolean | bigint>>();
  readonly #keyWaiters: Waiter<void>[] = [];
  readonly #outbox: Outbox;
  /** Runs that were stopped or abandoned while the server could not be told. */
  readonly #toClose = new Set<string>();
  #hostTail: Promise<void> = Promise.resolve();
  #opened: Waiter<void> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;
  #state: PoolState = 'BeforeOpen';
  #interruption: Interruption | undefined;

  constructor(
    connection: RemotingConnection,
    options: RunspacePoolOptions = {},
    listener: PoolListener = {},
  ) {
    this.connection = connection;
    this.id = options.id ?? randomUUID();
    this.#host = options.host;
    this.#listener = listener;
    this.#core = new ClientRunspacePool({
      id: this.id,
      minRunspaces: options.minRunspaces ?? 1,
      maxRunspaces: options.maxRunspaces ?? 1,
      newGuid: randomUUID,
      crypto: nodeSessionKeyCrypto,
      ...(options.host ? { hostInfo: options.host.info } : {}),
      ...(options.applicationArguments
        ? { applicationArguments: psPrimitiveDictionary(options.applicationArguments) }
        : {}),
    });
    this.#outbox = new Outbox({
      send: (out) => this.#send(out),
      mayStay: (error) => error instanceof NotSentError,
      failed: (out, error) => {
        if (out.pipelineId === undefined) this.#break(error);
        else this.#lose(out.pipelineId, error);
      },
    });
  }

  get state(): PoolState {
    return this.#state;
  }

  /** As the two sides agreed: `2.1` to `2.4`. */
  get protocolVersion(): string | undefined {
    return this.#core.protocolVersion;
  }

  /** What the server tells every client of itself: PSVersionTable and whatever the endpoint adds. */
  get applicationPrivateData(): PsValue | undefined {
    return this.#core.applicationPrivateData;
  }

  /** Why the server cannot be reached just now; undefined where it can, or where that is over. */
  get interruption(): Interruption | undefined {
    return this.#interruption;
  }

  /** Which messages of the server have come to this client, by their object ids. */
  get received(): ReceivedMessages {
    const { lowestObjectId: lowest, highestObjectId: highest, missingObjects: missing } = this.#core;
    return { lowest, highest, missing };
  }

  /** The pipelines that have not ended. */
  get runs(): readonly PipelineRun[] {
    return [...this.#runs.values()];
  }

  /** Makes the remote shell and waits until the pool is Opened. */
  open(): Promise<void> {
    return this.#begin(async () => {
      this.#core.open();
      this.#note();
      await this.connection.open(this.id, this.#opening('open'), this.#events());
    });
  }

  /**
   * Takes over the shell of that id, which another client left, and waits until the pool is Opened. Its pipelines are taken over one by one,
   * by {@link connectPipeline} ([MS-PSRP] 3.1.4.10).
   * @throws ShellFault: `in-use`, `not-found`
   */
  connect(): Promise<void> {
    return this.#begin(async () => {
      const shells = this.#shells();
      this.#core.connect();
      this.#note();
      await shells.connect(this.id, this.#opening('connect'), this.#events());
    });
  }

  #opening(call: 'open' | 'connect'): Uint8Array {
    return this.#core.takeOutgoing(() => this.connection.capacity(call))?.data ?? new Uint8Array();
  }

  async #begin(make: () => Promise<void>): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    opened.catch(() => undefined);
    try {
      await make();
      this.#flush();
    } catch (error) {
      this.#break(asError(error));
    }
    await opened;
  }

  /** Whether the shell can outlive us: over WSMan, from protocol 2.2 on. */
  get canDisconnect(): boolean {
    const version = this.#core.protocolVersion;
    return this.connection.shells !== undefined && version !== undefined && version !== '2.1';
  }

  #shells(): ShellControl {
    const { shells } = this.connection;
    if (shells === undefined) throw cannotDisconnect('A session over a pipe ends with its connection.');
    return shells;
  }

  /**
   * Leaves the shell and what runs in it. Runs stay as they are and go on when the pool is connected again; what arrived can still be read.
   * While the server cannot be reached, the pool is left without its knowing.
   * @throws ShellFault `cannot-disconnect`; the pool is what it was then
   */
  async disconnect(options: DisconnectOptions = {}): Promise<void> {
    this.#mustBeOpen('it can be disconnected while it is open');
    const shells = this.#shells();
    if (!this.canDisconnect)
      throw cannotDisconnect('The server speaks a protocol that knows no disconnecting.');
    this.#core.beginDisconnect();
    this.#note();
    // What was handed to the connection is on its way, or waits for a server that cannot be reached.
    if (this.#interruption === undefined) await this.#outbox.allDrained();
    this.#outbox.pause();
    try {
      await shells.disconnect(options);
    } catch (error) {
      if (this.#core.state === 'Disconnecting') {
        this.#core.reconnected();
        this.#afterReturn();
      }
      throw error;
    }
    this.#setDisconnected(undefined);
  }

  /**
   * Comes back to the shell we were disconnected from, and to its pipelines.
   * @throws ShellFault: `in-use` where another client has it, `not-found` where it is gone; the pool is Broken then. TransportError
   */
  async reconnect(): Promise<void> {
    if (this.#state !== 'Disconnected')
      throw new PoolStateError(this.#state, 'only a disconnected pool can be reconnected');
    const shells = this.#shells();
    this.#core.reconnecting();
    this.#note();
    try {
      await shells.reconnect();
    } catch (error) {
      if (shellFaultReason(error) === 'not-found') this.#break(asError(error));
      else if (this.#core.state === 'Connecting') this.#setDisconnected(asError(error));
      throw error;
    }
    if (this.#core.state !== 'Connecting')
      throw new PoolStateError(this.#core.state, 'it ended while it was reconnected');
    this.#core.reconnected();
    this.#afterReturn();
  }

  /** The pipelines of the shell, as the server lists them: those of an earlier client too. */
  async listPipelines(): Promise<ServerPipeline[]> {
    this.#mustBeOpen('connect to it first');
    return this.#shells().listPipelines();
  }

  /**
   * Takes over a pipeline that another client started in this shell, with the output that nobody has received yet ([MS-PSRP] 3.1.4.10.1).
   * Of what an earlier run of ours is known to have read, up to an object id, nothing comes a second time.
   * @throws ShellFault: `in-use`, `not-found`
   */
  async connectPipeline(id: string, options: { readUpTo?: bigint } = {}): Promise<PipelineRun> {
    this.#mustBeOpen('connect to it first');
    const shells = this.#shells();
    const pipeline = this.#core.reconstructPipeline(id, options.readUpTo);
    const run = this.#start(pipeline.id, undefined, {
      write: (value) => pipeline.writeInput(value),
      end: () => pipeline.endInput(),
      stopping: () => pipeline.stopping(),
    });
    try {
      await shells.connectPipeline(pipeline.id);
    } catch (error) {
      run.fail(asError(error));
      if (!pipeline.hasEnded) pipeline.abandon(asError(error));
      this.#core.nextEvents();
      throw error;
    }
    if (!pipeline.hasEnded) pipeline.connected();
    this.#dispatchAll();
    return run;
  }

  /** Ends the wait before the next attempt while the server cannot be reached. */
  retryNow(): void {
    this.connection.retryNow?.();
  }

  #setDisconnected(error: Error | undefined): void {
    this.#outbox.pause();
    this.#interruption = undefined;
    this.#core.disconnected();
    this.#dispatchAll();
    this.#note(error);
    // Who waits for a pipeline to stop waits for a server that is not there.
    for (const run of this.#runs.values()) {
      if (run.isStopping)
        this.#letRunGo(
          run,
          new PoolStateError('Disconnected', 'it stops the pipeline when it is connected again'),
        );
    }
  }

  /** Open again after a disconnect, or after one that was refused. */
  #afterReturn(): void {
    this.#dispatchAll();
    this.#note();
    this.#outbox.resume();
    this.#flush();
    for (const id of this.#toClose) void this.connection.closePipeline(id);
    this.#toClose.clear();
  }

  /** Ends a run for its reader; the server is told at once, or when it can be. */
  #letRunGo(run: PipelineRun, error: Error): void {
    run.fail(error);
    const pipeline = this.#core.pipeline(run.id);
    if (pipeline && !pipeline.hasEnded) pipeline.abandon(error);
    this.#core.nextEvents();
    if (this.#state === 'Opened') void this.connection.closePipeline(run.id);
    else this.#toClose.add(run.id);
  }

  /** Starts a pipeline. Records must be read (or `collect`ed) for it to go on past a bound. */
  run(spec: PipelineSpec, options: { signal?: AbortSignal } = {}): PipelineRun {
    this.#mustBeOpen('open it first');
    options.signal?.throwIfAborted();
    const pipeline = this.#core.createPipeline(spec);
    return this.#start(pipeline.id, options.signal, {
      write: (value) => pipeline.writeInput(value),
      end: () => pipeline.endInput(),
      stopping: () => pipeline.stopping(),
    });
  }

  /** GET_COMMAND_METADATA ([MS-PSRP] 2.2.2.14): what commands of these names the server has. */
  commandMetadata(names: readonly string[]): PipelineRun {
    this.#mustBeOpen('open it first');
    const pipeline = this.#core.getCommandMetadata({ names: [...names] });
    return this.#start(pipeline.id, undefined, {
      write: () => undefined,
      end: () => undefined,
      stopping: () => pipeline.stopping(),
    });
  }

  setMinRunspaces(count: number): Promise<boolean> {
    return this.#call(() => this.#core.setMinRunspaces(count)).then(Boolean);
  }

  setMaxRunspaces(count: number): Promise<boolean> {
    return this.#call(() => this.#core.setMaxRunspaces(count)).then(Boolean);
  }

  async availableRunspaces(): Promise<number> {
    return Number(await this.#call(() => this.#core.getAvailableRunspaces()));
  }

  /** Clears variables and state of the runspace; protocol 2.3 and later. */
  resetRunspaceState(): Promise<boolean> {
    return this.#call(() => this.#core.resetRunspaceState()).then(Boolean);
  }

  /** A secret as this pool's wire carries it: plain from protocol 2.4 on, before that sealed with a session key, which is exchanged first. */
  async encryptSecureString(text: string): Promise<PsPrimitive<'SS'>> {
    await this.#sessionKey();
    return this.#core.encryptSecureString(text);
  }

  async decryptSecureString(value: PsPrimitive<'SS'>): Promise<string> {
    await this.#sessionKey();
    return this.#core.decryptSecureString(value);
  }

  #sessionKey(): Promise<void> {
    this.#mustBeOpen('open it first');
    if (this.#core.canEncrypt) return Promise.resolve();
    const ready = new Promise<void>((resolve, reject) => {
      this.#keyWaiters.push({ resolve, reject });
    });
    this.#core.requestSessionKey();
    this.#flush();
    return ready;
  }

  /** Deletes the shell on the server. Never fails: what cannot be told to the server is let go. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    if (this.#state === 'Opened' || this.#state === 'Opening') {
      this.#core.beginClose();
      this.#note();
    }
    await this.connection.close();
    this.#end(undefined);
  }

  /** Lets go at once without a word to the server. */
  abort(reason: Error): void {
    this.connection.abort(reason);
    this.#break(reason);
  }

  #start(
    id: string,
    signal: AbortSignal | undefined,
    core: { write: (value: PsValue) => void; end: () => void; stopping: () => void },
  ): PipelineRun {
    const onAbort = (): void => {
      void run.stop();
    };
    const run = new PipelineRun(id, {
      stop: async () => {
        if (this.#state !== 'Opened') {
          this.#letRunGo(
            run,
            new PoolStateError(this.#state, 'it stops the pipeline when it is connected again'),
          );
          return;
        }
        core.stopping();
        // One of which nothing had left has ended with that.
        this.#dispatchAll();
        if (run.ended) return;
        // A pipeline whose creation is still on its way is stopped when the server knows it.
        await this.#outbox.drained('default', id);
        if (!run.ended)
          await this.connection.stopPipeline(id).catch((error: unknown) => this.#lose(id, asError(error)));
      },
      abandon: (error) => this.#letRunGo(run, error),
      writeInput: async (value) => {
        core.write(value);
        this.#flush();
        if (this.#outbox.bytes(id) > MOST_UNSENT) await this.#outbox.drained('default', id);
      },
      endInput: () => {
        core.end();
        this.#flush();
      },
      hostCall: (event, over) => this.#hostCall(event, over),
    });
    this.#runs.set(id, run);
    signal?.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => {
      signal?.removeEventListener('abort', onAbort);
      this.#runs.delete(id);
      this.#outbox.forget(id);
    };
    run.finished.then(forget, forget);
    this.#flush();
    return run;
  }

  #events(): ConnectionEvents {
    return {
      onData: (data, pipelineId) => this.#receive(data, pipelineId),
      onPipelineEnded: (pipelineId, error) => {
        // The state message normally came before this; a command that the server ended without one has lost its end.
        this.#lose(
          pipelineId,
          error ?? new Error('The server ended the pipeline without telling its state.'),
        );
      },
      onClosed: (error) => {
        if (error) this.#break(error);
        else this.#end(undefined);
      },
      onInterrupted: (interruption) => {
        this.#interruption = interruption;
        this.#listener.interrupted?.(interruption);
      },
      onResumed: () => {
        this.#interruption = undefined;
        this.#listener.resumed?.();
      },
      onAnswerLost: (pipelineId) => this.#core.answerLost(pipelineId),
      onDisconnected: (error) => this.#setDisconnected(error),
    };
  }

  /** What a call of ours changed. */
  #dispatchAll(): void {
    for (const event of this.#core.nextEvents()) void this.#dispatch(event, 0);
  }

  #receive(data: Uint8Array, pipelineId: string | undefined): Promise<void> | undefined {
    let violation: Error | undefined;
    try {
      this.#core.receive(data, pipelineId);
    } catch (error) {
      violation = asError(error);
    }
    // What came before a violation was in order.
    const events = this.#core.nextEvents();
    const weight = Math.ceil(data.length / Math.max(1, events.length));
    let wait: Promise<void> | undefined;
    for (const event of events) wait = this.#dispatch(event, weight) ?? wait;
    if (violation) {
      // What the peer broke cannot be trusted to go on: the pool ends, the rest of the app does not notice.
      this.#break(violation);
      return undefined;
    }
    this.#note();
    this.#flush();
    return wait;
  }

  #dispatch(event: PsrpEvent, weight: number): Promise<void> | undefined {
    switch (event.kind) {
      case 'output':
      case 'error':
      case 'warning':
      case 'verbose':
      case 'debug':
      case 'information':
      case 'progress':
      case 'gap':
        if (event.kind === 'gap' && event.pipelineId === undefined) this.#listener.gap?.(event);
        return event.pipelineId === undefined
          ? undefined
          : this.#runs.get(event.pipelineId)?.deliver(event, weight);
      case 'hostCall': {
        const run = event.pipelineId === undefined ? undefined : this.#runs.get(event.pipelineId);
        if (run) return run.deliver(event, weight);
        this.#hostTail = this.#hostTail
          .then(() => this.#hostCall(event, new AbortController().signal))
          .catch(() => undefined);
        return undefined;
      }
      case 'pipelineState': {
        const run = this.#runs.get(event.pipelineId);
        if (
          run &&
          !run.ended &&
          (event.state === 'Completed' || event.state === 'Failed' || event.state === 'Stopped')
        ) {
          run.end(resultOf(event));
          // One that we withdrew the server never heard of.
          if (event.objectId !== undefined) void this.connection.closePipeline(event.pipelineId);
        }
        return undefined;
      }
      case 'poolState':
        if (event.state === 'Opened') {
          this.#opened?.resolve();
          this.#opened = undefined;
          if (this.#core.protocolVersion !== undefined)
            this.connection.protocolNegotiated?.(this.#core.protocolVersion);
        } else if (event.state === 'Broken') {
          this.#break(errorOf(event.error) ?? new Error('The server reported the runspace pool as broken.'));
        } else if (event.state === 'Closed') {
          this.#end(undefined);
          void this.close();
        }
        return undefined;
      case 'runspaceAvailability': {
        const waiter = this.#calls.get(event.callId);
        this.#calls.delete(event.callId);
        waiter?.resolve(event.response);
        return undefined;
      }
      case 'capability':
        // An RSA key takes a tenth of a second: it is made beside the opening, not in the middle of a password prompt.
        if (event.protocolVersion !== '2.4') void nodeSessionKeyCrypto.prepare();
        return undefined;
      case 'sessionKeyReady':
        for (const waiter of this.#keyWaiters.splice(0)) waiter.resolve();
        return undefined;
      case 'userEvent':
        this.#listener.userEvent?.(event);
        return undefined;
      default:
        return undefined;
    }
  }

  async #hostCall(event: Extract<PsrpEvent, { kind: 'hostCall' }>, over: AbortSignal): Promise<void> {
    const { call } = event;
    const outcome = this.#askHost(event, over);
    if (call.void) {
      await outcome;
      return;
    }
    // Not awaited by the reader of records: while a person thinks about an answer, the pipeline's end must still be seen.
    void outcome.then((answer) => {
      if (over.aborted || this.#closed) return;
      this.#core.answerHostCall(call, answer);
      this.#flush();
    });
  }

  async #askHost(
    event: Extract<PsrpEvent, { kind: 'hostCall' }>,
    over: AbortSignal,
  ): Promise<HostCallOutcome> {
    if (!this.#host) {
      return {
        kind: 'error',
        error: { message: 'The client has no host that could answer.', category: 'NotImplemented' },
      };
    }
    try {
      return await this.#host.call(event.call, over);
    } catch (error) {
      return { kind: 'error', error: { message: asError(error).message, category: 'OperationStopped' } };
    }
  }

  #call(make: () => bigint): Promise<boolean | bigint> {
    this.#mustBeOpen('open it first');
    const callId = make();
    const answer = new Promise<boolean | bigint>((resolve, reject) => {
      this.#calls.set(callId, { resolve, reject });
    });
    this.#flush();
    return answer;
  }

  /** Hands the connection everything that waits to be sent. */
  #flush(): void {
    if (this.#closed) return;
    for (;;) {
      const out = this.#core.takeOutgoing((target) =>
        this.connection.capacity(target.opensPipeline ? 'pipeline' : 'send', target.stream),
      );
      if (!out) return;
      this.#outbox.add(out);
    }
  }

  #send(out: Outgoing): Promise<void> {
    return out.opensPipeline && out.pipelineId !== undefined
      ? this.connection.createPipeline(out.pipelineId, out.data)
      : this.connection.send(out.data, out.stream, out.pipelineId);
  }

  /** One pipeline is out of our hands, and only it: the server is told to end it, lest it hold the runspace for ever. */
  #lose(pipelineId: string, error: Error): void {
    const run = this.#runs.get(pipelineId);
    if (!run || run.ended) return;
    run.fail(error);
    this.#core.pipeline(pipelineId)?.abandon(error);
    void this.connection.closePipeline(pipelineId);
  }

  #break(error: Error): void {
    if (this.#state === 'Broken' || this.#state === 'Closed') return;
    this.#closed = true;
    // The core is broken already where it was the one that found the fault.
    if (this.#core.state !== 'Broken' && this.#core.state !== 'Closed') this.#core.broken(error);
    this.#note(error);
    this.#letGo(error);
    // The shell may well stand on the server still, where it counts against what its user may have.
    void this.close();
  }

  #end(error: Error | undefined): void {
    this.#closed = true;
    if (this.#state === 'Broken' || this.#state === 'Closed') return;
    if (this.#core.state !== 'Broken' && this.#core.state !== 'Closed') this.#core.closed();
    this.#note();
    this.#letGo(error ?? new PoolStateError('Closed', 'it was closed while this was under way'));
  }

  #letGo(error: Error): void {
    this.#opened?.reject(error);
    this.#opened = undefined;
    for (const waiter of [...this.#calls.values(), ...this.#keyWaiters.splice(0)]) waiter.reject(error);
    this.#calls.clear();
    this.#outbox.clear();
    this.#interruption = undefined;
    for (const run of this.#runs.values()) run.fail(error);
  }

  #note(error?: Error): void {
    const state = this.#core.state;
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.stateChanged?.(state, error);
  }

  #mustBeOpen(wanted: string): void {
    if (this.#state !== 'Opened' || this.#closed) throw new PoolStateError(this.#state, wanted);
  }
}

function cannotDisconnect(message: string): ShellFault {
  return new ShellFault('cannot-disconnect', { message });
}

function resultOf(event: Extract<PsrpEvent, { kind: 'pipelineState' }>): PipelineResult {
  return {
    state: event.state === 'Completed' || event.state === 'Stopped' ? event.state : 'Failed',
    error: event.error?.kind === 'record' ? event.error.record.raw : undefined,
    errorText: event.error?.kind === 'record' ? event.error.record.message : event.error?.exception.message,
  };
}

function errorOf(error: StateError | undefined): Error | undefined {
  return error?.kind === 'record' ? new Error(error.record.message) : error?.exception;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
