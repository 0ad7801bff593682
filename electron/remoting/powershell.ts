/** Builds a pipeline command by command, as System.Management.Automation.PowerShell does. */
import type { PsValue } from '../protocol/clixml/value.ts';
import {
  ERRORS_TO_OUTPUT,
  type CommandArgument,
  type MergeInstructions,
  type PipelineCommand,
} from '../protocol/psrp/pipeline-spec.ts';
import { UsageError } from '../protocol/errors.ts';
import type { PipelineRun } from './pipeline-run.ts';
import type { RunspacePool } from './runspace-pool.ts';

export interface InvokeOptions {
  /** Stops the pipeline when it aborts. */
  readonly signal?: AbortSignal;
  /** Objects for the pipeline's input; sent as fast as the server takes them. */
  readonly input?: Iterable<PsValue> | AsyncIterable<PsValue>;
  /** Whether the server's history remembers it; default false. */
  readonly addToHistory?: boolean;
  /** Non-terminating errors come among the output instead of as error records; default false. */
  readonly mergeErrors?: boolean;
  /** Further streams that come among the output, as after `3>&1`; from protocol 2.2 on. */
  readonly mergeStreams?: readonly MergeableStream[];
  /** Run inside the pipeline that is under way, as a nested prompt does; default false. */
  readonly nested?: boolean;
}

export type MergeableStream = 'error' | 'warning' | 'verbose' | 'debug' | 'information';

interface Draft {
  text: string;
  isScript: boolean;
  arguments: CommandArgument[];
  endOfStatement: boolean;
  useLocalScope: boolean | undefined;
}

export class PowerShell {
  readonly #pool: RunspacePool;
  readonly #commands: Draft[] = [];

  constructor(pool: RunspacePool) {
    this.#pool = pool;
  }

  addCommand(name: string, options: { useLocalScope?: boolean } = {}): this {
    return this.#add(name, false, options.useLocalScope);
  }

  addScript(script: string, options: { useLocalScope?: boolean } = {}): this {
    return this.#add(script, true, options.useLocalScope);
  }

  /** A named parameter of the last command; without a value a switch. */
  addParameter(name: string, value?: PsValue): this {
    this.#last().arguments.push(value === undefined ? { name } : { name, value });
    return this;
  }

  addParameters(parameters: Readonly<Record<string, PsValue>>): this {
    for (const [name, value] of Object.entries(parameters)) this.addParameter(name, value);
    return this;
  }

  /** A positional argument of the last command. */
  addArgument(value: PsValue): this {
    this.#last().arguments.push({ value });
    return this;
  }

  /** What follows is a statement of its own, as after `;`. */
  addStatement(): this {
    this.#last().endOfStatement = true;
    return this;
  }

  /** Starts the pipeline. Iterate the run, read its `records()`, or `collect()` it. */
  invoke(options: InvokeOptions = {}): PipelineRun {
    if (this.#commands.length === 0) throw new UsageError('pipeline.empty', 'A pipeline needs a command.');
    const run = this.#pool.run(
      {
        commands: this.#commands.map((draft) => finished(draft, merged(options))),
        ...(options.nested === undefined ? {} : { isNested: options.nested }),
        noInput: options.input === undefined,
        addToHistory: options.addToHistory ?? false,
      },
      options.signal === undefined ? {} : { signal: options.signal },
    );
    if (options.input !== undefined) void feed(run, options.input);
    return run;
  }

  #add(text: string, isScript: boolean, useLocalScope: boolean | undefined): this {
    this.#commands.push({ text, isScript, arguments: [], endOfStatement: false, useLocalScope });
    return this;
  }

  #last(): Draft {
    const last = this.#commands.at(-1);
    if (!last) throw new UsageError('pipeline.empty', 'Add a command before its parameters.');
    return last;
  }
}

function merged({ mergeErrors, mergeStreams = [] }: InvokeOptions): MergeInstructions | undefined {
  const errors = (mergeErrors ?? false) || mergeStreams.includes('error');
  if (!errors && mergeStreams.length === 0) return undefined;
  const streams = Object.fromEntries(mergeStreams.map((stream) => [stream, 'Output' as const]));
  return { ...streams, ...(errors ? ERRORS_TO_OUTPUT : {}) };
}

function finished(draft: Draft, merge: MergeInstructions | undefined): PipelineCommand {
  return { ...draft, arguments: [...draft.arguments], ...(merge === undefined ? {} : { merge }) };
}

async function feed(run: PipelineRun, input: Iterable<PsValue> | AsyncIterable<PsValue>): Promise<void> {
  try {
    for await (const value of input) {
      if (run.ended) return;
      await run.writeInput(value);
    }
    if (!run.ended) run.endInput();
  } catch {
    // The source of the input failed: without all of it the pipeline must not go on as if it were complete.
    await run.stop();
  }
}
