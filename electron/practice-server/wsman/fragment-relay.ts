/**
 * Fragments on their way through: messages are put together and cut anew for the other side, with object ids of our own, so that each side
 * gets fragments of the size it can take and ids that rise by one.
 */
import { Defragmenter, Fragmenter } from '../../protocol/psrp/fragment.ts';
import { isRecord } from './engine-state.ts';

/** Object ids of one direction of one shell ([MS-PSRP] 2.2.4). */
export class ObjectIds {
  #last = 0n;
  readonly next = (): bigint => {
    this.#last += 1n;
    return this.#last;
  };
}

export class FragmentRelay {
  readonly #in: Defragmenter;
  readonly #out: Fragmenter;

  /** A larger message is a ProtocolError; the default is what a PowerShell client takes. */
  constructor(ids: ObjectIds, maxMessageBytes?: number) {
    this.#in = new Defragmenter(maxMessageBytes);
    this.#out = new Fragmenter(ids.next);
  }

  get pendingBytes(): number {
    return this.#out.pendingBytes;
  }

  get isEmpty(): boolean {
    return this.#out.isEmpty;
  }

  /** Takes fragments in; returns the whole messages they completed. Throws ProtocolError. */
  push(fragments: Uint8Array): Uint8Array[] {
    const messages = this.#in.push(fragments).map((whole) => whole.message);
    // One fragment a chunk, as Windows answers, and numbered when it is made, as .NET does: what is dropped later leaves a gap.
    for (const message of messages) this.#out.addNumbered(message, true);
    return messages;
  }

  /** Forgets the oldest records until no more than so many bytes wait. */
  dropOldest(keepBytes: number): void {
    this.#out.dropOldest(keepBytes, isRecord);
  }

  /** The next fragment, header and all, of at most so many bytes. */
  take(maxBytes: number): Uint8Array | undefined {
    return this.#out.take(maxBytes);
  }
}
