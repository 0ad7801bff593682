/** What a pool sends: to each target in order, targets beside one another. What a lost connection left unsent waits for the next. */
import type { Outgoing } from '../protocol/psrp/outgoing.ts';

interface Lane {
  readonly waiting: Outgoing[];
  bytes: number;
  isSending: boolean;
  readonly empty: (() => void)[];
}

export interface OutboxOptions {
  send(out: Outgoing): Promise<void>;
  /** True where nothing of it has left and it may be sent again later. */
  mayStay(error: Error): boolean;
  failed(out: Outgoing, error: Error): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  #paused = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(out: Outgoing): void {
    const lane = this.#lane(out.stream, out.pipelineId);
    lane.waiting.push(out);
    lane.bytes += out.data.length;
    void this.#pump(lane);
  }

  /** Bytes of input for a pipeline that wait. */
  bytes(pipelineId: string): number {
    return this.#lanes.get(key('default', pipelineId))?.bytes ?? 0;
  }

  /** Resolves when nothing waits for the target any more, sent or given up. */
  drained(stream: Outgoing['stream'], pipelineId: string | undefined): Promise<void> {
    const lane = this.#lanes.get(key(stream, pipelineId));
    return lane === undefined ? Promise.resolve() : drained(lane);
  }

  /** Resolves when nothing waits at all. */
  async allDrained(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(drained));
  }

  /** Nothing more is begun until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const lane of this.#lanes.values()) void this.#pump(lane);
  }

  forget(pipelineId: string): void {
    for (const stream of ['default', 'promptResponse'] as const) {
      const lane = this.#lanes.get(key(stream, pipelineId));
      this.#lanes.delete(key(stream, pipelineId));
      if (lane) empty(lane);
    }
  }

  clear(): void {
    for (const lane of this.#lanes.values()) empty(lane);
    this.#lanes.clear();
  }

  #lane(stream: Outgoing['stream'], pipelineId: string | undefined): Lane {
    const name = key(stream, pipelineId);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { waiting: [], bytes: 0, isSending: false, empty: [] };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  async #pump(lane: Lane): Promise<void> {
    if (lane.isSending) return;
    lane.isSending = true;
    try {
      for (;;) {
        const [out] = lane.waiting;
        if (out === undefined || this.#paused) return;
        try {
          // In order: the next fragment belongs behind this one.
          // oxlint-disable-next-line no-await-in-loop
          await this.#options.send(out);
        } catch (thrown) {
          const error = thrown instanceof Error ? thrown : new Error(String(thrown));
          if (this.#options.mayStay(error)) {
            this.#paused = true;
            return;
          }
          this.#options.failed(out, error);
        }
        if (lane.waiting[0] === out) {
          lane.waiting.shift();
          lane.bytes -= out.data.length;
        }
        if (lane.waiting.length === 0) for (const done of lane.empty.splice(0)) done();
      }
    } finally {
      lane.isSending = false;
    }
  }
}

function key(stream: string, pipelineId: string | undefined): string {
  return `${stream}/${pipelineId ?? ''}`;
}

function drained(lane: Lane): Promise<void> {
  if (lane.waiting.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    lane.empty.push(resolve);
  });
}

function empty(lane: Lane): void {
  lane.waiting.length = 0;
  lane.bytes = 0;
  for (const done of lane.empty.splice(0)) done();
}
