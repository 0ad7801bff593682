/** The interactive loop of Enter-PSSession: prompt, line, command, and again, until somebody leaves or the session ends. */
import { echoLine, errorLine } from '../console/page-text.ts';
import type { CommandRecord } from '../../shared/terminal.ts';
import type { CommandRunner } from './command-runner.ts';
import { InputCancelled, type InputDesk } from './input-desk.ts';
import type { Page } from './page.ts';

/** What the loop needs of its session. */
export interface InteractionPort {
  readonly page: Page;
  readonly desk: InputDesk;
  readonly runner: CommandRunner;
  readonly stopQuiet: () => Promise<void>;
  /** `[server]: ` and what the remote prompt function says. */
  prompt(): Promise<string>;
  /** Opened, and its server within reach or about to be. */
  isOpen(): boolean;
  /** What an error of ours is called on the page. */
  explain(error: unknown): string;
  changed(): void;
  /** Somebody left of their own accord, where the session was within reach. */
  leftForGood(): void;
}

export class Interaction {
  readonly #port: InteractionPort;
  #entered = false;
  #leaving = false;
  /** Counts the enterings: a loop that is waiting for a server out of reach may be left behind by a later one. */
  #turn = 0;
  #departed: (() => void)[] = [];

  constructor(port: InteractionPort) {
    this.#port = port;
  }

  get entered(): boolean {
    return this.#entered;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  enter(): void {
    this.#leaving = false;
    if (this.#entered) return; // somebody was about to leave, and stays
    this.#entered = true;
    this.#port.changed();
    void this.#loop(++this.#turn);
  }

  /** The remote side, or the end of the session, wants us out: the loop ends when what runs has. */
  leaveSoon(): void {
    this.#leaving = true;
  }

  /** Stops what runs and leaves. Where the server gets out of reach meanwhile, leaves without waiting for it. */
  async leave(): Promise<void> {
    if (!this.#entered) return;
    this.#leaving = true;
    this.#port.desk.cancel();
    const gone = new Promise<void>((resolve) => this.#departed.push(resolve));
    const stopped = Promise.all([this.#port.runner.stop(), this.#port.stopQuiet()]).then(() => undefined);
    await Promise.race([stopped, gone]);
  }

  /** Outside at once. What runs goes on, and can be come back to. */
  depart(): void {
    this.#turn += 1;
    this.#port.desk.withdrawCommandLine();
    this.#out();
  }

  async #loop(turn: number): Promise<void> {
    const { page, runner } = this.#port;
    try {
      // Back at a command that goes on: its output comes first.
      await runner.idle;
      while (this.#stays(turn)) {
        const prompt = await this.#port.prompt();
        if (!this.#stays(turn)) break;
        await this.#oneCommand(turn, prompt);
      }
    } catch (error) {
      // A bug of ours must not leave a dead tab: the session says so and can be left or removed.
      void page.append(0, [
        errorLine(`PSDeck could not go on with this session: ${this.#port.explain(error)}`),
      ]);
    }
    if (turn !== this.#turn) return;
    const byChoice = this.#leaving;
    this.#out();
    if (byChoice) this.#port.leftForGood();
  }

  #out(): void {
    const wasIn = this.#entered;
    this.#entered = false;
    for (const tell of this.#departed.splice(0)) tell();
    if (wasIn) this.#port.changed();
  }

  #stays(turn: number): boolean {
    return turn === this.#turn && !this.#leaving && this.#port.isOpen();
  }

  /** Reads one command line, with its continuations, and runs it. */
  async #oneCommand(turn: number, prompt: string): Promise<void> {
    const { page, desk, runner } = this.#port;
    let shown = prompt;
    let sent = '';
    let unfinished: CommandRecord | undefined;
    try {
      let text = await desk.ask({ kind: 'command', prompt });
      for (;;) {
        // What was sent before stands in the page already: only what came since is echoed.
        const added = sent !== '' && text.startsWith(`${sent}\n`) ? text.slice(sent.length + 1) : text;
        const echo = echoLine(shown, added);
        if (text.trim() === '') {
          await page.append(0, [echo]);
          return;
        }
        unfinished = await runner.typed(echo, text, unfinished?.commandId);
        if (unfinished === undefined || !this.#stays(turn)) return;
        sent = text;
        shown = '>> ';
        text = await desk.ask({ kind: 'continuation', prompt: shown, text: sent });
      }
    } catch (error) {
      if (!(error instanceof InputCancelled)) throw error;
      if (this.#stays(turn))
        await page.append(unfinished?.commandId ?? 0, [echoLine(shown, `${error.text}^C`)]);
    } finally {
      if (unfinished) runner.giveUp(unfinished);
    }
  }
}
