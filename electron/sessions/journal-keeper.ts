/** Keeps the journal true to the sessions: what is put, what changes, what is done with. */
import type { JournalEntry, JournalPipeline, LeftSession, SessionJournal } from './journal.ts';
import type { Session } from './session.ts';

/** How long a server may keep what an earlier run left, at most, where it did not say: after that nobody needs to be asked about it. */
const LONGEST_KEPT_MS = 7 * 24 * 3600 * 1000;

export class JournalKeeper {
  readonly #journal: SessionJournal | undefined;
  readonly #wallClock: () => number;

  /** Without a journal nothing is kept: sessions end with the app. */
  constructor(journal: SessionJournal | undefined, wallClock: () => number) {
    this.#journal = journal;
    this.#wallClock = wallClock;
  }

  /** What earlier runs left and a server may have still. The rest is forgotten. */
  left(): LeftSession[] {
    const left = this.#journal?.left ?? [];
    const now = this.#wallClock();
    for (const { entry } of left.filter(({ leftAt }) => leftAt + LONGEST_KEPT_MS < now)) {
      this.#quietly(this.#journal?.forget(entry.shellId));
    }
    return left.filter(({ leftAt }) => leftAt + LONGEST_KEPT_MS >= now);
  }

  /** A session that is open now: from here on a crash of ours leaves a trace of it. */
  async opened(session: Session): Promise<void> {
    const pool = session.pool;
    if (!this.#journal || !pool?.canDisconnect) return;
    const now = this.#wallClock();
    const {
      name,
      serverId,
      computerName,
      configurationName,
      userName,
      endsOnExit,
      idleTimeoutMs,
      bufferMode,
    } = session.row;
    const entry: JournalEntry = {
      shellId: pool.id,
      instanceId: pool.id,
      name,
      serverId,
      computerName,
      configurationName,
      createdAt: now,
      endsOnExit,
      disconnected: false,
      heardAt: now,
      pipelines: [],
      ...(userName === undefined ? {} : { userName }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(bufferMode === undefined ? {} : { bufferMode }),
      ...(session.proxy === undefined ? {} : { proxy: session.proxy }),
    };
    this.#journal.watch(pool.id, (known) => ({
      // Of one that is left, the server's idle time runs.
      heardAt: session.row.state === 'Disconnected' || session.isRemoved ? known.heardAt : this.#wallClock(),
      pipelines: this.#pipelines(session, known),
      lastObjectId: String(pool.received.highest ?? 0n),
    }));
    try {
      await this.#journal.put(entry);
      await this.#journal.taken(pool.id);
    } catch {
      // Told to the log by the journal itself; the session goes on.
    }
  }

  /** Its row changed: what of it a later run needs to know. */
  changed(session: Session): void {
    const { shellId } = session;
    if (!this.#journal || shellId === undefined) return;
    const known = this.#journal.get(shellId);
    if (!known) return;
    const { state, idleTimeoutMs, bufferMode, endsOnExit } = session.row;
    if (state === 'Closed' || state === 'Broken') return this.#quietly(this.#journal.forget(shellId));
    const change: Partial<JournalEntry> = {
      disconnected: state === 'Disconnected',
      endsOnExit,
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(bufferMode === undefined ? {} : { bufferMode }),
    };
    if (Object.entries(change).every(([name, value]) => known[name as keyof JournalEntry] === value)) return;
    const heardAt = known.disconnected && state === 'Disconnected' ? known.heardAt : this.#wallClock();
    this.#quietly(this.#journal.change(shellId, { ...change, heardAt }));
  }

  /** A command began or ended. */
  running(session: Session): void {
    const { shellId } = session;
    const known = shellId === undefined ? undefined : this.#journal?.get(shellId);
    if (known)
      this.#quietly(this.#journal?.change(known.shellId, { pipelines: this.#pipelines(session, known) }));
  }

  /** What runs, since when, and how far its output was shown. */
  #pipelines(session: Session, known: JournalEntry): JournalPipeline[] {
    return session.pipelines.map(({ id, readUpTo, startedAt }) => {
      const before = known.pipelines.find((each) => each.id === id);
      return {
        id,
        startedAt: before?.startedAt ?? startedAt ?? this.#wallClock(),
        ...(readUpTo === undefined ? {} : { readUpTo: String(readUpTo) }),
      };
    });
  }

  /** Output came: written with the next save, which is soon. */
  heard(session: Session): void {
    if (session.shellId !== undefined) this.#quietly(this.#journal?.change(session.shellId, {}, true));
  }

  /** It is no more, or nobody wants it any more. */
  forget(shellId: string): Promise<void> {
    return this.#journal?.forget(shellId).catch(() => undefined) ?? Promise.resolve();
  }

  async flush(): Promise<void> {
    await this.#journal?.flush().catch(() => undefined);
  }

  /** A save that fails is told to the log; the session goes on. */
  #quietly(saved: Promise<void> | undefined): void {
    saved?.catch(() => undefined);
  }
}
