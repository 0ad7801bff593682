/** A session's pipelines that nobody asked for: its prompt, its completions, help. Given up as soon as the person wants the runspace. */
import { decodeErrorRecord, type ErrorRecord } from '../protocol/psrp/error-record.ts';
import type { PsValue } from '../protocol/clixml/value.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import { systemClock, type Clock, type PipelineRun, type RunspacePool } from '../remoting/index.ts';
import type { CommandHelp, Completion } from '../../shared/terminal.ts';
import { CommandCompletions, commandsSpec } from './completion-from-commands.ts';
import { NO_COMPLETION, readCompletion } from './completion.ts';
import { bareHelpSpec, helpSpec, nothingKnown, readBareHelp, readHelp } from './help.ts';
import { completionSpec, promptSpec, recentErrorsSpec } from './interactive-commands.ts';
import { isUnknownCommand, readPrompt } from './server-answers.ts';

/** A completion that takes longer than this is of no use to somebody who pressed Tab. */
const COMPLETION_MS = 5000;
/** The first Get-Help of a session reads its files; nobody waits longer for a page. */
const HELP_MS = 30_000;
/** Three objects; a person waits for the prompt. */
const RECENT_ERRORS_MS = 1500;
/** A prompt function takes a few milliseconds, one that asks the network for something a few hundred. */
const PROMPT_MS = 300;
/** A pipeline stops in milliseconds, or sits in native code; a command line must not vanish behind it. */
const QUIET_MS = 500;

export class QuietWork {
  #run: PipelineRun | undefined;
  /** What runs was asked for at the line: a newer question takes its place. */
  #forLine = false;
  /** Help that is being fetched: somebody asked for it by a key, and a completion waits for it. */
  #helping: Promise<unknown> | undefined;
  #promptless = false;
  /** The endpoint has no TabExpansion2. */
  #commands: CommandCompletions | undefined;
  /** Rises with each question at the line, and where the person wants the runspace or nobody wants an answer: what was not sent by then is not. */
  #turn = 0;
  /** What the newest command found running, if anything. */
  #displaced: PipelineRun | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The endpoint has no prompt function, which every other has. */
  get isPromptless(): boolean {
    return this.#promptless;
  }

  get isBusy(): boolean {
    return this.#run !== undefined;
  }

  /** What runs is not for the line, and does not give way to it. */
  get isPrompting(): boolean {
    return this.#run !== undefined && !this.#forLine;
  }

