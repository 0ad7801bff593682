/** winrs command shells ([MS-WSMV] 3.1.4.5, 3.1.4.11 to 3.1.4.14): programs of the operating system, their streams and exit codes. */
import { decodeCommandResponse, encodeCommandRequest } from '../protocol/wsman/command.ts';
import { decodeCreateResponse, encodeCreateRequest } from '../protocol/wsman/create.ts';
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { WsmanFault } from '../protocol/wsman/faults.ts';
import { ACTION, RESOURCE, SIGNAL } from '../protocol/wsman/names.ts';
import { decodeReceiveResponse, encodeReceiveRequest } from '../protocol/wsman/receive.ts';
import { encodeSendRequest } from '../protocol/wsman/send.ts';
import { encodeSignalRequest } from '../protocol/wsman/signal.ts';
import { EventQueue } from './event-queue.ts';
import type { WsmanClient } from './wsman-client.ts';

export interface CommandShellOptions {
  readonly workingDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The console's; 65001, which is UTF-8, unless given. */
  readonly codePage?: number;
  readonly noProfile?: boolean;
  readonly idleTimeoutMs?: number;
}

export interface CommandOptions {
  readonly arguments?: readonly string[];
  /** Start the program itself and not through cmd.exe: no pipes, no `%VARIABLES%`. Default false. */
  readonly skipCmdShell?: boolean;
  /** Whether the program sees a console at its input rather than a pipe. Default true, as winrs has it. */
  readonly consoleInput?: boolean;
  readonly signal?: AbortSignal;
}

export interface CommandOutput {
  readonly stream: 'stdout' | 'stderr';
  /** Bytes as the program wrote them, in the shell's code page. */
  readonly data: Uint8Array;
}

/** How long a Receive waits at the server before it is asked again. */
const RECEIVE_WAIT_MS = 20_000;
const CLOSE_MS = 5_000;
/** Output held for a slow reader before we stop asking for more: some forty answers. */
const MOST_HELD = 4 * 1024 * 1024;
/** Input of one Send: a quarter of the smallest envelope, for base64 and the headers. */
const SEND_BYTES = 96 * 1024;
const UTF8 = 65001;

export class CommandShell {
  readonly id: string;
  readonly #client: WsmanClient;

