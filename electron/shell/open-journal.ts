/** The journal of sessions in the app's data folder. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../diagnostics/log.ts';
import { SessionJournal } from '../sessions/journal.ts';

export async function openJournal(dataDir: string, log: Pick<Log, 'failure'>): Promise<SessionJournal> {
  return await SessionJournal.open({
    folder: join(dataDir, 'sessions'),
    runId: randomUUID(),
    pid: process.pid,
    isAlive,
    now: Date.now,
    failed: (error) => log.failure('journal.save', error),
  });
}

/** Whether a process of that id is there. One of somebody else's, whom we may not signal, is there as well. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
