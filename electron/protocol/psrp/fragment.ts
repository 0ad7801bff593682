/**
 * Fragments: how messages travel ([MS-PSRP] 2.2.4).
 *
 * Departures from the specification: the six reserved flag bits are ignored; a fragment may have an empty blob; the start flag is
 * refused on any fragment but the first (the specification is silent, .NET refuses it).
 */
import { ProtocolError, UsageError } from '../errors.ts';

export const FRAGMENT_HEADER_BYTES = 21;

/** A payload smaller than this cannot move anything: the header and one byte. */
export const MIN_PAYLOAD_BYTES = FRAGMENT_HEADER_BYTES + 1;

const START = 1;
const END = 2;

/**
 * How large one message from the peer may become: 200 MB, what PowerShell's own client accepts (PSSessionOption.MaximumReceivedObjectSize).
 * It bounds what a hostile or broken server can make us hold; no memory is set aside for bytes that have not arrived.
 */
export const DEFAULT_MAX_MESSAGE_BYTES = 200 * 1024 * 1024;

/** Objects in a row of which parts are lost. One answer holds parts of two at most, and a network that loses a thousand in a row is none. */
const MOST_LOST = 1000;

/** One message put together, and what it was put together from, so that a later layer can prove nothing was lost or doubled. */
export interface Defragmented {
  readonly objectId: bigint;
  readonly fragmentCount: number;
  /** May be a view of the bytes that were pushed: the caller must not reuse that buffer. */
  readonly message: Uint8Array;
  /** Objects before this one of which fragments came and others, lost with an answer, never will. */
  readonly lostBefore?: readonly bigint[];
}

interface Outbound {
  readonly bytes: Uint8Array;
  readonly alone: boolean;
  objectId: bigint | undefined;
  fragmentId: bigint;
  offset: number;
  /** Something of it has left. */
  begun: boolean;
}

/** Cuts queued messages into fragments and packs as many as fit into a payload. One for each target and stream: within those, the fragments of a message must not be mixed with another's. */
export class Fragmenter {
  readonly #nextObjectId: () => bigint;
  #queue: Outbound[] = [];
  #head = 0;
  #pendingBytes = 0;

  /** `nextObjectId` is shared by every fragmenter of a pool: object ids rise in the order in which messages leave ([MS-PSRP] 2.2.4). */
  constructor(nextObjectId: () => bigint) {
    this.#nextObjectId = nextObjectId;
  }

  /** Bytes of messages queued and not taken yet, without fragment headers. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  /** Whether the next payload starts a message that was queued as `alone`. */
  get startsAlone(): boolean {
    const next = this.#queue[this.#head];
    return next !== undefined && next.alone && !next.begun;
  }

  /** Queues a message. The first fragment of one queued as `alone` shares its payload with nothing, as CREATE_PIPELINE's in a Command's Arguments. */
  add(message: Uint8Array, alone = false): void {
    this.#queue.push({ bytes: message, alone, objectId: undefined, fragmentId: 0n, offset: 0, begun: false });
    this.#pendingBytes += message.length;
  }

  /** Queues a message that has its object id from now on, as a server's have that numbers them when they are made. */
  addNumbered(message: Uint8Array, alone = false): void {
    this.add(message, alone);
    const last = this.#queue.at(-1);
    if (last) last.objectId = this.#nextObjectId();
  }

  /** Forgets the oldest messages that may be, and of which nothing has left, until no more than so many bytes are pending. */
  dropOldest(keepBytes: number, mayDrop: (message: Uint8Array) => boolean): void {
    if (this.#pendingBytes <= keepBytes) return;
    const kept: Outbound[] = [];
    for (const entry of this.#queue.slice(this.#head)) {
      if (this.#pendingBytes > keepBytes && !entry.begun && mayDrop(entry.bytes)) {
        this.#pendingBytes -= entry.bytes.length;
      } else kept.push(entry);
    }
    this.#queue = kept;
    this.#head = 0;
  }

  /** Forgets the messages of which nothing has left yet. One that is half sent stays, for the receiver waits for its end. */
  dropUnstarted(): void {
    const next = this.#queue[this.#head];
    const started = next !== undefined && next.begun;
    this.#queue = started ? [next] : [];
    this.#head = 0;
    this.#pendingBytes = started ? next.bytes.length - next.offset : 0;
  }

  /** The next payload: whole fragments, at most `maxBytes` together. Undefined where nothing is queued. */
  take(maxBytes: number): Uint8Array | undefined {
    if (this.isEmpty) return undefined;
    if (maxBytes < MIN_PAYLOAD_BYTES) {
      throw new UsageError(
        'psrp.fragment.capacity',
        'A payload must have room for a fragment header and a byte.',
        {
          maxBytes,
        },
      );
    }
    const parts: { entry: Outbound; fragmentId: bigint; start: number; end: number }[] = [];
    let total = 0;
    for (;;) {
      const entry = this.#queue[this.#head];
      if (entry === undefined) break;
      const opensAlone = entry.alone && !entry.begun;
      if (opensAlone && parts.length > 0) break;
      const room = maxBytes - total - FRAGMENT_HEADER_BYTES;
      const left = entry.bytes.length - entry.offset;
      // A sliver of the next message at the end of a payload costs a header and gains little: only whole messages join.
      if (room < 1 || (parts.length > 0 && left > room)) break;
      entry.objectId ??= this.#nextObjectId();
      entry.begun = true;
      const length = Math.min(left, room);
      parts.push({ entry, fragmentId: entry.fragmentId, start: entry.offset, end: entry.offset + length });
      entry.fragmentId += 1n;
      entry.offset += length;
      total += FRAGMENT_HEADER_BYTES + length;
      this.#pendingBytes -= length;
      if (entry.offset < entry.bytes.length) break;
      this.#head++;
      if (opensAlone) break;
    }
    if (this.#head === this.#queue.length || this.#head >= 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const payload = new Uint8Array(total);
    const view = new DataView(payload.buffer);
    let at = 0;
    for (const { entry, fragmentId, start, end } of parts) {
      view.setBigUint64(at, entry.objectId ?? 0n);
      view.setBigUint64(at + 8, fragmentId);
      payload[at + 16] = (start === 0 ? START : 0) | (end === entry.bytes.length ? END : 0);
      view.setUint32(at + 17, end - start);
      payload.set(entry.bytes.subarray(start, end), at + FRAGMENT_HEADER_BYTES);
      at += FRAGMENT_HEADER_BYTES + end - start;
    }
    return payload;
  }
}

/** Bytes that grow by doubling: memory follows what has arrived, not what a header announces. */
class Growing {
  #bytes = new Uint8Array(0);
  length = 0;

  append(part: Uint8Array): void {
    const needed = this.length + part.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2, 4096));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.length);
    this.length = needed;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  shrinkTo(length: number): void {
    this.length = Math.min(this.length, length);
  }
}

