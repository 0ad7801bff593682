/**
 * One PSSession: its runspace pool, its page, its state, and who is inside. Everything that happens in it stays in it: an exception breaks
 * this session and no other.
 */
import { echoLine } from '../console/page-text.ts';
import { ProgressBoard } from '../console/progress.ts';
import { systemClock, type Interruption, type PipelineRun, type RunspacePool } from '../remoting/index.ts';
import type { AppError } from '../../shared/error.ts';
import type { DisconnectOptions, Retrying, SessionRow } from '../../shared/session.ts';
import type { CommandHelp, CommandRecord, TerminalSize, TerminalSnapshot } from '../../shared/terminal.ts';
import { CommandRunner, HadElsewhere } from './command-runner.ts';
import { CompletionDesk } from './completion-desk.ts';
import { explain } from './explain.ts';
import { InputDesk } from './input-desk.ts';
import { hostInfoFor } from './interactive-commands.ts';
import { Interaction } from './interaction.ts';
import { Page, type PageSink } from './page.ts';
import { QuietWork } from './quiet-work.ts';
import { busy, notOpen } from './refusals.ts';
import { shellGone } from './registry-refusals.ts';
import { remoteFacts } from './server-answers.ts';
import type { ServerFacts } from './server-facts.ts';
import { SessionHost } from './session-host.ts';
import { knownOf, leftTo, type LeftBehind, type SessionOptions } from './session-options.ts';
import { defined, factsAtFirst, rowOf, type SessionFacts } from './session-row.ts';
import { Standing } from './session-standing.ts';
import { SessionStory } from './session-story.ts';
import { closedByServer, disconnectedByItself } from './session-words.ts';
import { StopWatch } from './stop-watch.ts';
import { allows, type SessionEvent } from './state.ts';