  /** Nobody waits for what was asked at the line any more. */
  async giveUp(): Promise<void> {
    this.#turn += 1;
    if (this.#forLine) await this.#stopRun();
  }

  /** Ctrl+C, or somebody leaves. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    // Ctrl+C pressed twice means the command, not the prompt that comes after it; one that does not come is stopped.
    if (this.isPrompting)
      await this.#within(
        PROMPT_MS,
        run.finished.catch(() => undefined),
      );
    if (this.#run === run) await run.stop();
  }

  /** Lets go of what runs without waiting for a server that cannot be reached. */
  abandon(): void {
    this.#run?.abandon();
  }

  /** Stops what runs, and waits for that a moment: the server runs what comes next after it anyway, and a stop may hang. */
  async settle(): Promise<void> {
    this.#turn += 1;
    this.#displaced = this.#run;
    await this.#stopRun();
  }

  async #stopRun(): Promise<void> {
    if (this.#run) await this.#within(QUIET_MS, this.#run.stop());
  }

  /** A question of ours had to make room for the command that runs now. */
  get madeRoom(): boolean {
    return this.#displaced !== undefined;
  }

  /** Waits for the end of what was to make room, as long as for any answer at the line, and so many milliseconds more. */
  async roomIsMade(ms: number): Promise<void> {
    const over = this.#displaced?.finished.catch(() => undefined);
    if (over) await this.#within(COMPLETION_MS, over);
    if (ms > 0) await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
  }

  /** What the remote prompt function says; empty where there is none. */
  async prompt(pool: RunspacePool, host: HostInfo): Promise<string> {
    let run: PipelineRun | undefined;
    try {
      run = pool.run(promptSpec(host));
      this.#run = run;
      this.#forLine = false;
      const said = await readPrompt(run);
      this.#promptless ||= said === '' && isUnknownCommand(await run.finished);
      return said;
    } catch {
      return ''; // broken meanwhile: the session's own state says so
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  /**
   * The newest errors of the runspace; undefined where no scripts may be run, or where that takes longer than it is worth.
   */
  async recentErrors(pool: RunspacePool, host: HostInfo): Promise<ErrorRecord[] | undefined> {
    const run = pool.run(recentErrorsSpec(host));
    this.#run = run;
    try {
      const collected = await this.#within(RECENT_ERRORS_MS, run.collect());
      if (collected === undefined) {
        void run.stop();
        return undefined;
      }
      return collected.result.state === 'Completed' ? collected.output.map(decodeErrorRecord) : undefined;
    } catch {
      return undefined; // broken meanwhile, or they are of a kind that we do not know
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  async complete(pool: RunspacePool, host: HostInfo, text: string, cursor: number): Promise<Completion> {
    const turn = ++this.#turn;
    await this.#helping;
    const place = Math.min(cursor, text.length);
    if (this.#commands === undefined) {
      const answer = await this.#ask(turn, pool, completionSpec(text, place, host), COMPLETION_MS);
      if (answer === undefined) return NO_COMPLETION;
      if (answer !== 'unknown') return readCompletion(answer, text);
      this.#commands = new CommandCompletions();
    }
    return await this.#commands.complete(text, place, async (name) => {
      const answer = await this.#ask(turn, pool, commandsSpec(name, host), COMPLETION_MS);
      return answer === undefined || answer === 'unknown' ? [] : answer;
    });
  }

  help(
    pool: RunspacePool,
    host: HostInfo,
    command: string,
    parameter: string | undefined,
    columns: number,
  ): Promise<CommandHelp> {
    const help = this.#fetchHelp(pool, host, command, parameter, columns);
    const done = help.finally(() => {
      if (this.#helping === done) this.#helping = undefined;
    });
    this.#helping = done;
    return help;
  }

  async #fetchHelp(
    pool: RunspacePool,
    host: HostInfo,
    command: string,
    parameter: string | undefined,
    columns: number,
  ): Promise<CommandHelp> {
    const title = parameter === undefined ? command : `${command} -${parameter}`;
    const turn = ++this.#turn;
    const answer = await this.#ask(turn, pool, helpSpec(command, parameter, columns, host), HELP_MS);
    if (answer === undefined) return nothingKnown(title);
    if (answer !== 'unknown') return readHelp(title, answer);
    const bare = await this.#ask(turn, pool, bareHelpSpec(command, parameter, host), HELP_MS);
    return bare === undefined || bare === 'unknown' ? nothingKnown(title) : readBareHelp(title, bare);
  }

  /** Undefined where it takes longer. */
  async #within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const takeBack = this.#clock.after(ms, () => resolve(undefined));
    try {
      return await Promise.race([work, late]);
    } finally {
      takeBack();
    }
  }

  /** What a pipeline gives; nothing where it failed, was given up or took too long; `unknown` where a command of it does not exist there. */
  async #ask(
    turn: number,
    pool: RunspacePool,
    spec: PipelineSpec,
    withinMs: number,
  ): Promise<readonly PsValue[] | 'unknown' | undefined> {
    // One that does not stop at once keeps its place on the server, and the newer one comes after it.
    if (turn === this.#turn && this.#forLine) await this.#stopRun();
    if (turn !== this.#turn || this.isPrompting) return undefined;
    const abort = new AbortController();
    let run: PipelineRun | undefined;
    const takeBack = this.#clock.after(withinMs, () => abort.abort());
    try {
      run = pool.run(spec, { signal: abort.signal });
      this.#run = run;
      this.#forLine = true;
      const output: PsValue[] = [];
      for await (const record of run.records()) if (record.kind === 'output') output.push(record.value);
      const result = await run.finished;
      if (isUnknownCommand(result)) return 'unknown';
      return result.state === 'Completed' ? output : undefined;
    } catch {
      return undefined; // the session's own state says what broke
    } finally {
      takeBack();
      if (this.#run === run) {
        this.#run = undefined;
        this.#forLine = false;
      }
    }
  }
}
