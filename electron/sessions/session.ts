/**
 * One PSSession: its runspace pool, its page, what it waits for, and the interactive loop. Everything that happens in it stays in it: an
 * exception breaks this session and no other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { echoLine, errorLine, hostWrite, noticeLine, type PageText } from '../console/page-text.ts';
import { ProgressBoard } from '../console/progress.ts';
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject } from '../protocol/clixml/value.ts';
import type { PipelineRun, PipelineResult, RunspacePool } from '../remoting/index.ts';
import type { AppError } from '../../shared/error.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { CommandRecord, Completion, TerminalSize, TerminalSnapshot } from '../../shared/terminal.ts';
import { readCompletion, NO_COMPLETION } from './completion.ts';
import { explain } from './explain.ts';
import { InputCancelled, InputDesk } from './input-desk.ts';
import {
  completionSpec,
  formatInputSpec,
  hostInfoFor,
  lineSpec,
  promptSpec,
} from './interactive-commands.ts';
import { Page, type PageSink } from './page.ts';
import { busy, notOpen } from './refusals.ts';
import { isIncomplete, readPrompt, remoteFacts } from './server-answers.ts';
import type { ServerFacts } from './server-facts.ts';
import type { SessionEvents } from './session-events.ts';
import { SessionHost } from './session-host.ts';
import { advance, availabilityOf, INITIAL_STATUS, type SessionEvent, type SessionStatus } from './state.ts';

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
}

/** Commands remembered for Up and Down and for the marks in the margin. */
const MOST_HISTORY = 1000;
/** A completion that takes longer than this is of no use to somebody who pressed Tab. */
const COMPLETION_MS = 5000;
/** A pipeline stops in milliseconds, or sits in native code; a command line must not vanish behind it. */
const QUIET_MS = 500;

