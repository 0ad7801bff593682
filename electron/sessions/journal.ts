/**
 * What the app remembers of its sessions, so that a run that was killed can be followed by one that has them back: which shell on which
 * server, what ran in it, and how far its output had come. No password and no command's text or output is in it.
 *
 * Each run of the app writes a file of its own, so that two at a time do not take each other's; a run that starts reads those of runs
 * that are no more, and owns an entry of theirs from the moment it has written it into its own.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { nodeDisk, type Disk } from '../settings/disk.ts';
import { JsonFile } from '../settings/json-file.ts';
import { systemClock, type Clock } from '../remoting/index.ts';

/** Object ids are 64 bits wide, more than a number holds. */
const ObjectId = z.string().regex(/^\d{1,20}$/);

const JournalPipeline = z.object({
  id: z.string(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** The object id of the last of its messages that was shown, or the highest before it began. Everything above it is news, or lost. */
  readUpTo: ObjectId.optional(),
});
export type JournalPipeline = z.infer<typeof JournalPipeline>;

const JournalEntry = z.object({
  /** As the server wrote it: compare without case. */
  shellId: z.string().min(1),
  /** The runspace pool's id, which Get-PSSession shows as InstanceId. */
  instanceId: z.string(),
  name: z.string(),
  serverId: z.string(),
  computerName: z.string(),
  configurationName: z.string(),
  userName: z.string().optional(),
  createdAt: z.number(),
  endsOnExit: z.boolean(),
  idleTimeoutMs: z.number().positive().optional(),
  bufferMode: z.enum(['Block', 'Drop']).optional(),
  /** The address of its own proxy; who signs in there is never written. */
  proxy: z.string().optional(),
  /** Left by a person: the next run offers it, but does not call it lost. */
  disconnected: z.boolean(),
  /** When the server was last heard from; its idle time counts from about then. */
  heardAt: z.number(),
  /** What ran, and had not ended. */
  pipelines: z.array(JournalPipeline),
  /** The highest object id that had come: what began later has higher ones. */
  lastObjectId: ObjectId.optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const RunFile = z.object({
  version: z.literal(1),
  pid: z.int(),
  startedAt: z.number(),
  /** When this was written. */
  savedAt: z.number(),
  sessions: z.array(JournalEntry),
});
type RunFile = z.infer<typeof RunFile>;

/** A session of an earlier run. */
export interface LeftSession {
  readonly entry: JournalEntry;
  /** When that run was last known to be there, milliseconds since 1970. */
  readonly leftAt: number;
}

export interface JournalOptions {
  readonly folder: string;
  /** Of this run: unique among all. */
  readonly runId: string;
  readonly pid: number;
  /** Whether a run of that process id may still be there. */
  readonly isAlive: (pid: number) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
  readonly clock?: Clock;
  /** A save that failed: the sessions go on, but would not be found again. */
  readonly failed?: (error: unknown) => void;
}

/**
 * How long news of mere progress (object ids) may wait to be written. What a killed run had seen since shows as a gap in the next one's
 * ledger, so it should be short; each save flushes a disk, so it should be long.
 */
const PROGRESS_MS = 1000;
const FILE_NAME = /^run-[\w-]+\.json$/;
/** A save that a crash has cut short, with the process that made it. */
const UNFINISHED = /^\.run-[\w-]+\.json\.(\d{1,10})\.new$/;

interface OtherRun {
  readonly file: JsonFile<typeof RunFile>;
  run: RunFile;
}

export class SessionJournal {
  readonly #options: JournalOptions;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #own: JsonFile<typeof RunFile>;
  readonly #startedAt: number;
  readonly #entries = new Map<string, JournalEntry>();
  readonly #watched = new Map<string, (known: JournalEntry) => Partial<JournalEntry>>();
  readonly #others: OtherRun[] = [];
  /** Files that could not be read, under the names they have now. */
  readonly damaged: string[] = [];
  #cancelTimer: (() => void) | undefined;
  #saving: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #written = false;

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#clock = options.clock ?? systemClock;
    this.#startedAt = options.now();
    this.#own = this.#file(`run-${options.runId}.json`);
  }

  /** Reads what earlier runs have left. A damaged file is set aside and named in {@link damaged}. */
  static async open(options: JournalOptions): Promise<SessionJournal> {
    const journal = new SessionJournal(options);
    await journal.#read();
    return journal;
  }

  async #read(): Promise<void> {
    const { folder, isAlive } = this.#options;
    for (const name of (await this.#disk.list(folder)).toSorted()) {
      const unfinished = UNFINISHED.exec(name)?.[1];
      if (unfinished !== undefined && !isAlive(Number(unfinished)))
        await this.#disk.remove(join(folder, name)).catch(() => undefined);
      if (!FILE_NAME.test(name)) continue;
      const file = this.#file(name);
      const { value: run, setAside } = await file.load();
      if (setAside !== undefined) this.damaged.push(setAside);
      else if (run.pid !== this.#options.pid && isAlive(run.pid)) continue;
      else if (run.sessions.length === 0) await file.remove().catch(() => undefined);
      else this.#others.push({ file, run });
    }
  }

  #file(name: string): JsonFile<typeof RunFile> {
    const none: RunFile = { version: 1, pid: 0, startedAt: 0, savedAt: 0, sessions: [] };
    return new JsonFile(join(this.#options.folder, name), RunFile, () => none, this.#disk);
  }

  /** What earlier runs have left, and this one has not taken; each shell once, as the run that had it last knew it. */
  get left(): LeftSession[] {
    const byShell = new Map<string, LeftSession>();
    for (const { run } of this.#others) {
      for (const entry of run.sessions) {
        const key = keyOf(entry.shellId);
        const known = byShell.get(key);
        if (this.#entries.has(key) || (known && known.leftAt >= run.savedAt)) continue;
        byShell.set(key, { entry, leftAt: run.savedAt });
      }
    }
    return [...byShell.values()];
  }

  get(shellId: string): JournalEntry | undefined {
    return this.#entries.get(keyOf(shellId));
  }

  /** A session of this run, new or changed. Resolves when a crash cannot lose it any more. */
  put(entry: JournalEntry): Promise<void> {
    this.#entries.set(keyOf(entry.shellId), entry);
    return this.#save();
  }

  /** A change of one that was put. `progress`: it may be written later, together with others. */
  change(shellId: string, change: Partial<JournalEntry>, progress = false): Promise<void> {
    const key = keyOf(shellId);
    const entry = this.#entries.get(key);
    if (!entry) return Promise.resolve();
    this.#entries.set(key, { ...entry, ...change });
    if (!progress) return this.#save();
    this.#cancelTimer ??= this.#clock.after(PROGRESS_MS, () => void this.#save().catch(() => undefined));
    return Promise.resolve();
  }

  /** Asked at each save how far the session has come: cheaper than being told of every message. */
  watch(shellId: string, progress: (known: JournalEntry) => Partial<JournalEntry>): void {
    this.#watched.set(keyOf(shellId), progress);
  }

  /** The shell is no more, or no longer wanted: neither this run nor a later one offers it. */
  async forget(shellId: string): Promise<void> {
    const key = keyOf(shellId);
    this.#watched.delete(key);
    // One that was forgotten a moment ago may still be on its way to the disk.
    const own = this.#entries.delete(key) ? this.#save() : (this.#again ?? this.#saving);
    await Promise.all([own, this.#dropFromOthers((entry) => keyOf(entry.shellId) === key)]);
  }

  /** This run has it now, and has {@link put} it: the files of earlier runs need not name it any more. */
  taken(shellId: string): Promise<void> {
    const key = keyOf(shellId);
    return this.#dropFromOthers((entry) => keyOf(entry.shellId) === key);
  }

  async #dropFromOthers(is: (entry: JournalEntry) => boolean): Promise<void> {
    for (const other of this.#others) {
      const sessions = other.run.sessions.filter((entry) => !is(entry));
      if (sessions.length === other.run.sessions.length) continue;
      other.run = { ...other.run, sessions };
      await this.#guarded(sessions.length === 0 ? other.file.remove() : other.file.save(other.run));
    }
  }

  /** Writes what still waits to be written. */
  async flush(): Promise<void> {
    if (this.#cancelTimer) await this.#save();
    await (this.#again ?? this.#saving);
  }

  /** One save at a time; those asked for meanwhile are one more, of what is true then. */
  #save(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (!this.#saving) {
      this.#saving = this.#write().finally(() => {
        this.#saving = undefined;
      });
      return this.#saving;
    }
    this.#again ??= this.#saving
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        return this.#save();
      });
    return this.#again;
  }

  #write(): Promise<void> {
    const sessions = [...this.#entries].map(([key, entry]) => ({
      ...entry,
      ...this.#watched.get(key)?.(entry),
    }));
    if (sessions.length === 0) {
      if (!this.#written) return Promise.resolve();
      this.#written = false;
      return this.#guarded(this.#own.remove());
    }
    this.#written = true;
    const run: RunFile = {
      version: 1,
      pid: this.#options.pid,
      startedAt: this.#startedAt,
      savedAt: this.#options.now(),
      sessions,
    };
    return this.#guarded(this.#own.save(run));
  }

  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#options.failed?.(error);
      throw error;
    }
  }
}

function keyOf(shellId: string): string {
  return shellId.toLowerCase();
}
