/** The runs of a pool: how they are started, stopped, let go of and lost. */
import type { PsValue } from '../protocol/clixml/value.ts';
import type { PoolState } from '../protocol/psrp/enums.ts';
import type { PsrpEvent } from '../protocol/psrp/events.ts';
import type { ClientRunspacePool } from '../protocol/psrp/runspace-pool.ts';
import type { RemotingConnection } from './connection.ts';
import { PoolStateError } from './errors.ts';
import type { HostCaller } from './host-caller.ts';
import type { Outbox } from './outbox.ts';
import { PipelineRun, type PipelineResult } from './pipeline-run.ts';

/** Input held for a slow server before `writeInput` waits: as much as a few envelopes carry. */
const MOST_UNSENT = 1024 * 1024;

export interface PoolRunsOptions {
  readonly core: ClientRunspacePool;
  readonly connection: RemotingConnection;
  readonly outbox: Outbox;
  readonly hostCaller: HostCaller;
  readonly state: () => PoolState;
  /** Hands the connection everything that waits to be sent. */
  readonly flush: () => void;
  /** Tells of what a call of ours changed. */
  readonly dispatch: () => void;
}

export interface CorePipeline {
  write(value: PsValue): void;
  end(): void;
  stopping(): void;
}

type PipelineStateEvent = Extract<PsrpEvent, { kind: 'pipelineState' }>;

export class PoolRuns {
  readonly #options: PoolRunsOptions;
  readonly #runs = new Map<string, PipelineRun>();
  /** Ended, and the server is being told. */
  readonly #closing = new Set<Promise<void>>();
  /** Runs that were stopped or abandoned while the server could not be told. */
  readonly #toClose = new Set<string>();
  /** The server is done with them, and their last messages are not read yet. */
  readonly #done = new Map<string, Error>();

  constructor(options: PoolRunsOptions) {
    this.#options = options;
  }

  /** Frees it on the server. Never fails. */
  #close(id: string): void {
    const closing = this.#options.connection.closePipeline(id).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Resolves when the server was told of all that have ended. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  get all(): readonly PipelineRun[] {
    return [...this.#runs.values()];
  }

  get(id: string | undefined): PipelineRun | undefined {
    return id === undefined ? undefined : this.#runs.get(id);
  }

  start(id: string, signal: AbortSignal | undefined, pipeline: CorePipeline): PipelineRun {
    const { outbox, flush, hostCaller } = this.#options;
    const onAbort = (): void => void run.stop();
    const run = new PipelineRun(id, {
      stop: () => this.#stop(run, pipeline),
      abandon: (error) => this.letGo(run, error),
      writeInput: async (value) => {
        pipeline.write(value);
        flush();
        if (outbox.bytes(id) > MOST_UNSENT) await outbox.drained('default', id);
      },
      endInput: () => {
        pipeline.end();
        flush();
      },
      hostCall: (event, over) => hostCaller.call(event, over),
    });
    this.#runs.set(id, run);
    signal?.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => {
      signal?.removeEventListener('abort', onAbort);
      this.#runs.delete(id);
      this.#done.delete(id);
      outbox.forget(id);
    };
    run.finished.then(forget, forget);
    flush();
    return run;
  }

  async #stop(run: PipelineRun, pipeline: CorePipeline): Promise<void> {
    const { outbox, connection, state, dispatch } = this.#options;
    if (state() !== 'Opened') {
      this.letGo(run, this.#notThere());
      return;
    }
    pipeline.stopping();
    // One of which nothing had left has ended with that.
    dispatch();
    if (run.ended) return;
    // A pipeline whose creation is still on its way is stopped when the server knows it.
    await outbox.drained('default', run.id);
    if (run.ended) return;
    await connection.stopPipeline(run.id).catch((error: unknown) => {
      this.lose(run.id, error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Ends a run for its reader; the server is told at once, or when it can be. */
  letGo(run: PipelineRun, error: Error): void {
    run.fail(error);
    const pipeline = this.#options.core.pipeline(run.id);
    if (pipeline && !pipeline.hasEnded) pipeline.abandon(error);
    this.#options.dispatch();
    if (this.#options.state() === 'Opened') this.#close(run.id);
    else this.#toClose.add(run.id);
  }

  /** One pipeline is out of our hands, and only it: the server is told to end it, lest it hold the runspace for ever. */
  lose(id: string, error: Error): void {
    const run = this.#runs.get(id);
    if (run && !run.ended) this.letGo(run, error);
  }

  /** The server is done with the command. Its state came before, or it is held back behind a gap, or it never came. */
  doneAtServer(id: string, error: Error): void {
    if (this.#options.core.isHolding(id)) this.#done.set(id, error);
    else this.lose(id, error);
  }

  /** Something was read. */
  settle(): void {
    for (const [id, error] of this.#done) this.doneAtServer(id, error);
  }

  stateChanged(event: PipelineStateEvent): void {
    const run = this.#runs.get(event.pipelineId);
    if (!run || run.ended) return;
    if (event.state !== 'Completed' && event.state !== 'Failed' && event.state !== 'Stopped') return;
    run.end(resultOf(event));
    // One that we withdrew the server never heard of.
    if (event.objectId !== undefined) this.#close(event.pipelineId);
  }

  /** Who waits for a pipeline to stop waits for a server that is not there. */
  disconnected(): void {
    for (const run of this.all) if (run.isStopping) this.letGo(run, this.#notThere());
  }

  /** The server can be told again. */
  connected(): void {
    for (const id of this.#toClose) this.#close(id);
    this.#toClose.clear();
  }

  failAll(error: Error): void {
    for (const run of this.#runs.values()) run.fail(error);
  }

  #notThere(): PoolStateError {
    return new PoolStateError(this.#options.state(), 'the pipeline is stopped when it is connected again');
  }
}

function resultOf(event: PipelineStateEvent): PipelineResult {
  return {
    state: event.state === 'Completed' || event.state === 'Stopped' ? event.state : 'Failed',
    error: event.error?.kind === 'record' ? event.error.record.raw : undefined,
    errorText: event.error?.kind === 'record' ? event.error.record.message : event.error?.exception.message,
  };
}
