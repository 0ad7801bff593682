/** One running pipeline: its records in the order they came, its end, and the ways to stop it. */
import type { PsrpEvent } from '../protocol/psrp/events.ts';
import type { PsValue } from '../protocol/clixml/value.ts';
import { PipelineFailedError } from './errors.ts';
import { EventQueue } from './event-queue.ts';

export type PipelineRecord = Extract<
  PsrpEvent,
  { kind: 'output' | 'error' | 'warning' | 'verbose' | 'debug' | 'information' | 'progress' | 'gap' }
>;

type HostCallEvent = Extract<PsrpEvent, { kind: 'hostCall' }>;

export interface PipelineResult {
  readonly state: 'Completed' | 'Failed' | 'Stopped';
  /** The terminating error as an ErrorRecord, where there was one. */
  readonly error: PsValue | undefined;
  /** Its text, for a message. */
  readonly errorText: string | undefined;
}

/** What the pool does for a run; a run never sees the pool itself. */
export interface RunPort {
  /** Resolves once the engine was told to stop. */
  stop(): Promise<void>;
  /** Ends the run here at once, and on the server when it can be told. */
  abandon(error: Error): void;
  writeInput(value: PsValue): Promise<void>;
  endInput(): void;
  hostCall(event: HostCallEvent, signal: AbortSignal): Promise<void>;
}

/**
 * Bytes of one pipeline held for its consumer before the connection stops reading: some forty 100-KB envelopes, enough that reading and
 * consuming overlap, little enough that 1,000 runs with slow consumers do not fill memory.
 */
const MOST_HELD = 4 * 1024 * 1024;

export class PipelineRun implements AsyncIterable<PsValue> {
  readonly id: string;
  /** Resolves when the pipeline's final state came, rejects when the connection broke first. Records may still wait to be read. */
  readonly finished: Promise<PipelineResult>;
  readonly #port: RunPort;
  readonly #queue = new EventQueue<PipelineRecord | HostCallEvent>(MOST_HELD);
  readonly #over = new AbortController();
  #settle!: { resolve: (result: PipelineResult) => void; reject: (error: Error) => void };
  #ended = false;
  #claimed = false;
  #stopping = false;
  #discarded = 0;
  #readUpTo: bigint | undefined;

  constructor(id: string, port: RunPort) {
    this.id = id;
    this.#port = port;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who only iterates sees the failure there; without this the same failure would also be an unhandled rejection.
    this.finished.catch(() => undefined);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The object id of the last message that was handed to the reader, or called at the host: what a later client need not get again. */
  get readUpTo(): bigint | undefined {
    return this.#readUpTo;
  }

  /**
   * Records that came after it was asked to stop and found more waiting than the bound holds. Until it stops, a pipeline may write on for as long
   * as it likes, and who stopped it does not want all of that: what was held can be read, what comes on top is counted and let go.
   */
  get discarded(): number {
    return this.#discarded;
  }

  /** Whether somebody asked for its end. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /**
   * Every record of every stream in the order the server sent it; a `gap` stands where the connection lost some. Host calls
   * are made in their place. Once per run.
   */
  async *records(): AsyncGenerator<PipelineRecord, void, void> {
    if (this.#claimed) throw new Error('The records of a pipeline can be read once.');
    this.#claimed = true;
    try {
      for (;;) {
        const event = await this.#queue.next();
        if (event === undefined) return;
        if (event.kind === 'hostCall') await this.#port.hostCall(event, this.#over.signal);
        else yield event;
        this.#readUpTo = event.objectId;
      }
    } finally {
      if (!this.#ended) {
        this.#queue.discard();
        await this.stop();
      }
    }
  }

  /** The output objects; throws {@link PipelineFailedError} after the last one where the pipeline failed. Leaving the loop stops the pipeline. */
  async *[Symbol.asyncIterator](): AsyncGenerator<PsValue, void, void> {
    for await (const record of this.records()) {
      if (record.kind === 'output') yield record.value;
    }
    const result = await this.finished;
    if (result.state === 'Failed') {
      throw new PipelineFailedError(result.errorText ?? 'The pipeline failed.', result.error);
    }
  }

  /** Reads everything. Records of other streams than output are returned beside it. */
  async collect(): Promise<{ output: PsValue[]; records: PipelineRecord[]; result: PipelineResult }> {
    const output: PsValue[] = [];
    const records: PipelineRecord[] = [];
    for await (const record of this.records()) {
      if (record.kind === 'output') output.push(record.value);
      else records.push(record);
    }
    return { output, records, result: await this.finished };
  }

  /** Ctrl+C. Resolves when the pipeline has ended, or the connection with it. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#stopping = true;
    // The connection must read on, for the state that says that it has stopped comes behind all that.
    this.#queue.shed(
      (event) => event.kind !== 'hostCall' && event.kind !== 'gap',
      () => {
        this.#discarded += 1;
      },
    );
    await this.#port.stop();
    await this.finished.catch(() => undefined);
  }

  /**
   * Lets go of it at once, without waiting for the server: for who will not wait for one that cannot be reached. The server is told to end
   * it as soon as it can be. The records end with `reason`.
   */
  abandon(reason: Error = new Error('The pipeline was abandoned.')): void {
    if (this.#ended) return;
    this.#stopping = true;
    this.#port.abandon(reason);
  }

  /** Sends an input object; resolves when there is room for the next. */
  writeInput(value: PsValue): Promise<void> {
    return this.#port.writeInput(value);
  }

  endInput(): void {
    this.#port.endInput();
  }

  /** For the pool: an event came. Returns a promise when the connection should not read on. */
  deliver(event: PipelineRecord | HostCallEvent, weight: number): Promise<void> | undefined {
    return this.#queue.push(event, weight);
  }

  /** For the pool: the final state came. */
  end(result: PipelineResult): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.abort();
    this.#queue.end();
    this.#settle.resolve(result);
  }

  /** For the pool: the connection ended before the pipeline did. What had arrived can still be read. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.abort();
    this.#queue.end(error);
    this.#settle.reject(error);
  }
}
