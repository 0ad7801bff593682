/**
 * One PSSession: its runspace pool, its page, its state, and who is inside. Everything that happens in it stays in it: an exception breaks
 * this session and no other.
 */
import { echoLine, errorLine, noticeLine } from '../console/page-text.ts';
import { ProgressBoard } from '../console/progress.ts';
import type { RunspacePool } from '../remoting/index.ts';
import type { AppError } from '../../shared/error.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { CommandRecord, Completion, TerminalSize, TerminalSnapshot } from '../../shared/terminal.ts';
import { CommandRunner } from './command-runner.ts';
import { NO_COMPLETION } from './completion.ts';
import { explain } from './explain.ts';
import { InputDesk } from './input-desk.ts';
import { hostInfoFor } from './interactive-commands.ts';
import { Interaction } from './interaction.ts';
import { Page, type PageSink } from './page.ts';
import { QuietWork } from './quiet-work.ts';
import { busy, notOpen } from './refusals.ts';
import { remoteFacts } from './server-answers.ts';
import type { ServerFacts } from './server-facts.ts';
import type { SessionEvents } from './session-events.ts';
import { SessionHost } from './session-host.ts';
import {
  advance,
  allows,
  availabilityOf,
  INITIAL_STATUS,
  type SessionEvent,
  type SessionStatus,
} from './state.ts';

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
  /** Something happened that the state does not allow: for the log. */
  readonly refused?: (event: SessionEvent, state: string) => void;
}

