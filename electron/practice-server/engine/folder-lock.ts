/** One process at a time does a piece of work: a folder is the lock, because making one is atomic everywhere. */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stillRuns, writeProcess } from '../../transport/child-process/running-process.ts';

const POLL_MS = 200;
/** Longer than any build takes: a lock this old was left by a process whose number somebody else has now, where the system does not tell them apart. */
const STALE_MS = 15 * 60_000;

/** Run `work` while holding `path`; wait for whoever holds it. `isDone` ends the wait without running: somebody else did the work. */
export async function withFolderLock<T>(
  path: string,
  isDone: () => Promise<T | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  while (!(await tryLock(path))) {
    await wait(POLL_MS);
    const done = await isDone();
    if (done !== undefined) return done;
  }
  try {
    return (await isDone()) ?? (await work());
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    await writeFile(join(path, 'pid'), await writeProcess(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isStale(path)) {
    // Renamed before it is removed: of two processes that see it stale, one gets it and the other fails here.
    const aside = `${path}.${process.pid}.stale`;
    await rename(path, aside).then(
      () => rm(aside, { recursive: true, force: true }),
      () => undefined,
    );
  }
  return false;
}

/** Whether the process that made a lock has ended. */
export async function isStale(path: string): Promise<boolean> {
  const made = await stat(path).catch(() => undefined);
  if (made === undefined) return false;
  const age = Date.now() - made.mtimeMs;
  if (age > STALE_MS) return true;
  const written = await readFile(join(path, 'pid'), 'utf8').catch(() => '');
  // Made a moment ago and not signed yet.
  if (!/^\d/.test(written)) return age > 5_000;
  return (await stillRuns(written)) === undefined;
}
