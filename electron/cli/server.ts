/** From the options to a connection: the password, the authority, the pool. */
import { readFile } from 'node:fs/promises';
import { SignInError } from '../protocol/auth/sign-in-error.ts';
import {
  createPool,
  DEFAULT_AUTH,
  readClientCertificate,
  type PSHost,
  type RunspacePool,
  type WinRmTarget,
} from '../remoting/index.ts';
import type { Interrupts } from './interrupts.ts';
import type { ServerOptions } from './options.ts';
import { EXIT, Problem, usageProblem } from './problem.ts';
import { InputEnded, type Terminal } from './terminal.ts';

/**
 * Does something with a server, as whom the options say. Who leaves out the user lets a ticket, the system's own log-on or a certificate
 * serve; only where none does is a person asked.
 * @throws Problem and what the attempt throws
 */
export async function signedIn<T>(
  options: ServerOptions,
  terminal: Terminal,
  attempt: (target: WinRmTarget) => Promise<T>,
): Promise<T> {
  const target = await targetOf(options, terminal);
  try {
    return await attempt(target);
  } catch (error) {
    if (!terminal.interactive) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'certificate.passphrase') {
      const passphrase = await ask(
        terminal,
        `Password of ${options.certificateFile ?? 'the certificate'}: `,
        true,
      );
      const certificate = await readCertificate(options, passphrase);
      return await attempt({ ...target, ...(certificate === undefined ? {} : { certificate }) });
    }
    const asks = error instanceof SignInError && NOBODY.has(error.code);
    if (!asks || target.userName !== undefined) throw error;
    return await attempt({ ...target, ...(await account(options, terminal)) });
  }
}

const NOBODY: ReadonlySet<string> = new Set(['signin.no-credentials', 'kerberos.no-credentials']);

/** Ways that may need no password; a keytab is one. */
const OF_THEMSELVES: ReadonlySet<string> = new Set(['negotiate', 'kerberos', 'certificate']);

async function targetOf(options: ServerOptions, terminal: Terminal): Promise<WinRmTarget> {
  const { server, port, https, configuration, fingerprint, timeoutMs, auth, spn, cache, keytab } = options;
  const ca = options.caFile === undefined ? undefined : await readAuthority(options.caFile);
  const certificate = await readCertificate(options, process.env['PSDECK_CERT_PASSWORD']);
  const proxy = await readProxy(options, terminal);
  const silent =
    options.user === undefined
      ? OF_THEMSELVES.has(auth ?? DEFAULT_AUTH) && !options.passwordStdin
      : keytab !== undefined || auth === 'certificate';
  const who = silent
    ? options.user === undefined
      ? {}
      : { userName: options.user }
    : await account(options, terminal);
  return {
    server,
    https,
    ...who,
    allowPlainBasic: options.allowPlainBasic,
    allowNtlmOverHttp: options.allowNtlmOverHttp,
    forbidNtlm: options.forbidNtlm,
    delegate: options.delegate,
    credssp: { allowOlderVersions: options.credSspOlder },
    kerberos: {
      ...(cache === undefined ? {} : { cache }),
      ...(keytab === undefined ? {} : { keytab }),
    },
    ...(auth === undefined ? {} : { auth }),
    ...(spn === undefined ? {} : { spn }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(port === undefined ? {} : { port }),
    ...(configuration === undefined ? {} : { configurationName: configuration }),
    ...(ca === undefined ? {} : { ca }),
    ...(fingerprint === undefined ? {} : { trustedFingerprint: fingerprint }),
    ...(timeoutMs === undefined ? {} : { connectTimeoutMs: timeoutMs }),
  };
}

async function account(
  options: ServerOptions,
  terminal: Terminal,
): Promise<{ userName: string; password: string }> {
  const userName = options.user ?? (await ask(terminal, 'User: ', false));
  if (userName === '') throw usageProblem('--user is missing.');
  return { userName, password: await passwordFor(userName, options, terminal) };
}

async function readCertificate(
  options: ServerOptions,
  passphrase: string | undefined,
): Promise<WinRmTarget['certificate']> {
  const { certificateFile, certificateKeyFile } = options;
  if (certificateFile === undefined) return undefined;
  return await readClientCertificate({
    certificate: certificateFile,
    ...(certificateKeyFile === undefined ? {} : { key: certificateKeyFile }),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

/** The proxy's own password, where it has a user, is asked for or comes from the environment, as the server's does. */
async function readProxy({ proxy }: ServerOptions, terminal: Terminal): Promise<WinRmTarget['proxy']> {
  if (proxy === undefined || proxy === 'system') return proxy;
  const at = proxy.lastIndexOf('@');
  if (at < 0) return { url: `http://${proxy}` };
  const userName = proxy.slice(0, at);
  const fromEnvironment = process.env['PSDECK_PROXY_PASSWORD'];
  const password =
    fromEnvironment === undefined || fromEnvironment === ''
      ? await ask(terminal, `Password for ${userName} on the proxy: `, true)
      : fromEnvironment;
  return { url: `http://${proxy.slice(at + 1)}`, userName, password };
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

/** PEM, or DER as Windows exports it. */
async function readAuthority(file: string): Promise<Uint8Array> {
  const bytes = await readBytes(file);
  if (bytes[0] !== DER_SEQUENCE && !bytes.includes('-----BEGIN CERTIFICATE-----')) {
    throw usageProblem(`--ca ${file} holds no certificate.`);
  }
  return bytes;
}

/** What every certificate in DER begins with. */
const DER_SEQUENCE = 0x30;

/** @throws Problem */
export async function readTextFile(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8').replace(/^\uFEFF/, '');
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
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