export class Session {
  readonly id: number;
  readonly page = new Page();
  readonly host: SessionHost;
  readonly completions: CompletionDesk;
  readonly #options: SessionOptions;
  readonly #desk: InputDesk;
  readonly #board = new ProgressBoard();
  readonly #quiet: QuietWork;
  readonly #runner: CommandRunner;
  readonly #interaction: Interaction;
  readonly #stopping: StopWatch;
  readonly #story: SessionStory;
  #pool: RunspacePool | undefined;
  #size: TerminalSize;
  /** We are ending it: its end is no news. */
  #removing = false;
  #leaving: Promise<void> | undefined;
  #title = '';
  /** What stood on the server before this pool. */
  #left: LeftBehind | undefined;
  /** Its pool is given up for another: its end is no news. */
  #forsaken = false;
  readonly #standing: Standing;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#size = options.size;
    this.#left = options.left;
    this.#standing = new Standing({
      facts: factsAtFirst(options),
      wallClock: options.wallClock,
      changed: () => {
        if (!this.#standing.isOpen) void this.completions.close();
        this.#announce();
      },
      refused: (event, state) => options.refused?.(event, state),
    });
    this.#quiet = new QuietWork(options.clock);
    const { events, server } = options;
    this.#story = new SessionStory({ page: this.page, server, commandId: () => this.#runner.commandId });
    this.#stopping = new StopWatch(options.clock ?? systemClock, () => this.#story.stopUnheard());
    this.#desk = new InputDesk(
      (request) => {
        events.input(this.id, request);
        this.completions.changed();
      },
      () => this.page.lastSeq,
    );
    this.completions = new CompletionDesk({
      clock: options.clock,
      quiet: this.#quiet,
      pool: () => (this.#isOpen() && !this.#standing.isInterrupted ? this.#pool : undefined),
      host: () => this.host.info,
      isBusy: () => this.isBusy,
      isBetween: () => this.#quiet.isPrompting || (this.#interaction.entered && !this.#desk.request),
    });
    this.host = new SessionHost({
      computerName: server.name,
      desk: this.#desk,
      size: () => this.#size,
      info: () => hostInfoFor(this.#size, this.#title),
      write: (texts) => {
        options.heard?.();
        return this.page.append(this.#runner.commandId, texts);
      },
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
      clock: options.clock ?? systemClock,
      pool: () => this.#mustPool(),
      isOpen: () => this.#isOpen(),
      started: () => {
        // It was said in its place; the row speaks of what runs now.
        this.#facts.missed = 0;
        this.note('commandStarted');
      },
      running: () => options.running?.(),
      missed: (count) => {
        this.#facts.missed += count;
        this.#announce();
      },
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
        if (this.#facts.endsOnExit) options.finished();
      },
    });
    if (options.banner !== undefined) this.#story.banner(options.banner);
    if (this.#left) this.#standing.beginsAway();
  }

  get row(): SessionRow {
    return rowOf(this.#options, this.#standing.status, this.#facts, this.#pool, this.#interaction.entered);
  }

  /** Whether a person, or the end of the app, has removed it: then nothing that ends is a failure. */
  get isRemoved(): boolean {
    return this.#removing;
  }

  get pool(): RunspacePool | undefined {
    return this.#pool;
  }

  /** The shell on the server that it is. */
  get shellId(): string | undefined {
    return this.#pool?.id ?? this.#left?.shellId;
  }

  get isBusy(): boolean {
    return this.#standing.isBusy;
  }

  get serverId(): string {
    return this.#options.serverId;
  }

  /** By which proxy it is reached, where that is not the server's. */
  get proxy(): string | undefined {
    return this.#options.proxy;
  }

  get server(): ServerFacts {
    return this.#options.server;
  }

  /** Gives the session its pool; the pool's listener calls {@link poolChanged}. */
  adopt(pool: RunspacePool): void {
    this.#pool = pool;
  }

  /** Another client had the shell since: its own pool knows nothing of that, and what it followed there is followed anew. */
  forsake(): void {
    const pool = this.#pool;
    if (!pool) return;
    this.#left = leftTo('other-client', pool, this.#runner.pipelines, this.#options.wallClock());
    this.#giveUp(pool, new HadElsewhere());
    this.#pool = undefined;
  }

  /** Its server has no such session any more. */
  gone(): void {
    const { error } = shellGone();
    if (this.#pool) this.#giveUp(this.#pool, new Error(error.title));
    this.#lost('broken', error);
  }

  #giveUp(pool: RunspacePool, why: Error): void {
    this.#forsaken = true;
    pool.abort(why);
    this.#forsaken = false;
  }

  /** The pool's state changed: the only thing, besides our own commands, that moves this session's state. */
  poolChanged(state: string, error: Error | undefined): void {
    if (this.#forsaken) return undefined;
    switch (state) {
      case 'Opening':
        return this.note('opening');
      case 'Connecting':
        return this.note('connecting');
      case 'Opened':
        return this.#standing.opened({
          ...remoteFacts(this.#pool?.applicationPrivateData),
          ...defined({ idleTimeoutMs: this.#pool?.idleTimeoutMs }),
        });
      case 'Disconnecting':
        return this.note('disconnecting');
      case 'Disconnected':
        return this.#disconnected(error);
      case 'Closing':
        return this.note('closing');
      case 'Closed':
        return this.#removing ? this.note('closed') : this.#lost('closed', closedByServer(this.server));
      case 'Broken':
        return this.#lost('broken', explain(error ?? new Error('The session broke.'), this.#options.server));
      default:
        return undefined;
    }
  }

  /** The server cannot be reached; told again before each attempt. */
  interrupted(interruption: Interruption): void {
    // A connection that was left, or given up, has its own last words to say to the server; they are none of this session's state.
    if (!allows(this.#standing.status.state, 'interrupted')) return;
    const since = this.#standing.interrupted(interruption, explain(interruption.error, this.server).title);
    if (since !== undefined && this.#isOpen()) this.#story.cut(since);
    // Somebody who was leaving when the line was cut is not kept waiting for the server.
    if (this.#interaction.entered && this.#interaction.leaving) this.#leaveBehind();
  }

  resumed(): void {
    const after = this.#standing.resumed();
    if (after !== undefined && this.#isOpen()) this.#story.resumed(after);
  }

  /** Messages to the session itself, to none of its commands, were lost. */
  missed(count: number, certain: boolean): void {
    this.#facts.missed += count;
    this.#story.missed(count, certain);
    this.#announce();
  }

  /** Another client has it and it is tried again; undefined when that is over. */
  waiting(retrying: Retrying | undefined): void {
    this.#standing.waiting(retrying);
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

  /** Enter-PSSession. A command that goes on from before is joined: its output comes first, then the prompt. */
  enter(size: TerminalSize): void {
    this.#mustBeOpen();
    this.resize(size);
    if (!this.#interaction.entered && this.isBusy && !this.#runner.goesOn) throw busy(this.row);
    this.#facts.insideBefore = false;
    this.#interaction.enter();
  }

  /**
   * Exit-PSSession from outside. What runs goes on in a session that stays, and whoever enters joins it; one that ends with leaving is
   * stopped, unless its server cannot be reached.
   */
  async exit(): Promise<void> {
    const stays = this.isBusy && !this.#standing.facts.endsOnExit;
    if (this.#standing.isInterrupted || stays) this.#leaveBehind();
    else await this.#interaction.leave();
  }

  /** Invoke-Command in the session, one command, without entering. */
  async invoke(script: string, size: TerminalSize): Promise<CommandRecord> {
    this.#mustBeOpen();
    if (this.#interaction.entered || this.isBusy) throw busy(this.row);
    this.resize(size);
    return await this.#runner.invoke(script);
  }

  /** The pipelines of commands that have not ended. */
  get pipelines(): CommandRunner['pipelines'] {
    return this.#runner.pipelines;
  }

  /** Up to which message a pipeline was shown by an earlier run; one that this did not know of yet began after all that it had. */
  readUpTo(pipelineId: string): bigint | undefined {
    return knownOf(this.#left, pipelineId, 0).readUpTo;
  }

  /** A pipeline that another client, or an earlier run, has started here: what it brings comes to the page. */
  follow(run: PipelineRun): Promise<CommandRecord> {
    const shownBefore = this.#left === this.#options.left;
    return this.#runner.follow(run, {
      ...knownOf(this.#left, run.id, this.#options.wallClock()),
      shownBefore,
    });
  }

  answer(requestId: number, text: string): void {
    this.#desk.answer(requestId, text);
  }

  /**
   * Ctrl+C: what runs is stopped, a prompt function that does not return as well; where nothing runs, the prompt is given up and comes
   * anew. While its server cannot be reached, nothing can be stopped, and Ctrl+C leaves.
   */
  interrupt(text: string | undefined): void {
    if (this.#standing.isInterrupted || this.#stopping.isUnheard) return this.#leaveBehind();
    if (this.isBusy && this.#interaction.entered) this.#stopping.began();
    this.completions.stopping();
    this.#desk.cancel(text ?? '');
    void this.#runner.stop();
    void this.#quiet.stop();
  }

  /** The server's Get-Help. */
  async help(command: string, parameter: string | undefined, columns: number): Promise<CommandHelp> {
    this.#mustBeOpen();
    const help = await this.completions.help(command, parameter, columns);
    if (help === undefined) throw busy(this.row);
    return help;
  }

  /** Disconnect-PSSession was asked for, and is under way. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  /** Disconnect-PSSession: what runs in it runs on. Asked for once more, it is the same. */
  async disconnect(options: DisconnectOptions = {}): Promise<void> {
    this.#leaving ??= this.#disconnect(options).finally(() => (this.#leaving = undefined));
    await this.#leaving;
  }

  async #disconnect(options: DisconnectOptions): Promise<void> {
    if (this.#standing.status.state === 'Disconnected') return;
    this.#mustBeOpen();
    // Our own prompt or completion would hold its place in the runspace for nobody.
    await Promise.all([this.#quiet.settle(), this.completions.close()]);
    const { bufferMode } = this.#facts;
    await this.#mustPool().disconnect(defined({ bufferMode, ...defined(options) }));
    this.#facts.idleTimeoutMs = options.idleTimeoutMs ?? this.#facts.idleTimeoutMs;
    this.#facts.bufferMode = options.bufferMode ?? this.#facts.bufferMode;
    this.#announce();
  }

  /** Remove-PSSession. Never fails. */
  async remove(): Promise<void> {
    this.#interaction.leaveSoon();
    this.#removing = true;
    this.#desk.cancel();
    // Where it was left on its server, whoever removes it has told the server already.
    const left = this.#standing.status.state === 'Disconnected';
    this.note('closing');
    if (left && this.#pool) this.#giveUp(this.#pool, new Error('The session was removed.'));
    await Promise.all([left ? undefined : this.#pool?.close(), this.completions.close()]);
    this.note('closed');
  }

  /** Out of the list; on its server it stays as it is. */
  letGo(): void {
    this.#removing = true;
    this.#interaction.depart();
    this.#desk.cancel();
    void this.completions.close();
    // That its pool ends is no end of the session: a later run may have it back.
    if (this.#pool) this.#giveUp(this.#pool, new Error('The session was let go of.'));
  }

  /** Opened, and as ready as it was: whoever was inside before is again. */
  backAgain(size: TerminalSize, enter: boolean): void {
    const inside = enter || this.#facts.insideBefore;
    this.#facts.insideBefore = false;
    if (inside && this.#isOpen()) this.enter(size);
    else this.#announce();
  }

  /** The server's own word on how long it keeps the shell. */
  idleTimeoutIs(ms: number): void {
    this.#standing.idleTimeoutIs(ms);
  }

  /** The wall clock was set: when something was and will be is told by the new one. */
  clockSet(byMs: number): void {
    this.#standing.clockSet(byMs);
  }

  /** Something happened to it; the log is told where that makes no sense now. */
  note(event: SessionEvent): void {
    this.#standing.move(event);
  }

  /** Leaves without a word to a server that cannot be reached. What was typed at the command line stays with the terminal. */
  #leaveBehind(): void {
    if (!this.#interaction.entered) return;
    // Whoever leaves a line that is cut has not asked for the end of what runs there.
    this.#facts.endsOnExit = false;
    this.#stopping.over();
    this.#quiet.abandon();
    this.#runner.leaveBehind();
    this.#interaction.depart();
  }

  #isOpen(): boolean {
    return this.#standing.isOpen;
  }

  /** `[server]: ` and what the remote prompt function says; the bare `PS>` where there is none. */
  async #prompt(): Promise<string> {
    const said = this.#pool ? await this.#quiet.prompt(this.#pool, this.host.info) : '';
    if (this.#quiet.isPromptless && !this.#facts.restricted) {
      this.#facts.restricted = true;
      await this.#story.restricted();
      this.#announce();
    }
    return `[${this.server.name}]: ${said === '' ? 'PS>' : said}`;
  }

  #commandEnded(): void {
    this.#stopping.over();
    this.#desk.cancel();
    if (this.#board.clear()) this.#options.events.progress(this.id, []);
    this.note('commandEnded');
  }

  #disconnected(error: Error | undefined): void {
    // After an attempt to come back that failed, it is what it was.
    this.#facts.disconnectedAt ??= this.#options.wallClock();
    this.#facts.insideBefore ||= this.#interaction.entered;
    this.#facts.retrying = undefined;
    // Not by our own doing: the page and the row say why.
    if (error && this.#standing.status.state !== 'Connecting') {
      this.#facts.reason = disconnectedByItself(explain(error, this.server), this.server);
      this.#story.left(this.#facts.reason);
    }
    this.note('disconnected');
    this.#stopping.over();
    this.#runner.leaveBehind();
    this.#interaction.depart();
  }

  /** It ended, and not by our doing: nobody is inside any more, and the page says why. */
  #lost(event: 'broken' | 'closed', reason: AppError): void {
    const wasOpen = this.#interaction.entered || this.#isOpen();
    this.#facts.reason = reason;
    this.#facts.retrying = undefined;
    this.note(event);
    this.#desk.cancel();
    if (wasOpen) this.#story.ended(reason);
  }

  get #facts(): SessionFacts {
    return this.#standing.facts;
  }

  #announce(): void {
    this.#options.events.changed(this.row);
    this.completions.changed();
  }

  #mustPool(): RunspacePool {
    if (!this.#pool) throw new Error('The session has no runspace pool yet.');
    return this.#pool;
  }

  #mustBeOpen(): void {
    if (!this.#isOpen()) throw notOpen(this.row);
  }
}
