/**
 * A PowerShell shell: WSMan on one side ([MS-PSRP] 3.1.5.3), an engine that speaks out-of-process packets on the other.
 *
 * The pool and each pipeline are a target of their own, with its output waiting for Receives.
 *
 * The engine knows nothing of clients that leave and come: it is told of one, and the shell answers the others for it, from what it has
 * seen pass ({@link PoolObserver}, [MS-PSRP] 3.2.5.4.29).
 */
import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../protocol/errors.ts';
import { decodeMessage } from '../../protocol/psrp/message.ts';
import { Defragmenter } from '../../protocol/psrp/fragment.ts';
import { PoolObserver } from '../../protocol/psrp/observer.ts';
import { pipelineData, type CommandRequest } from '../../protocol/wsman/command.ts';
import type { CommandDescription } from '../../protocol/wsman/enumerate.ts';
import { RESOURCE, SIGNAL } from '../../protocol/wsman/names.ts';
import type { ReceiveRequest, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import { payloadCapacity } from '../../protocol/wsman/size.ts';
import { encodeConnectResponse } from '../../protocol/wsman/connect.ts';
import type { SendRequest } from '../../protocol/wsman/send.ts';
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { SignalRequest } from '../../protocol/wsman/signal.ts';
import type { OutOfProcessPeer, PeerEvents } from '../../transport/child-process/out-of-process-peer.ts';
import type { Clock } from './clock.ts';
import { asksClient, endsPipeline } from './engine-state.ts';
import { FinishedPipelines } from './finished-pipelines.ts';
import { FragmentRelay, ObjectIds } from './fragment-relay.ts';
import { Brake, dropWhatIsTooMuch } from './brake.ts';
import { memoryOf } from './process-memory.ts';
import {
  commandIdInUse,
  engineFailed,
  invalidRequest,
  operationAborted,
  shellDisconnected,
  tooManyCommands,
  unknownCommand,
  unknownStream,
} from './refusals.ts';
import {
  idKey,
  type Leaving,
  type Received,
  type ReceiveLimits,
  type Shell,
  type ShellBase,
} from './shell.ts';
import { Target } from './target.ts';

/** A running engine. */
export interface Engine {
  readonly peer: Pick<
    OutOfProcessPeer,
    'sendData' | 'command' | 'signal' | 'closePipeline' | 'close' | 'pause' | 'resume'
  >;
  readonly pid: number;
  kill(): void;
}

/** An engine for a session of that configuration. */
export type EngineFactory = (events: PeerEvents, configurationName: string) => Promise<Engine>;

/** The packets of .NET's own out-of-process client are no larger. */
const ENGINE_FRAGMENT_BYTES = 32 * 1024;

/** As long as PowerShell waits for a session to open (PSSessionOption.OpenTimeout). */
const OPEN_LIMIT_MS = 180_000;

/** What a session configuration takes of one client: MaximumReceivedDataSizePerCommandMB is 50 by default. */
const MAX_INPUT_BYTES = 50 * 1024 * 1024;

/** The envelope of a ConnectResponse around its payload, with room to spare. */
const CONNECT_SKELETON = encodeConnectResponse(
  { messageId: '00000000-0000-0000-0000-000000000000' },
  { inputStreams: ['stdin', 'pr'], outputStreams: ['stdout'], connectResponseXml: new Uint8Array() },
);

export interface PowerShellShellOptions extends ShellBase {
  readonly clock: Clock;
  readonly maxCommands: number;
  /** What becomes of an answer that was on its way when the client went; see {@link InFlight}. */
  readonly inFlight: InFlight;
  /** The engine is gone, not by our doing. */
  readonly onGone: () => void;
}

/**
 * What real servers may do with the last answer to a Receive when its client is gone: hand it out again to whoever comes, as recorded
 * (test/vectors/wsman/pypsrp-psrp_disconnect_runspaces.json, exchanges 7 and 31), take it for delivered, and it is lost, or keep it for the
 * client alone that asks by the same OperationID ({@link KeptAnswers}).
 */
export type InFlight = 'again' | 'lost' | 'kept';

export class PowerShellShell implements Shell {
  readonly id: string;
  readonly resourceUri: string;
  readonly owner: string;
  readonly #observer = new PoolObserver();
  /** Whether what passes could be followed: if not, nobody else can be let in. */
  #followed = true;
  readonly #options: PowerShellShellOptions;
  readonly #outputIds = new ObjectIds();
  readonly #inputIds = new ObjectIds();
  readonly #pool: Target;
  readonly #pipelines = new Map<string, Target>();
  readonly #finished = new FinishedPipelines();
  #idleTimeoutMs: number;
  #bufferMode: 'Block' | 'Drop';
  #isLeft = false;
  readonly #started: number;
  #engine: Engine | undefined;
  readonly #output = new Brake();
  #needed = 0;
  #closed = false;

  private constructor(options: PowerShellShellOptions) {
    this.#options = options;
    this.id = options.id;
    this.resourceUri = options.resourceUri;
    this.owner = options.owner;
    this.#started = options.clock.now();
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#bufferMode = options.bufferMode ?? 'Block';
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
      engine = await factory(
        {
          onData: (data, psGuid) => this.#onData(data, psGuid),
          onClosed: (error) => this.#onClosed(error),
        },
        this.resourceUri.slice(RESOURCE.powershellPrefix.length),
      );
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
    const { name, clientIp, locale, clock } = this.#options;
    const memoryUsed = this.#engine && memoryOf(this.#engine.pid);
    return {
      shellId: this.id,
      ...(name === undefined ? {} : { name }),
      resourceUri: this.resourceUri,
      owner: this.owner,
      clientIp,
      ...(this.#engine === undefined ? {} : { processId: this.#engine.pid }),
      idleTimeoutMs: this.#idleTimeoutMs,
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      maxIdleTimeoutMs: this.#options.maxIdleTimeoutMs,
      locale,
      dataLocale: locale,
      compressionMode: 'NoCompression',
      profileLoaded: 'No',
      encoding: 'UTF8',
      bufferMode: this.#bufferMode,
      state: this.#isLeft ? 'Disconnected' : 'Connected',
      runTimeMs: Math.floor((clock.now() - this.#started) / 1000) * 1000,
      inactivityMs: 0,
      ...(memoryUsed === undefined ? {} : { memoryUsed }),
    };
  }

  commands(): CommandDescription[] {
    return [...this.#pipelines.values()].map((target) => ({
      shellId: this.id,
      commandId: target.commandId ?? '',
      state: target.connected ? 'Connected' : 'Disconnected',
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
      // Answered when the engine has taken it, and not before: input that comes while it makes the pipeline can be lost in it.
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
      await this.#toEngine(this.#connectedTarget(chunk.commandId), chunk.name, chunk.data);
    }
  }

  async receive(request: ReceiveRequest, limits: ReceiveLimits): Promise<Received> {
    const target = this.#connectedTarget(request.commandId);
    const answer = target.channel.receive(limits.maxEnvelopeSize, limits.timeoutMs, limits.signal);
    this.#brake();
    const response = await answer;
    this.#brake();
    if (response.commandState?.state === 'Done') this.#release(target);
    return { response, undelivered: () => this.#undelivered(target, response) };
  }

  /** Answered at once: that a pipeline has stopped, which may take its time, is told by its state message. */
  signal(request: SignalRequest): Promise<void> {
    if (request.commandId !== undefined && this.#finished.has(idKey(request.commandId))) {
      this.#finished.letGo(idKey(request.commandId));
      return Promise.resolve();
    }
    const target = this.#connectedTarget(request.commandId);
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

  /** Whether the client's protocol knows leaving ([MS-PSRP] 3.1.4.9: 2.2 and later). */
  get leaving(): Leaving | undefined {
    const version = this.#observer.clientCapability?.protocolVersion;
    if (!this.#followed || version === undefined || /^2\.[01](?:\.|$)/.test(version)) return undefined;
    return {
      left: (options) => this.#left(options),
      reconnected: (commandId) => this.#reconnected(commandId),
      connected: (connectXml, maxEnvelopeSize) => this.#connected(connectXml, maxEnvelopeSize),
      commandConnected: (commandId) => this.#commandConnected(commandId),
    };
  }

  #left(options: { readonly idleTimeoutMs?: number; readonly bufferMode?: 'Block' | 'Drop' }): void {
    this.#isLeft = true;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? this.#idleTimeoutMs;
    this.#bufferMode = options.bufferMode ?? this.#bufferMode;
    if (this.#options.inFlight === 'again') this.#finished.uncertain().forEach((key) => this.#restore(key));
    for (const target of this.#targets()) {
      target.connected = false;
      target.channel.interrupt(shellDisconnected());
    }
    this.#brake();
  }

  #reconnected(commandId: string | undefined): void {
    const target = this.#find(commandId);
    if (commandId === undefined) this.#isLeft = false;
    this.#connectTarget(target);
  }

  #connectTarget(target: Target): void {
    if (target.connected) return;
    target.connected = true;
    if (this.#options.inFlight === 'again') target.again();
    this.#brake();
  }

  /** [MS-PSRP] 3.2.5.4.29 */
  #connected(connectXml: Uint8Array | undefined, maxEnvelopeSize: number): Uint8Array {
    if (connectXml === undefined) throw invalidRequest('connectXml is missing');
    const { poolId } = PoolObserver.readConnect(connectXml);
    if (poolId !== this.#observer.poolId) throw invalidRequest('connectXml is for another runspace pool');
    const room = payloadCapacity(maxEnvelopeSize, CONNECT_SKELETON);
    const { connectResponse, receive } = this.#observer.connectAnswer(this.#outputIds.next, room);
    this.#isLeft = false;
    this.#connectTarget(this.#pool);
    for (const payload of receive) this.#pool.sayFirst(payload);
    return connectResponse;
  }

  #commandConnected(commandId: string): void {
    this.#connectTarget(this.#find(commandId));
  }

  #undelivered(target: Target, response: ReceiveResponse): void {
    if (this.#options.inFlight !== 'again' || this.#closed) return;
    target.again(response);
    if (target.commandId !== undefined) this.#restore(idKey(target.commandId));
    target.channel.wake();
    this.#brake();
  }

  #targets(): Target[] {
    return [this.#pool, ...this.#pipelines.values()];
  }

  #target(commandId: string | undefined): Target {
    return new Target(commandId, this.#outputIds, this.#options.clock);
  }

  #connectedTarget(commandId: string | undefined): Target {
    const target = this.#find(commandId);
    // [MS-PSRP] 3.1.5.3.18: a command is connected on its own.
    if (!target.connected) throw shellDisconnected();
    return target;
  }

  #find(commandId: string | undefined): Target {
    const target = commandId === undefined ? this.#pool : this.#pipelines.get(idKey(commandId));
    if (target === undefined) throw unknownCommand();
    return target;
  }

  /** A pipeline of which nothing is left: the engine may forget it too. */
  #release(target: Target): void {
    const { commandId } = target;
    if (commandId === undefined || !this.#pipelines.delete(idKey(commandId))) return;
    this.#finished.add(idKey(commandId), target);
    this.#withEngine((engine) => engine.peer.closePipeline(commandId.toLowerCase())).catch(() => undefined);
  }

  /** One that was released, and whose last answer is to be handed out again. */
  #restore(key: string): void {
    const target = this.#finished.takeBack(key);
    if (target !== undefined) this.#pipelines.set(key, target);
  }

  /** Messages from the client, cut to what the engine takes; resolves when it has taken them. */
  async #toEngine(target: Target, stream: 'stdin' | 'pr', fragments: Uint8Array): Promise<void> {
    let relay = target.input.get(stream);
    if (relay === undefined) {
      relay = new FragmentRelay(this.#inputIds, MAX_INPUT_BYTES);
      target.input.set(stream, relay);
    }
    for (const message of relay.push(fragments)) {
      this.#follow(() => this.#observer.clientMessage(message), target);
    }
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
        this.#follow(() => this.#observer.serverMessage(message), target);
        if (target === this.#pool) continue;
        if (endsPipeline(message)) target.ended = true;
        else target.asking = asksClient(message);
      }
    } catch {
      this.#fail('The PowerShell engine sent something that is not PSRP');
      return;
    }
    target.channel.wakeSoon();
    this.#brake();
  }

  /** What cannot be followed passes all the same: the engine and the client understand each other, or say so. */
  #follow(see: () => void, target: Target): void {
    if (!this.#followed || target !== this.#pool) return;
    try {
      see();
    } catch {
      this.#followed = false;
    }
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
    for (const target of this.#targets()) target.channel.end(refusal);
    this.#pipelines.clear();
    this.#finished.clear();
  }

  /** Holds the engine's output, or lets it go on. */
  #brake(): void {
    if (this.#engine === undefined || this.#closed) return;
    if (this.#isLeft && this.#bufferMode === 'Drop') dropWhatIsTooMuch(this.#targets());
    this.#output.check(this.#engine.peer, this.#targets(), this.#needed > 0);
  }
}

/** The pipeline the first message is for, where the client names no command. */
function pipelineIdIn(fragments: Uint8Array): string | undefined {
  const first = new Defragmenter().push(fragments)[0];
  return first && decodeMessage(first.message).pipelineId.toUpperCase();
}
