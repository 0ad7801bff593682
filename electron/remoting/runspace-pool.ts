/**
 * A runspace pool over any connection: moves bytes between the protocol core and the connection, and hands events to whoever asked.
 * One exception in here breaks this pool and no other.
 */
import { randomUUID } from 'node:crypto';
import {
  decodeCommandMetadata,
  decodeCommandMetadataCount,
  type CommandKind,
  type CommandMetadata,
} from '../protocol/psrp/command-metadata.ts';
import { CommandTypes, type PoolState } from '../protocol/psrp/enums.ts';
import { ClientRunspacePool } from '../protocol/psrp/runspace-pool.ts';
import type { PsrpEvent, StateError } from '../protocol/psrp/events.ts';
import type { PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import { psPrimitiveDictionary, type PsPrimitive, type PsValue } from '../protocol/clixml/value.ts';
import type { Outgoing } from '../protocol/psrp/outgoing.ts';
import { systemClock } from './clock.ts';
import type {
  ConnectionEvents,
  DisconnectOptions,
  Interruption,
  RemotingConnection,
  ServerPipeline,
} from './connection.ts';
import { NotSentError, PoolStateError } from './errors.ts';
import { HostCaller } from './host-caller.ts';
import { Outbox } from './outbox.ts';
import type { PipelineRun } from './pipeline-run.ts';
import type { PoolListener, ReceivedMessages, RunspacePoolOptions } from './pool-options.ts';
import { PoolCalls } from './pool-calls.ts';
import { PoolLife } from './pool-life.ts';
import { PoolRuns } from './pool-runs.ts';
import { nodeSessionKeyCrypto } from './session-key-crypto.ts';

export type { PoolListener, ReceivedMessages, RunspacePoolOptions } from './pool-options.ts';

/** As PSSessionOption.OpenTimeout. */
const OPEN_TIMEOUT_MS = 180_000;

export class RunspacePool {
  readonly id: string;
  readonly connection: RemotingConnection;
  readonly #core: ClientRunspacePool;
  readonly #listener: PoolListener;
  readonly #runs: PoolRuns;
  readonly #hostCaller: HostCaller;
  readonly #life: PoolLife;
  readonly #calls: PoolCalls;
  readonly #outbox: Outbox;
  /** Bytes of objects that are not whole yet, by target. */
  readonly #unweighed = new Map<string, number>();
  #closed = false;
  #closing: Promise<void> | undefined;
  #state: PoolState = 'BeforeOpen';

  constructor(
    connection: RemotingConnection,
    options: RunspacePoolOptions = {},
    listener: PoolListener = {},
  ) {
    this.connection = connection;
    const newGuid = options.newGuid ?? randomUUID;
    this.id = options.id ?? newGuid();
    this.#listener = listener;
    this.#core = new ClientRunspacePool({
      id: this.id,
      minRunspaces: options.minRunspaces ?? 1,
      maxRunspaces: options.maxRunspaces ?? 1,
      newGuid,
      crypto: nodeSessionKeyCrypto,
      ...(options.protocolVersion === undefined ? {} : { protocolVersion: options.protocolVersion }),
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
        else this.#runs.lose(out.pipelineId, error);
      },
    });
    this.#hostCaller = new HostCaller(options.host, (call, outcome) => {
      if (this.#closed) return;
      this.#core.answerHostCall(call, outcome);
      this.#flush();
    });
    this.#calls = new PoolCalls({
      core: this.#core,
      mustBeOpen: () => this.#mustBeOpen('open it first'),
      flush: () => this.#flush(),
    });
    this.#runs = new PoolRuns({
      core: this.#core,
      connection,
      outbox: this.#outbox,
      hostCaller: this.#hostCaller,
      state: () => this.#state,
      flush: () => this.#flush(),
      dispatch: () => this.#dispatchAll(),
    });
    this.#life = new PoolLife({
      id: this.id,
      core: this.#core,
      connection,
      outbox: this.#outbox,
      runs: this.#runs,
      clock: options.clock ?? systemClock,
      openTimeoutMs: options.openTimeoutMs ?? OPEN_TIMEOUT_MS,
      events: () => this.#events(),
      flush: () => this.#flush(),
      dispatch: () => this.#dispatchAll(),
      note: (error) => this.#note(error),
      broken: (error) => this.#break(error),
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
    return this.#life.interruption;
  }

  /** Which messages of the server have come to this client, by their object ids. */
  get received(): ReceivedMessages {
    const { lowestObjectId: lowest, highestObjectId: highest, missingObjects: missing } = this.#core;
    return { lowest, highest, missing };
  }

  /** The pipelines that have not ended. */
  get runs(): readonly PipelineRun[] {
    return this.#runs.all;
  }

  /** Makes the remote shell and waits until the pool is Opened. */
  open(): Promise<void> {
    return this.#life.open();
  }

  /**
   * Takes over the shell of that id, which another client left, and waits until the pool is Opened. Its pipelines are taken over one by one,
   * by {@link connectPipeline} ([MS-PSRP] 3.1.4.10).
   * @throws ShellFault: `in-use`, `not-found`
   */
  connect(): Promise<void> {
    return this.#life.connect();
  }

  /** Whether the shell can outlive us: over WSMan, from protocol 2.2 on. */
  get canDisconnect(): boolean {
    return this.#life.canDisconnect;
  }

  /**
   * Leaves the shell and what runs in it. Runs stay as they are and go on when the pool is connected again; what arrived can still be read.
   * While the server cannot be reached, the pool is left without its knowing.
   * @throws ShellFault `cannot-disconnect`; the pool is what it was then
   */
  async disconnect(options: DisconnectOptions = {}): Promise<void> {
    this.#mustBeOpen('it can be disconnected while it is open');
    await this.#life.disconnect(options);
  }

  /**
   * Comes back to the shell we were disconnected from, and to its pipelines.
   * @throws ShellFault: `in-use` where another client has it, `not-found` where it is gone; the pool is Broken then. TransportError
   */
  reconnect(): Promise<void> {
    return this.#life.reconnect();
  }

  /** The pipelines of the shell, as the server lists them: those of an earlier client too. */
  async listPipelines(): Promise<ServerPipeline[]> {
    this.#mustBeOpen('connect to it first');
    return this.#life.shells().listPipelines();
  }

  /**
   * Takes over a pipeline that another client started in this shell, with the output that nobody has received yet ([MS-PSRP] 3.1.4.10.1).
   * Of what an earlier run of ours is known to have read, up to an object id, nothing comes a second time.
   * @throws ShellFault: `in-use`, `not-found`
   */
  async connectPipeline(id: string, options: { readUpTo?: bigint } = {}): Promise<PipelineRun> {
    this.#mustBeOpen('connect to it first');
    return this.#life.connectPipeline(id, options.readUpTo);
  }

  /** Ends the wait before the next attempt while the server cannot be reached. */
  retryNow(): void {
    this.connection.retryNow?.();
  }

  /** The computer slept, or is on another network: what the server was asked is asked again, where that does no harm. */
  networkChanged(): void {
    this.connection.networkChanged?.();
  }

  /** How long the server keeps the shell without a client, where it has said so. */
  get idleTimeoutMs(): number | undefined {
    return this.connection.idleTimeoutMs;
  }

  /** Starts a pipeline. Records must be read (or `collect`ed) for it to go on past a bound. */
  run(spec: PipelineSpec, options: { signal?: AbortSignal } = {}): PipelineRun {
    this.#mustBeOpen('open it first');
    options.signal?.throwIfAborted();
    const pipeline = this.#core.createPipeline(spec);
    return this.#runs.start(pipeline.id, options.signal, {
      write: (value) => pipeline.writeInput(value),
      end: () => pipeline.endInput(),
      stopping: () => pipeline.stopping(),
    });
  }

  /**
   * The commands of the server with these names, wildcards allowed, and their parameters ([MS-PSRP] 2.2.2.14); of all kinds unless some are
   * named.
   * @throws PipelineFailedError where the endpoint has no Get-Command or no Measure-Object
   */
  async commands(
    patterns: string | readonly string[],
    options: { kinds?: readonly CommandKind[]; modules?: readonly string[]; signal?: AbortSignal } = {},
  ): Promise<CommandMetadata[]> {
    this.#mustBeOpen('open it first');
    const { kinds, modules, signal } = options;
    signal?.throwIfAborted();
    const pipeline = this.#core.getCommandMetadata({
      names: typeof patterns === 'string' ? [patterns] : [...patterns],
      namespaces: modules,
      commandTypes: kinds?.reduce<number>((flags, kind) => flags | CommandTypes[kind], 0),
    });
    const run = this.#runs.start(pipeline.id, signal, {
      write: () => undefined,
      end: () => undefined,
      stopping: () => pipeline.stopping(),
    });
    const found: CommandMetadata[] = [];
    let isCount = true;
    for await (const value of run) {
      if (isCount) decodeCommandMetadataCount(value);
      else found.push(decodeCommandMetadata(value));
      isCount = false;
    }
    return found;
  }

  setMinRunspaces(count: number): Promise<boolean> {
    return this.#calls.make((core) => core.setMinRunspaces(count)).then(Boolean);
  }

  setMaxRunspaces(count: number): Promise<boolean> {
    return this.#calls.make((core) => core.setMaxRunspaces(count)).then(Boolean);
  }

  async availableRunspaces(): Promise<number> {
    return Number(await this.#calls.make((core) => core.getAvailableRunspaces()));
  }

  /** Clears variables and state of the runspace; protocol 2.3 and later. */
  resetRunspaceState(): Promise<boolean> {
    return this.#calls.make((core) => core.resetRunspaceState()).then(Boolean);
  }

  /** A secret as this pool's wire carries it: plain from protocol 2.4 on, before that sealed with a session key, which is exchanged first. */
  encryptSecureString(text: string): Promise<PsPrimitive<'SS'>> {
    return this.#calls.encrypt(text);
  }

  decryptSecureString(value: PsPrimitive<'SS'>): Promise<string> {
    return this.#calls.decrypt(value);
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

  #events(): ConnectionEvents {
    return {
      onData: (data, pipelineId) => this.#receive(data, pipelineId),
      onPipelineEnded: (pipelineId, error) => {
        // The state message normally came before this; a command that the server ended without one has lost its end.
        this.#runs.doneAtServer(
          pipelineId,
          error ?? new Error('The server ended the pipeline without telling its state.'),
        );
      },
      onClosed: (error) => {
        if (error) this.#break(error);
        else this.#end(undefined);
      },
      onInterrupted: (interruption) => {
        this.#life.interruptedBy(interruption);
        this.#listener.interrupted?.(interruption);
      },
      onResumed: () => {
        this.#life.resumed();
        this.#listener.resumed?.();
      },
      onAnswerLost: (pipelineId) => {
        this.#core.answerLost(pipelineId);
        this.#flush();
      },
      onDisconnected: (error) => this.#life.setDisconnected(error),
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
    const weight = this.#weigh(data.length, pipelineId, events.length);
    let wait: Promise<void> | undefined;
    for (const event of events) wait = this.#dispatch(event, weight) ?? wait;
    if (violation) {
      // What the peer broke cannot be trusted to go on: the pool ends, the rest of the app does not notice.
      this.#break(violation);
      return undefined;
    }
    this.#note();
    this.#runs.settle();
    this.#flush();
    return wait;
  }

  /** Bytes for each event. Those of an object that came in many parts count for the event it became. */
  #weigh(bytes: number, pipelineId: string | undefined, events: number): number {
    const key = pipelineId ?? '';
    const all = (this.#unweighed.get(key) ?? 0) + bytes;
    if (events === 0) this.#unweighed.set(key, all);
    else this.#unweighed.delete(key);
    return Math.ceil(all / Math.max(1, events));
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
        return this.#runs.get(event.pipelineId)?.deliver(event, weight);
      case 'hostCall': {
        const run = this.#runs.get(event.pipelineId);
        if (run) return run.deliver(event, weight);
        this.#hostCaller.poolCall(event);
        return undefined;
      }
      case 'pipelineState':
        this.#runs.stateChanged(event);
        return undefined;
      case 'poolState':
        if (event.state === 'Opened') {
          this.#life.opened();
          if (this.#core.protocolVersion !== undefined)
            this.connection.protocolNegotiated?.(this.#core.protocolVersion);
        } else if (event.state === 'Broken') {
          this.#break(errorOf(event.error) ?? new Error('The server reported the runspace pool as broken.'));
        } else if (event.state === 'Closed') {
          this.#end(undefined);
          void this.close();
        }
        return undefined;
      case 'runspaceAvailability':
        this.#calls.answered(event);
        return undefined;
      case 'capability':
        // An RSA key takes a tenth of a second: it is made beside the opening, not in the middle of a password prompt.
        if (event.protocolVersion !== '2.4') void nodeSessionKeyCrypto.prepare();
        return undefined;
      case 'sessionKeyReady':
        this.#calls.keyReady();
        return undefined;
      case 'userEvent':
        this.#listener.userEvent?.(event);
        return undefined;
      default:
        return undefined;
    }
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
    this.#life.end(error);
    this.#calls.failAll(error);
    this.#outbox.clear();
    this.#runs.failAll(error);
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

function errorOf(error: StateError | undefined): Error | undefined {
  return error?.kind === 'record' ? new Error(error.record.message) : error?.exception;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
