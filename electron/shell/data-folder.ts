/**
 * One browser shell to a data folder: two would write over each other's servers, settings and sessions. Whoever comes second finds here who
 * was first, and how to ask that one for an address.
 */
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
  for (;;) {
    try {
      // For us alone: it will hold a key.
      await writeFile(file, JSON.stringify({ process: own }), { flag: 'wx', mode: 0o600 });
      return held(file, own);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const by = await holderOf(folder);
    if (by !== undefined) return { kind: 'taken', by };
    if (await isBeingFilled(file)) {
      await wait(POLL_MS);
      continue;
    }
    // Renamed before it is removed: of two that see it left behind, one gets it and the other fails here.
    const aside = `${file}.${String(process.pid)}.left`;
    await rename(file, aside).then(
      () => rm(aside, { force: true }),
      () => undefined,
    );
  }
}

/** Who has the folder now; undefined where nobody does that still runs. */
export async function holderOf(folder: string): Promise<Holder | undefined> {
  const written = await readWritten(join(folder, FILE));
  if (written === undefined) return undefined;
  const pid = await stillRuns(written.process);
  if (pid === undefined) return undefined;
  const { port, key } = written;
  return { pid, ...(port === undefined || key === undefined ? {} : { at: { port, key } }) };
}

async function readWritten(file: string): Promise<z.infer<typeof Written> | undefined> {
  try {
    return Written.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isBeingFilled(file: string): Promise<boolean> {
  const made = await stat(file).catch(() => undefined);
  if (made === undefined) return true; // gone meanwhile: try to make it
  return Date.now() - made.mtimeMs < FILL_MS && (await readWritten(file)) === undefined;
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
