import { Defragmenter } from './fragment.ts';
import type { Defragmented } from './fragment.ts';
import { EMPTY_GUID } from './guid.ts';
import { ObjectLedger } from './object-ledger.ts';

/** Objects that the server sent and that did not arrive, where they should have: before the message that follows. */
export interface Gap {
  /** Undefined for the pool. */
  readonly pipelineId: string | undefined;
  /** Ids, as [first, last]. */
  readonly missing: readonly (readonly [bigint, bigint])[];
  /** The highest of them. */
  readonly objectId: bigint;
  /**
   * False where another pipeline may still bring some of them: servers number the messages of all in one row. What is certain is proved by ids:
   * each target's messages come in order, and all have got further.
   */
  readonly certain: boolean;
}

/** Held behind a gap that may be none: the pool's answer is a round trip away, and more than this comes only from who does not answer. */
const MOST_HELD_BYTES = 8 * 1024 * 1024;

export type Arrival =
  ({ readonly kind: 'gap' } & Gap) | { readonly kind: 'message'; readonly whole: Defragmented };

interface Source {
  readonly pipelineId: string | undefined;
  readonly defragmenter: Defragmenter;
  /** By which repetition is told. */
  readonly ledger: ObjectLedger;
  /** The highest id that came; before any came, the highest of all when this began. Undefined where nothing is known. */
  last: bigint | undefined;
  /** An answer of the server may have been lost, and nothing new has come since. */
  suspect: boolean;
  /** What came behind a gap of which the pool's next message will say whether it is one. */
  held:
    | {
        /** The first id that may be missing. */
        readonly from: bigint;
        readonly wholes: Defragmented[];
        bytes: number;
      }
    | undefined;
}

/**
 * What arrives for a pool: for each target a defragmenter and a ledger, by which repetition is told; and a ledger of all, by which loss is.
 * .NET counts its objects over all targets. A server that counted each pipeline's from 1 would look as if it lost much, but nothing of it would
 * be taken for repeated, and nothing for lost either: where ids were missing before anything can have been lost, they prove nothing.
 */
export class Inbox {
  /** Of all targets together, as it was read. */
  readonly ledger = new ObjectLedger();
  /** The same, as it came: what is held is in it already. */
  readonly #came = new ObjectLedger();
  readonly #sources = new Map<string, Source>();
  readonly #maxMessageBytes: number | undefined;
  /** Whether the server's ids leave nothing out. */
  #dense = true;
  /** Something may have been lost before: what is missing from then on says nothing of how the server numbers. */
  #everSuspect = false;
  #wantsProbe = false;

  constructor(maxMessageBytes: number | undefined) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Something waits for the pool's next message: any call to the pool brings one. True once for each wait. */
  takeProbe(): boolean {
    const wants = this.#wantsProbe;
    this.#wantsProbe = false;
    return wants;
  }

  push(bytes: Uint8Array, pipelineId: string | undefined): Arrival[] {
    const source = this.#source(pipelineId);
    const arrivals: Arrival[] = [];
    for (const whole of source.defragmenter.push(bytes)) this.#arrived(source, whole, arrivals);
    return arrivals;
  }

  #arrived(source: Source, whole: Defragmented, arrivals: Arrival[]): void {
    const { objectId } = whole;
    const since = source.last;
    this.#came.add(objectId);
    if (source.last === undefined || objectId > source.last) source.last = objectId;
    if (source.held) {
      source.held.wholes.push(whole);
      source.held.bytes += whole.message.length;
      // Something may have been lost once more, and the pool is to say so once more.
      if (source.suspect && !source.ledger.has(objectId)) {
        source.suspect = false;
        this.#wantsProbe = true;
      }
      if (source.held.bytes > MOST_HELD_BYTES) this.#settle(arrivals, true);
    } else if (source.suspect && !source.ledger.has(objectId)) {
      source.suspect = false;
      this.#afterSuspicion(source, since, whole, arrivals);
    } else {
      if (whole.lostBefore) arrivals.push(this.#gap(source, pairs(whole.lostBefore), true));
      arrivals.push({ kind: 'message', whole });
    }
    if (source.pipelineId === undefined) this.#settle(arrivals);
  }