export class Session {
  readonly id: number;
  readonly page = new Page();
  readonly host: SessionHost;
  readonly #options: SessionOptions;
  readonly #desk: InputDesk;
  readonly #board = new ProgressBoard();
  readonly #history: string[] = [];
  readonly #commands: CommandRecord[] = [];
  #pool: RunspacePool | undefined;
  #status: SessionStatus = INITIAL_STATUS;
  #reason: AppError | undefined;
  #size: TerminalSize;
  #entered = false;
  #leaving = false;
  /** We are ending it: its end is no news. */
  #removing = false;
  #current: CommandRecord | undefined;
  #nextCommandId = 1;
  #commandId = 0;
  /** The pipeline that Ctrl+C stops. */
  #running: PipelineRun | undefined;
  /** A prompt or completion of ours, given up as soon as the person wants the runspace. */
  #quiet: { stop(): Promise<void> } | undefined;
  #title = '';
  #remoteFacts: { psVersion?: string; os?: string } = {};

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#size = options.size;
    this.#desk = new InputDesk(
      (request) => options.events.input(this.id, request),
      () => this.page.lastSeq,
    );
    this.host = new SessionHost({
      computerName: options.server.name,
      desk: this.#desk,
      size: () => this.#size,
      info: () => hostInfoFor(this.#size, this.#title),
      write: (texts) => this.page.append(this.#commandId, texts),
      echo: (prompt, answer) => this.page.append(this.#commandId, [echoLine(prompt, answer)]),
      progress: (update) => {
        if (this.#board.apply(update)) options.events.progress(this.id, this.#board.bars);
      },
      title: (title) => {
        this.#title = title.slice(0, 256);
        options.events.title(this.id, this.#title);
      },
      leave: () => {
        this.#leaving = true;
      },
      secure: (text) => this.#mustPool().encryptSecureString(text),
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
      entered: this.#entered,
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
      history: [...this.#history],
      commands: this.#current ? [...this.#commands, this.#current] : [...this.#commands],
    };
  }

  resize(size: TerminalSize): void {
    this.#size = size;
  }

  /** Enter-PSSession. */
  enter(size: TerminalSize): void {
    this.#mustBeOpen();
    this.resize(size);
    if (this.#entered) {
      this.#leaving = false; // somebody was about to leave, and stays
      return;
    }
    if (this.#isBusy()) throw busy(this.row);
    this.#entered = true;
    this.#leaving = false;
    this.#announce();
    void this.#interact();
  }

  /** Exit-PSSession from outside: stops what runs and leaves. */
  async exit(): Promise<void> {
    if (!this.#entered) return;
    this.#leaving = true;
    this.#desk.cancel();
    await Promise.all([this.#running?.stop(), this.#quiet?.stop()]);
  }

  /** Invoke-Command in the session, one command, without entering. */
  async invoke(script: string, size: TerminalSize): Promise<CommandRecord> {
    this.#mustBeOpen();
    if (this.#entered || this.#isBusy()) throw busy(this.row);
    this.resize(size);
    return await this.#runLine(
      `Invoke-Command -Session (Get-PSSession ${String(this.id)}) -ScriptBlock { `,
      script,
      ' }',
    );
  }

  answer(requestId: number, text: string): void {
    this.#desk.answer(requestId, text);
  }

  /** Ctrl+C: what runs is stopped, a prompt function that does not return as well; where nothing runs, the prompt is given up and comes anew. */
  interrupt(text: string | undefined): void {
    this.#desk.cancel(text ?? '');
    void this.#running?.stop();
    void this.#quiet?.stop();
  }

  async complete(text: string, cursor: number): Promise<Completion> {
    if (this.#status.state !== 'Opened' || !this.#pool || this.#isBusy() || this.#quiet) return NO_COMPLETION;
    const abort = new AbortController();
    const run = this.#pool.run(completionSpec(text, Math.min(cursor, text.length), this.host.info), {
      signal: abort.signal,
    });
    this.#quiet = run;
    const timer = setTimeout(() => abort.abort(), COMPLETION_MS);
    try {
      const { output } = await run.collect();
      return readCompletion(output, text);
    } catch {
      return NO_COMPLETION; // the session's own state says what broke
    } finally {
      clearTimeout(timer);
      if (this.#quiet === run) this.#quiet = undefined;
    }
  }

  /** Remove-PSSession. Never fails. */
  async remove(): Promise<void> {
    this.#leaving = true;
    this.#removing = true;
    this.#desk.cancel();
    this.#move('closing');
    await this.#pool?.close();
    this.#move('closed');
  }

  async #interact(): Promise<void> {
    try {
      while (!this.#leaving && this.#status.state === 'Opened') {
        const prompt = await this.#prompt();
        if (this.#stopped()) break;
        await this.#oneCommand(prompt);
      }
    } catch (error) {
      // A bug of ours must not leave a dead tab: the session says so and can be left or removed.
      void this.page.append(0, [
        errorLine(`PSDeck could not go on with this session: ${explain(error, this.#options.server).title}`),
      ]);
    }
    this.#entered = false;
    this.#announce();
    if (this.#options.endsOnExit && this.#leaving) this.#options.finished();
  }

  /** From Enter on, not only from the moment its pipeline runs. */
  #isBusy(): boolean {
    return this.#status.running > 0;
  }

  /** Stops our own pipeline, and waits for that a moment: the server runs what comes next after it anyway, and a stop may hang. */
  async #quieten(): Promise<void> {
    if (this.#quiet) await Promise.race([this.#quiet.stop(), delay(QUIET_MS, undefined, { ref: false })]);
  }

  #stopped(): boolean {
    return this.#leaving || this.#status.state !== 'Opened';
  }

  /** Reads one command line, with its continuations, and runs it. */
  async #oneCommand(prompt: string): Promise<void> {
    let shown = prompt;
    let sent = '';
    let unfinished: CommandRecord | undefined;
    try {
      let text = await this.#desk.ask({ kind: 'command', prompt });
      for (;;) {
        // What was sent before stands in the page already: only what came since is echoed.
        const added = sent !== '' && text.startsWith(`${sent}\n`) ? text.slice(sent.length + 1) : text;
        const echo = echoLine(shown, added);
        if (text.trim() === '') {
          await this.page.append(0, [echo]);
          return;
        }
        unfinished = await this.#runTyped(echo, text, unfinished?.commandId);
        if (unfinished === undefined || this.#stopped()) return;
        sent = text;
        shown = '>> ';
        text = await this.#desk.ask({ kind: 'continuation', prompt: shown, text: sent });
      }
    } catch (error) {
      if (!(error instanceof InputCancelled)) throw error;
      if (!this.#leaving)
        await this.page.append(unfinished?.commandId ?? 0, [echoLine(shown, `${error.text}^C`)]);
    } finally {
      if (unfinished) {
        this.#current = undefined;
        this.#options.events.command(this.id, { ...unfinished, state: 'stopped' });
      }
    }
  }

  /** Returns the command's record where the server says that the line is unfinished. */
  async #runTyped(
    echo: PageText,
    text: string,
    commandId: number | undefined,
  ): Promise<CommandRecord | undefined> {
    // PowerShell's client sends a bare `exit` as Exit-PSSession: the remote `exit` would end the server's runspace.
    const line = /^\s*exit\s*;?\s*$/i.test(text) ? 'Exit-PSSession' : text;
    let unfinished = false;
    const record = await this.#command(
      text,
      async ({ commandId: id }) => {
        await this.page.append(id, [echo]);
        const result = await this.#follow(this.#start(line, true));
        if (!isIncomplete(result)) return await this.#conclude(result);
        unfinished = true;
        return 'running';
      },
      commandId,
    );
    return unfinished ? record : undefined;
  }

  async #runLine(before: string, script: string, after: string): Promise<CommandRecord> {
    return await this.#command(script, async (record) => {
      await this.page.append(record.commandId, [echoLine(before, script + after)]);
      return await this.#conclude(await this.#follow(this.#start(script, true)));
    });
  }

  /** Bookkeeping around one command: its id, Busy and Available again, its mark and duration. */
  async #command(
    text: string,
    body: (record: CommandRecord) => Promise<CommandRecord['state']>,
    commandId: number = this.#nextCommandId++,
  ): Promise<CommandRecord> {
    const started = this.#options.now();
    const record: CommandRecord = { commandId, text, state: 'running' };
    this.#commandId = record.commandId;
    this.host.drewErrors = false;
    this.#move('commandStarted');
    this.#current = record;
    this.#options.events.command(this.id, { ...record });
    let state: CommandRecord['state'] = 'failed';
    try {
      await this.#quieten();
      state = await body(record);
    } catch (error) {
      // Where the session itself has ended, its page and its row say why already.
      if (this.#status.state === 'Opened')
        await this.page.append(record.commandId, [errorLine(explain(error, this.#options.server).title)]);
    } finally {
      this.#commandId = 0;
      this.#running = undefined;
      this.#desk.cancel();
      if (this.#board.clear()) this.#options.events.progress(this.id, []);
      this.#move('commandEnded');
    }
    // Still `running`: the line was unfinished and goes on under the same id.
    if (state === 'running') return record;
    this.#current = undefined;
    const ended: CommandRecord = { ...record, state, duration: this.#options.now() - started };
    this.#remember(ended);
    this.#options.events.command(this.id, ended);
    return ended;
  }

  #remember(record: CommandRecord): void {
    this.#commands.push(record);
    if (this.#commands.length > MOST_HISTORY) this.#commands.shift();
    if (this.#history.at(-1) !== record.text) this.#history.push(record.text);
    if (this.#history.length > MOST_HISTORY) this.#history.shift();
  }

  #start(line: string, addToHistory: boolean): PipelineRun {
    const pool = this.#mustPool();
    const run = pool.run(lineSpec(line, this.host.info, addToHistory));
    this.#running = run;
    return run;
  }

  /** Draws what a run brings besides host calls, which the host draws. Warnings and their like come as both: the host calls are drawn. */
  async #follow(run: PipelineRun): Promise<PipelineResult> {
    for await (const record of run.records()) {
      if (record.kind === 'output') {
        await this.host.write([hostWrite(displayText(record.value), true)]);
      } else if (record.kind === 'error') {
        await this.host.write([errorLine(record.record.message)]);
      }
    }
    return await run.finished;
  }

  async #conclude(result: PipelineResult): Promise<'completed' | 'failed' | 'stopped'> {
    if (result.state === 'Completed') return this.host.drewErrors ? 'failed' : 'completed';
    if (result.state === 'Stopped') return 'stopped';
    await this.#showError(result);
    return 'failed';
  }

  /** A terminating error is formatted by the server, in a second pipeline, so that it looks as the server's PowerShell makes it. */
  async #showError(result: PipelineResult): Promise<void> {
    const text = result.errorText ?? 'The command failed and gave no reason.';
    if (!(result.error instanceof PsObject) || this.#status.state !== 'Opened') {
      await this.host.write([errorLine(text)]);
      return;
    }
    this.host.beginErrorPass();
    try {
      const run = this.#mustPool().run(formatInputSpec(this.host.info));
      this.#running = run;
      await run.writeInput(result.error);
      run.endInput();
      const formatted = await this.#follow(run);
      if (formatted.state !== 'Completed' || !this.host.drew) await this.host.write([errorLine(text)]);
    } catch {
      await this.host.write([errorLine(text)]);
    } finally {
      this.host.endErrorPass();
    }
  }

  /** `[server]: ` and what the remote prompt function says; the bare `PS>` where there is none. */
  async #prompt(): Promise<string> {
    let said = '';
    try {
      const run = this.#mustPool().run(promptSpec(this.host.info));
      this.#quiet = run;
      said = await readPrompt(run);
    } catch {
      // Broken meanwhile: the state says so.
    } finally {
      this.#quiet = undefined;
    }
    return `[${this.#options.server.name}]: ${said === '' ? 'PS>' : said}`;
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
    const wasOpen = this.#entered || this.#status.state === 'Opened';
    this.#reason = reason;
    this.#move(event);
    this.#desk.cancel();
    if (wasOpen) {
      const { title, why } = reason;
      void this.page.append(0, [errorLine(why === undefined ? title : `${title}. ${why}`)]);
    }
  }

  #move(event: SessionEvent): void {
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
    if (this.#status.state === 'Opened') return;
    throw notOpen(this.row);
  }
}
