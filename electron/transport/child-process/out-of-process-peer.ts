/**
 * A PSRP server at the other end of a pair of pipes: `pwsh -s`, the practice server's engine, a named pipe. Speaks the packets of
 * protocol/out-of-process and keeps their order.
 */
import type { Readable, Writable } from 'node:stream';
import { LineDecoder } from '../../protocol/out-of-process/line-decoder.ts';
import { encodePacket, POOL_GUID } from '../../protocol/out-of-process/packet.ts';
import type { DataStream, Line, Packet } from '../../protocol/out-of-process/packet.ts';
import { ProtocolError } from '../../protocol/errors.ts';

/** What a peer tells its owner. Called in order, never re-entrantly, never after `onClosed`. */
export interface PeerEvents {
  /** Fragment bytes, for a pipeline or (undefined) for the pool. */
  onData(data: Uint8Array, psGuid: string | undefined, stream: 'Default' | 'PromptResponse'): void;
  /** The peer is gone: undefined after our own close, else why. Called once. */
  onClosed(error: Error | undefined): void;
  /** A line on the packets' pipe that is no packet, cut to a bounded length: a banner, a child's output. For diagnosis only. */
  onText?(text: string): void;
}

/** A wait on a peer that ended without its answer. */
export class PeerGoneError extends Error {
  override readonly name = 'PeerGoneError';
  readonly code: 'oop.peer-gone' | 'oop.peer-closed' | 'oop.pipeline-closed';

