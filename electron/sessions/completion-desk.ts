/** Who answers Tab: the session itself, once its prompt is there; while a command runs in it, a shell beside it. */
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import { systemClock, type Clock, type RunspacePool } from '../remoting/index.ts';
import type { CommandHelp, Completion } from '../../shared/terminal.ts';
import type { BesideShell } from './completion-beside.ts';
import { NO_COMPLETION } from './completion.ts';
import type { QuietWork } from './quiet-work.ts';

/** A command that has not stopped by then may not stop at all; another shell can be asked. */
const STOP_MS = 2000;

export interface CompletionDeskPort {
  readonly clock?: Clock | undefined;
  readonly quiet: QuietWork;
  /** The session's own pool; nothing where it is not open or out of reach. */
  readonly pool: () => RunspacePool | undefined;
  readonly host: () => HostInfo;
  /** A command runs. */
  readonly isBusy: () => boolean;
  /** Neither a command runs nor a line is awaited: the prompt is on its way. */
  readonly isBetween: () => boolean;
}

/** A question that waits for the prompt or for an answer; a newer one, or whoever no longer wants it, ends it. */
interface Question {
  readonly over: Promise<void>;
  readonly end: () => void;
  isOver: boolean;
}

export class CompletionDesk {
  readonly #port: CompletionDeskPort;
  #beside: BesideShell | undefined;
  #question: Question | undefined;
  #waiting: (() => void)[] = [];
  /** Ctrl+C was pressed, and the command has not ended yet. */
  #stopping = false;

  constructor(port: CompletionDeskPort) {
    this.#port = port;
  }

  /** How a shell beside the session is made; until it is told, there is none. */
  set beside(shell: BesideShell) {
    this.#beside = shell;
  }

  /** As the server has it, while there is one. */
  get besideShellId(): string | undefined {
    return this.#beside?.shellId;
  }

  /** `beside`: while a command runs, another shell may be asked. */
  async complete(text: string, cursor: number, beside = false): Promise<Completion> {
    const question = this.#begin();
    const { quiet, pool, isBusy, host } = this.#port;
    await this.#prompted(question);
    const own = pool();
    if (question.isOver || own === undefined) return NO_COMPLETION;
    if (!isBusy()) return await quiet.complete(own, host(), text, cursor);
    if (!beside || this.#beside === undefined) return { ...NO_COMPLETION, busy: true };
    const answer = this.#beside.complete(text, cursor, host(), () => !question.isOver);
    const given = await Promise.race([answer, question.over]);
    return given ?? NO_COMPLETION;
  }

  /** The server's Get-Help; while a command runs another shell's, which knows the same commands. Undefined where nobody can be asked. */
  async help(
    command: string,
    parameter: string | undefined,
    columns: number,
  ): Promise<CommandHelp | undefined> {
    const { quiet, pool, isBusy, host } = this.#port;
    await this.#prompted();
    const own = pool();
    if (own === undefined) return undefined;
    if (!isBusy()) return await quiet.help(own, host(), command, parameter, columns);
    return await this.#beside?.help(host(), command, parameter, columns);
  }

  /**
   * Between Ctrl+C, or the end of a command, and the next prompt nobody can be asked yet; whoever pressed a key there means the next prompt.
   */
  async #prompted(question?: Question): Promise<void> {
    const { pool, isBusy, isBetween } = this.#port;
    const waits = (): boolean =>
      question?.isOver !== true && pool() !== undefined && (isBusy() ? this.#stopping : isBetween());
    while (waits()) {
      const changed = new Promise<void>((resolve) => this.#waiting.push(resolve));
      // oxlint-disable-next-line no-await-in-loop -- each change is looked at
      await (question === undefined ? changed : Promise.race([changed, question.over]));
    }
  }

  /** Ctrl+C: whoever presses Tab now means the prompt that comes after the command. */
  stopping(): void {
    if (this.#stopping || !this.#port.isBusy()) return;
    this.#stopping = true;
    (this.#port.clock ?? systemClock).after(STOP_MS, () => {
      this.#stopping = false;
      this.changed();
    });
  }

  /** Something that {@link CompletionDeskPort} tells of is another. */
  changed(): void {
    if (!this.#port.isBusy()) this.#stopping = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async giveUp(): Promise<void> {
    this.#question?.end();
    await Promise.all([this.#port.quiet.giveUp(), this.#beside?.giveUp()]);
  }

  /** The session has ended, or is left on its server: what stood beside it goes. */
  async close(): Promise<void> {
    this.#question?.end();
    await this.#beside?.close();
  }

  #begin(): Question {
    this.#question?.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    const question: Question = {
      over: promise,
      isOver: false,
      end: () => {
        question.isOver = true;
        resolve();
      },
    };
    this.#question = question;
    return question;
  }
}
