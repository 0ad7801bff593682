/** A session's pipelines that nobody asked for: its prompt, its completions. Given up as soon as the person wants the runspace. */
import { setTimeout as delay } from 'node:timers/promises';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { PipelineRun, RunspacePool } from '../remoting/index.ts';
import type { Completion } from '../../shared/terminal.ts';
import { NO_COMPLETION, readCompletion } from './completion.ts';
import { completionSpec, promptSpec } from './interactive-commands.ts';
import { readPrompt } from './server-answers.ts';

/** A completion that takes longer than this is of no use to somebody who pressed Tab. */
const COMPLETION_MS = 5000;
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
