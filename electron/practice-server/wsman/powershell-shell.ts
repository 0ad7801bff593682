/**
 * A PowerShell shell: WSMan on one side ([MS-PSRP] 3.1.5.3), an engine that speaks out-of-process packets on the other.
 *
 * The pool and each pipeline are a target of their own, with its output waiting for Receives. The engine writes everything to one pipe, so
 * that back-pressure is one brake for all: it is put on when too much waits, and taken off again while somebody needs what may stand
 * behind in the pipe.
 */
import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../protocol/errors.ts';
import { decodeMessage } from '../../protocol/psrp/message.ts';
import { Defragmenter } from '../../protocol/psrp/fragment.ts';
import { pipelineData, type CommandRequest } from '../../protocol/wsman/command.ts';
import type { CommandDescription } from '../../protocol/wsman/enumerate.ts';
import { SIGNAL } from '../../protocol/wsman/names.ts';
import type { ReceiveRequest, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import type { SendRequest } from '../../protocol/wsman/send.ts';
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { SignalRequest } from '../../protocol/wsman/signal.ts';
import type { OutOfProcessPeer, PeerEvents } from '../../transport/child-process/out-of-process-peer.ts';
import type { Clock } from './clock.ts';
import { asksClient, endsPipeline, PoolMemory } from './engine-state.ts';
import { fillAnswer } from './envelope-budget.ts';
import { FragmentRelay, ObjectIds } from './fragment-relay.ts';
import { OutputChannel } from './output-channel.ts';
import {
  commandIdInUse,
  engineFailed,
  operationAborted,
  tooManyCommands,
  unknownCommand,
  unknownStream,
} from './refusals.ts';
import { idKey, type ReceiveLimits, type Shell, type ShellBase } from './shell.ts';

/** A running engine. */
export interface Engine {
  readonly peer: Pick<
    OutOfProcessPeer,
    'sendData' | 'command' | 'signal' | 'closePipeline' | 'close' | 'pause' | 'resume'
  >;
  readonly pid: number;
  kill(): void;
}

export type EngineFactory = (events: PeerEvents) => Promise<Engine>;

/** The packets of .NET's own out-of-process client are no larger. */
const ENGINE_FRAGMENT_BYTES = 32 * 1024;

/** As long as PowerShell waits for a session to open (PSSessionOption.OpenTimeout). */
const OPEN_LIMIT_MS = 180_000;

/** What a session configuration takes of one client: MaximumReceivedDataSizePerCommandMB is 50 by default. */
const MAX_INPUT_BYTES = 50 * 1024 * 1024;

/** Output of this much waits for the client before the engine is held: ten full envelopes. */
const HOLD_ABOVE_BYTES = 5 * 1024 * 1024;

/** Half of it must be gone before the engine goes on, lest it be held and let go for every fragment. */
const RELEASE_BELOW_BYTES = HOLD_ABOVE_BYTES / 2;

/** Beyond this the engine is held although somebody waits for another target's output: the memory of a machine is worth more. */
const HOLD_ALWAYS_BYTES = 256 * 1024 * 1024;

/**
 * Ended pipelines whose ids are remembered, so that a client may still let go of them: some do so after every pipeline, others never, and
 * nobody so late.
 */
const REMEMBERED_PIPELINES = 200;

interface Target {
  /** Undefined for the pool. */
  readonly commandId: string | undefined;
  readonly output: FragmentRelay;
  readonly input: Map<string, FragmentRelay>;
  readonly channel: OutputChannel<ReceiveResponse>;
  ended: boolean;
  /** The pipeline waits for an answer of the client. */
  asking: boolean;
}

export interface PowerShellShellOptions extends ShellBase {
  readonly clock: Clock;
  readonly maxCommands: number;
  /** The engine is gone, not by our doing. */
  readonly onGone: () => void;
}

export class PowerShellShell implements Shell {
  readonly id: string;
  readonly resourceUri: string;
  readonly owner: string;
  /** What the server said of itself, for a client that connects later. */
  readonly memory = new PoolMemory();
  readonly #options: PowerShellShellOptions;
  readonly #outputIds = new ObjectIds();
  readonly #inputIds = new ObjectIds();
  readonly #pool: Target;
  readonly #pipelines = new Map<string, Target>();
  readonly #finished = new Set<string>();
  readonly #started: number;
  #engine: Engine | undefined;
  #held = false;
  #needed = 0;
  #closed = false;

  private constructor(options: PowerShellShellOptions) {
    this.#options = options;
    this.id = options.id;
    this.resourceUri = options.resourceUri;
    this.owner = options.owner;
    this.#started = options.clock.now();
    this.#pool = this.#target(undefined);
  }

  /**
   * Starts an engine and hands it the opening messages; gives up when `signal` aborts or the engine takes too long. Throws a Refusal, or
   * ProtocolError for fragments that are none.
   */
  static async open(
    options: PowerShellShellOptions,
    factory: EngineFactory,
    creationXml: Uint8Array,
    signal: AbortSignal,
  ): Promise<PowerShellShell> {
    // Before a process is started for it.
    new Defragmenter().push(creationXml);
    const shell = new PowerShellShell(options);
    const giveUp = (): void => void shell.close('The engine did not answer in time');
    const cancelDeadline = options.clock.after(OPEN_LIMIT_MS, giveUp);
    signal.addEventListener('abort', giveUp);
    try {
      await shell.#start(factory);
      await shell.#toEngine(shell.#pool, 'stdin', creationXml).catch((error: unknown) => {
        throw error instanceof ProtocolError ? error : engineFailed('The PowerShell engine ended');
      });
      // It may have ended with its acknowledgement.
      if (shell.#closed) throw engineFailed('The PowerShell engine ended');
      return shell;
    } catch (error) {
      await shell.close('The shell could not be opened');
      throw error;
    } finally {
      cancelDeadline();
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #start(factory: EngineFactory): Promise<void> {
    let engine: Engine;
    try {
      engine = await factory({
        onData: (data, psGuid) => this.#onData(data, psGuid),
        onClosed: (error) => this.#onClosed(error),
      });
    } catch (error) {
      throw engineFailed(error instanceof Error ? error.message : 'The PowerShell engine does not start');
    }
    if (this.#closed) {
      engine.kill();
      throw engineFailed('The PowerShell engine did not start in time');
    }
    this.#engine = engine;
  }

  describe(): ShellDescription & { readonly resourceUri: string } {
    const { name, clientIp, idleTimeoutMs, locale, clock } = this.#options;
    return {
      shellId: this.id,
      ...(name === undefined ? {} : { name }),
      resourceUri: this.resourceUri,
      owner: this.owner,
      clientIp,
      ...(this.#engine === undefined ? {} : { processId: this.#engine.pid }),
      idleTimeoutMs,
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      maxIdleTimeoutMs: 2147483647,
      locale,
      dataLocale: locale,
      compressionMode: 'NoCompression',
      profileLoaded: 'No',
      encoding: 'UTF8',
      bufferMode: 'Block',
      state: 'Connected',
      runTimeMs: Math.floor((clock.now() - this.#started) / 1000) * 1000,
      inactivityMs: 0,
    };
  }

  commands(): CommandDescription[] {
    return [...this.#pipelines.values()].map((target) => ({
      shellId: this.id,
      commandId: target.commandId ?? '',
      state: 'Connected',
    }));
  }

  async command(request: CommandRequest): Promise<string> {
    if (this.#pipelines.size >= this.#options.maxCommands) throw tooManyCommands(this.#options.maxCommands);
    const data = pipelineData(request);
    const id = request.commandId ?? pipelineIdIn(data) ?? randomUUID().toUpperCase();
    const key = idKey(id);
    if (this.#pipelines.has(key) || this.#finished.has(key)) throw commandIdInUse();
    const target = this.#target(id);
    this.#pipelines.set(key, target);
    try {
      await this.#withEngine((engine) => engine.peer.command(id.toLowerCase()));
      await this.#toEngine(target, 'stdin', data);
    } catch (error) {
      this.#pipelines.delete(key);
      throw error;
    }
    return id;
  }

  async send(request: SendRequest): Promise<void> {
    for (const chunk of request.streams) {
      if (chunk.name !== 'stdin' && chunk.name !== 'pr') throw unknownStream();
      // In order: each waits until the engine has taken it.
      // oxlint-disable-next-line no-await-in-loop
      await this.#toEngine(this.#find(chunk.commandId), chunk.name, chunk.data);
    }
  }

  async receive(request: ReceiveRequest, limits: ReceiveLimits): Promise<ReceiveResponse> {
    const target = this.#find(request.commandId);
    const answer = target.channel.receive(limits.maxEnvelopeSize, limits.timeoutMs, limits.signal);
    this.#brake();
    const response = await answer;
    this.#brake();
    if (response.commandState?.state === 'Done') this.#release(target);
    return response;
  }

  /** Answered at once: that a pipeline has stopped, which may take its time, is told by its state message. */
  signal(request: SignalRequest): Promise<void> {
    if (request.commandId !== undefined && this.#finished.has(idKey(request.commandId)))
      return Promise.resolve();
    const target = this.#find(request.commandId);
    const { commandId } = target;
    if (commandId === undefined) return Promise.resolve();
    const stopped = target.ended
      ? Promise.resolve()
      : this.#withEngine((engine) => engine.peer.signal(commandId.toLowerCase()));
    const letGo = request.code !== SIGNAL.powershellStop && request.code !== SIGNAL.ctrlC;
    if (letGo) {
      // Any other code is the client's way to let go of the command.
      target.channel.end(unknownCommand());
      this.#pipelines.delete(idKey(commandId));
      stopped
        .then(() => this.#withEngine((engine) => engine.peer.closePipeline(commandId.toLowerCase())))
        .catch(() => undefined);
    } else {
      stopped.catch(() => undefined);
    }
    return Promise.resolve();
  }

  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#end(reason);
    const engine = this.#engine;
    if (engine === undefined) return;
    await engine.peer.close().catch(() => undefined);
    engine.kill();
  }

  #target(commandId: string | undefined): Target {
    const target: Target = {
      commandId,
      output: new FragmentRelay(this.#outputIds),
      input: new Map(),
      channel: new OutputChannel({ take: (maxBytes) => this.#take(target, maxBytes) }, this.#options.clock),
      ended: false,
      asking: false,
    };
    return target;
  }

  #find(commandId: string | undefined): Target {
    const target = commandId === undefined ? this.#pool : this.#pipelines.get(idKey(commandId));
    if (target === undefined) throw unknownCommand();
    return target;
  }

  #take(target: Target, maxBytes: number): ReceiveResponse | undefined {
    const { commandId } = target;
    const streams = fillAnswer(maxBytes, (room) => {
      const data = target.output.take(room);
      return data === undefined
        ? undefined
        : { name: 'stdout', data, ...(commandId === undefined ? {} : { commandId }) };
    });
    const done = target.ended && target.output.isEmpty;
    if (streams.length === 0 && !done) return undefined;
    if (commandId === undefined) return { streams };
    if (done) return { streams, commandState: { commandId, state: 'Done', exitCode: 0 } };
    // As Windows tells that the command waits for its client; a running one goes without saying.
    return target.asking && target.output.isEmpty
      ? { streams, commandState: { commandId, state: 'Pending' } }
      : { streams };
  }

  /** A pipeline of which nothing is left: the engine may forget it too. */
  #release(target: Target): void {
    const { commandId } = target;
    if (commandId === undefined || !this.#pipelines.delete(idKey(commandId))) return;
    this.#finished.add(idKey(commandId));
    const [oldest] = this.#finished;
    if (this.#finished.size > REMEMBERED_PIPELINES && oldest !== undefined) this.#finished.delete(oldest);
    this.#withEngine((engine) => engine.peer.closePipeline(commandId.toLowerCase())).catch(() => undefined);
  }

  /** Messages from the client, cut to what the engine takes; resolves when it has taken them. */
  async #toEngine(target: Target, stream: 'stdin' | 'pr', fragments: Uint8Array): Promise<void> {
    let relay = target.input.get(stream);
    if (relay === undefined) {
      relay = new FragmentRelay(this.#inputIds, MAX_INPUT_BYTES);
      target.input.set(stream, relay);
    }
    relay.push(fragments);
    target.asking = false;
    const sent: Promise<void>[] = [];
    await this.#withEngine(async (engine) => {
      for (;;) {
        const packet = relay.take(ENGINE_FRAGMENT_BYTES);
        if (packet === undefined) break;
        // The peer sends them one by one; taking them all at once keeps another Send from getting in between.
        sent.push(
          engine.peer.sendData(
            packet,
            target.commandId?.toLowerCase(),
            stream === 'pr' ? 'PromptResponse' : 'Default',
          ),
        );
      }
      await Promise.all(sent);
    });
  }

  /** Acknowledgements come through the same pipe as output, so the brake is off while one is awaited. */
  async #withEngine(act: (engine: Engine) => Promise<void>): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined || this.#closed) throw operationAborted('The PowerShell engine ended');
    this.#needed++;
    this.#brake();
    try {
      await act(engine);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw operationAborted('The PowerShell engine ended');
    } finally {
      this.#needed--;
      this.#brake();
    }
  }

  #onData(data: Uint8Array, psGuid: string | undefined): void {
    if (this.#closed) return;
    const target = psGuid === undefined ? this.#pool : this.#pipelines.get(idKey(psGuid));
    // Late words of a pipeline the client has let go of.
    if (target === undefined) return;
    try {
      for (const message of target.output.push(data)) {
        if (target === this.#pool) this.memory.see(message);
        else if (endsPipeline(message)) target.ended = true;
        else target.asking = asksClient(message);
      }
    } catch {
      this.#fail('The PowerShell engine sent something that is not PSRP');
      return;
    }
    target.channel.wake();
    this.#brake();
  }

  #onClosed(error: Error | undefined): void {
    if (this.#closed) return;
    this.#fail(error?.message ?? 'The PowerShell engine ended');
  }

  #fail(reason: string): void {
    const engine = this.#engine;
    this.#end(reason);
    engine?.kill();
    this.#options.onGone();
  }

  #end(reason: string): void {
    this.#closed = true;
    const refusal = operationAborted(reason);
    for (const target of [this.#pool, ...this.#pipelines.values()]) target.channel.end(refusal);
    this.#pipelines.clear();
  }

  /** Holds the engine's output, or lets it go on. */
  #brake(): void {
    const engine = this.#engine;
    if (engine === undefined || this.#closed) return;
    const targets = [this.#pool, ...this.#pipelines.values()];
    let waiting = 0;
    let somebodyHungry = this.#needed > 0;
    for (const target of targets) {
      waiting += target.output.pendingBytes;
      // The pool's standing Receive waits all its life for messages that hardly ever come: only another pipeline is starved by a hold.
      somebodyHungry ||= target !== this.#pool && target.channel.isAwaited && target.output.isEmpty;
    }
    const mark = somebodyHungry ? HOLD_ALWAYS_BYTES : this.#held ? RELEASE_BELOW_BYTES : HOLD_ABOVE_BYTES;
    const hold = waiting > mark && this.#needed === 0;
    if (hold === this.#held) return;
    this.#held = hold;
    if (hold) engine.peer.pause();
    else engine.peer.resume();
  }
}

/** The pipeline the first message is for, where the client names no command. */
function pipelineIdIn(fragments: Uint8Array): string | undefined {
  const first = new Defragmenter().push(fragments)[0];
  return first && decodeMessage(first.message).pipelineId.toUpperCase();
}
