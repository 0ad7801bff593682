/**
 * The command lines people ran, of every server, over every run of the app: a file of one JSON line each, written behind the last and never
 * in between. Whatever ends the app, all but a line half written is kept; what cannot be read is passed over. It is written anew, beside and
 * in the place of the old one, when it has grown to twice what it holds.
 */
import { mkdir, open, readFile, rename, stat, truncate, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HistoryLine } from '../../shared/terminal.ts';
import { mayHoldSecret } from './history-secrets.ts';

/** What a search still goes through between two keys, and more than years of work at a prompt make. */
const MOST_LINES = 100_000;
/** A line of more was a pasted file: it is run, and not remembered. */
const MOST_CHARS = 64 * 1024;
/** Sent to a window at a time: a few hundred kilobytes. */
const PART = 10_000;
/** A file of more than this is none of ours. */
const MOST_BYTES = 256 * 1024 * 1024;

export interface HistoryOptions {
  readonly folder: string;
  readonly added: (line: HistoryLine) => void;
  readonly cleared: (serverId: string) => void;
  /** A file that cannot be written; told once. */
  readonly failed: (error: unknown) => void;
  /** Whether lines go to disk; asked for each. */
  readonly keeps: () => boolean;
}

/** As it stands in the file: a line of a server, or that a server's lines before it are forgotten. */
type Entry = { readonly s: string; readonly c: string } | { readonly x: string };

export class LineHistory {
  readonly #path: string;
  readonly #options: HistoryOptions;
  #lines: HistoryLine[] = [];
  /** The newest line of each server: the same again is no news. */
  readonly #newest = new Map<string, string>();
  /** Entries in the file, those included that no longer count. */
  #entries = 0;
  #writing: Promise<void> = Promise.resolve();
  #waiting: Entry[] = [];
  #toldOfFailure = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#path = join(options.folder, 'history.jsonl');
  }

  async load(): Promise<void> {
    let text: string;
    try {
      if ((await stat(this.#path)).size > MOST_BYTES)
        throw new Error('The history is larger than it can be.');
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#fail(error);
      return;
    }
    for (const line of text.split('\n')) this.#read(line);
    this.#trim();
    if (text !== '' && !text.endsWith('\n')) {
      // A line half written would grow together with the next one.
      const whole = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1));
      await truncate(this.#path, whole).catch((error: unknown) => this.#fail(error));
    }
  }

  #read(line: string): void {
    if (line === '') return;
    this.#entries += 1;
    let entry: unknown;
    try {
      entry = JSON.parse(line);
    } catch {
      return;
    }
    if (typeof entry !== 'object' || entry === null) return;
    if ('x' in entry && typeof entry.x === 'string') this.#forget(entry.x);
    else if ('s' in entry && 'c' in entry && typeof entry.s === 'string' && typeof entry.c === 'string') {
      this.#push({ serverId: entry.s, text: entry.c });
    }
  }

  /** A part of all lines, oldest first. */
  part(from: number): { lines: HistoryLine[]; next: number | null } {
    const to = from + PART;
    return { lines: this.#lines.slice(from, to), next: to < this.#lines.length ? to : null };
  }

  add(serverId: string, text: string): void {
    if (text.trim() === '' || text.length > MOST_CHARS || this.#newest.get(serverId) === text) return;
    if (!this.#options.keeps() || mayHoldSecret(text)) return;
    const line: HistoryLine = { serverId, text };
    this.#push(line);
    this.#trim();
    this.#options.added(line);
    this.#write({ s: serverId, c: text });
  }

  clear(serverId: string): void {
    this.#forget(serverId);
    this.#options.cleared(serverId);
    this.#write({ x: serverId });
    // What was to be forgotten must not stay in the file until it grows.
    this.#entries = Number.POSITIVE_INFINITY;
  }

  /** Everything that was added is on disk. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #push(line: HistoryLine): void {
    this.#lines.push(line);
    this.#newest.set(line.serverId, line.text);
  }

  #trim(): void {
    // Down to nine tenths at once, so that a full history is not moved for every line.
    if (this.#lines.length > MOST_LINES) this.#lines = this.#lines.slice(-Math.floor(MOST_LINES * 0.9));
  }

  #forget(serverId: string): void {
    this.#lines = this.#lines.filter((line) => line.serverId !== serverId);
    this.#newest.delete(serverId);
  }

  #write(entry: Entry): void {
    this.#waiting.push(entry);
    this.#writing = this.#writing.then(() => this.#flush()).catch((error: unknown) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    const entries = this.#waiting.splice(0);
    if (entries.length === 0) return;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#entries += entries.length;
    if (this.#entries > 2 * this.#lines.length + 1000) {
      await this.#rewrite();
      return;
    }
    // Opened for each line: another window's app may have put a new file in its place.
    const file = await open(this.#path, 'a', 0o600);
    try {
      await file.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), 'utf8');
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Without what was forgotten, and of equal lines of a server only the newest. */
  async #rewrite(): Promise<void> {
    const seen = new Set<string>();
    const kept: HistoryLine[] = [];
    for (const line of this.#lines.toReversed()) {
      const key = `${line.serverId}\n${line.text}`;
      if (!seen.has(key)) kept.push(line);
      seen.add(key);
    }
    this.#lines = kept.toReversed();
    const beside = `${this.#path}.${String(process.pid)}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(
        this.#lines.map(({ serverId, text }) => `${JSON.stringify({ s: serverId, c: text })}\n`).join(''),
        'utf8',
      );
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await rename(beside, this.#path);
    } catch (error) {
      await unlink(beside).catch(() => undefined);
      throw error;
    }
    this.#entries = this.#lines.length;
  }

  #fail(error: unknown): void {
    if (this.#toldOfFailure) return;
    this.#toldOfFailure = true;
    this.#options.failed(error);
  }
}
