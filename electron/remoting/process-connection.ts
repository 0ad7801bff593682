/** PSRP over out-of-process packets: a child `pwsh -s`, a named pipe, a Unix socket. The packets know no shells: the process is the shell. */
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { OutOfProcessPeer } from '../transport/child-process/out-of-process-peer.ts';
import type { ConnectionEvents, PsrpStream, RemotingConnection } from './connection.ts';

export interface ProcessConnectionOptions {
  readonly kind: 'process' | 'pipe';
  readonly computerName: string;
  /** What the peer writes. */
  readonly input: Readable;
  /** What the peer reads. */
  readonly output: Writable;
  /** Ends the other side when closing nicely did not. */
  kill?(): void;
}

/** PowerShell's own fragment size on this transport (`OutOfProcessClientSessionTransportManager`). */
const FRAGMENT_BYTES = 32 * 1024;

/** A pipeline stops in milliseconds, or sits in native code that nothing but the end of its process stops. */
const STOP_WAIT_MS = 1000;

export class ProcessConnection implements RemotingConnection {
  readonly kind: 'process' | 'pipe';
  readonly target: RemotingConnection['target'];
  readonly #options: ProcessConnectionOptions;
  #peer: OutOfProcessPeer | undefined;
  #events: ConnectionEvents | undefined;
  readonly #pipelines = new Set<string>();
  #holding = 0;
  #over = false;

  constructor(options: ProcessConnectionOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.target = {
      computerName: options.computerName,
      configurationName: 'Microsoft.PowerShell',
      security: options.kind === 'process' ? 'Child process' : 'Named pipe',
    };
  }

  capacity(): number {
    return FRAGMENT_BYTES;
  }

  async open(_shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void> {
    this.#events = events;
    this.#peer = new OutOfProcessPeer(this.#options.input, this.#options.output, {
      onData: (bytes, psGuid) => {
        const wait = events.onData(bytes, psGuid);
        if (wait) this.#hold(wait);
      },
      onClosed: (error) => this.#end(error),
    });
    await this.#peer.sendData(data, undefined, 'Default');
  }

  async createPipeline(pipelineId: string, data: Uint8Array): Promise<void> {
    this.#pipelines.add(pipelineId);
    await this.#mustPeer().command(pipelineId);
    await this.#mustPeer().sendData(data, pipelineId, 'Default');
  }

  send(data: Uint8Array, stream: PsrpStream, pipelineId: string | undefined): Promise<void> {
    return this.#mustPeer().sendData(data, pipelineId, stream === 'default' ? 'Default' : 'PromptResponse');
  }

  stopPipeline(pipelineId: string): Promise<void> {
    return this.#mustPeer().signal(pipelineId);
  }

  async closePipeline(pipelineId: string): Promise<void> {
    this.#pipelines.delete(pipelineId);
    await this.#peer?.closePipeline(pipelineId).catch(() => undefined);
  }

  async close(): Promise<void> {
    // The other side answers Close when its pipelines have ended, and an endless one ends only when it is told to.
    const stops = [...this.#pipelines].map(async (id) => {
      await this.#peer?.signal(id).catch(() => undefined);
    });
    await Promise.race([Promise.all(stops), delay(STOP_WAIT_MS, undefined, { ref: false })]);
    await this.#peer?.close();
    this.#options.kill?.();
    this.#end(undefined);
  }

  abort(error: Error): void {
    this.#end(error);
    void this.#peer?.close();
    this.#options.kill?.();
  }

  /** The pipe has one direction for all targets: while one consumer is slow, none is read for. */
  #hold(wait: Promise<void>): void {
    this.#holding += 1;
    this.#peer?.pause();
    void wait.finally(() => {
      this.#holding -= 1;
      if (this.#holding === 0) this.#peer?.resume();
    });
  }

  #end(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#events?.onClosed(error);
  }

  #mustPeer(): OutOfProcessPeer {
    if (!this.#peer) throw new Error('The connection is not open.');
    return this.#peer;
  }
}
