/**
 * A small file of the app's own state. What is on disk is always the old value or the new one: written beside, flushed, renamed, and the
 * folder flushed. A file that cannot be read as what it should be is set aside, never overwritten.
 */
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { nodeDisk, type Disk } from './disk.ts';

export interface LoadResult<T> {
  readonly value: T;
  /** Where a damaged file was put, if there was one. */
  readonly setAside?: string;
}

export class JsonFile<S extends z.ZodType> {
  readonly #path: string;
  readonly #schema: S;
  readonly #initial: () => z.output<S>;
  readonly #disk: Disk;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, schema: S, initial: () => z.output<S>, disk: Disk = nodeDisk) {
    this.#path = path;
    this.#schema = schema;
    this.#initial = initial;
    this.#disk = disk;
  }

  async load(): Promise<LoadResult<z.output<S>>> {
    const text = await this.#disk.readText(this.#path);
    if (text === undefined) return { value: this.#initial() };
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    const parsed = this.#schema.safeParse(json);
    if (parsed.success) return { value: parsed.data };
    const setAside = `${this.#path}.damaged-${String(Date.now())}`;
    await this.#disk.rename(this.#path, setAside);
    return { value: this.#initial(), setAside: basename(setAside) };
  }

  /** Saves are made one after the other, in the order asked. */
  save(value: z.output<S>): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    return this.#inTurn(() => writeDurably(this.#disk, this.#path, text));
  }

  /** The file is needed no more. */
  remove(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#disk.remove(this.#path);
      await this.#disk.syncFolder(dirname(this.#path));
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#writing.then(work);
    this.#writing = next.catch(() => undefined);
    return next;
  }
}

async function writeDurably(disk: Disk, path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const made = await disk.makeFolder(folder);
  if (made !== undefined) await keepFolders(disk, made, folder);
  const beside = join(folder, `.${basename(path)}.${String(process.pid)}.new`);
  const file = await disk.create(beside);
  try {
    await file.write(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await disk.rename(beside, path);
  } catch (error) {
    await disk.remove(beside).catch(() => undefined);
    throw error;
  }
  await disk.syncFolder(folder);
}

/** A folder that was just made stands in its parent, which has to be flushed for it to be there after a power cut. */
async function keepFolders(disk: Disk, topmost: string, folder: string): Promise<void> {
  for (let made = folder; ; made = dirname(made)) {
    await disk.syncFolder(dirname(made));
    if (made === topmost || made === dirname(made)) return;
  }
}
