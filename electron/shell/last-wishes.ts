/** Ends the app when the system or the person says so: once, in order, and within a bound. */
import type { Log } from '../diagnostics/log.ts';
import { endProcess } from '../transport/gss/native.ts';

/** What asks a program to end: Ctrl+C, a service manager, a closed terminal, Windows' Ctrl+Break. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;

/** One Ctrl+C may arrive several times: from the terminal, and from npm or a start script that passes on what it got itself. */
const SAME_WISH_MS = 500;

/** Closing a session politely takes a round trip or two; Windows gives a closed console five seconds in all. */
const MOST_SHUTDOWN_MS = 4000;

/** How often a parent that says nothing when it ends is looked for. */
const PARENT_CHECK_MS = 1000;

/**
 * Calls `end` at the first signal, then exits; at the second exits at once. Losing the parent counts as a signal: a start script tells by
 * its IPC channel; npm that is told to end leaves what it started behind without a word.
 */
export function endOnSignals(end: () => Promise<void>): void {
  let asked: number | undefined;
  function ask(exitCode: number): void {
    const now = performance.now();
    if (asked !== undefined) {
      if (now - asked > SAME_WISH_MS) endProcess(exitCode);
      return;
    }
    asked = now;
    setTimeout(() => endProcess(exitCode), MOST_SHUTDOWN_MS).unref();
    end().then(
      () => endProcess(exitCode),
      () => endProcess(1),
    );
  }
  // Asked to end, ended: that is success, and npm prints no error for it.
  for (const signal of SIGNALS) process.on(signal, () => ask(0));
  if (process.channel !== undefined) process.once('disconnect', () => ask(0));
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && ask(0), PARENT_CHECK_MS).unref();
  }
}

/** One bad session never hurts another: what nobody caught is written down, and the rest goes on. */
export function logUncaught(log: Pick<Log, 'failure'>): void {
  // Whoever read what we print may have left: telling of that, too, in the same place would go on for ever.
  process.stderr.on('error', () => undefined);
  const note = (event: string) => (thrown: unknown) => {
    const id = log.failure(event, thrown);
    process.stderr.write(`psdeck: an unexpected error was logged (${id})\n`);
  };
  process.on('uncaughtException', note('process.exception'));
  process.on('unhandledRejection', note('process.rejection'));
}
