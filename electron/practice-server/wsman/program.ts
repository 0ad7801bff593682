/** Programs of winrs shells, as the operating system runs them. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { plainEnvironment } from '../engine/tools.ts';
import { invalidParameter, programNotFound } from './refusals.ts';

export interface ProgramOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Starts the program itself instead of a command line. */
  readonly skipShell: boolean;
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code when the program has ended and its output has been read. */
  readonly exited: Promise<number>;
  interrupt(): void;
  kill(): void;
}

/** Rejects with a Refusal where there is no such program. */
export type ProgramStarter = (options: ProgramOptions) => Promise<Program>;

/** What a process ended by a signal answers as its exit code: STATUS_CONTROL_C_EXIT, as of a program that Windows' Ctrl+C ended. */
const CONTROL_C_EXIT = -1073741510;

export function startProgram(options: ProgramOptions): Promise<Program> {
  const line = commandLine(options);
  const [file, args] = options.skipShell
    ? [options.command, options.arguments]
    : process.platform === 'win32'
      ? [process.env['ComSpec'] ?? 'cmd.exe', ['/d', '/s', '/c', `"${line}"`]]
      : ['/bin/sh', ['-c', line]];
  return new Promise((resolve, reject) => {
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(file, args, {
        env: { ...plainEnvironment(), ...options.environment },
        ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
        stdio: 'pipe',
        windowsHide: true,
        // Its own process group, so that Ctrl+C reaches what the command line started.
        detached: process.platform !== 'win32',
        windowsVerbatimArguments: !options.skipShell,
      });
    } catch {
      // Node refuses at once what no system could start, such as an empty name.
      reject(invalidParameter());
      return;
    }
    const onError = (): void => reject(programNotFound());
    child.once('error', onError);
    child.once('spawn', () => {
      child.off('error', onError);
      child.on('error', () => undefined);
      resolve(running(child));
    });
  });
}

/** As cmd.exe is given it: the parts as they are, apart by spaces. */
export function commandLine(options: Pick<ProgramOptions, 'command' | 'arguments'>): string {
  return [options.command, ...options.arguments].join(' ');
}

function running(child: ChildProcessWithoutNullStreams): Program {
  let ended = false;
  const exited = new Promise<number>((resolve) => {
    child.once('exit', () => {
      ended = true;
    });
    child.once('close', (code) => resolve(code ?? CONTROL_C_EXIT));
  });
  const signal = (name: 'SIGINT' | 'SIGKILL'): void => {
    // After its exit the number may belong to another process group.
    if (child.pid === undefined || ended) return;
    try {
      if (process.platform === 'win32') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    interrupt: () => signal('SIGINT'),
    kill: () => signal('SIGKILL'),
  };
}
