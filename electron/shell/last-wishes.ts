/** Ends the app when the system or the person says so: once, in order, and within a bound. */

/** What asks a program to end: Ctrl+C, a service manager, a closed terminal, Windows' Ctrl+Break. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;

/** One Ctrl+C may arrive several times: from the terminal, and from npm or a start script that passes on what it got itself. */
const SAME_WISH_MS = 500;

/** Closing a session politely takes a round trip or two; Windows gives a closed console five seconds in all. */
const MOST_SHUTDOWN_MS = 4000;

/**
 * Calls `end` at the first signal, then exits; at the second exits at once. Where the process was started with an IPC channel, losing that
 * channel counts as a signal: the parent is gone without having said so.
 */
export function endOnSignals(end: () => Promise<void>): void {
  let asked: number | undefined;
  function ask(exitCode: number): void {
    const now = performance.now();
    if (asked !== undefined) {
      if (now - asked > SAME_WISH_MS) process.exit(exitCode);
      return;
    }
    asked = now;
    setTimeout(() => process.exit(exitCode), MOST_SHUTDOWN_MS).unref();
    end().then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  }
  // Asked to end, ended: that is success, and npm prints no error for it.
  for (const signal of SIGNALS) process.on(signal, () => ask(0));
  if (process.channel !== undefined) process.once('disconnect', () => ask(0));
}
