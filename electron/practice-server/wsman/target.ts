/**
 * Where output goes: a runspace pool or one of its pipelines, each with fragments that wait for Receives, and the last answer, of which
 * nobody can know whether it arrived: WS-Management has no acknowledgement.
 */
import type { OutputChunk, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import type { Clock } from './clock.ts';
import { fillAnswer } from './envelope-budget.ts';
import { FragmentRelay, type ObjectIds } from './fragment-relay.ts';
import { OutputChannel } from './output-channel.ts';

export class Target {
  /** Undefined for the pool. */
  readonly commandId: string | undefined;
  readonly output: FragmentRelay;
  readonly input = new Map<string, FragmentRelay>();
  readonly channel: OutputChannel<ReceiveResponse>;
  ended = false;
  /** The pipeline waits for an answer of the client. */
  asking = false;
  /** The shell's client has it: not so before a client that came back, or a new one, has asked for it. */
  connected = true;
  /** Fragments to be handed out before all others. */
  #first: OutputChunk[] = [];
  #last: ReceiveResponse | undefined;

  constructor(commandId: string | undefined, ids: ObjectIds, clock: Clock) {
    this.commandId = commandId;
    this.output = new FragmentRelay(ids);
    this.channel = new OutputChannel({ take: (maxBytes) => this.#take(maxBytes) }, clock);
  }

  get pendingBytes(): number {
    return this.output.pendingBytes + this.#first.reduce((sum, chunk) => sum + chunk.data.byteLength, 0);
  }

  get isEmpty(): boolean {
    return this.output.isEmpty && this.#first.length === 0;
  }

  /** Whether there is an answer that may not have arrived. */
  get hasLast(): boolean {
    return this.#last !== undefined;
  }

  /** Hands a fragment of our own out before what waits. */
  sayFirst(data: Uint8Array): void {
    const { commandId } = this;
    this.#first.push({ name: 'stdout', data, ...(commandId === undefined ? {} : { commandId }) });
  }

  /** That answer did not get through, or may not have: it is handed out once more. */
  again(response: ReceiveResponse | undefined = this.#last): void {
    if (response === undefined || response !== this.#last) return;
    this.#last = undefined;
    this.#first = [...response.streams, ...this.#first];
  }

  #take(maxBytes: number): ReceiveResponse | undefined {
    const { commandId } = this;
    let isFirst = true;
    const streams = fillAnswer(maxBytes, (room) => {
      const chunk = this.#next(room, isFirst);
      isFirst = false;
      return chunk;
    });
    const done = this.ended && this.isEmpty;
    if (streams.length === 0 && !done) return undefined;
    this.#last = { streams, ...(commandId === undefined ? {} : this.#state(commandId, done)) };
    return this.#last;
  }

  #next(room: number, alone: boolean): OutputChunk | undefined {
    const [first] = this.#first;
    if (first !== undefined) {
      // One that was cut for a client of larger envelopes goes as it is, in an answer of its own: its ids are given.
      if (first.data.byteLength > room && !alone) return undefined;
      this.#first.shift();
      return first;
    }
    const data = this.output.take(room);
    const { commandId } = this;
    return data && { name: 'stdout', data, ...(commandId === undefined ? {} : { commandId }) };
  }

  #state(commandId: string, done: boolean): Pick<ReceiveResponse, 'commandState'> {
    if (done) return { commandState: { commandId, state: 'Done', exitCode: 0 } };
    // As Windows tells that the command waits for its client; a running one goes without saying.
    return this.asking && this.isEmpty ? { commandState: { commandId, state: 'Pending' } } : {};
  }
}
