/**
 * Lines appended to a file that is rotated by size. Writing is asynchronous and never throws: a full disk or a read-only folder must not
 * hurt a session.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogFileOptions {
  readonly folder: string;
  /** Bytes of one file. A megabyte is some 8,000 lines: days of ordinary use, and small enough to attach to a report. */
  readonly maxBytes?: number;
  /** Files kept beside the current one. */
  readonly older?: number;
}

/** Lines that wait for a slow disk. Beyond it lines are counted instead of kept, and the count is written. */
const MOST_WAITING = 5000;

export class LogFile {
  readonly path: string;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #older: number;
  #waiting: string[] = [];
  #dropped = 0;
  #size: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: LogFileOptions) {
    this.#folder = options.folder;
    this.path = join(options.folder, 'psdeck.log');
    this.#maxBytes = options.maxBytes ?? 1024 * 1024;
    this.#older = options.older ?? 2;
  }

  append(line: string): void {
    if (this.#waiting.length >= MOST_WAITING) this.#dropped += 1;
    else this.#waiting.push(line);
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when everything appended so far is written, or could not be. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** For the last words of a process that is about to end. */
  flushSync(): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      appendFileSync(this.path, this.#take(), { mode: 0o600 });
    } catch {
      // There is nobody left to tell.
    }
  }

  #take(): string {
    if (this.#dropped > 0) {
      this.#waiting.push(`${new Date().toISOString()} warn log.dropped lines=${String(this.#dropped)}`);
      this.#dropped = 0;
    }
    const text = this.#waiting.map((line) => `${line}\n`).join('');
    this.#waiting = [];
    return text;
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // joins what is logged in one go
    while (this.#waiting.length > 0) {
      const text = this.#take();
      try {
        await this.#makeRoom();
        await appendFile(this.path, text, { mode: 0o600 });
        this.#size = (this.#size ?? 0) + Buffer.byteLength(text);
      } catch {
        this.#size = undefined; // look again at what is there, next time
      }
    }
  }

  async #makeRoom(): Promise<void> {
    if (this.#size === undefined) {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      this.#size = await stat(this.path).then(
        (found) => found.size,
        () => 0,
      );
    }
    if (this.#size < this.#maxBytes) return;
    const named = (n: number) => (n === 0 ? this.path : join(this.#folder, `psdeck.${String(n)}.log`));
    await rm(named(this.#older), { force: true });
    for (let n = this.#older - 1; n >= 0; n -= 1) {
      await rename(named(n), named(n + 1)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
    }
    this.#size = 0;
  }
}
