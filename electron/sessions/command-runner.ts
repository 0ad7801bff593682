/** Runs commands in a session's runspace, one at a time, and keeps their books: id, duration, history, what the page shows of them. */
import { errorLine, echoLine, hostWrite, noticeLine, type PageText } from '../console/page-text.ts';
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject } from '../protocol/clixml/value.ts';
import type { PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import type { Clock, PipelineRun, PipelineResult, RunspacePool } from '../remoting/index.ts';
import type { CommandRecord } from '../../shared/terminal.ts';
import { CONSOLE_HINT_MS, consoleProgram } from './console-programs.ts';
import { explain } from './explain.ts';
import { commandsSpec, formatInputSpec, lineSpec } from './interactive-commands.ts';
import { HopWatch } from './hop-watch.ts';
import { commandsOfLine } from './line-as-commands.ts';
import type { Page } from './page.ts';
import type { QuietWork } from './quiet-work.ts';
import { isIncomplete, refusesScripts, wasNotBegun } from './server-answers.ts';
import type { ServerFacts } from './server-facts.ts';
import type { SessionEvents } from './session-events.ts';
import type { SessionHost } from './session-host.ts';
import {
  consoleNotice,
  gapNotice,
  goesOnNotice,
  missingIn,
  timeOfDay,
  unsureNotice,
} from './session-words.ts';

/** What the runner needs of its session. */
export interface RunnerPort {
  readonly sessionId: number;
  readonly server: ServerFacts;
  readonly page: Page;
  readonly host: SessionHost;
  readonly events: SessionEvents;
  readonly quiet: QuietWork;
  readonly now: () => number;
  readonly clock: Clock;
  pool(): RunspacePool;
  isOpen(): boolean;
  /** From Enter on, not only from the moment its pipeline runs. */
  started(): void;
  ended(): void;
  /** A pipeline of a command began, or ended. */
  running(): void;
  /** Messages of the server were lost; it is said in their place already. */
  missed(count: number): void;
}

/** A pipeline that was started in an earlier connection. */
export interface Followed {
  /** Milliseconds since 1970. */
  readonly startedAt: number | undefined;
  /** How long it has run already, as far as that is known. */
  readonly ranMs: number;
  /** The highest object id of it that was shown. */
  readonly readUpTo: bigint | undefined;
  /** By a run of the app that may have shown more than it could take note of. */
  readonly afterCrash: boolean;
  /** What it brought before is not on this page. */
  readonly shownBefore: boolean;
}

/** Commands remembered for Up and Down and for the marks in the margin. */
const MOST_HISTORY = 1000;

/**
 * Between attempts: the engine says that a pipeline has stopped some milliseconds before it has a place for another, on a busy server some
 * hundred. In all a second and a half; what is in the way then stays there.
 */
const CLEARING_MS = [0, 50, 100, 200, 400, 800] as const;

/** Another client had the session meanwhile: what ran goes on, and is followed anew. */
export class HadElsewhere extends Error {
  constructor() {
    super('Another client had the session.');
  }
}

const STOPPED: PipelineResult = { state: 'Stopped', error: undefined, errorText: undefined };

export class CommandRunner {
  readonly #port: RunnerPort;
  readonly #history: string[] = [];
  readonly #commands: CommandRecord[] = [];
  #current: CommandRecord | undefined;
  #nextCommandId = 1;
  #commandId = 0;
  /** The pipeline that Ctrl+C stops. */
  #running: PipelineRun | undefined;
  #idle: Promise<void> = Promise.resolve();
  readonly #following = new Map<PipelineRun, number | undefined>();
  /** The highest object id before a pipeline began. */
  readonly #before = new WeakMap<PipelineRun, bigint>();
  /** Those that a run of the app had that was killed, or ended. */
  readonly #afterCrash = new WeakSet<PipelineRun>();
  readonly #hops: HopWatch;
  #leftBehind = false;
  /** Ctrl+C was pressed since the command was sent off. */
  #stopped = false;
  /** Whether the endpoint takes scripts; known with the first line. */
  #scripts: 'taken' | 'refused' | undefined;

  constructor(port: RunnerPort) {
    this.#port = port;
    this.#hops = new HopWatch(port);
  }

  /** The command that what is written now belongs to; 0 for none. */
  get commandId(): number {
    return this.#commandId;
  }

  get history(): string[] {
    return [...this.#history];
  }

  get commands(): CommandRecord[] {
    return this.#current ? [...this.#commands, this.#current] : [...this.#commands];
  }

  /** Resolves when the command that runs now, if any, has ended. Never rejects. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** What runs was started in an earlier connection, or by somebody who left it behind: whoever enters joins it. */
  get goesOn(): boolean {
    return this.#following.size > 0 || this.#leftBehind;
  }

  /** Whoever was inside has left what runs to itself. */
  leaveBehind(): void {
    this.#leftBehind = this.#current !== undefined;
  }

  /** The pipelines of commands that have not ended, and since when those of an earlier connection run. */
  get pipelines(): { id: string; readUpTo: bigint | undefined; startedAt: number | undefined }[] {
    const runs = new Set([...(this.#running ? [this.#running] : []), ...this.#following.keys()]);
    return [...runs].map((run) => ({
      id: run.id,
      readUpTo: run.readUpTo ?? this.#before.get(run),
      startedAt: this.#following.get(run),
    }));
  }

  /** Ctrl+C. What has not begun yet does not begin. */
  async stop(): Promise<void> {
    this.#stopped = this.#commandId !== 0;
    await this.#running?.stop();
  }

  /**
   * Runs a line as it was typed. Returns the command's record where the server says that the line is unfinished: it goes on under the
   * same id with the next call.
   */
  async typed(echo: PageText, text: string, commandId?: number): Promise<CommandRecord | undefined> {
    // PowerShell's client sends a bare `exit` as Exit-PSSession: the remote `exit` would end the server's runspace.
    const line = /^\s*exit\s*;?\s*$/i.test(text) ? 'Exit-PSSession' : text;
    let unfinished = false;
    const record = await this.#command(
      text,
      async ({ commandId: id }) => {
        await this.#port.page.append(id, [echo]);
        const takeBack = this.#hintAt(id, line);
        const result = await this.#run(line).finally(takeBack);
        if (!isIncomplete(result)) return await this.#conclude(result);
        unfinished = true;
        return 'running';
      },
      commandId,
    );
    return unfinished ? record : undefined;
  }

  /** A program that waits for a console looks like one that takes its time. */
  #hintAt(commandId: number, line: string): () => void {
    const program = consoleProgram(line);
    if (program === undefined) return () => undefined;
    const { page, clock } = this.#port;
    const { lastSeq } = page;
    return clock.after(CONSOLE_HINT_MS, () => {
      if (page.lastSeq === lastSeq && this.#port.isOpen())
        void page.append(commandId, [noticeLine(consoleNotice(program))]);
    });
  }

  /** An unfinished line that is given up: its record ends. */
  giveUp(record: CommandRecord): void {
    this.#current = undefined;
    this.#port.events.command(this.#port.sessionId, { ...record, state: 'stopped' });
  }

  /** Invoke-Command -Session. */
  async invoke(script: string): Promise<CommandRecord> {
    const id = String(this.#port.sessionId);
    const echo = echoLine(`Invoke-Command -Session (Get-PSSession ${id}) -ScriptBlock { `, `${script} }`);
    return await this.#command(script, async (record) => {
      await this.#port.page.append(record.commandId, [echo]);
      return await this.#conclude(await this.#run(script));
    });
  }

  /** A pipeline that was started in an earlier connection: after those before it, its output comes to the page. */
  async follow(
    run: PipelineRun,
    { startedAt, ranMs, readUpTo, afterCrash, shownBefore }: Followed,
  ): Promise<CommandRecord> {
    if (readUpTo !== undefined) this.#before.set(run, readUpTo);
    if (afterCrash) this.#afterCrash.add(run);
    const before = this.#idle;
    this.#following.set(run, startedAt);
    const since = startedAt === undefined ? '' : ` since ${timeOfDay(startedAt)}`;
    const record: CommandRecord = {
      commandId: this.#nextCommandId++,
      text: `(runs${since})`,
      state: 'running',
    };
    const done = before
      .then(() =>
        this.#kept(
          record,
          async () => {
            this.#begin(run);
            if (shownBefore)
              await this.#port.page.append(record.commandId, [noticeLine(goesOnNotice(startedAt))]);
            return await this.#conclude(await this.#follow(run));
          },
          { ranMs },
        ),
      )
      .finally(() => {
        this.#following.delete(run);
        this.#port.running();
      });
    this.#idle = done.then(
      () => undefined,
      () => undefined,
    );
    return await done;
  }

  /** Bookkeeping around one command: its id, Busy and Available again, its mark and duration. */
  #command(
    text: string,
    body: (record: CommandRecord) => Promise<CommandRecord['state']>,
    commandId: number = this.#nextCommandId++,
  ): Promise<CommandRecord> {
    const done = this.#kept({ commandId, text, state: 'running' }, body);
    this.#idle = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #kept(
    record: CommandRecord,
    body: (record: CommandRecord) => Promise<CommandRecord['state']>,
    before?: { readonly ranMs: number },
  ): Promise<CommandRecord> {
    const { page, host, events, quiet, sessionId, now } = this.#port;
    const began = now();
    this.#commandId = record.commandId;
    this.#stopped = false;
    host.drewErrors = false;
    this.#port.started();
    this.#current = record;
    events.command(sessionId, { ...record });
    let state: CommandRecord['state'] = 'failed';
    try {
      await quiet.settle();
      state = await body(record);
      if (state === 'failed') await this.#hops.look(record.commandId);
    } catch (error) {
      if (error instanceof HadElsewhere) state = 'stopped';
      // Where the session itself has ended, its page and its row say why already.
      else if (this.#port.isOpen())
        await page.append(record.commandId, [errorLine(explain(error, this.#port.server).title)]);
    } finally {
      this.#commandId = 0;
      this.#running = undefined;
      this.#leftBehind = false;
      this.#port.running();
      this.#port.ended();
    }
    // Still `running`: the line was unfinished and goes on under the same id.
    if (state === 'running') return record;
    this.#current = undefined;
    const ended: CommandRecord = { ...record, state, duration: now() - began + (before?.ranMs ?? 0) };
    this.#remember(ended, before === undefined);
    events.command(sessionId, ended);
    return ended;
  }

  #remember(record: CommandRecord, typedHere: boolean): void {
    this.#commands.push(record);
    if (this.#commands.length > MOST_HISTORY) this.#commands.shift();
    if (!typedHere) return;
    if (this.#history.at(-1) !== record.text) this.#history.push(record.text);
    if (this.#history.length > MOST_HISTORY) this.#history.shift();
  }

  /** As a script; where the endpoint takes none, as the commands it consists of, if it is no more than commands. */
  async #run(line: string): Promise<PipelineResult> {
    const { info } = this.#port.host;
    const statements = this.#scripts === 'taken' ? undefined : commandsOfLine(line);
    if (this.#scripts !== 'refused' || statements === undefined) {
      const result = await this.#once(lineSpec(line, info, true));
      if (result.state === 'Completed') this.#scripts = 'taken';
      if (this.#scripts === 'taken' || !refusesScripts(result)) return result;
      this.#scripts = 'refused';
      if (statements === undefined) return result;
    }
    return await this.#once(commandsSpec(line, statements, info, true));
  }

  /** What the server did not even begin, because a question of ours was not out of its way yet, is sent again when that is. */
  async #once(spec: PipelineSpec): Promise<PipelineResult> {
    const { quiet, host } = this.#port;
    host.drew = false;
    for (const wait of CLEARING_MS) {
      if (this.#stopped) return STOPPED;
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const result = await this.#follow(this.#start(spec));
      if (!quiet.madeRoom || host.drew || !wasNotBegun(result)) return result;
      // oxlint-disable-next-line no-await-in-loop
      await quiet.roomIsMade(wait);
    }
    if (this.#stopped) return STOPPED;
    return await this.#follow(this.#start(spec));
  }

  #start(spec: PipelineSpec): PipelineRun {
    const pool = this.#port.pool();
    const { highest } = pool.received;
    const run = pool.run(spec);
    if (highest !== undefined) this.#before.set(run, highest);
    this.#begin(run);
    return run;
  }

  /** From here on Ctrl+C stops it, and a later run of the app would know of it. */
  #begin(run: PipelineRun): void {
    this.#running = run;
    this.#port.running();
  }

  /** Draws what a run brings besides host calls, which the host draws. Warnings and their like come as both: the host calls are drawn. */
  async #follow(run: PipelineRun): Promise<PipelineResult> {
    const { host } = this.#port;
    // What an earlier run of the app had shown after its last note on disk cannot be told from what it never got.
    let sinceNoted = this.#afterCrash.has(run);
    for await (const record of run.records()) {
      if (record.kind === 'gap') {
        const count = missingIn(record.missing);
        const words = sinceNoted ? unsureNotice(count, record.certain) : gapNotice(count, record.certain);
        await host.write([noticeLine(words)]);
        if (!sinceNoted) this.#port.missed(count);
      }
      sinceNoted = false;
      if (record.kind === 'output') {
        await host.write([hostWrite(displayText(record.value), true)]);
      } else if (record.kind === 'error') {
        await host.write([errorLine(record.record.message)]);
      }
    }
    return await run.finished;
  }

  async #conclude(result: PipelineResult): Promise<'completed' | 'failed' | 'stopped'> {
    if (result.state === 'Completed') return this.#port.host.drewErrors ? 'failed' : 'completed';
    if (result.state === 'Stopped') return 'stopped';
    await this.#showError(result);
    return 'failed';
  }

  /** A terminating error is formatted by the server, in a second pipeline, so that it looks as the server's PowerShell makes it. */
  async #showError(result: PipelineResult): Promise<void> {
    const { host } = this.#port;
    const text = result.errorText ?? 'The command failed and gave no reason.';
    if (!(result.error instanceof PsObject) || !this.#port.isOpen()) {
      await host.write([errorLine(text)]);
      return;
    }
    host.beginErrorPass();
    try {
      const run = this.#port.pool().run(formatInputSpec(host.info));
      this.#running = run;
      await run.writeInput(result.error);
      run.endInput();
      const formatted = await this.#follow(run);
      if (formatted.state !== 'Completed' || !host.drew) await host.write([errorLine(text)]);
    } catch {
      await host.write([errorLine(text)]);
    } finally {
      host.endErrorPass();
    }
  }
}
