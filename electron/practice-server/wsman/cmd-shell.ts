/** A winrs shell: command lines run by the system's own shell, as `winrs` and its libraries expect of a server ([MS-WSMV] 3.1.4.5). */
import { randomUUID } from 'node:crypto';
import type { CommandRequest } from '../../protocol/wsman/command.ts';
import type { CommandDescription } from '../../protocol/wsman/enumerate.ts';
import { SIGNAL } from '../../protocol/wsman/names.ts';
import type { ReceiveRequest } from '../../protocol/wsman/receive.ts';
import type { SendRequest } from '../../protocol/wsman/send.ts';
import type { EnvironmentVariable, ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { SignalRequest } from '../../protocol/wsman/signal.ts';
import type { Clock } from './clock.ts';
import { CmdProcess } from './cmd-process.ts';
import { commandLine, type ProgramStarter } from './program.ts';
import {
  commandIdInUse,
  invalidParameter,
  operationAborted,
  tooManyCommands,
  unknownCommand,
} from './refusals.ts';
import { idKey, type Received, type ReceiveLimits, type Shell, type ShellBase } from './shell.ts';

export interface CmdShellOptions extends ShellBase {
  readonly clock: Clock;
  readonly startProgram: ProgramStarter;
  readonly maxCommands: number;
  readonly inputStreams: readonly string[];
  readonly outputStreams: readonly string[];
  readonly workingDirectory?: string;
  readonly environment?: readonly EnvironmentVariable[];
}

export class CmdShell implements Shell {
  readonly id: string;
  readonly resourceUri: string;
  readonly owner: string;
  /** Windows leaves and comes back to PowerShell's shells only ([MS-WSMV] 3.1.4.15: custom remote shells). */
  readonly leaving = undefined;
  readonly #options: CmdShellOptions;
  readonly #processes = new Map<string, CmdProcess>();
  /** Programs being started, for the limit. */
  #starting = 0;
  readonly #started: number;
  #closed = false;

  constructor(options: CmdShellOptions) {
    this.#options = options;
    this.id = options.id;
    this.resourceUri = options.resourceUri;
    this.owner = options.owner;
    this.#started = options.clock.now();
  }

  describe(): ShellDescription & { readonly resourceUri: string } {
    const o = this.#options;
    return {
      shellId: this.id,
      resourceUri: this.resourceUri,
      owner: this.owner,
      clientIp: o.clientIp,
      ...(o.environment === undefined ? {} : { environment: o.environment }),
      ...(o.workingDirectory === undefined ? {} : { workingDirectory: o.workingDirectory }),
      idleTimeoutMs: o.idleTimeoutMs,
      maxIdleTimeoutMs: o.maxIdleTimeoutMs,
      inputStreams: o.inputStreams,
      outputStreams: o.outputStreams,
      state: 'Connected',
      runTimeMs: Math.floor((o.clock.now() - this.#started) / 1000) * 1000,
      inactivityMs: 0,
    };
  }

  commands(): CommandDescription[] {
    return [...this.#processes.values()].map((running) => ({
      shellId: this.id,
      commandId: running.id,
      state: 'Connected',
      commandLine: running.commandLine,
    }));
  }

  async command(request: CommandRequest): Promise<string> {
    const { maxCommands, workingDirectory, environment, clock } = this.#options;
    if (this.#processes.size + this.#starting >= maxCommands) throw tooManyCommands(maxCommands);
    if (request.command.trim() === '') throw invalidParameter();
    const id = request.commandId ?? randomUUID().toUpperCase();
    if (this.#processes.has(idKey(id))) throw commandIdInUse();
    this.#starting++;
    try {
      const program = await this.#options.startProgram({
        command: request.command,
        arguments: request.arguments,
        skipShell: request.skipCmdShell ?? false,
        ...(workingDirectory === undefined ? {} : { workingDirectory }),
        environment: Object.fromEntries((environment ?? []).map((v) => [v.name, v.value])),
      });
      if (this.#closed) {
        program.kill();
        throw operationAborted('The shell was deleted');
      }
      const running = new CmdProcess(id, commandLine(request), program, clock);
      this.#processes.set(idKey(id), running);
    } finally {
      this.#starting--;
    }
    return id;
  }

  async send(request: SendRequest): Promise<void> {
    for (const chunk of request.streams) {
      // In order.
      // oxlint-disable-next-line no-await-in-loop
      await this.#find(chunk.commandId).write(chunk.name, chunk.data, chunk.end ?? false);
    }
  }

  async receive(request: ReceiveRequest, limits: ReceiveLimits): Promise<Received> {
    const running = this.#find(request.commandId);
    // What was received to its end stays until it is signalled or its shell goes, as clients signal it afterwards.
    return {
      response: await running.channel.receive(limits.maxEnvelopeSize, limits.timeoutMs, limits.signal),
    };
  }

  signal(request: SignalRequest): Promise<void> {
    const running = this.#find(request.commandId);
    switch (request.code.toLowerCase()) {
      case SIGNAL.ctrlC:
      case SIGNAL.ctrlBreak:
        running.interrupt();
        break;
      case SIGNAL.terminate.toLowerCase():
        running.kill();
        this.#processes.delete(idKey(running.id));
        running.channel.end(unknownCommand());
        break;
      default:
        return Promise.reject(invalidParameter());
    }
    return Promise.resolve();
  }

  close(reason: string): Promise<void> {
    this.#closed = true;
    for (const running of this.#processes.values()) {
      running.kill();
      running.channel.end(operationAborted(reason));
    }
    this.#processes.clear();
    return Promise.resolve();
  }

  /** As recorded: a winrs operation without a command is a wrong parameter. */
  #find(commandId: string | undefined): CmdProcess {
    if (commandId === undefined) throw invalidParameter();
    const running = this.#processes.get(idKey(commandId));
    if (running === undefined) throw unknownCommand();
    return running;
  }
}
