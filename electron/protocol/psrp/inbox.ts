import { Defragmenter } from './fragment.ts';
import type { Defragmented } from './fragment.ts';
import { EMPTY_GUID } from './guid.ts';
import { ObjectLedger } from './object-ledger.ts';

/**
 * What arrives for a pool: for each target a defragmenter and a ledger, by which repetition is told; and a ledger of all, by which loss is.
 * .NET counts its objects over all targets. A server that counted each pipeline's from 1 would look as if it lost much, but nothing of it would
 * be taken for repeated.
 */
export class Inbox {
  /** Of all targets together. */
  readonly ledger = new ObjectLedger();
  readonly #ledgers = new Map<string, ObjectLedger>();
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

  /** Notes that an object has arrived for a target; false where it had before. */
  note(objectId: bigint, pipelineId: string | undefined): boolean {
    this.ledger.add(objectId);
    const key = pipelineId ?? EMPTY_GUID;
    let ledger = this.#ledgers.get(key);
    if (ledger === undefined) {
      ledger = new ObjectLedger();
      this.#ledgers.set(key, ledger);
    }
    return ledger.add(objectId);
  }

  /** The connection is back: what the server repeats is passed over. */
  resume(): void {
    for (const [key, defragmenter] of this.#defragmenters) {
      const ledger = this.#ledgers.get(key);
      defragmenter.resume((id) => ledger?.has(id) === true);
    }
  }

  /** Nothing more comes for this pipeline. */
  forget(pipelineId: string): void {
    this.#defragmenters.delete(pipelineId);
    this.#ledgers.delete(pipelineId);
  }

  clear(): void {
    this.#defragmenters.clear();
    this.#ledgers.clear();
  }
}
