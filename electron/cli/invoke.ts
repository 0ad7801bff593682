/** `psdeck invoke`: a script or a command on a server. */
import type { PsValue } from '../protocol/clixml/value.ts';
import type { CommandArgument, PipelineCommand } from '../protocol/psrp/pipeline-spec.ts';
import type { PipelineRun, RunspacePool } from '../remoting/index.ts';
import { formatterOf } from './formats.ts';
import { fromJson } from './from-json.ts';
import { ConsoleHost } from './host.ts';
import { readObjects } from './input.ts';
import type { Interrupts } from './interrupts.ts';
import type { Argument, Format, Invocation } from './options.ts';
import { EXIT, Problem, usageProblem } from './problem.ts';
import { errorText, follow, formatted, showFailure } from './run.ts';
import { openPool, readTextFile, signedIn } from './server.ts';
import type { Terminal } from './terminal.ts';

type InvokeOptions = Extract<Invocation, { kind: 'invoke' }>;

/** @returns the exit code */
export async function invoke(
  options: InvokeOptions,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  const format = options.format ?? (terminal.outputIsTerminal ? 'table' : 'json');
  const given = options.arguments.map(argumentOf);
  // The file first: nobody wants to type a password for a script that is not there.
  const text = await textOf(options.source, terminal);
  let asked: number | undefined;
  const host: ConsoleHost = new ConsoleHost({
    terminal,
    computerName: options.server.server,
    textTo: format === 'table' ? 'out' : 'err',
    width: options.width,
    mayAsk: options.input === undefined && !(options.source.kind === 'file' && options.source.text === '-'),
    secure: (secret) => pool.encryptSecureString(secret),
    leave: (code) => (asked = code),
  });
  const pool = await signedIn(options.server, terminal, (target) =>
    openPool(target, host, options.server.timeoutMs, interrupts),
  );
  try {
    const command: PipelineCommand = {
      text,
      isScript: options.source.kind !== 'command',
      arguments: given,
    };
    const run = pool.run({
      commands: format === 'table' ? formatted(command) : [command],
      noInput: options.input === undefined,
      addToHistory: false,
      hostInfo: host.info,
    });
    const off = interrupts.on(() => void run.stop());
    terminal.outputLost.signal.addEventListener('abort', () => void run.stop(), { once: true });
    try {
      const input: { problem?: Error } = {};
      if (options.input !== undefined) void feed(run, readObjects(terminal.stdin, options.input), input);
      const code = await finish(run, format, host, terminal, pool);
      if (input.problem !== undefined) throw input.problem;
      if (interrupts.happened) return EXIT.interrupted;
      return code === EXIT.fine && asked !== undefined ? asked : code;
    } finally {
      off();
    }
  } finally {
    await pool.close();
  }
}

async function finish(
  run: PipelineRun,
  format: Format,
  host: ConsoleHost,
  terminal: Terminal,
  pool: RunspacePool,
): Promise<number> {
  if (format === 'table') {
    const result = await follow(run, host, terminal);
    if (result.state === 'Failed') await showFailure(pool, host, terminal, result);
    if (result.state === 'Stopped') return terminal.outputLost.signal.aborted ? EXIT.fine : EXIT.failed;
    return host.drewErrors ? EXIT.failed : EXIT.fine;
  }
  const formatter = formatterOf(format);
  for await (const record of run.records()) {
    if (record.kind === 'output') await terminal.out(formatter.add(record.value));
    else if (record.kind === 'error') await host.error(errorText(record.record));
    // Warnings, verbose and debug messages come as host calls, too: those are drawn.
  }
  const result = await run.finished;
  // What came before the end is whole in itself, and is kept.
  await terminal.out(formatter.end());
  if (result.state === 'Failed') await showFailure(pool, host, terminal, result);
  if (result.state === 'Stopped') return terminal.outputLost.signal.aborted ? EXIT.fine : EXIT.failed;
  return host.drewErrors ? EXIT.failed : EXIT.fine;
}

/** Where the input is wrong the pipeline is stopped, lest it end as if it had had all of it. */
async function feed(
  run: PipelineRun,
  objects: AsyncIterable<PsValue>,
  outcome: { problem?: Error },
): Promise<void> {
  try {
    for await (const value of objects) {
      if (run.ended) return;
      await run.writeInput(value);
    }
    if (!run.ended) run.endInput();
  } catch (error) {
    if (run.ended) return;
    outcome.problem = error instanceof Error ? error : new Error(String(error));
    await run.stop();
  }
}

async function textOf(source: InvokeOptions['source'], terminal: Terminal): Promise<string> {
  if (source.kind !== 'file') return source.text;
  return source.text === '-' ? await terminal.stdin.rest() : await readTextFile(source.text);
}

function argumentOf(given: Argument): CommandArgument {
  if (given.kind === 'positional') return { value: given.text };
  const { name, value } = given;
  // A script's own switch takes a parameter without a value for one that is off.
  if (value === undefined) return { name, value: true };
  if (value.kind === 'text') return { name, value: value.text };
  try {
    return { name, value: fromJson(value.text) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw usageProblem(`--param ${name}:= takes JSON; NAME=TEXT takes text. ${error.why ?? ''}`.trim());
  }
}
