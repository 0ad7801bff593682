/** `psdeck test`, `shells` and `winrs`: WS-Management without a PowerShell session. */
import { wsmanClient, type CommandRun, type WinRmTarget, type WsmanClient } from '../remoting/index.ts';
import { plainText } from '../console/vt.ts';
import type { ShellDescription } from '../protocol/wsman/shell-description.ts';
import type { Interrupts } from './interrupts.ts';
import { table } from './formats.ts';
import type { Invocation, ServerOptions } from './options.ts';
import { EXIT, Problem } from './problem.ts';
import { interrupted, signedIn } from './server.ts';
import type { Terminal } from './terminal.ts';

type Options<K extends Invocation['kind']> = Extract<Invocation, { kind: K }>;

/** Identify, then a question that only who may open sessions gets an answer to. */
export async function test(
  options: Options<'test'>,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  return await ending(options.server, terminal, interrupts, async ({ client, target }) => {
    const identity = await client.identify();
    const open = (await client.enumerateShells()).length;
    if (options.json) {
      await terminal.out(
        `${JSON.stringify({ server: target.server, ...identity, user: target.userName, security: client.security, shells: open })}\n`,
      );
      return EXIT.fine;
    }
    const lines = [
      ['Vendor', identity.productVendor],
      ['Version', identity.productVersion],
      ['Protocol', identity.protocolVersion],
      [
        'Signed in',
        `${target.userName ?? 'as yourself'}, ${open === 1 ? '1 shell' : `${String(open)} shells`} open`,
      ],
      ['Security', client.security],
    ] as const;
    await terminal.out(
      lines
        .flatMap(([name, value]) =>
          value === undefined ? [] : [`${name.padEnd(9)} : ${plainText(value)}\n`],
        )
        .join(''),
    );
    return EXIT.fine;
  });
}

const COLUMNS = [
  'Name',
  'Id',
  'State',
  'Configuration',
  'Owner',
  'Client',
  'Memory',
  'Process',
  'Age',
  'Idle',
];

export async function shells(
  options: Options<'shells'>,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  return await ending(options.server, terminal, interrupts, async ({ client }) => {
    const found = await client.enumerateShells();
    if (options.remove !== undefined) return await removeFrom(client, found, options.remove);
    if (options.json) {
      await terminal.out(found.map((shell) => `${JSON.stringify(shell)}\n`).join(''));
      return EXIT.fine;
    }
    if (found.length === 0) {
      await terminal.err('No shells.\n');
      return EXIT.fine;
    }
    const rows = found.map((shell) =>
      [
        shell.name ?? '',
        shell.shellId,
        shell.state ?? '',
        shell.resourceUri?.split('/').at(-1) ?? '',
        shell.owner ?? '',
        shell.clientIp ?? '',
        shell.memoryUsed ?? '',
        shell.processId?.toString() ?? '',
        seconds(shell.runTimeMs),
        seconds(shell.inactivityMs),
      ].map((cell) => plainText(cell)),
    );
    await terminal.out(table(COLUMNS, rows));
    return EXIT.fine;
  });
}

/** `psdeck remove`: Remove-PSSession for what stands on a server. */
export async function removeShell(
  server: ServerOptions,
  id: string,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  const shellsOf = { kind: 'shells', server, json: false, remove: id } as const;
  return await shells(shellsOf, terminal, interrupts);
}

async function removeFrom(
  client: WsmanClient,
  found: readonly ShellDescription[],
  id: string,
): Promise<number> {
  const shell = found.find(({ shellId }) => shellId.toLowerCase() === id.toLowerCase());
  if (shell === undefined) {
    throw new Problem('shell.unknown', `There is no shell ${id} of yours.`, {
      cure: 'psdeck shells lists those that are there.',
    });
  }
  await client.removeShell(shell);
  return EXIT.fine;
}

/** Stdin, stdout, stderr and the exit code are the command's. */
export async function winrs(
  options: Options<'winrs'>,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  return await ending(options.server, terminal, interrupts, async ({ client, release }) => {
    const { directory } = options;
    const shell = await client.openCommandShell(
      directory === undefined ? {} : { workingDirectory: directory },
    );
    try {
      const run = await shell.run(options.line, { consoleInput: terminal.interactive });
      release();
      const off = interrupts.on(() => void run.interrupt().catch(() => undefined));
      void feed(run, terminal);
      for await (const { stream, data } of run) {
        if (terminal.outputLost.signal.aborted) return EXIT.fine;
        await (stream === 'stdout' ? terminal.out(data) : terminal.err(data));
      }
      off();
      const code = await run.exitCode;
      return interrupts.happened ? EXIT.interrupted : code;
    } finally {
      await shell.close();
    }
  });
}

async function feed(run: CommandRun, terminal: Terminal): Promise<void> {
  try {
    for await (const chunk of terminal.stdin.bytes()) await run.write(chunk);
    await run.write(new Uint8Array(), true);
  } catch {
    // The command ended without reading all of its input, or its end says what was lost.
  }
}

interface Ready {
  readonly client: WsmanClient;
  readonly target: WinRmTarget;
  /** From here on neither Ctrl+C nor the time-out ends the client. */
  readonly release: () => void;
}

/** Runs with a client that is let go of at the end; until it is released, Ctrl+C and the time-out end it at once. */
async function ending(
  options: ServerOptions,
  terminal: Terminal,
  interrupts: Interrupts,
  body: (ready: Ready) => Promise<number>,
): Promise<number> {
  const { server, timeoutMs } = options;
  return await signedIn(options, terminal, async (target) => {
    const client = wsmanClient(target);
    const late = new AbortController();
    const off = interrupts.on(() => client.close());
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            late.abort();
            client.close();
          }, timeoutMs);
    const release = (): void => {
      off();
      clearTimeout(timer);
    };
    try {
      return await body({ client, target, release });
    } catch (error) {
      if (late.signal.aborted) {
        throw new Problem('timeout', `${server} did not answer in time.`, {
          exit: EXIT.connection,
          cure: '--timeout waits longer.',
        });
      }
      throw interrupts.happened ? interrupted() : error;
    } finally {
      release();
      client.close();
    }
  });
}

function seconds(ms: number | undefined): string {
  if (ms === undefined) return '';
  const total = Math.floor(ms / 1000);
  return `${String(Math.floor(total / 3600))}:${twoDigits(Math.floor(total / 60) % 60)}:${twoDigits(total % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
