/** How a pool comes to be open, is left, come back to and taken over ([MS-PSRP] 3.1.4.1, 3.1.4.9, 3.1.4.10). */
import type { PoolState } from '../protocol/psrp/enums.ts';
import type { ClientRunspacePool } from '../protocol/psrp/runspace-pool.ts';
import type { Clock } from './clock.ts';
import type {
  ConnectionEvents,
  DisconnectOptions,
  Interruption,
  RemotingConnection,
  ShellControl,
} from './connection.ts';
import { OpenTimeoutError, PoolStateError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import type { PipelineRun } from './pipeline-run.ts';
import type { PoolRuns } from './pool-runs.ts';
import { ShellFault, shellFaultReason } from './shell-fault.ts';

export interface PoolLifeOptions {
  readonly id: string;
  readonly core: ClientRunspacePool;
  readonly connection: RemotingConnection;
  readonly outbox: Outbox;
  readonly runs: PoolRuns;
  readonly clock: Clock;
  readonly openTimeoutMs: number;
  readonly events: () => ConnectionEvents;
  readonly flush: () => void;
  readonly dispatch: () => void;
  /** Tells of the core's state, where it is another than before. */
  readonly note: (error?: Error) => void;
  readonly broken: (error: Error) => void;
}

export class PoolLife {
  readonly #options: PoolLifeOptions;
  #opened: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #interruption: Interruption | undefined;
  readonly #whenInterrupted: (() => void)[] = [];

  constructor(options: PoolLifeOptions) {
    this.#options = options;
  }

  /** Read anew each time: calls change it. */
  #state(): PoolState {
    return this.#options.core.state;
  }

  get interruption(): Interruption | undefined {
    return this.#interruption;
  }

  open(): Promise<void> {
    const { core, note, connection, id, events } = this.#options;
    return this.#begin(async () => {
      core.open();
      note();
      await connection.open(id, this.#opening('open'), events());
    });
  }

  async connect(): Promise<void> {
    const { core, note, connection, id, events } = this.#options;
    try {
      await this.#begin(async () => {
        const shells = this.shells();
        core.connect();
        note();
        await shells.connect(id, this.#opening('connect'), events());
      });
    } catch (error) {
      // It is not ours, and must not be removed as our own would be.
      connection.abort(asError(error));
      throw error;
    }
  }

  #opening(call: 'open' | 'connect'): Uint8Array {
    const { core, connection } = this.#options;
    return core.takeOutgoing(() => connection.capacity(call))?.data ?? new Uint8Array();
  }

  async #begin(make: () => Promise<void>): Promise<void> {
    const { clock, openTimeoutMs, flush, broken, connection, core } = this.#options;
    // One that waited for its turn may have been closed meanwhile: nothing of it would ever say that it is over.
    if (core.state !== 'BeforeOpen') throw new PoolStateError(core.state, 'only a new one can be opened');
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    opened.catch(() => undefined);
    const fail = (error: Error): void => {
      if (core.state === 'Connecting') connection.abort(error);
      broken(error);
    };
    const inTime = clock.after(openTimeoutMs, () => fail(new OpenTimeoutError(openTimeoutMs)));
    try {
      // The deadline ends a server that does not answer, too.
      await Promise.race([make(), opened]);
      flush();
    } catch (error) {
      fail(asError(error));
    }
    await opened.finally(inTime);
  }

  /** The server says that the pool is open. */
  opened(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  shells(): ShellControl {
    const { shells } = this.#options.connection;
    if (shells === undefined) throw cannotDisconnect('A session over a pipe ends with its connection.');
    return shells;
  }

  get canDisconnect(): boolean {
    const { core, connection } = this.#options;
    const version = core.protocolVersion;
    return connection.shells !== undefined && version !== undefined && version !== '2.1';
  }

  async disconnect(options: DisconnectOptions): Promise<void> {
    const { core, note, outbox, runs } = this.#options;
    const shells = this.shells();
    if (!this.canDisconnect) {
      throw cannotDisconnect('The server speaks a protocol that knows no disconnecting.');
    }
    core.beginDisconnect();
    note();
    // What was handed to the connection is on its way, or waits for a server that cannot be reached.
    // So is the word that a pipeline is done with: without it whoever connects next would receive it once more.
    await Promise.race([Promise.all([outbox.allDrained(), runs.closed()]), this.#interrupted()]);
    outbox.pause();
    if (core.state !== 'Disconnecting') {
      throw new PoolStateError(core.state, 'it ended while it was disconnected');
    }
    try {
      await shells.disconnect(options);
    } catch (error) {
      if (core.state === 'Disconnecting') {
        core.reconnected();
        this.#openAgain();
      }
      throw error;
    }
    this.setDisconnected(undefined);
  }

  #interrupted(): Promise<void> {
    if (this.#interruption !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenInterrupted.push(resolve);
    });
  }

  async reconnect(): Promise<void> {
    const { core, note, broken } = this.#options;
    if (core.state !== 'Disconnected') {
      throw new PoolStateError(core.state, 'only a disconnected pool can be reconnected');
    }
    const shells = this.shells();
    core.reconnecting();
    note();
    try {
      await shells.reconnect();
    } catch (error) {
      if (shellFaultReason(error) === 'not-found') broken(asError(error));
      else if (this.#state() === 'Connecting') this.setDisconnected(asError(error));
      throw error;
    }
    if (this.#state() !== 'Connecting') {
      throw new PoolStateError(this.#state(), 'it ended while it was reconnected');
    }
    core.reconnected();
    this.#openAgain();
  }

  async connectPipeline(id: string, readUpTo: bigint | undefined): Promise<PipelineRun> {
    const { core, runs, dispatch } = this.#options;
    const shells = this.shells();
    const pipeline = core.reconstructPipeline(id, readUpTo);
    const run = runs.start(pipeline.id, undefined, {
      write: (value) => pipeline.writeInput(value),
      end: () => pipeline.endInput(),
      stopping: () => pipeline.stopping(),
    });
    try {
      await shells.connectPipeline(pipeline.id);
    } catch (error) {
      runs.lose(run.id, asError(error));
      throw error;
    }
    if (!pipeline.hasEnded) pipeline.connected();
    dispatch();
    return run;
  }

  interruptedBy(interruption: Interruption): void {
    this.#interruption = interruption;
    for (const resolve of this.#whenInterrupted.splice(0)) resolve();
  }

  resumed(): void {
    this.#interruption = undefined;
  }

  setDisconnected(error: Error | undefined): void {
    const { core, outbox, dispatch, note, runs } = this.#options;
    outbox.pause();
    this.#interruption = undefined;
    core.disconnected();
    dispatch();
    note(error);
    runs.disconnected();
  }

  /** After a disconnect, or after one that was refused. */
  #openAgain(): void {
    const { dispatch, note, outbox, flush, runs } = this.#options;
    dispatch();
    note();
    outbox.resume();
    flush();
    runs.connected();
  }

  /** The pool is over. */
  end(error: Error): void {
    this.#opened?.reject(error);
    this.#opened = undefined;
    this.#interruption = undefined;
  }
}

function cannotDisconnect(message: string): ShellFault {
  return new ShellFault('cannot-disconnect', { message });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
