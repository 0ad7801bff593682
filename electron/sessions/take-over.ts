/** The way back to a disconnected session: its shell, its pool, and then each pipeline that ran in it meanwhile. */
import { shellFaultReason, type Clock, type PoolListener, type RunspacePool } from '../remoting/index.ts';
import { ReturnCancelled, Returning } from './returning.ts';
import { defined } from './session-row.ts';
import type { Session } from './session.ts';

export interface TakeOverOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly wallClock: () => number;
  /** A pool for the shell, not yet connected: for a session that this run has not had. */
  readonly pool: (shellId: string, listener: PoolListener) => RunspacePool;
  readonly listener: PoolListener;
  /** The session's own pool signs in as who asks for it now. */
  readonly ownServes: boolean;
  readonly windowMs?: number;
}

export class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #returning: Returning;
  /** Made by the attempt that succeeded; undefined where the session came back to its own. */
  #pool: RunspacePool | undefined;
  /** Of the attempt under way. */
  #attempted: RunspacePool | undefined;
  /** On the clock, which nobody sets. */
  readonly #since: number;
  /** Resolves when it is over, however it ended. */
  readonly done: Promise<void>;
  readonly #settle: () => void;

  constructor(options: TakeOverOptions) {
    this.#options = options;
    this.#since = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = resolve;
    const { session, clock, wallClock } = options;
    this.#returning = new Returning({
      clock,
      attempt: () => this.#attempt(),
      mayPass: (error) => shellFaultReason(error) === 'in-use',
      changed: (waiting) =>
        session.waiting(
          waiting && {
            kind: 'held',
            since: wallClock() + this.#since - clock.now(),
            attempts: waiting.attempts,
            nextTryAt: wallClock() + waiting.nextTryAt - clock.now(),
            givesUpAt: wallClock() + waiting.givesUpAt - clock.now(),
            why: 'Another client has it, or one that died and that the server has not missed yet',
          },
        ),
      ...(options.windowMs === undefined ? {} : { windowMs: options.windowMs }),
    });
  }

  /** Resolves when the session is Opened. Rejects with ReturnCancelled, or with what the last attempt met. */
  async run(): Promise<void> {
    try {
      await this.#returning.run();
    } finally {
      this.#settle();
    }
  }

  retryNow(): void {
    this.#returning.retryNow();
  }

  cancel(): void {
    this.#returning.cancel();
    // It may try for minutes to reach its server.
    this.#attempted?.abort(new ReturnCancelled());
  }

  async #attempt(): Promise<void> {
    const { session } = this.#options;
    const own = session.pool;
    if (own?.state === 'Disconnected' && this.#options.ownServes) {
      try {
        await own.reconnect();
        return;
      } catch (error) {
        // Only the client that had it last may Reconnect. Where another had it meanwhile and let go of it, we Connect anew as that one did
        // ([MS-PSRP] 3.1.4.10.2); where it has it still, the server says so once more.
        if (shellFaultReason(error) !== 'in-use') throw error;
      }
    }
    const { shellId } = session;
    if (shellId === undefined) throw new Error('The session has no shell to come back to.');
    // What an attempt that fails does to its pool is no news of the session, and neither is how that pool is cleared away.
    let live = false;
    let over = false;
    const { listener } = this.#options;
    const pool = this.#options.pool(shellId, {
      stateChanged: (state, error) => {
        if (live) listener.stateChanged?.(state, error);
      },
      interrupted: (interruption) => {
        if (!over) listener.interrupted?.(interruption);
      },
      resumed: () => {
        if (!over) listener.resumed?.();
      },
      gap: (gap) => listener.gap?.(gap),
    });
    session.note('connecting');
    this.#attempted = pool;
    try {
      await pool.connect();
    } catch (error) {
      over = true;
      if (shellFaultReason(error) === 'not-found')
        session.poolChanged('Broken', error instanceof Error ? error : undefined);
      else session.note('disconnected');
      throw error;
    } finally {
      this.#attempted = undefined;
    }
    if (session.isRemoved) {
      over = true;
      pool.abort(new Error('The session was removed.'));
      throw new ReturnCancelled();
    }
    live = true;
    this.#pool = pool;
    if (own) session.forsake();
    session.adopt(pool);
    session.poolChanged('Opened', undefined);
  }

  /** What ran there goes on here. Resolves when each pipeline is connected, which is not when it has ended. */
  async receive(): Promise<void> {
    const { session } = this.#options;
    const pool = this.#pool;
    if (!pool) return; // the session's own runs went on by themselves
    const pipelines = await pool.listPipelines();
    for (const { id } of pipelines) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- in the order in which the server names them
        const run = await pool.connectPipeline(id, defined({ readUpTo: session.readUpTo(id) }));
        void session.follow(run).catch(() => undefined);
      } catch (error) {
        // One that has ended meanwhile and was received; or the session broke, and says so itself.
        if (shellFaultReason(error) === undefined) return;
      }
    }
  }
}
