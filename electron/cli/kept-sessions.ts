/** `psdeck connect` and `receive`: sessions that were left on a server, taken over ([MS-PSRP] 3.1.4.10). */
import { setTimeout as delay } from 'node:timers/promises';
import { connectPool, shellFaultReason, type PipelineRun, type RunspacePool } from '../remoting/index.ts';
import { ConsoleHost } from './host.ts';
import { interact } from './enter.ts';
import type { Interrupts } from './interrupts.ts';
import type { Invocation } from './options.ts';
import { EXIT, Problem } from './problem.ts';
import { follow, showFailure } from './run.ts';
import { interrupted, signedIn } from './server.ts';
import type { Terminal } from './terminal.ts';

type Options = Extract<Invocation, { kind: 'connect' | 'receive' | 'remove' }>;

/** Between two attempts while another client has it: a server misses a client that died within minutes. */
const HELD_WAIT_MS = 5_000;
/** WinRM lets go of a client that died after some four minutes without a sign of it. */
const HELD_FOR_MS = 300_000;

interface Kept {
  readonly pool: RunspacePool;
  readonly host: ConsoleHost;
  readonly left: { code?: number };
}

export async function connectKept(
  options: Options,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  return await inKept(options, terminal, interrupts, (kept) =>
    interact({ ...kept, terminal, interrupts, server: options.server.server }),
  );
}

export async function receiveKept(
  options: Options,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  return await inKept(options, terminal, interrupts, ({ host }) => {
    if (interrupts.happened) return EXIT.interrupted;
    return host.drewErrors ? EXIT.failed : EXIT.fine;
  });
}

/** Once what runs there has been shown; afterwards the session is left again. */
async function inKept(
  options: Options,
  terminal: Terminal,
  interrupts: Interrupts,
  then: (kept: Kept) => number | Promise<number>,
): Promise<number> {
  const kept = await takeOver(options, terminal, interrupts);
  try {
    await showWhatRuns(kept, terminal, interrupts);
    return await then(kept);
  } finally {
    await leave(kept.pool);
  }
}

/** The session stays on the server; a connection that is broken anyway has nothing more to say. */
async function leave(pool: RunspacePool): Promise<void> {
  if (pool.state !== 'Opened') return;
  await pool.disconnect().catch(() => undefined);
}

async function takeOver(options: Options, terminal: Terminal, interrupts: Interrupts): Promise<Kept> {
  const { server, id } = options;
  const left: { code?: number } = {};
  let opened: RunspacePool | undefined;
  const host: ConsoleHost = new ConsoleHost({
    terminal,
    computerName: server.server,
    textTo: 'out',
    width: undefined,
    mayAsk: options.kind === 'connect',
    secure: (secret) => {
      if (!opened) throw new Error('The session is not open yet.');
      return opened.encryptSecureString(secret);
    },
    leave: (code) => (left.code = code),
  });
  const stop = new AbortController();
  const off = interrupts.on(() => stop.abort());
  try {
    opened = await signedIn(server, terminal, async (target) => {
      const until = performance.now() + HELD_FOR_MS;
      for (;;) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- an attempt after the other
          return await connectPool({ ...target, retry: {} }, { shellId: id }, { host });
        } catch (error) {
          if (stop.signal.aborted) throw interrupted();
          const reason = shellFaultReason(error);
          if (reason === 'not-found') throw unknown(id);
          if (reason !== 'in-use' || performance.now() > until) throw error;
        }
        // oxlint-disable-next-line no-await-in-loop
        await terminal.err('Another client has the session. Asking again; Ctrl+C gives up.\n');
        // oxlint-disable-next-line no-await-in-loop
        await delay(HELD_WAIT_MS, undefined, { signal: stop.signal }).catch(() => {
          throw interrupted();
        });
      }
    });
    return { pool: opened, host, left };
  } finally {
    off();
  }
}

/** Each pipeline in the session, one after the other, to its end; Ctrl+C stops showing, not what runs. */
async function showWhatRuns({ pool, host }: Kept, terminal: Terminal, interrupts: Interrupts): Promise<void> {
  for (const { id } of await pool.listPipelines()) {
    if (interrupts.happened) return;
    let run: PipelineRun;
    try {
      // oxlint-disable-next-line no-await-in-loop -- in the order in which the server names them
      run = await pool.connectPipeline(id);
    } catch (error) {
      // It ended, and was received, in the meantime.
      if (shellFaultReason(error) === 'not-found') continue;
      throw error;
    }
    const done = follow(run, host, terminal);
    done.catch(() => undefined);
    const { promise: enough, resolve: stopShowing } = Promise.withResolvers<undefined>();
    const off = interrupts.on(() => stopShowing(undefined));
    // oxlint-disable-next-line no-await-in-loop
    const result = await Promise.race([done, enough]);
    off();
    // oxlint-disable-next-line no-await-in-loop
    if (result?.state === 'Failed') await showFailure(pool, host, terminal, result);
  }
}

function unknown(id: string): Problem {
  return new Problem('shell.unknown', `There is no session ${id} of yours.`, {
    cure: 'psdeck shells lists those that are there.',
  });
}
