/** What a session is made of. */
import type { Clock, RunspacePool } from '../remoting/index.ts';
import type { BufferMode } from '../../shared/session.ts';
import type { TerminalSize } from '../../shared/terminal.ts';
import type { ServerFacts } from './server-facts.ts';
import type { SessionEvents } from './session-events.ts';
import { defined } from './session-row.ts';
import type { SessionEvent } from './state.ts';

export interface LeftPipeline {
  readonly startedAt: number;
  readonly readUpTo?: bigint;
}

/** What is known of a session that stands on its server already. */
export interface LeftBehind {
  readonly by: 'earlier-run' | 'other-client';
  readonly shellId: string;
  readonly userName?: string;
  readonly keptUntil?: number;
  /** What ran in it: since when (milliseconds since 1970), and up to which message it was shown. */
  readonly pipelines?: ReadonlyMap<string, LeftPipeline>;
  /** The highest object id that had come. */
  readonly lastObjectId?: bigint;
}

/** What is known of a session whose pool is given up. */
export function leftTo(
  by: LeftBehind['by'],
  pool: Pick<RunspacePool, 'id' | 'received'>,
  running: readonly {
    readonly id: string;
    readonly readUpTo: bigint | undefined;
    readonly startedAt: number | undefined;
  }[],
  now: number,
): LeftBehind {
  const pipelines = running.map(({ id, readUpTo, startedAt }): [string, LeftPipeline] => [
    id.toLowerCase(),
    { startedAt: startedAt ?? now, ...defined({ readUpTo }) },
  ]);
  return {
    by,
    shellId: pool.id,
    pipelines: new Map(pipelines),
    ...defined({ lastObjectId: pool.received.highest }),
  };
}

/** What is known of a pipeline that goes on from before: one that was not known of yet began after all that had come. */
export function knownOf(left: LeftBehind | undefined, pipelineId: string, now: number) {
  const known = left?.pipelines?.get(pipelineId.toLowerCase());
  const startedAt = known?.startedAt;
  return {
    startedAt,
    ranMs: startedAt === undefined ? 0 : Math.max(0, now - startedAt),
    readUpTo: known?.readUpTo ?? left?.lastObjectId,
    afterCrash: left?.by === 'earlier-run',
  };
}

export interface SessionOptions {
  readonly id: number;
  readonly name: string;
  readonly serverId: string;
  readonly server: ServerFacts;
  readonly endsOnExit: boolean;
  readonly size: TerminalSize;
  readonly events: SessionEvents;
  /** A line at the top of the page, as the practice server's about its engine. */
  readonly banner?: string;
  /** Called when the session ended itself (exit of one that was made by entering). */
  readonly finished: () => void;
  readonly now: () => number;
  readonly clock?: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly idleTimeoutMs?: number;
  readonly bufferMode?: BufferMode;
  /** By which it is reached, where that is not the server's: it comes back by the same. */
  readonly proxy?: string;
  /** One that stands on its server already, and whose it was. */
  readonly left?: LeftBehind;
  /** A pipeline of a command began, or ended. */
  readonly running?: () => void;
  /** Output came. */
  readonly heard?: () => void;
  /** Something happened that the state does not allow: for the log. */
  readonly refused?: (event: SessionEvent, state: string) => void;
}