  constructor(code: PeerGoneError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/**
 * How long `close` waits for the server's CloseAck. Closing a runspace takes milliseconds; a server that runs a `finally` block or hangs
 * is not worth more, because its process is ended after this anyway.
 */
const CLOSE_WAIT_MS = 5_000;

type AckKind = 'DataAck' | 'CommandAck' | 'SignalAck' | 'CloseAck';

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

export class OutOfProcessPeer {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #events: PeerEvents;
  readonly #decoder = new LineDecoder();
  /** Who waits for which acknowledgement, first come first served; the key is `kind psGuid`. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** The last Data of each target: the next one waits for it, because the server works on lines in parallel (PROTOCOL trap 8). */
  readonly #lastData = new Map<string, Promise<void>>();
  /** Pipelines whose Command was sent and whose Close was not: the server does not close a pool that still has one. */
  readonly #openPipelines = new Set<string>();
  /** What was read and not yet handed on, while paused. */
  readonly #backlog: Line[] = [];
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;
  #paused = false;
  #draining = false;
  #inputEnded = false;
  #violation: Error | undefined;

  /** `input` is what the peer writes, `output` what it reads. */
  constructor(input: Readable, output: Writable, events: PeerEvents) {
    this.#input = input;
    this.#output = output;
    this.#events = events;
    input.on('data', (chunk: Uint8Array) => this.#onBytes(chunk));
    input.on('end', () => this.#onInputEnd());
    input.on('close', () => this.#onInputEnd());
    input.on('error', (error) =>
      this.#end(new PeerGoneError('oop.peer-gone', 'The PowerShell process stopped answering', error)),
    );
    // Nobody may be waiting when a pipe breaks, and an 'error' event without a listener would end the process.
    output.on('error', (error) =>
      this.#end(new PeerGoneError('oop.peer-gone', 'The PowerShell process no longer takes input', error)),
    );
  }

  /**
   * Send fragments to the pool (undefined) or a pipeline; resolves once the server has taken them (DataAck). Calls for one target go out
   * one at a time and in order.
   * @throws PeerGoneError
   */
  sendData(data: Uint8Array, psGuid: string | undefined, stream: DataStream): Promise<void> {
    const guid = target(psGuid);
    const before = this.#lastData.get(guid) ?? Promise.resolve();
    const sent = before.then(
      () => this.#request({ kind: 'Data', psGuid: guid, stream, data }, 'DataAck'),
      () => this.#request({ kind: 'Data', psGuid: guid, stream, data }, 'DataAck'),
    );
    this.#lastData.set(guid, sent);
    const forget = () => {
      if (this.#lastData.get(guid) === sent) this.#lastData.delete(guid);
    };
    sent.then(forget, forget);
    return sent;
  }

  /** Announce a pipeline; its first fragments follow by `sendData`. @throws PeerGoneError */
  command(psGuid: string): Promise<void> {
    const guid = target(psGuid);
    this.#openPipelines.add(guid);
    return this.#request({ kind: 'Command', psGuid: guid }, 'CommandAck');
  }

  /** Stop a pipeline. The server acknowledges when it has stopped; its state message comes before that. @throws PeerGoneError */
  signal(psGuid: string): Promise<void> {
    return this.#request({ kind: 'Signal', psGuid: target(psGuid) }, 'SignalAck');
  }

  /** Let go of a pipeline. What was still waiting for a DataAck of it is rejected with `oop.pipeline-closed`. @throws PeerGoneError */
  closePipeline(psGuid: string): Promise<void> {
    const guid = target(psGuid);
    this.#openPipelines.delete(guid);
    return this.#request({ kind: 'Close', psGuid: guid }, 'CloseAck');
  }

  /** Close the pool and end the peer's input, after which it exits. Never fails, and takes at most some seconds. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Stop reading. The peer's pipe fills and then the peer itself stops: that is the back-pressure. No acknowledgement arrives meanwhile
   * either, so whoever pauses must resume before waiting for one.
   */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#input.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Not from within the caller: an owner that resumes inside onData must not be called again before it returned.
    queueMicrotask(() => {
      this.#drain();
      if (!this.#paused && this.#state !== 'closed') this.#input.resume();
    });
  }

  async #close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    // Acknowledgements must be read to get there.
    this.resume();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WAIT_MS);
    });
    const polite = (async () => {
      await Promise.all([...this.#openPipelines].map((guid) => this.closePipeline(guid)));
      await this.#request({ kind: 'Close', psGuid: POOL_GUID }, 'CloseAck');
    })();
    await Promise.race([polite.catch(() => undefined), deadline]);
    clearTimeout(timer);
    this.#end(undefined);
  }

  #request(packet: Packet, ack: AckKind): Promise<void> {
    if (this.#state === 'closed') {
      return Promise.reject(new PeerGoneError('oop.peer-closed', 'The PowerShell process is gone'));
    }
    return new Promise((resolve, reject) => {
      const key = `${ack} ${packet.psGuid}`;
      const queue = this.#waiters.get(key);
      if (queue === undefined) this.#waiters.set(key, [{ resolve, reject }]);
      else queue.push({ resolve, reject });
      this.#output.write(encodePacket(packet));
    });
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    try {
      for (const line of this.#decoder.push(bytes)) this.#backlog.push(line);
    } catch (error) {
      // What came before the violation is still delivered.
      this.#violation = toError(error);
    }
    this.#drain();
  }

  #onInputEnd(): void {
    if (this.#inputEnded || this.#state === 'closed') return;
    this.#inputEnded = true;
    const rest = this.#decoder.end();
    if (rest !== undefined) this.#backlog.push(rest);
    this.#drain();
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      let taken = 0;
      while (taken < this.#backlog.length && !this.#paused && !this.#isClosed()) {
        const line = this.#backlog[taken++];
        if (line !== undefined) this.#take(line);
      }
      this.#backlog.splice(0, taken);
    } catch (error) {
      // An owner that throws has lost track of this session; no other is hurt.
      this.#violation ??= toError(error);
      this.#backlog.length = 0;
    } finally {
      this.#draining = false;
    }
    if (this.#backlog.length > 0 || this.#isClosed()) return;
    if (this.#violation !== undefined) this.#end(this.#violation);
    else if (this.#inputEnded) {
      this.#end(new PeerGoneError('oop.peer-gone', 'The PowerShell process ended'));
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #take(line: Line): void {
    switch (line.kind) {
      case 'Data':
        this.#events.onData(line.data, line.psGuid === POOL_GUID ? undefined : line.psGuid, line.stream);
        return;
      case 'Text':
        this.#events.onText?.(line.text);
        return;
      case 'DataAck':
      case 'CommandAck':
      case 'SignalAck':
        this.#settle(line.kind, line.psGuid);
        return;
      case 'CloseAck':
        // The server may have dropped the pipeline before it saw our last Data, and then acknowledges only the Close.
        this.#abandon(
          `DataAck ${line.psGuid}`,
          new PeerGoneError('oop.pipeline-closed', 'The pipeline was closed'),
        );
        this.#settle('CloseAck', line.psGuid);
        return;
      case 'Command':
      case 'Signal':
      case 'Close':
        throw new ProtocolError('oop.direction', 'The server sent a packet that only clients send', {
          kind: line.kind,
        });
    }
  }

  /** An acknowledgement nobody waits for is not an error: PowerShell repeats some when a pipeline ends while its input arrives. */
  #settle(kind: AckKind, guid: string): void {
    const key = `${kind} ${guid}`;
    const queue = this.#waiters.get(key);
    queue?.shift()?.resolve();
    if (queue?.length === 0) this.#waiters.delete(key);
  }

  #abandon(key: string, error: Error): void {
    const queue = this.#waiters.get(key) ?? [];
    this.#waiters.delete(key);
    for (const waiter of queue) waiter.reject(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    const ours = this.#state === 'closing';
    this.#state = 'closed';
    const reason =
      error ?? new PeerGoneError('oop.peer-closed', 'The connection to the PowerShell process was closed');
    for (const key of this.#waiters.keys()) this.#abandon(key, reason);
    this.#openPipelines.clear();
    this.#backlog.length = 0;
    // The end of its input is what makes a PowerShell server exit.
    this.#output.end();
    // Whatever it still writes must not block it.
    this.#input.resume();
    this.#events.onClosed(ours ? undefined : error);
  }
}

function target(psGuid: string | undefined): string {
  return psGuid === undefined ? POOL_GUID : psGuid.toLowerCase();
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
