import type { PsValue } from '../clixml/value.ts';
import { UsageError } from '../errors.ts';
import type { MessageBodies } from './codecs.ts';
import type { PipelineState } from './enums.ts';
import type { PsrpEvent, StateError } from './events.ts';
import type { MessageName } from './message.ts';
import { hasEnded, nextPipelineState } from './transitions.ts';
import type { PipelineEvent } from './transitions.ts';

/** What a pipeline needs of its pool. */
export interface PipelineLink {
  send<N extends MessageName>(name: N, body: MessageBodies[N], pipelineId: string): void;
  emit(event: PsrpEvent): void;
  /** Whether anything of the pipeline has left. */
  hasOpened(pipelineId: string): boolean;
  pendingBytes(pipelineId: string): number;
  /** Forgets what has not begun to leave. */
  dropUnsent(pipelineId: string): void;
  /** The pipeline has ended: nothing more is sent or awaited. */
  ended(pipelineId: string): void;
}

/** A pipeline on the server, as the client sees it ([MS-PSRP] 3.1.1.3). Made by the pool, never by itself. */
export class ClientPipeline {
  readonly id: string;
  readonly #link: PipelineLink;
  #state: PipelineState = 'NotStarted';
  #inputOpen: boolean;
  /** The pool's disconnect took it along, so the pool's reconnect brings it back. */
  #disconnectedByPool = false;

  constructor(link: PipelineLink, id: string, takesInput: boolean) {
    this.#link = link;
    this.id = id;
    this.#inputOpen = takesInput;
  }

  get state(): PipelineState {
    return this.#state;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#state);
  }

  /** Whether input may be written still. */
  get inputOpen(): boolean {
    return this.#inputOpen && (this.#state === 'Running' || this.#state === 'Disconnected');
  }

  /** Bytes that wait to be sent: who writes much input should wait for this to sink. */
  get queuedBytes(): number {
    return this.#link.pendingBytes(this.id);
  }

  /** [MS-PSRP] 2.2.2.17 */
  writeInput(value: PsValue): void {
    this.#requireInput('write input');
    this.#link.send('PIPELINE_INPUT', { value }, this.id);
  }

  /** [MS-PSRP] 2.2.2.18 */
  endInput(): void {
    this.#requireInput('end the input');
    this.#inputOpen = false;
    this.#link.send('END_OF_PIPELINE_INPUT', {}, this.id);
  }

  #requireInput(what: string): void {
    if (this.inputOpen) return;
    throw new UsageError('psrp.pipeline.input', `Cannot ${what}: the pipeline takes none, or no more.`, {
      state: this.#state,
      pipelineId: this.id,
    });
  }

  /**
   * The transport is asking the server to stop it. Input that has not begun to leave is dropped; a pipeline of which nothing has left
   * is simply withdrawn, and the server never hears of it: check `state` before troubling it.
   */
  stopping(): void {
    const withdrawn = this.#state === 'Running' && !this.#link.hasOpened(this.id);
    this.apply(withdrawn ? 'withdraw' : 'stop');
    this.#inputOpen = false;
    this.#link.dropUnsent(this.id);
  }

  /** The transport has connected to the command again: it runs on. */
  connected(): void {
    this.apply('connected');
    this.#disconnectedByPool = false;
  }

  /** The transport has lost this pipeline for good, though not the pool: nothing more is sent or awaited. */
  abandon(error: Error): void {
    this.apply('pool-broken', { kind: 'exception', exception: error });
  }

  /** For the pool. */
  poolDisconnected(): void {
    if (this.hasEnded || this.#state === 'Disconnected') return;
    this.apply('disconnected');
    this.#disconnectedByPool = true;
  }

  /** For the pool. */
  poolReconnected(): void {
    if (this.#disconnectedByPool && this.#state === 'Disconnected') this.connected();
  }

  /** For the pool: takes the one way by which a pipeline changes state, and tells of it. */
  apply(event: PipelineEvent, error?: StateError, objectId?: bigint): void {
    const previous = this.#state;
    const state = nextPipelineState(previous, event);
    if (state === previous) return;
    this.#state = state;
    this.#link.emit({
      kind: 'pipelineState',
      pipelineId: this.id,
      state,
      previous,
      ...(error ? { error } : {}),
      ...(objectId === undefined ? {} : { objectId }),
    });
    if (hasEnded(state)) this.#link.ended(this.id);
  }
}