  /** The first new message after an answer that may have been lost: what is missing before it? */
  #afterSuspicion(source: Source, since: bigint | undefined, whole: Defragmented, arrivals: Arrival[]): void {
    const certain = whole.lostBefore ?? [];
    const range: [bigint, bigint] = [(since ?? whole.objectId) + 1n, whole.objectId - 1n];
    const all = since === undefined || !this.#dense ? [] : this.#missing(range, certain);
    const missing = source.pipelineId === undefined ? this.#noPipelines(all) : all;
    const others = [...this.#sources.values()].filter(
      (other) => other !== source && mayBring(other, missing),
    );
    if (missing.length > 0 && others.length === 1 && others[0]?.pipelineId === undefined) {
      source.held = { from: range[0], wholes: [whole], bytes: whole.message.length };
      this.#wantsProbe = true;
      return;
    }
    const lost = merge(missing, certain);
    if (lost.length > 0) arrivals.push(this.#gap(source, lost, others.length === 0));
    arrivals.push({ kind: 'message', whole });
  }

  /**
   * Of ids that are missing before a message to the pool: those that no pipeline may bring any more. The rest is told among the messages of the
   * pipeline, if it does not come, which is its place.
   */
  #noPipelines(missing: readonly (readonly [bigint, bigint])[]): (readonly [bigint, bigint])[] {
    const reached = [...this.#sources.values()]
      .filter(({ pipelineId }) => pipelineId !== undefined)
      .map(({ held, last }) => (held ? held.from - 1n : (last ?? 0n)));
    return missing.flatMap(([first, to]): (readonly [bigint, bigint])[] => {
      const last = reached.reduce((least, id) => (id < least ? id : least), to);
      return last < first ? [] : [[first, last]];
    });
  }

  /** The pool's messages have got further: what waits for them goes on where nothing more can be said about it. */
  #settle(arrivals: Arrival[], forced = false): void {
    for (const source of this.#sources.values()) {
      const { held } = source;
      if (!held) continue;
      const pool = this.#sources.get(EMPTY_GUID);
      const before = this.#holesBefore(held.from, held.wholes);
      const isOpen = (missing: readonly (readonly [bigint, bigint])[]): boolean =>
        pool !== undefined && pool !== source && mayBring(pool, missing);
      if (!forced && before.some(isOpen)) continue;
      source.held = undefined;
      for (const [at, whole] of held.wholes.entries()) {
        const missing = before[at] ?? [];
        const all = merge(missing, whole.lostBefore ?? []);
        if (all.length > 0) arrivals.push(this.#gap(source, all, !isOpen(missing)));
        arrivals.push({ kind: 'message', whole });
      }
    }
  }

