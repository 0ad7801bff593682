/** `psdeck enter`: an interactive session in this terminal. */
import { sanitize, plainText } from '../console/vt.ts';
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { RunspacePool } from '../remoting/index.ts';
import { ConsoleHost } from './host.ts';
import type { Interrupts } from './interrupts.ts';
import type { Invocation } from './options.ts';
import { EXIT } from './problem.ts';
import { follow, formatted, isIncomplete, showFailure } from './run.ts';
import { openPool, signedIn } from './server.ts';
import { InputEnded, type Terminal } from './terminal.ts';

const LEAVE = /^\s*(?:exit|Exit-PSSession|exsn)\s*;?\s*$/i;

/** @returns the exit code */
export async function enter(
  options: Extract<Invocation, { kind: 'enter' }>,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  const left: { code?: number } = {};
  const host: ConsoleHost = new ConsoleHost({
    terminal,
    computerName: options.server.server,
    textTo: 'out',
    width: undefined,
    mayAsk: true,
    secure: (secret) => pool.encryptSecureString(secret),
    leave: (code) => (left.code = code),
  });
  const pool = await signedIn(options.server, terminal, (target) =>
    openPool(target, host, options.server.timeoutMs, interrupts),
  );
  try {
    return await interact({ pool, host, terminal, interrupts, left, server: options.server.server });
  } finally {
    await pool.close();
  }
}

/** Line after line, until somebody leaves. Returns the exit code. */
export async function interact(inside: {
  readonly pool: RunspacePool;
  readonly host: ConsoleHost;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** Set by the host when the remote side wants us out. */
  readonly left: { readonly code?: number };
  readonly server: string;
}): Promise<number> {
  const { pool, host, terminal, interrupts, left, server } = inside;
  const history: string[] = [];
  let last: number = EXIT.fine;
  while (left.code === undefined) {
    // oxlint-disable-next-line no-await-in-loop -- one line after the other
    const prompt = terminal.interactive ? await remotePrompt(pool, host, server, interrupts) : '';
    // oxlint-disable-next-line no-await-in-loop
    const code = await oneCommand({ pool, host, terminal, interrupts, history, prompt });
    if (code === undefined) break;
    last = code;
  }
  if (left.code !== undefined && left.code !== 0) return left.code;
  // A person who leaves has seen what failed; a script that is piped in has not.
  return terminal.interactive ? EXIT.fine : last;
}

interface Inside {
  readonly pool: RunspacePool;
  readonly host: ConsoleHost;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly history: string[];
  readonly prompt: string;
}

/** Reads a command with its continuations and runs it. Undefined where the person leaves. */
async function oneCommand(inside: Inside): Promise<number | undefined> {
  const { pool, host, terminal, interrupts, history } = inside;
  let text = '';
  for (;;) {
    let line: string;
    try {
      line = await terminal.ask(text === '' ? inside.prompt : '>> ', {
        history,
        complete: (typed) => complete(pool, host, text, typed),
      });
    } catch (error) {
      if (!(error instanceof InputEnded)) throw error;
      if (error.kind === 'closed') {
        if (terminal.interactive) await terminal.out('\n');
        // Lines that ended in the middle of a command are an error, as they are in a script.
        return text === '' ? undefined : await unfinished(inside);
      }
      await terminal.out('^C\n');
      return EXIT.interrupted;
    }
    if (text === '' && line.trim() === '') return EXIT.fine;
    if (text === '' && LEAVE.test(line)) return undefined;
    text = text === '' ? line : `${text}\n${line}`;
    host.drewErrors = false;
    const run = pool.run({
      commands: formatted({ text, isScript: true }),
      history: text,
      redirectShellErrorOutputPipe: false,
      addToHistory: true,
      hostInfo: host.info,
    });
    const off = interrupts.on(() => void run.stop());
    try {
      const result = await follow(run, host, terminal);
      // An empty line ends a continuation that never becomes whole.
      if (isIncomplete(result) && line.trim() !== '') continue;
      if (result.state === 'Stopped') {
        // The terminal has written ^C and stayed in its line.
        if (terminal.interactive) await terminal.out('\n');
        return EXIT.interrupted;
      }
      if (result.state === 'Failed') await showFailure(pool, host, terminal, result);
      return host.drewErrors ? EXIT.failed : EXIT.fine;
    } finally {
      off();
    }
  }
}

async function unfinished({ host }: Inside): Promise<number> {
  await host.error('The input ended in the middle of a command.');
  return EXIT.failed;
}

/** `[server]: ` and what the remote prompt function says; the bare `PS>` where it says nothing. */
async function remotePrompt(
  pool: RunspacePool,
  host: ConsoleHost,
  server: string,
  interrupts: Interrupts,
): Promise<string> {
  const run = pool.run({ commands: [{ text: 'prompt' }], addToHistory: false, hostInfo: host.info });
  const off = interrupts.on(() => void run.stop());
  try {
    const { output, result } = await run.collect();
    const said = result.state === 'Completed' ? output.map((value) => displayText(value)).join('') : '';
    return `[${server}]: ${said === '' ? 'PS>' : sanitize(said)}`;
  } finally {
    off();
  }
}

/** TabExpansion2 by its parameters, a command and not a script: that also runs where scripts are not allowed. */
async function complete(
  pool: RunspacePool,
  host: ConsoleHost,
  before: string,
  typed: string,
): Promise<[string[], string]> {
  const text = before === '' ? typed : `${before}\n${typed}`;
  const run = pool.run({
    commands: [
      {
        text: 'TabExpansion2',
        arguments: [
          { name: 'inputScript', value: text },
          { name: 'cursorColumn', value: text.length },
        ],
      },
    ],
    addToHistory: false,
    hostInfo: host.info,
  });
  const { output } = await run.collect();
  return readCompletion(output, text);
}

/** A menu of more is not read; PowerShell itself can return thousands. */
const MOST_MATCHES = 500;

/** What the editor is to offer, and which end of the text it replaces. */
export function readCompletion(output: readonly PsValue[], text: string): [string[], string] {
  const answer = output.find((value) => value instanceof PsObject);
  const index = answer?.get('ReplacementIndex');
  const length = answer?.get('ReplacementLength');
  const matches = answer?.get('CompletionMatches');
  if (typeof index !== 'number' || typeof length !== 'number' || !(matches instanceof PsObject))
    return [[], text];
  // The editor replaces what stands before the cursor and nothing else.
  if (index < 0 || length < 0 || index + length !== text.length) return [[], text];
  const found = (matches.items ?? []).slice(0, MOST_MATCHES).flatMap((match) => {
    const completion = match instanceof PsObject ? match.get('CompletionText') : undefined;
    // A line break in a completion would run what stands before it.
    return typeof completion === 'string' ? [plainText(completion).replace(/[\r\n]/g, ' ')] : [];
  });
  return [found, text.slice(index)];
}
