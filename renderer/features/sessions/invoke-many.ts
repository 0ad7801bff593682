/** Invoke-Command in many sessions: one line, run in each, so many of them at a time. */
import type { SessionRow } from '../../../shared/session.ts';
import type { CommandRecord } from '../../../shared/terminal.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';

/** How it stands with one session. */
export type Part =
  | { readonly kind: 'waiting' | 'running' }
  | { readonly kind: 'ended'; readonly command: CommandRecord }
  | { readonly kind: 'refused'; readonly why: string };

/** Invoke-Command's ThrottleLimit. */
const AT_A_TIME = 32;

/** Nobody is inside, and nothing runs. */
export function canInvoke(row: SessionRow): boolean {
  return (
    row.state === 'Opened' && row.availability === 'Available' && !row.entered && row.retrying?.kind !== 'cut'
  );
}

/** Resolves when it has ended in each. What does not begin any more once `stopped` says so is left as it waits. */
export async function invokeInMany(
  desk: Desk,
  rows: readonly SessionRow[],
  script: string,
  told: (id: number, part: Part) => void,
  stopped: () => boolean,
): Promise<void> {
  const waiting = [...rows];
  const worker = async (): Promise<void> => {
    for (;;) {
      const row = stopped() ? undefined : waiting.shift();
      if (row === undefined) return;
      told(row.id, { kind: 'running' });
      const size = desk.terminals.known(row.id)?.size ?? desk.terminals.likelySize();
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, beside the others
        const command = await desk.bridge.call('sessions.invoke', { sessionId: row.id, script, size });
        told(row.id, { kind: 'ended', command });
      } catch (thrown) {
        told(row.id, { kind: 'refused', why: appErrorOf(thrown).title });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, rows.length) }, worker));
}

/** Ctrl+C in each of them. */
export async function stopInMany(desk: Desk, ids: readonly number[]): Promise<void> {
  await Promise.allSettled(ids.map((sessionId) => desk.bridge.call('terminal.interrupt', { sessionId })));
}
