import { Fragmenter, MIN_PAYLOAD_BYTES } from './fragment.ts';

export type OutgoingStream = 'default' | 'promptResponse';

/** Where a payload goes and what call carries it. */
export interface OutgoingTarget {
  readonly stream: OutgoingStream;
  /** Undefined for the pool. */
  readonly pipelineId: string | undefined;
  /** The payload makes the pool: it belongs into the call that creates or connects the shell. */
  readonly opensPool: boolean;
  /** The payload is the first fragment of a pipeline: it belongs into the call that creates the command. */
  readonly opensPipeline: boolean;
}

export interface Outgoing extends OutgoingTarget {
  /** Whole fragments. */
  readonly data: Uint8Array;
}

interface Target {
  readonly pipelineId: string | undefined;
  readonly default: Fragmenter;
  readonly promptResponse: Fragmenter;
  opened: boolean;
}

/** What a pool has to send, by target. Answers to host calls go first: the server waits for them. Pipelines take turns. */
export class OutgoingQueue {
  #objectId = 0n;
  readonly #nextObjectId = (): bigint => ++this.#objectId;
  readonly #pool: Target = this.#newTarget(undefined);
  readonly #pipelines = new Map<string, Target>();

  #newTarget(pipelineId: string | undefined): Target {
    return {
      pipelineId,
      default: new Fragmenter(this.#nextObjectId),
      promptResponse: new Fragmenter(this.#nextObjectId),
      opened: false,
    };
  }

  #target(pipelineId: string | undefined): Target {
    if (pipelineId === undefined) return this.#pool;
    let target = this.#pipelines.get(pipelineId);
    if (target === undefined) {
      target = this.#newTarget(pipelineId);
      this.#pipelines.set(pipelineId, target);
    }
    return target;
  }

  add(message: Uint8Array, pipelineId: string | undefined, stream: OutgoingStream, opens = false): void {
    this.#target(pipelineId)[stream].add(message, opens && pipelineId !== undefined);
  }

  /** The pool or pipeline exists on the server already: its next payload opens nothing. */
  markOpened(pipelineId: string | undefined): void {
    this.#target(pipelineId).opened = true;
  }

  hasOpened(pipelineId: string | undefined): boolean {
    return this.#target(pipelineId).opened;
  }

  pendingBytes(pipelineId: string | undefined): number {
    const target = pipelineId === undefined ? this.#pool : this.#pipelines.get(pipelineId);
    return target === undefined ? 0 : target.default.pendingBytes + target.promptResponse.pendingBytes;
  }

  /** Forgets what has not begun to leave. */
  dropUnstarted(pipelineId: string): void {
    const target = this.#pipelines.get(pipelineId);
    target?.default.dropUnstarted();
    target?.promptResponse.dropUnstarted();
  }

  /** Forgets everything of a pipeline that has ended. */
  forget(pipelineId: string): void {
    this.#pipelines.delete(pipelineId);
  }

  clear(): void {
    this.#pipelines.clear();
    this.#pool.default.dropUnstarted();
    this.#pool.promptResponse.dropUnstarted();
  }

  /** The next payload for which `capacity` has room; a capacity below a fragment's header and a byte means "not now". */
  take(capacity: (target: OutgoingTarget) => number): Outgoing | undefined {
    for (const stream of ['promptResponse', 'default'] as const) {
      const outgoing = this.#takeFrom(this.#pool, stream, capacity);
      if (outgoing) return outgoing;
      for (const [id, target] of this.#pipelines) {
        const taken = this.#takeFrom(target, stream, capacity);
        if (!taken) continue;
        // To the end of the line: the others come first next time.
        this.#pipelines.delete(id);
        this.#pipelines.set(id, target);
        return taken;
      }
    }
    return undefined;
  }

  #takeFrom(
    target: Target,
    stream: OutgoingStream,
    capacity: (target: OutgoingTarget) => number,
  ): Outgoing | undefined {
    const fragmenter = target[stream];
    if (fragmenter.isEmpty) return undefined;
    const opens = !target.opened && stream === 'default';
    // Nothing can be answered in what does not exist yet.
    if (!target.opened && stream === 'promptResponse') return undefined;
    const where: OutgoingTarget = {
      stream,
      pipelineId: target.pipelineId,
      opensPool: opens && target.pipelineId === undefined,
      opensPipeline: opens && target.pipelineId !== undefined,
    };
    const room = capacity(where);
    if (room < MIN_PAYLOAD_BYTES) return undefined;
    const data = fragmenter.take(room);
    if (data === undefined) return undefined;
    target.opened = true;
    return { ...where, data };
  }
}
