/** A session's pipelines that nobody asked for: its prompt, its completions. Given up as soon as the person wants the runspace. */
import { setTimeout as delay } from 'node:timers/promises';
import { decodeErrorRecord, type ErrorRecord } from '../protocol/psrp/error-record.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { PipelineRun, RunspacePool } from '../remoting/index.ts';
import type { Completion } from '../../shared/terminal.ts';
import { NO_COMPLETION, readCompletion } from './completion.ts';
import { completionSpec, promptSpec, recentErrorsSpec } from './interactive-commands.ts';
import { readPrompt } from './server-answers.ts';

/** A completion that takes longer than this is of no use to somebody who pressed Tab. */
const COMPLETION_MS = 5000;
/** Three objects; a person waits for the prompt. */
const RECENT_ERRORS_MS = 1500;
/** A pipeline stops in milliseconds, or sits in native code; a command line must not vanish behind it. */
const QUIET_MS = 500;

export class QuietWork {
  #run: PipelineRun | undefined;

  get isBusy(): boolean {
    return this.#run !== undefined;
  }

  async stop(): Promise<void> {
    await this.#run?.stop();
  }

  /** Lets go of what runs without waiting for a server that cannot be reached. */
  abandon(): void {
    this.#run?.abandon();
  }

  /** Stops what runs, and waits for that a moment: the server runs what comes next after it anyway, and a stop may hang. */
  async settle(): Promise<void> {
    if (this.#run) await Promise.race([this.#run.stop(), delay(QUIET_MS, undefined, { ref: false })]);
  }

  /** What the remote prompt function says; empty where there is none. */
  async prompt(pool: RunspacePool, host: HostInfo): Promise<string> {
    let run: PipelineRun | undefined;
    try {
      run = pool.run(promptSpec(host));
      this.#run = run;
      return await readPrompt(run);
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
      const collected = await Promise.race([
        run.collect(),
        delay(RECENT_ERRORS_MS, undefined, { ref: false }),
      ]);
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
    const abort = new AbortController();
    const run = pool.run(completionSpec(text, Math.min(cursor, text.length), host), { signal: abort.signal });
    this.#run = run;
    const timer = setTimeout(() => abort.abort(), COMPLETION_MS);
    try {
      const { output } = await run.collect();
      return readCompletion(output, text);
    } catch {
      return NO_COMPLETION; // the session's own state says what broke
    } finally {
      clearTimeout(timer);
      if (this.#run === run) this.#run = undefined;
    }
  }
}
