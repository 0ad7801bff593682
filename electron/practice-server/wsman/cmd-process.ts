/** One program of a winrs shell, with its output waiting for Receives. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { OutputChunk, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import type { Clock } from './clock.ts';
import { fillAnswer } from './envelope-budget.ts';
import { OutputChannel } from './output-channel.ts';
import { invalidParameter, programNotFound, unknownStream } from './refusals.ts';

export interface ProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Starts the program itself instead of a command line. */
  readonly skipShell: boolean;
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Output of one stream that waits for the client before the program is held: more than an envelope, less than anyone notices. */
const HOLD_ABOVE_BYTES = 1024 * 1024;

/** What a process ended by a signal answers as its exit code: STATUS_CONTROL_C_EXIT, as of a program that Windows' Ctrl+C ended. */
const CONTROL_C_EXIT = -1073741510;

class OutputQueue {
  readonly name: 'stdout' | 'stderr';
  readonly #stream: Readable;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #endSent = false;

  constructor(name: 'stdout' | 'stderr', stream: Readable, changed: () => void) {
    this.name = name;
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
      if (this.#bytes > HOLD_ABOVE_BYTES) stream.pause();
      changed();
    });
    const onEnd = (): void => {
      this.#ended = true;
      changed();
    };
    stream.once('end', onEnd);
    stream.once('error', onEnd);
    stream.once('close', onEnd);
  }

  get isDone(): boolean {
    return this.#ended && this.#bytes === 0;
  }

  take(commandId: string, maxBytes: number): OutputChunk | undefined {
    if (this.#bytes === 0) {
      if (!this.#ended || this.#endSent) return undefined;
      this.#endSent = true;
      return { name: this.name, commandId, data: new Uint8Array(), end: true };
    }
    const all =
      this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    const data = all.subarray(0, maxBytes);
    const rest = all.subarray(data.byteLength);
    this.#chunks = rest.byteLength === 0 ? [] : [rest];
    this.#bytes = rest.byteLength;
    if (this.#bytes <= HOLD_ABOVE_BYTES) this.#stream.resume();
    return { name: this.name, commandId, data };
  }
}

export class CmdProcess {
  readonly id: string;
  readonly commandLine: string;
  readonly channel: OutputChannel<ReceiveResponse>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #outputs: readonly OutputQueue[];
  #exitCode: number | undefined;

  private constructor(id: string, commandLine: string, child: ChildProcessWithoutNullStreams, clock: Clock) {
    this.id = id;
    this.commandLine = commandLine;
    this.#child = child;
    this.channel = new OutputChannel({ take: (maxBytes) => this.#take(maxBytes) }, clock);
    const changed = (): void => this.channel.wake();
    this.#outputs = [
      new OutputQueue('stdout', child.stdout, changed),
      new OutputQueue('stderr', child.stderr, changed),
    ];
    child.once('close', (code) => {
      this.#exitCode = code ?? CONTROL_C_EXIT;
      changed();
    });
    // A program may close its input before it has read what we send.
    child.stdin.on('error', () => undefined);
  }

  static start(id: string, options: ProcessOptions): Promise<CmdProcess> {
    const line = [options.command, ...options.arguments].join(' ');
    const [file, args] = options.skipShell
      ? [options.command, options.arguments]
      : process.platform === 'win32'
        ? [process.env['ComSpec'] ?? 'cmd.exe', ['/d', '/s', '/c', `"${line}"`]]
        : ['/bin/sh', ['-c', line]];
    return new Promise((resolve, reject) => {
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(file, args, {
          env: { ...process.env, ...options.environment },
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
        resolve(new CmdProcess(id, line, child, options.clock));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the program's pipe has taken it. */
  async write(stream: string, data: Uint8Array, end: boolean): Promise<void> {
    if (stream !== 'stdin') throw unknownStream();
    const { stdin } = this.#child;
    if (stdin.destroyed || stdin.writableEnded) return;
    if (data.byteLength > 0 && !stdin.write(data)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stdin.off('drain', done);
          stdin.off('close', done);
          resolve();
        };
        stdin.once('drain', done);
        stdin.once('close', done);
      });
    }
    if (end) stdin.end();
  }

  interrupt(): void {
    this.#kill('SIGINT');
  }

  kill(): void {
    this.#kill('SIGKILL');
  }

  #kill(signal: 'SIGINT' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#exitCode !== undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #take(maxBytes: number): ReceiveResponse | undefined {
    const commandId = this.id;
    const streams = fillAnswer(maxBytes, (room) => {
      for (const output of this.#outputs) {
        const chunk = output.take(commandId, room);
        if (chunk !== undefined) return chunk;
      }
      return undefined;
    });
    const done = this.#exitCode !== undefined && this.#outputs.every((output) => output.isDone);
    if (streams.length === 0 && !done) return undefined;
    return done
      ? { streams, commandState: { commandId, state: 'Done', exitCode: this.#exitCode ?? 0 } }
      : { streams, commandState: { commandId, state: 'Running' } };
  }
}
