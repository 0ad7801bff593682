/** Finding and running other programs: only what build-engine.ts, find-engine.ts and engine-process.ts share. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import os from 'node:os';

/** A tool's last words are enough to see why it failed, and a bounded amount to keep. */
const TAIL_CHARACTERS = 4_000;

export class Tail {
  #text = '';
  push(chunk: Uint8Array | string): void {
    this.#text = (this.#text + chunk.toString()).slice(-TAIL_CHARACTERS);
  }
  get text(): string {
    return this.#text.trim();
  }
}

/** The full path of a program on PATH, as the system itself would find it; undefined where there is none. */
export async function findOnPath(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const windows = process.platform === 'win32';
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  // .cmd and .bat shims need a shell to run, and quoting rules of their own: real programs only.
  const candidates = folders.map((folder) => join(folder, windows ? `${name}.exe` : name));
  const found = await Promise.all(
    candidates.map((path) =>
      access(path, windows ? constants.F_OK : constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return candidates.find((_, index) => found[index]);
}

export interface ToolResult {
  /** Null when a signal or our deadline ended it. */
  readonly exitCode: number | null;
  /** The end of its output and errors, interleaved. */
  readonly output: string;
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Work nobody waits for: the lowest scheduling priority. */
  readonly background?: boolean;
}

/**
 * Runs a program and ends it, with all that it started, when the pipe that is this shell's input closes: that happens whatever becomes of
 * us, SIGKILL included. `read` is the shell's own, so the watch is one process, and the group that is killed is the one that `detached`
 * makes. A program that was ended by a signal is told as 128 and the signal's number.
 */
const UNDER_WATCH = `
exec 3<&0 </dev/null
"$@" 3<&- &
tool=$!
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$tool"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;
const SIGNALLED = 128;
/** The lowest scheduling priority there is, from the first moment on. */
const POLITELY = ['nice', '-n', '19'] as const;

/**
 * Run a program to its end. Rejects only where it cannot be started. Where we are killed, it is as well: on Windows what it started goes on
 * to its own end.
 */
export function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const windows = process.platform === 'win32';
  const background = options.background === true;
  const [program, programArgs] = windows
    ? [file, args]
    : ['/bin/sh', ['-c', UNDER_WATCH, 'sh', ...(background ? POLITELY : []), file, ...args]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArgs, {
      cwd: options.cwd,
      env: options.env,
      // Nothing is ever written: on Windows a program that reads its input finds it closed.
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      // A group of its own, so that what it starts can be ended with it.
      detached: !windows,
    });
    child.stdin.on('error', () => undefined);
    if (windows) child.stdin.end();
    const tail = new Tail();
    child.stdout.on('data', (chunk: Uint8Array) => tail.push(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => tail.push(chunk));
    const endWithUs = () => killTree(child.pid);
    process.once('exit', endWithUs);
    const timer = setTimeout(endWithUs, options.timeoutMs);
    if (background && windows && child.pid !== undefined) lowerPriority(child.pid);
    const settle = () => {
      clearTimeout(timer);
      process.off('exit', endWithUs);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (exitCode) => {
      settle();
      const signalled = !windows && exitCode !== null && exitCode > SIGNALLED;
      resolve({ exitCode: signalled ? null : exitCode, output: tail.text });
    });
  });
}

/** End a process and, where the system knows groups, everything it started. The process must have been started `detached` there. */
export function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // Already gone, which is what was wanted.
  }
}

function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, os.constants.priority.PRIORITY_LOW);
  } catch {
    // Only politeness.
  }
}

/** What programs need of our environment to work. By name, because anything else may be somebody's token or password. */
const PASSED_ON = new Set(
  (
    'PATH HOME USER LOGNAME LANG LANGUAGE TZ TMPDIR SHELL HOSTNAME ' +
    'SYSTEMROOT WINDIR SYSTEMDRIVE COMSPEC PATHEXT TEMP TMP OS USERPROFILE USERNAME USERDOMAIN COMPUTERNAME HOMEDRIVE HOMEPATH APPDATA ' +
    'LOCALAPPDATA ALLUSERSPROFILE PROGRAMDATA PROGRAMFILES PROGRAMFILES(X86) PROGRAMW6432 COMMONPROGRAMFILES PUBLIC ' +
    'NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE PROCESSOR_IDENTIFIER ' +
    'XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR DOTNET_ROOT'
  ).split(' '),
);
/** What NuGet and .NET need beyond that to reach a package source. Proxies may hold a password, so only a build gets them. */
const PASSED_TO_BUILD =
  /^(?:NUGET_|DOTNET_|SSL_CERT_|NIX_SSL_CERT_FILE$|HTTPS?_PROXY$|NO_PROXY$|ALL_PROXY$)/i;

export function plainEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return pick(env, (name) => PASSED_ON.has(name) || name.startsWith('LC_'));
}

export function buildEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return pick(env, (name) => PASSED_ON.has(name) || name.startsWith('LC_') || PASSED_TO_BUILD.test(name));
}

function pick(env: NodeJS.ProcessEnv, wanted: (upperName: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name.toUpperCase())));
}
