/**
 * A shell beside a session: completes while a command runs in that. It is made when somebody asks there for the first time, knows nothing of
 * the session's variables, and is nobody's session: no row, no journal, no host that could ask a person for anything.
 */
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import { systemClock, type Clock, type PoolListener, type RunspacePool } from '../remoting/index.ts';
import type { AppError } from '../../shared/error.ts';
import type { NewSessionOptions } from '../../shared/session.ts';
import type { CommandHelp, Completion } from '../../shared/terminal.ts';
import { NO_COMPLETION } from './completion.ts';
import { QuietWork } from './quiet-work.ts';

/** Who asks once while a command runs asks again; it counts against the server's limits meanwhile, and a few minutes are what a command runs. */
const KEPT_MS = 120_000;
/** A server that refused will refuse the next Tab too, and refusing costs it as much as letting in. */
const REST_MS = 60_000;

/** Who pressed Tab does not wait longer for a shell that completes beside a session. */
export const BESIDE_OPEN_MS = 20_000;
/** The least that servers accept: one whose app is gone must not count against anybody for long. */
const BESIDE_IDLE_MS = 60_000;

/** Like the session that it is for, by a name that says in any list of shells what it is. */
export function besideWish(sessionName: string, wish: NewSessionOptions) {
  return { ...wish, name: `Tab in ${sessionName}`, idleTimeoutMs: BESIDE_IDLE_MS };
}

export interface BesideOptions {
  /** A pool to the same configuration as the same user, named for what it is; nothing is sent yet. */
  readonly connect: (listener: PoolListener) => RunspacePool;
  readonly explain: (error: unknown) => AppError;
  readonly clock?: Clock | undefined;
}

interface Shell {
  readonly pool: RunspacePool;
  readonly quiet: QuietWork;
  readonly open: Promise<void>;
  /** By us: that it does not open is no refusal. */
  dropped: boolean;
}

export class BesideShell {
  readonly #options: BesideOptions;
  readonly #clock: Clock;
  #shell: Shell | undefined;
  #refused: { readonly note: string } | undefined;
  #takeBack: () => void = () => undefined;

  constructor(options: BesideOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** As the server has it; undefined while there is none. */
  get shellId(): string | undefined {
    return this.#shell?.pool.id;
  }

  /**
   * Never fails: where there is no shell to be had, the answer is empty and its note says why. `isWanted` is asked once the shell is there,
   * which may take seconds.
   */
  async complete(text: string, cursor: number, host: HostInfo, isWanted: () => boolean): Promise<Completion> {
    const shell = await this.#opened();
    if (shell === undefined) {
      const { note } = this.#refused ?? {};
      return note === undefined ? NO_COMPLETION : { ...NO_COMPLETION, note };
    }
    if (!isWanted()) return NO_COMPLETION;
    return { ...(await shell.quiet.complete(shell.pool, host, text, cursor)), source: 'beside' };
  }

  /** Undefined where there is no shell to be had. */
  async help(
    host: HostInfo,
    command: string,
    parameter: string | undefined,
    columns: number,
  ): Promise<CommandHelp | undefined> {
    const shell = await this.#opened();
    return await shell?.quiet.help(shell.pool, host, command, parameter, columns);
  }

  async giveUp(): Promise<void> {
    // One that is being opened is kept: who asked once asks again, and an open shell costs less than another opening.
    await this.#shell?.quiet.giveUp();
  }

  async close(): Promise<void> {
    this.#refused = undefined;
    this.#takeBack();
    await this.#drop();
  }

  async #opened(): Promise<Shell | undefined> {
    if (this.#refused) return undefined;
    this.#keepFor(KEPT_MS, () => void this.#drop());
    const shell = (this.#shell ??= this.#make());
    try {
      await shell.open;
    } catch (error) {
      if (!shell.dropped) this.#refuse(shell.pool, error);
      return undefined;
    }
    return this.#shell === shell ? shell : undefined;
  }

  #make(): Shell {
    const pool = this.#options.connect({
      stateChanged: (state) => {
        if (state === 'Broken' || state === 'Closed' || state === 'Disconnected') this.#lose(pool);
      },
      // Not worth trying again: by then the command may have ended.
      interrupted: () => {
        this.#lose(pool);
        pool.abort(new Error('The shell for completions is out of reach.'));
      },
    });
    const open = pool.open();
    // Who asked may have given up before it fails.
    open.catch(() => undefined);
    return { pool, quiet: new QuietWork(this.#clock), open, dropped: false };
  }

  #lose(pool: RunspacePool): void {
    if (this.#shell?.pool === pool) this.#shell = undefined;
  }

  #refuse(pool: RunspacePool, error: unknown): void {
    this.#lose(pool);
    const { code, title } = this.#options.explain(error);
    const why = code === 'fault.quota' ? 'The server allows you no other shell now' : title;
    this.#refused = { note: `${why}: completion waits for the command to end.` };
    // A password that was refused is not tried again at all: attempts are counted, and lock accounts.
    this.#takeBack();
    if (code !== 'signin.rejected') this.#keepFor(REST_MS, () => (this.#refused = undefined));
  }

  #keepFor(ms: number, then: () => void): void {
    this.#takeBack();
    this.#takeBack = this.#clock.after(ms, then);
  }

  async #drop(): Promise<void> {
    const shell = this.#shell;
    this.#shell = undefined;
    if (shell === undefined) return;
    shell.dropped = true;
    await shell.pool.close().catch(() => undefined);
  }
}