interface Header {
  readonly objectId: bigint;
  readonly end: boolean;
  /** Known already: its blob is passed over. */
  readonly repeated: boolean;
}

/** Puts fragments back together. One for each stream of each target. Takes the bytes in any cut. A ProtocolError is final: the stream cannot be trusted after it. */
export class Defragmenter {
  readonly #maxMessageBytes: number;
  readonly #pendingHeader = new Uint8Array(FRAGMENT_HEADER_BYTES);
  #pendingHeaderBytes = 0;
  /** The fragment whose blob is being read. */
  #header: Header | undefined;
  #blobLeft = 0;
  /** The message under way. */
  #objectId: bigint | undefined;
  #nextFragmentId = 0n;
  #fragmentCount = 0;
  #messageBytes = 0;
  #parts: Growing | undefined;
  #failed: ProtocolError | undefined;
  /** After a loss: which objects are known to be whole. Undefined once something new has come that fits. */
  #isWhole: ((objectId: bigint) => boolean) | undefined;
  /** Of the message under way, before the fragment that is being read. */
  #bytesBefore = 0;
  #lost: bigint[] = [];

  constructor(maxMessageBytes: number = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The object that is incomplete, if any. */
  get pendingObjectId(): bigint | undefined {
    return this.#objectId;
  }

  /** Feeds bytes and returns the messages they complete. */
  push(bytes: Uint8Array): Defragmented[] {
    if (this.#failed) throw this.#failed;
    try {
      return this.#push(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) this.#failed = error;
      this.#parts = undefined;
      throw error;
    }
  }

  /**
   * An answer of the server may have been lost. It may come again: fragments that were read already are passed over until something new
   * comes. Or it may not: objects of which fragments are missing are given up, and told of with the next one (`lostBefore`). `isWhole` knows the
   * objects that were completed.
   */
  resume(isWhole: (objectId: bigint) => boolean): void {
    this.#isWhole = isWhole;
    this.#pendingHeaderBytes = 0;
    const header = this.#header;
    if (header === undefined) return;
    // What came of the fragment under way comes again from its beginning, if at all.
    this.#header = undefined;
    this.#blobLeft = 0;
    if (header.repeated) return;
    this.#parts?.shrinkTo(this.#bytesBefore);
    this.#messageBytes = this.#bytesBefore;
    this.#nextFragmentId -= 1n;
    this.#fragmentCount--;
    if (this.#fragmentCount === 0) this.#objectId = undefined;
  }

  /** The payload is over: refuses one that ends inside a fragment. For transports whose packets carry whole fragments. */
  end(): void {
    if (this.#failed) throw this.#failed;
    if (this.#pendingHeaderBytes > 0 || this.#header !== undefined) {
      this.#failed = new ProtocolError('psrp.fragment.truncated', 'The payload ends inside a fragment.', {
        headerBytes: this.#pendingHeaderBytes,
        blobBytesMissing: this.#blobLeft,
      });
      throw this.#failed;
    }
  }

  #push(bytes: Uint8Array): Defragmented[] {
    const done: Defragmented[] = [];
    let at = 0;
    for (;;) {
      if (this.#header === undefined) {
        const left = bytes.length - at;
        if (left === 0) break;
        if (this.#pendingHeaderBytes === 0 && left >= FRAGMENT_HEADER_BYTES) {
          this.#readHeader(bytes, at);
          at += FRAGMENT_HEADER_BYTES;
        } else {
          const taken = Math.min(left, FRAGMENT_HEADER_BYTES - this.#pendingHeaderBytes);
          this.#pendingHeader.set(bytes.subarray(at, at + taken), this.#pendingHeaderBytes);
          this.#pendingHeaderBytes += taken;
          at += taken;
          if (this.#pendingHeaderBytes < FRAGMENT_HEADER_BYTES) break;
          this.#pendingHeaderBytes = 0;
          this.#readHeader(this.#pendingHeader, 0);
        }
      }
      const header = this.#header;
      if (header === undefined) break;
      const taken = Math.min(this.#blobLeft, bytes.length - at);
      const part = bytes.subarray(at, at + taken);
      at += taken;
      this.#blobLeft -= taken;
      const whole = this.#blobLeft === 0;
      if (header.repeated) {
        if (!whole) break;
        this.#header = undefined;
        continue;
      }
      if (whole && header.end && this.#parts === undefined) {
        // The common case: everything of the message lies in what was pushed, so no byte is copied.
        done.push(this.#finish(header.objectId, part));
        continue;
      }
      this.#parts ??= new Growing();
      this.#parts.append(part);
      if (!whole) break;
      if (header.end) done.push(this.#finish(header.objectId, this.#parts.bytes()));
      else this.#header = undefined;
    }
    return done;
  }

  #finish(objectId: bigint, message: Uint8Array): Defragmented {
    const lostBefore = this.#lost.splice(0);
    const result: Defragmented = {
      objectId,
      fragmentCount: this.#fragmentCount,
      message,
      ...(lostBefore.length === 0 ? {} : { lostBefore }),
    };
    this.#header = undefined;
    this.#objectId = undefined;
    this.#parts = undefined;
    this.#messageBytes = 0;
    return result;
  }

  /** [MS-PSRP] 2.2.4 */
  #readHeader(bytes: Uint8Array, at: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAGMENT_HEADER_BYTES);
    const objectId = view.getBigUint64(0);
    const fragmentId = view.getBigUint64(8);
    const flags = view.getUint8(16);
    const length = view.getUint32(17);
    if (this.#isWhole !== undefined) {
      if (this.#passesOver(objectId, fragmentId, (flags & START) !== 0)) {
        this.#blobLeft = length;
        this.#header = { objectId, end: false, repeated: true };
        return;
      }
      this.#isWhole = undefined;
    }
    const facts = { objectId: String(objectId), fragmentId: String(fragmentId) };
    if (this.#objectId === undefined) {
      if (fragmentId !== 0n || (flags & START) === 0) {
        throw new ProtocolError(
          'psrp.fragment.no-start',
          'An object does not begin with its first fragment.',
          facts,
        );
      }
      this.#objectId = objectId;
      this.#nextFragmentId = 0n;
      this.#fragmentCount = 0;
    } else {
      if (objectId !== this.#objectId) {
        throw new ProtocolError(
          'psrp.fragment.interleaved',
          'An object begins before the one before it has ended.',
          {
            ...facts,
            expectedObjectId: String(this.#objectId),
          },
        );
      }
      if ((flags & START) !== 0) {
        throw new ProtocolError('psrp.fragment.restart', 'An object under way begins again.', facts);
      }
      if (fragmentId !== this.#nextFragmentId) {
        throw new ProtocolError('psrp.fragment.order', 'A fragment is out of order.', {
          ...facts,
          expectedFragmentId: String(this.#nextFragmentId),
        });
      }
    }
    this.#bytesBefore = this.#messageBytes;
    this.#messageBytes += length;
    if (this.#messageBytes > this.#maxMessageBytes) {
      throw new ProtocolError('psrp.fragment.too-large', 'A message is larger than this client accepts.', {
        ...facts,
        bytes: this.#messageBytes,
        limit: this.#maxMessageBytes,
      });
    }
    this.#nextFragmentId += 1n;
    this.#fragmentCount++;
    this.#blobLeft = length;
    this.#header = { objectId, end: (flags & END) !== 0, repeated: false };
  }

  /** After a loss: whether a fragment is of no use, because it is known, or because what belongs before it is lost. */
  #passesOver(objectId: bigint, fragmentId: bigint, isStart: boolean): boolean {
    if (objectId === this.#objectId) {
      if (fragmentId < this.#nextFragmentId) return true;
      if (fragmentId === this.#nextFragmentId) return false;
    } else if (this.#isWhole?.(objectId) === true) return true;
    this.#giveUp(this.#objectId);
    if (isStart && fragmentId === 0n) return false;
    this.#giveUp(objectId);
    return true;
  }

  #giveUp(objectId: bigint | undefined): void {
    this.#objectId = undefined;
    this.#parts = undefined;
    this.#messageBytes = 0;
    if (objectId === undefined || this.#lost.at(-1) === objectId) return;
    if (this.#lost.length >= MOST_LOST) {
      throw new ProtocolError('psrp.fragment.lost', 'Of too many objects the beginning is missing.', {
        objectId: String(objectId),
        limit: MOST_LOST,
      });
    }
    this.#lost.push(objectId);
  }
}
