/** One program of a winrs shell, with its output waiting for Receives. */
import type { Readable } from 'node:stream';
import type { OutputChunk, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import type { Clock } from './clock.ts';
import { fillAnswer } from './envelope-budget.ts';
import { OutputChannel } from './output-channel.ts';
import type { Program } from './program.ts';
import { unknownStream } from './refusals.ts';

/** Output of one stream that waits for the client before the program is held: more than an envelope, less than anyone notices. */
const HOLD_ABOVE_BYTES = 1024 * 1024;

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
  readonly #program: Program;
  readonly #outputs: readonly OutputQueue[];
  #exitCode: number | undefined;

  constructor(id: string, line: string, program: Program, clock: Clock) {
    this.id = id;
    this.commandLine = line;
    this.#program = program;
    this.channel = new OutputChannel({ take: (maxBytes) => this.#take(maxBytes) }, clock);
    const changed = (): void => this.channel.wake();
    this.#outputs = [
      new OutputQueue('stdout', program.stdout, changed),
      new OutputQueue('stderr', program.stderr, changed),
    ];
    void program.exited.then((code) => {
      this.#exitCode = code;
      changed();
    });
    // A program may close its input before it has read what we send.
    program.stdin.on('error', () => undefined);
  }

  /** Resolves when the program's pipe has taken it. */
  async write(stream: string, data: Uint8Array, end: boolean): Promise<void> {
    if (stream !== 'stdin') throw unknownStream();
    const { stdin } = this.#program;
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
    this.#program.interrupt();
  }

  kill(): void {
    this.#program.kill();
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
