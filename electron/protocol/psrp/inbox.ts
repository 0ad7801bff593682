import { Defragmenter } from './fragment.ts';
import type { Defragmented } from './fragment.ts';
import { EMPTY_GUID } from './guid.ts';
import { ObjectLedger } from './object-ledger.ts';

/** What arrives for a pool: one defragmenter for each target, one ledger for all. */
export class Inbox {
  readonly ledger = new ObjectLedger();
  readonly #maxMessageBytes: number | undefined;
  readonly #defragmenters = new Map<string, Defragmenter>();

  constructor(maxMessageBytes: number | undefined) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  push(bytes: Uint8Array, pipelineId: string | undefined): Defragmented[] {
    const key = pipelineId?.toLowerCase() ?? EMPTY_GUID;
    let defragmenter = this.#defragmenters.get(key);
    if (defragmenter === undefined) {
      defragmenter = new Defragmenter(this.#maxMessageBytes);
      this.#defragmenters.set(key, defragmenter);
    }
    return defragmenter.push(bytes);
  }

  /** The connection is back: what the server repeats is passed over. */
  resume(): void {
    for (const defragmenter of this.#defragmenters.values()) defragmenter.resume((id) => this.ledger.has(id));
  }

  /** Nothing more comes for this pipeline. */
  forget(pipelineId: string): void {
    this.#defragmenters.delete(pipelineId);
  }

  clear(): void {
    this.#defragmenters.clear();
  }
}
