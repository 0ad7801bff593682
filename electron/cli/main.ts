/** The command line. `psdeck --help` says what it can do, docs/command-line.md more. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { endProcess } from '../remoting/index.ts';
import { convert } from './convert.ts';
import { enter } from './enter.ts';
import { explain } from './explain.ts';
import { helpText } from './help.ts';
import { Interrupts } from './interrupts.ts';
import { invoke } from './invoke.ts';
import { parseCommandLine, type CommandLine, type Invocation } from './options.ts';
import { describe, EXIT } from './problem.ts';
import { connectKept, receiveKept } from './kept-sessions.ts';
import { removeShell, shells, test, winrs } from './server-commands.ts';
import { Terminal } from './terminal.ts';

/** Runs a command line to its end and ends the process with its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<never> {
  const terminal = new Terminal(process);
  const interrupts = new Interrupts(endProcess, () => performance.now());
  // Who ends us otherwise wants no session left behind on the server either.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupts.press);
  const code = await execute(args, terminal, interrupts);
  await terminal.flush();
  // Stdin may still be open, and nobody wants to read it any more.
  return endProcess(code);
}

async function execute(args: readonly string[], terminal: Terminal, interrupts: Interrupts): Promise<number> {
  let line: CommandLine | undefined;
  try {
    line = parseCommandLine(args);
    return await perform(line.invocation, terminal, interrupts);
  } catch (error) {
    const invocation = line?.invocation;
    const problem = explain(
      error,
      invocation !== undefined && 'server' in invocation ? invocation.server : undefined,
    );
    await terminal.err(describe(problem, line?.details ?? false));
    return problem.exit;
  }
}

async function perform(invocation: Invocation, terminal: Terminal, interrupts: Interrupts): Promise<number> {
  switch (invocation.kind) {
    case 'help':
      await terminal.out(helpText(invocation.command));
      return EXIT.fine;
    case 'version':
      await terminal.out(`psdeck ${version()}\n`);
      return EXIT.fine;
    case 'convert':
      await terminal.out(convert(await terminal.stdin.rest(), invocation.to));
      return EXIT.fine;
    case 'invoke':
      return await invoke(invocation, terminal, interrupts);
    case 'enter':
      return await enter(invocation, terminal, interrupts);
    case 'test':
      return await test(invocation, terminal, interrupts);
    case 'shells':
      return await shells(invocation, terminal, interrupts);
    case 'winrs':
      return await winrs(invocation, terminal, interrupts);
    case 'connect':
      return await connectKept(invocation, terminal, interrupts);
    case 'receive':
      return await receiveKept(invocation, terminal, interrupts);
    case 'remove':
      return await removeShell(invocation.server, invocation.id, terminal, interrupts);
  }
}

/** The product's version, from the one place where it stands. */
function version(): string {
  const path = findPackageJSON(import.meta.url);
  const found: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : '0.0.0';
}
