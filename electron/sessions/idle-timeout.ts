/** How long a server keeps a session without a client: what was asked for is a wish, what it says is so. */
import type { Session } from './session.ts';

/**
 * Asks for it where opening has not told: servers before 2012 do not say it in the answer to Create, and none does in that to Connect. Nobody
 * waits for it; the row says it when it is known.
 */
export function learnIdleTimeout(session: Session): void {
  const { pool } = session;
  if (pool?.connection.shells === undefined || pool.idleTimeoutMs !== undefined) return;
  pool.connection.shells.askIdleTimeout().then(
    (ms) => {
      if (ms !== undefined) session.idleTimeoutIs(ms);
    },
    // Who may not ask is told by the list of shells, or not at all.
    () => undefined,
  );
}
