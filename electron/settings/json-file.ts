/**
 * A small file of the app's own state. What is on disk is always the old value or the new one: written beside, flushed, renamed, and the
 * folder flushed. A file that cannot be read as what it should be is set aside, never overwritten.
 */
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';

export interface LoadResult<T> {
  readonly value: T;
  /** Where a damaged file was put, if there was one. */
  readonly setAside?: string;
}

export class JsonFile<S extends z.ZodType> {
  readonly #path: string;
  readonly #schema: S;
  readonly #initial: () => z.output<S>;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, schema: S, initial: () => z.output<S>) {
    this.#path = path;
    this.#schema = schema;
    this.#initial = initial;
  }

  async load(): Promise<LoadResult<z.output<S>>> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { value: this.#initial() };
      throw error;
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    const parsed = this.#schema.safeParse(json);
    if (parsed.success) return { value: parsed.data };
    const setAside = `${this.#path}.damaged-${String(Date.now())}`;
    await rename(this.#path, setAside);
    return { value: this.#initial(), setAside: basename(setAside) };
  }

  /** Saves are made one after the other, in the order asked. */
  save(value: z.output<S>): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    const next = this.#writing.then(() => writeDurably(this.#path, text));
    this.#writing = next.catch(() => undefined);
    return next;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = join(folder, `.${basename(path)}.${String(process.pid)}.new`);
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await replace(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw error;
  }
  if (process.platform === 'win32') return; // Windows has no handle on a folder to flush; NTFS journals the rename
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems flush no folders. The file is whole in its place; only a power cut right now could bring the old one back.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP', 'EPERM')) throw error;
  } finally {
    await handle.close();
  }
}

/** How often a rename is tried on Windows, where a virus scanner may hold the file that was just written for a moment. */
const RENAME_TRIES = 6;

async function replace(from: string, to: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (
        tried >= RENAME_TRIES ||
        !hasCode(error, 'EPERM', 'EACCES', 'EBUSY') ||
        process.platform !== 'win32'
      )
        throw error;
      await delay(10 * 2 ** tried);
    }
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
