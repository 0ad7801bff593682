/**
 * What only the passing of time tells: that the computer slept, that its clock was set, and that a server is about to end a session that nobody
 * connects.
 */
import type { Clock } from '../remoting/index.ts';
import type { SessionRow } from '../../shared/session.ts';

export interface SessionWatchOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds for which the computer is on, asleep or not: runs on where the wall clock is set. */
  readonly uptime: () => number;
  readonly rows: () => readonly SessionRow[];
  /** By which addresses this computer is on its networks, in any form that is another where they are. */
  readonly addresses?: () => string;
  /** The computer slept, or is on another network: what it was connected to may be gone. */
  readonly woke: () => void;
  /** The wall clock was set, by so much forward: times that were told by it before are told anew. */
  readonly clockSet: (byMs: number) => void;
  /** Once for each session and each end. */
  readonly endsSoon: (row: SessionRow, at: number) => void;
  /** Its idle time is over, and only the server knows whether it has ended it: again from time to time until somebody has found out. */
  readonly over: (row: SessionRow) => void;
}

const LOOK_MS = 5_000;
/** More than a busy machine is ever late: then the time in between was not lived through. */
const SLEPT_MS = 30_000;
/** Where the clock of the process stands still while the computer sleeps, the two clocks part, and no machine is so busy that they do. */
const PARTED_MS = 5_000;
/** Uptime comes in whole seconds on some systems, and both clocks are read one after the other on a busy machine. */
const SET_MS = 3_000;
/** A tenth of the usual two hours: time enough to do something about it. */
const WARN_MS = 12 * 60_000;
/** Nor earlier than in the second half of a shorter time. */
const WARN_SHARE = 0.5;

/** A server looks at its clock now and then. */
const GRACE_MS = 5_000;
/** Often enough for somebody who waits for it, and nothing to a server. */
const ASK_MS = 60_000;

/** Looks every few seconds until the returned function is called. */
export function watchSessions(options: SessionWatchOptions): () => void {
  const { clock, wallClock, uptime, addresses = () => '', rows, woke, clockSet, endsSoon, over } = options;
  const warned = new Map<number, number>();
  const overSince = new Map<number, number>();
  let expected = wallClock() + LOOK_MS;
  let apart = wallClock() - clock.now();
  let sinceBoot = wallClock() - uptime();
  let at = addresses();
  let stopped = false;
  let takeBack = clock.after(LOOK_MS, look);

  function look(): void {
    if (stopped) return;
    const now = wallClock();
    const parted = now - clock.now() - apart;
    apart += parted;
    const before = at;
    at = addresses();
    // Without any there is no network to try; the next one is news.
    const moved = at !== before && at !== '';
    if (moved || now - expected > SLEPT_MS || parted > PARTED_MS) woke();
    expected = now + LOOK_MS;
    const set = now - uptime() - sinceBoot;
    if (Math.abs(set) > SET_MS) {
      sinceBoot += set;
      for (const [id, keptUntil] of warned) warned.set(id, keptUntil + set);
      clockSet(set);
    }
    for (const row of rows()) {
      const { keptUntil, idleTimeoutMs } = row;
      if (keptUntil === undefined) continue;
      if (keptUntil + GRACE_MS <= now) {
        if ((overSince.get(row.id) ?? 0) + ASK_MS > now) continue;
        overSince.set(row.id, now);
        over(row);
        continue;
      }
      if (keptUntil <= now || warned.get(row.id) === keptUntil) continue;
      const early = idleTimeoutMs === undefined ? WARN_MS : Math.min(WARN_MS, idleTimeoutMs * WARN_SHARE);
      if (keptUntil - now > early) continue;
      warned.set(row.id, keptUntil);
      endsSoon(row, keptUntil);
    }
    takeBack = clock.after(LOOK_MS, look);
  }

  return () => {
    stopped = true;
    takeBack();
  };
}
