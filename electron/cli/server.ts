/** From the options to a connection: the password, the authority, the pool. */
import { readFile } from 'node:fs/promises';
import { createPool, type PSHost, type RunspacePool, type WinRmTarget } from '../remoting/index.ts';
import type { Interrupts } from './interrupts.ts';
import type { ServerOptions } from './options.ts';
import { EXIT, Problem, usageProblem } from './problem.ts';
import { InputEnded, type Terminal } from './terminal.ts';

/** Asks for what the options leave open. @throws Problem */
export async function targetOf(options: ServerOptions, terminal: Terminal): Promise<WinRmTarget> {
  const ca = options.caFile === undefined ? undefined : await readAuthority(options.caFile);
  const userName = options.user ?? (await ask(terminal, 'User: ', false));
  if (userName === '') throw usageProblem('--user is missing.');
  const password = await passwordFor(userName, options, terminal);
  const { server, port, https, configuration, fingerprint, timeoutMs } = options;
  return {
    server,
    https,
    userName,
    password,
    allowPlainBasic: options.allowPlainBasic,
    ...(port === undefined ? {} : { port }),
    ...(configuration === undefined ? {} : { configurationName: configuration }),
    ...(ca === undefined ? {} : { ca }),
    ...(fingerprint === undefined ? {} : { trustedFingerprint: fingerprint }),
    ...(timeoutMs === undefined ? {} : { connectTimeoutMs: timeoutMs }),
  };
}

async function passwordFor(userName: string, options: ServerOptions, terminal: Terminal): Promise<string> {
  if (options.passwordStdin) {
    const line = await terminal.stdin.line();
    if (line === undefined || line === '') throw usageProblem('--password-stdin: stdin holds no password.');
    return line;
  }
  const fromEnvironment = process.env['PSDECK_PASSWORD'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  return await ask(terminal, `Password for ${userName} on ${options.server}: `, true);
}

async function ask(terminal: Terminal, prompt: string, secret: boolean): Promise<string> {
  if (!terminal.interactive) {
    throw usageProblem(
      secret ? 'There is no password, and no terminal to ask for it.' : '--user is missing.',
      secret
        ? 'Set PSDECK_PASSWORD, or give the password as the first line of stdin with --password-stdin.'
        : undefined,
    );
  }
  try {
    return await terminal.ask(prompt, { secret });
  } catch (error) {
    if (!(error instanceof InputEnded)) throw error;
    throw new Problem('interrupted', 'Interrupted.', { exit: EXIT.interrupted });
  }
}

async function readAuthority(file: string): Promise<string> {
  const text = await readTextFile(file);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw usageProblem(`--ca ${file} holds no certificate in PEM form.`);
  }
  return text;
}

/** @throws Problem */
export async function readTextFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = {
      ENOENT: 'There is no such file.',
      EACCES: 'You may not read it.',
      EISDIR: 'It is a folder.',
    };
    throw usageProblem(`${file} cannot be read. ${why[code as keyof typeof why] ?? code}`.trim());
  }
}

/**
 * An open pool. Ctrl+C and the time-out end the attempt.
 * @throws Problem, TransportError, WsmanFault, ProtocolError
 */
export async function openPool(
  target: WinRmTarget,
  host: PSHost,
  timeoutMs: number | undefined,
  interrupts: Interrupts,
): Promise<RunspacePool> {
  const pool = createPool(target, { host });
  const stop = interrupts.on(() => pool.abort(interrupted()));
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () =>
            pool.abort(
              new Problem('timeout', `${target.server} did not open a session in time.`, {
                exit: EXIT.connection,
                cure: '--timeout waits longer.',
              }),
            ),
          timeoutMs,
        );
  try {
    await pool.open();
    return pool;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

export function interrupted(): Problem {
  return new Problem('interrupted', 'Interrupted.', { exit: EXIT.interrupted });
}