  private constructor(client: WsmanClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  static async open(client: WsmanClient, options: CommandShellOptions): Promise<CommandShell> {
    const context = client.context();
    const { workingDirectory, environment, noProfile, idleTimeoutMs } = options;
    const body = encodeCreateRequest(context, {
      resourceUri: RESOURCE.cmd,
      inputStreams: ['stdin'],
      outputStreams: ['stdout', 'stderr'],
      codePage: options.codePage ?? UTF8,
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(noProfile === undefined ? {} : { noProfile }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(environment === undefined
        ? {}
        : { environment: Object.entries(environment).map(([name, value]) => ({ name, value })) }),
    });
    return new CommandShell(
      client,
      decodeCreateResponse(await client.ask(body, ACTION.create, context)).shellId,
    );
  }

  /** Starts a program, or a line of cmd.exe. */
  async run(command: string, options: CommandOptions = {}): Promise<CommandRun> {
    options.signal?.throwIfAborted();
    const context = this.#client.context();
    const body = encodeCommandRequest(context, {
      resourceUri: RESOURCE.cmd,
      shellId: this.id,
      command,
      arguments: options.arguments ?? [],
      consoleModeStdin: options.consoleInput ?? true,
      skipCmdShell: options.skipCmdShell ?? false,
    });
    const { commandId } = decodeCommandResponse(await this.#client.ask(body, ACTION.command, context));
    return new CommandRun(this.#client, this.id, commandId, options.signal);
  }

  /** Ends the shell and what runs in it. Never fails. */
  async close(): Promise<void> {
    await this.#client.removeShell({ shellId: this.id, resourceUri: RESOURCE.cmd }).catch(() => undefined);
  }
}

/** A program that runs. Iterate it for its output; `exitCode` comes at its end. */
export class CommandRun implements AsyncIterable<CommandOutput> {
  readonly id: string;
  /** Resolves when the program has ended and its output was fetched; rejects where the shell was lost. */
  readonly exitCode: Promise<number>;
  readonly #client: WsmanClient;
  readonly #shellId: string;
  readonly #queue = new EventQueue<CommandOutput>(MOST_HELD);
  readonly #stopReceiving = new AbortController();
  #ended = false;

  constructor(client: WsmanClient, shellId: string, commandId: string, signal: AbortSignal | undefined) {
    this.#client = client;
    this.#shellId = shellId;
    this.id = commandId;
    this.exitCode = this.#receive();
    this.exitCode.catch(() => undefined);
    const onAbort = (): void => void this.interrupt().catch(() => undefined);
    signal?.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal?.removeEventListener('abort', onAbort);
    this.exitCode.then(forget, forget);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CommandOutput, void, void> {
    try {
      for (;;) {
        const output = await this.#queue.next();
        if (output === undefined) return;
        yield output;
      }
    } finally {
      if (!this.#ended) {
        this.#queue.discard();
        await this.terminate();
      }
    }
  }

  /** All output as UTF-8 text, and the exit code. */
  async collect(): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    const parts: { stdout: Uint8Array[]; stderr: Uint8Array[] } = { stdout: [], stderr: [] };
    for await (const { stream, data } of this) parts[stream].push(data);
    return {
      stdout: Buffer.concat(parts.stdout).toString('utf8'),
      stderr: Buffer.concat(parts.stderr).toString('utf8'),
      exitCode: await this.exitCode,
    };
  }

  /** Input for the program; `end` closes it. */
  async write(data: Uint8Array, end = false): Promise<void> {
    for (let at = 0; at === 0 || at < data.length; at += SEND_BYTES) {
      const chunk = data.subarray(at, at + SEND_BYTES);
      const last = at + SEND_BYTES >= data.length;
      const context = this.#client.context();
      const body = encodeSendRequest(context, {
        resourceUri: RESOURCE.cmd,
        shellId: this.#shellId,
        streams: [{ name: 'stdin', commandId: this.id, data: chunk, ...(end && last ? { end: true } : {}) }],
      });
      await this.#client.ask(body, ACTION.send, context);
    }
  }

  /** Ctrl+C. */
  interrupt(): Promise<void> {
    return this.#signal(SIGNAL.ctrlC);
  }

  /** Ends the program and lets go of it. Never fails. */
  async terminate(): Promise<void> {
    this.#stopReceiving.abort();
    await this.#signal(SIGNAL.terminate).catch(() => undefined);
  }

  async #signal(code: string): Promise<void> {
    const context = this.#client.context(CLOSE_MS);
    const body = encodeSignalRequest(context, {
      resourceUri: RESOURCE.cmd,
      shellId: this.#shellId,
      commandId: this.id,
      code,
    });
    await this.#client.ask(body, ACTION.signal, context);
  }

  async #receive(): Promise<number> {
    try {
      for (;;) {
        const answer = await this.#ask();
        if (answer === undefined) continue;
        for (const { name, data } of answer.streams) {
          if (data.length === 0) continue;
          await this.#queue.push({ stream: name === 'stderr' ? 'stderr' : 'stdout', data }, data.length);
        }
        if (answer.commandState?.state === 'Done') {
          this.#ended = true;
          this.#queue.end();
          // The server keeps an ended command until it is told that its output was fetched.
          await this.#signal(SIGNAL.terminate).catch(() => undefined);
          return answer.commandState.exitCode ?? 0;
        }
      }
    } catch (error) {
      this.#ended = true;
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#queue.end(failure);
      throw failure;
    }
  }

  /** Undefined where the program had nothing to say in time. */
  async #ask(): Promise<ReturnType<typeof decodeReceiveResponse> | undefined> {
    const context = this.#client.context(RECEIVE_WAIT_MS);
    const body = encodeReceiveRequest(context, {
      resourceUri: RESOURCE.cmd,
      shellId: this.#shellId,
      commandId: this.id,
      streams: ['stdout', 'stderr'],
    });
    try {
      return decodeReceiveResponse(
        await this.#client.ask(body, ACTION.receive, context, this.#stopReceiving.signal),
      );
    } catch (error) {
      if (error instanceof WsmanFault && error.is(FAULT.operationTimedOut)) return undefined;
      throw error;
    }
  }
}