  /** What is missing before each of the messages, the first of them reckoned from an id. */
  #holesBefore(from: bigint, wholes: readonly Defragmented[]): (readonly [bigint, bigint])[][] {
    let next = from;
    return wholes.map(({ objectId, lostBefore }) => {
      const missing = this.#missing([next, objectId - 1n], lostBefore ?? []);
      if (objectId >= next) next = objectId + 1n;
      return missing;
    });
  }

  /** What is missing between two ids, but for what is known to be lost. */
  #missing(
    [first, last]: readonly [bigint, bigint],
    known: readonly bigint[],
  ): (readonly [bigint, bigint])[] {
    if (first > last) return [];
    const bounded = this.#came.missing
      .filter(([from, to]) => to >= first && from <= last)
      .map(([from, to]) => [from < first ? first : from, to > last ? last : to] as const);
    return bounded.filter(([from, to]) => !(from === to && known.includes(from)));
  }

  #gap(source: Source, missing: readonly (readonly [bigint, bigint])[], certain: boolean): Arrival {
    // Told once, and no sign any more of a server that leaves ids out.
    for (const [first, last] of missing) this.#came.fill(first, last);
    const objectId = missing.at(-1)?.[1] ?? 0n;
    return { kind: 'gap', pipelineId: source.pipelineId, missing, objectId, certain };
  }

  /** Whether messages of this pipeline came that are held back behind what may be a gap. */
  isHolding(pipelineId: string): boolean {
    return this.#sources.get(pipelineId)?.held !== undefined;
  }

  /** Nothing more can be proved: what was held back is handed out. */
  flush(): Arrival[] {
    const arrivals: Arrival[] = [];
    this.#settle(arrivals, true);
    this.#wantsProbe = false;
    return arrivals;
  }

  /** Notes that an object was read for a target; false where it had been before. */
  note(objectId: bigint, pipelineId: string | undefined): boolean {
    this.ledger.add(objectId);
    return this.#source(pipelineId).ledger.add(objectId);
  }

  /** An answer of the server for this target may have been lost on its way, or come a second time. */
  answerLost(pipelineId: string | undefined): void {
    this.#checkNumbering();
    this.#suspect(this.#source(pipelineId));
    // It may have been the answer that what is held waits for.
    if (pipelineId === undefined) this.#askAgain();
  }

  /** The connection is back: what the server repeats is passed over, and what is missing told. */
  resume(): void {
    this.#checkNumbering();
    for (const source of this.#sources.values()) this.#suspect(source);
    this.#askAgain();
  }

  #askAgain(): void {
    if ([...this.#sources.values()].some(({ held }) => held)) this.#wantsProbe = true;
  }

  #suspect(source: Source): void {
    source.suspect = true;
    source.defragmenter.resume(
      (id) => source.ledger.has(id) || source.held?.wholes.some((w) => w.objectId === id) === true,
    );
  }

  /** Ids that are missing although every target has got further say that this server leaves some out. */
  #checkNumbering(): void {
    if (this.#everSuspect) return;
    this.#everSuspect = true;
    if ([...this.#sources.values()].some(({ suspect, held }) => suspect || held)) return;
    const lasts = [...this.#sources.values()].map(({ last }) => last).filter((last) => last !== undefined);
    const least = lasts.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
    const [oldest] = this.#came.missing;
    if (oldest !== undefined && least !== undefined && oldest[1] < least) this.#dense = false;
  }

  /** A pipeline of ours begins: what came before it is none of its. */
  begin(pipelineId: string): void {
    this.#source(pipelineId).last = this.#came.highest ?? 0n;
  }

  /**
   * A pipeline that another client began: its output may begin in the middle of a message. Where that client is known to have read it up to
   * some id, what comes again is passed over.
   */
  takeOver(pipelineId: string, readUpTo: bigint | undefined): void {
    const source = this.#source(pipelineId);
    source.last = readUpTo;
    // What is missing is reckoned from there, though nothing that this client received is as old.
    if (readUpTo !== undefined) {
      this.#came.add(readUpTo);
      this.#everSuspect = true;
    }
    source.suspect = true;
    source.defragmenter.resume((id) => (readUpTo !== undefined && id <= readUpTo) || source.ledger.has(id));
  }

  /** Nothing more comes for this pipeline. */
  forget(pipelineId: string): void {
    this.#sources.delete(pipelineId);
  }

  clear(): void {
    this.#sources.clear();
    this.#wantsProbe = false;
  }

  #source(pipelineId: string | undefined): Source {
    const key = pipelineId?.toLowerCase() ?? EMPTY_GUID;
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = {
        pipelineId: pipelineId?.toLowerCase(),
        defragmenter: new Defragmenter(this.#maxMessageBytes),
        ledger: new ObjectLedger(),
        last: undefined,
        suspect: false,
        held: undefined,
      };
      this.#sources.set(key, source);
    }
    return source;
  }
}

/** Whether a target may still bring some of what is missing: its messages come in order, and it has not got so far. */
function mayBring(source: Source, missing: readonly (readonly [bigint, bigint])[]): boolean {
  const highest = missing.at(-1)?.[1];
  return highest !== undefined && (source.last === undefined || source.last < highest);
}

function pairs(ids: readonly bigint[]): (readonly [bigint, bigint])[] {
  return ids.map((id) => [id, id] as const);
}

function merge(
  missing: readonly (readonly [bigint, bigint])[],
  certain: readonly bigint[],
): (readonly [bigint, bigint])[] {
  const rest = certain.filter((id) => !missing.some(([first, last]) => first <= id && id <= last));
  return [...missing, ...pairs(rest)].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
