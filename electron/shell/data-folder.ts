/**
 * One browser shell to a data folder: two would write over each other's servers, settings and sessions. Whoever comes second finds here who
 * was first, and how to ask that one for an address.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { stillRuns, writeProcess } from '../transport/child-process/running-process.ts';

const FILE = 'running.json';
/** A file that is made is filled a moment later; one that is still not readable after this was left half written. */
const FILL_MS = 5_000;
const POLL_MS = 50;

const Written = z.object({
  process: z.string(),
  /** Once it listens: where, and what it wants to hear from who asks for an address. */
  port: z.int().min(1).max(65_535).optional(),
  key: z.string().optional(),
});

export interface Holder {
  readonly pid: number;
  readonly at?: { readonly port: number; readonly key: string };
}

export interface HeldFolder {
  readonly kind: 'held';
  /** Says where whoever comes second may ask. */
  listens(port: number, key: string): Promise<void>;
  release(): Promise<void>;
}

/** Takes the folder, or says who has it. */
export async function holdDataFolder(
  folder: string,
): Promise<HeldFolder | { readonly kind: 'taken'; readonly by: Holder }> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, FILE);
  const own = await writeProcess(process.pid);
  const by = await take(file, own);
  return by === undefined ? held(file, own) : { kind: 'taken', by };
}

/** Makes the file ours, or says whose it is. */
async function take(file: string, own: string): Promise<Holder | undefined> {
  for (;;) {
    try {
      // For us alone: it will hold a key.
      await writeFile(file, JSON.stringify({ process: own }), { flag: 'wx', mode: 0o600 });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await textOf(file);
    const by = await holderIn(text);
    if (by !== undefined) return by;
    if (text === undefined || (await isBeingFilled(file, text))) await wait(POLL_MS);
    else await clearAway(file, text, own);
  }
}

/**
 * Removes what one left that is no more. Of two that see it, the slower would remove what the faster has made since: who removes exactly this
 * has a file for it, and looks once more.
 */
async function clearAway(file: string, left: string, own: string): Promise<void> {
  const right = `${file}.${createHash('sha256').update(left).digest('hex').slice(0, 16)}`;
  if ((await take(right, own)) !== undefined) return await wait(POLL_MS);
  try {
    if ((await textOf(file)) === left) await rm(file, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** Who has the folder now; undefined where nobody does that still runs. */
export async function holderOf(folder: string): Promise<Holder | undefined> {
  return await holderIn(await textOf(join(folder, FILE)).catch(() => undefined));
}

async function holderIn(text: string | undefined): Promise<Holder | undefined> {
  const written = text === undefined ? undefined : parse(text);
  if (written === undefined) return undefined;
  const pid = await stillRuns(written.process);
  if (pid === undefined) return undefined;
  const { port, key } = written;
  return { pid, ...(port === undefined || key === undefined ? {} : { at: { port, key } }) };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error; // one that may not be read would be waited for without end
  }
}

function parse(text: string): z.infer<typeof Written> | undefined {
  try {
    return Written.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function isBeingFilled(file: string, text: string): Promise<boolean> {
  if (parse(text) !== undefined) return false;
  const made = await stat(file).catch(() => undefined);
  return made === undefined || Date.now() - made.mtimeMs < FILL_MS;
}

function held(file: string, own: string): HeldFolder {
  return {
    kind: 'held',
    async listens(port, key) {
      const next = `${file}.${String(process.pid)}.next`;
      await writeFile(next, JSON.stringify({ process: own, port, key }), { mode: 0o600 });
      await rename(next, file);
    },
    async release() {
      await rm(file, { force: true });
    },
  };
}