export class Session {
  readonly id: number;
  readonly page = new Page();
  readonly host: SessionHost;
  readonly #options: SessionOptions;
  readonly #desk: InputDesk;
  readonly #board = new ProgressBoard();
  readonly #quiet = new QuietWork();
  readonly #runner: CommandRunner;
  readonly #interaction: Interaction;
  #pool: RunspacePool | undefined;
  #status: SessionStatus = INITIAL_STATUS;
  #reason: AppError | undefined;
  #size: TerminalSize;
  /** We are ending it: its end is no news. */
  #removing = false;
  #title = '';
  #remoteFacts: { psVersion?: string; os?: string } = {};

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#size = options.size;
    const { events, server } = options;
    this.#desk = new InputDesk(
      (request) => events.input(this.id, request),
      () => this.page.lastSeq,
    );
    this.host = new SessionHost({
      computerName: server.name,
      desk: this.#desk,
      size: () => this.#size,
      info: () => hostInfoFor(this.#size, this.#title),
      write: (texts) => this.page.append(this.#runner.commandId, texts),
      echo: (prompt, answer) => this.page.append(this.#runner.commandId, [echoLine(prompt, answer)]),
      progress: (update) => {
        if (this.#board.apply(update)) events.progress(this.id, this.#board.bars);
      },
      title: (title) => {
        this.#title = title.slice(0, 256);
        events.title(this.id, this.#title);
      },
      leave: () => this.#interaction.leaveSoon(),
      secure: (text) => this.#mustPool().encryptSecureString(text),
    });
    this.#runner = new CommandRunner({
      sessionId: this.id,
      server,
      page: this.page,
      host: this.host,
      events,
      quiet: this.#quiet,
      now: options.now,
      pool: () => this.#mustPool(),
      isOpen: () => this.#isOpen(),
      started: () => this.#move('commandStarted'),
      ended: () => this.#commandEnded(),
    });
    this.#interaction = new Interaction({
      page: this.page,
      desk: this.#desk,
      runner: this.#runner,
      stopQuiet: () => this.#quiet.stop(),
      prompt: () => this.#prompt(),
      isOpen: () => this.#isOpen(),
      explain: (error) => explain(error, server).title,
      changed: () => this.#announce(),
      leftForGood: () => {
        if (options.endsOnExit) options.finished();
      },
    });
    if (options.banner !== undefined)
      void this.page.append(0, [noticeLine(options.banner.replace(/(?<=\.) (?=[A-Z])/g, '\n'))]);
  }

  get row(): SessionRow {
    const { server, name, serverId, endsOnExit } = this.#options;
    const target = this.#pool?.connection.target;
    return {
      id: this.id,
      instanceId: this.#pool?.id ?? '',
      name,
      serverId,
      computerName: target?.computerName ?? server.address,
      state: this.#status.state,
      configurationName: server.configuration,
      availability: availabilityOf(this.#status),
      entered: this.#interaction.entered,
      endsOnExit,
      ...(target?.userName === undefined ? {} : { userName: target.userName }),
      ...(target?.security === undefined ? {} : { security: target.security }),
      ...this.#remoteFacts,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  /** Whether a person, or the end of the app, has removed it: then nothing that ends is a failure. */
  get isRemoved(): boolean {
    return this.#removing;
  }

  /** Gives the session its pool; the pool's listener calls {@link poolChanged}. */
  adopt(pool: RunspacePool): void {
    this.#pool = pool;
  }

  /** The pool's state changed: the only thing, besides our own commands, that moves this session's state. */
  poolChanged(state: string, error: Error | undefined): void {
    switch (state) {
      case 'Opening':
        return this.#move('opening');
      case 'Opened':
        this.#remoteFacts = remoteFacts(this.#pool?.applicationPrivateData);
        return this.#move('opened');
      case 'Closing':
        return this.#move('closing');
      case 'Closed':
        return this.#removing ? this.#move('closed') : this.#closedByServer();
      case 'Broken':
        return this.#broke(error);
      default:
        return undefined;
    }
  }

  attach(sink: PageSink, size: TerminalSize): TerminalSnapshot {
    this.resize(size);
    return {
      ...this.page.attach(sink),
      request: this.#desk.request,
      progress: this.#board.bars,
      history: this.#runner.history,
      commands: this.#runner.commands,
    };
  }

  resize(size: TerminalSize): void {
    this.#size = size;
  }

  /** Enter-PSSession. */
  enter(size: TerminalSize): void {
    this.#mustBeOpen();
    this.resize(size);
    if (!this.#interaction.entered && this.#isBusy()) throw busy(this.row);
    this.#interaction.enter();
  }

  /** Exit-PSSession from outside: stops what runs and leaves. */
  async exit(): Promise<void> {
    await this.#interaction.leave();
  }

  /** Invoke-Command in the session, one command, without entering. */
  async invoke(script: string, size: TerminalSize): Promise<CommandRecord> {
    this.#mustBeOpen();
    if (this.#interaction.entered || this.#isBusy()) throw busy(this.row);
    this.resize(size);
    return await this.#runner.invoke(script);
  }

  answer(requestId: number, text: string): void {
    this.#desk.answer(requestId, text);
  }

  /** Ctrl+C: what runs is stopped, a prompt function that does not return as well; where nothing runs, the prompt is given up and comes anew. */
  interrupt(text: string | undefined): void {
    this.#desk.cancel(text ?? '');
    void this.#runner.stop();
    void this.#quiet.stop();
  }

  async complete(text: string, cursor: number): Promise<Completion> {
    if (!this.#isOpen() || !this.#pool || this.#isBusy() || this.#quiet.isBusy) return NO_COMPLETION;
    return await this.#quiet.complete(this.#pool, this.host.info, text, cursor);
  }

  /** Remove-PSSession. Never fails. */
  async remove(): Promise<void> {
    this.#interaction.leaveSoon();
    this.#removing = true;
    this.#desk.cancel();
    this.#move('closing');
    await this.#pool?.close();
    this.#move('closed');
  }

  #isBusy(): boolean {
    return this.#status.running > 0;
  }

  #isOpen(): boolean {
    return this.#status.state === 'Opened';
  }

  /** `[server]: ` and what the remote prompt function says; the bare `PS>` where there is none. */
  async #prompt(): Promise<string> {
    const said = this.#pool ? await this.#quiet.prompt(this.#pool, this.host.info) : '';
    return `[${this.#options.server.name}]: ${said === '' ? 'PS>' : said}`;
  }

  #commandEnded(): void {
    this.#desk.cancel();
    if (this.#board.clear()) this.#options.events.progress(this.id, []);
    this.#move('commandEnded');
  }

  #broke(error: Error | undefined): void {
    this.#lost('broken', explain(error ?? new Error('The session broke.'), this.#options.server));
  }

  #closedByServer(): void {
    this.#lost('closed', {
      code: 'session.closed-by-server',
      title: `${this.#options.server.name} closed the session`,
      why: 'Something on that server ended the runspace; the connection was in order.',
      cure: { text: 'Open a new session.' },
    });
  }

  /** It ended, and not by our doing: nobody is inside any more, and the page says why. */
  #lost(event: 'broken' | 'closed', reason: AppError): void {
    const wasOpen = this.#interaction.entered || this.#isOpen();
    this.#reason = reason;
    this.#move(event);
    this.#desk.cancel();
    if (wasOpen) {
      const { title, why } = reason;
      void this.page.append(0, [errorLine(why === undefined ? title : `${title}. ${why}`)]);
    }
  }

  #move(event: SessionEvent): void {
    if (!allows(this.#status.state, event)) this.#options.refused?.(event, this.#status.state);
    const next = advance(this.#status, event);
    if (next === this.#status) return;
    this.#status = next;
    this.#announce();
  }

  #announce(): void {
    this.#options.events.changed(this.row);
  }

  #mustPool(): RunspacePool {
    if (!this.#pool) throw new Error('The session has no runspace pool yet.');
    return this.#pool;
  }

  #mustBeOpen(): void {
    if (!this.#isOpen()) throw notOpen(this.row);
  }
}
