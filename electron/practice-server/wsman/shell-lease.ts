/**
 * Whose turn it is with a shell: the client that has it, whether it has left, and whether it is missed ([MS-WSMV] 3.1.4.15 to 3.1.4.17).
 *
 * A client is known by the SessionId of its requests. One that dies leaves its Receives behind: when their connections are gone and nothing
 * is heard of it for a while, the shell is disconnected, and may be taken over. Until then it is in use.
 */
import type { Clock } from './clock.ts';
import * as refusals from './refusals.ts';
import type { Leaving, Shell } from './shell.ts';

export interface Client {
  /** SessionId, if it has one. */
  readonly id: string | undefined;
  readonly address: string;
}

export interface LeaseOptions {
  readonly clock: Clock;
  /** How long a client whose connections are gone is waited for. */
  readonly missAfterMs: number;
  /** Receives that wait and requests under way. */
  readonly busy: () => number;
  readonly onChange: () => void;
}

/** How long a client that has come back may take to its first request. */
const SILENT_MS = 10_000;
/** Between two looks at whether what is under way has ended. */
const LOOK_AGAIN_MS = 1_000;

export class ShellLease {
  readonly #shell: Shell;
  readonly #options: LeaseOptions;
  #client: Client;
  #state: 'Connected' | 'Disconnecting' | 'Disconnected' = 'Connected';
  #cancelMiss: (() => void) | undefined;

  constructor(shell: Shell, client: Client, options: LeaseOptions) {
    this.#shell = shell;
    this.#client = client;
    this.#options = options;
  }

  get isDisconnected(): boolean {
    return this.#state === 'Disconnected';
  }

  get clientAddress(): string {
    return this.#client.address;
  }

  /**
   * A request of somebody who may be the client. Throws a Refusal where the shell waits for one to come back, or another has it. Who was
   * lost is found when it asks for output; anything else may be its last word.
   */
  heard(client: Client, kind: 'receive' | 'work'): void {
    if (this.#state === 'Disconnected') throw refusals.shellDisconnected();
    if (!this.#isMine(client)) throw refusals.connectedElsewhere();
    const wasLost = this.#cancelMiss !== undefined;
    this.#found();
    if (wasLost && kind === 'work') this.#missAfter(Math.max(this.#options.missAfterMs, LOOK_AGAIN_MS));
  }

  /** The connection of a request is gone. */
  lostConnection(): void {
    this.#missAfter(this.#options.missAfterMs);
  }

  /** Unless it is heard of. */
  #missAfter(ms: number): void {
    if (this.#state !== 'Connected' || this.#shell.leaving === undefined) return;
    this.#cancelMiss ??= this.#options.clock.after(ms, () => {
      this.#cancelMiss = undefined;
      if (this.#options.busy() === 0) this.#leave({});
      // What is still under way began before the connection was lost: nobody may wait for it any more.
      else this.#missAfter(Math.max(ms, LOOK_AGAIN_MS));
    });
  }

  /** [MS-WSMV] 3.1.4.15. `quiet` resolves when the operations under way are done; Receives are not waited for: they have nothing. */
  async disconnect(
    options: { readonly idleTimeoutMs?: number; readonly bufferMode?: 'Block' | 'Drop' },
    quiet: Promise<void>,
  ): Promise<void> {
    this.#mustLeave();
    if (this.#state === 'Disconnected') throw refusals.shellDisconnected();
    this.#state = 'Disconnecting';
    try {
      await quiet;
    } catch (error) {
      this.#state = 'Connected';
      throw error;
    }
    this.#leave(options);
  }

  /** [MS-WSMV] 3.1.4.16: of no effect where this client has it. */
  reconnect(client: Client, commandId: string | undefined): void {
    const leaving = this.#mustLeave();
    if (!this.#isMine(client)) {
      throw this.#state === 'Connected' ? refusals.connectedElsewhere() : refusals.otherClientSession();
    }
    if (commandId !== undefined && this.#state !== 'Connected') throw refusals.shellDisconnected();
    leaving.reconnected(commandId);
    this.#take(client);
  }

  /** [MS-WSMV] 3.1.4.17 */
  connect(client: Client, connectXml: Uint8Array | undefined, maxEnvelopeSize: number): Uint8Array {
    const leaving = this.#mustLeave();
    if (this.#state !== 'Disconnected') throw refusals.connectedElsewhere();
    const answer = leaving.connected(connectXml, maxEnvelopeSize);
    this.#take(client);
    return answer;
  }

  /** [MS-PSRP] 3.1.4.10.1: the client that has connected to the shell connects to a command of it. */
  connectCommand(client: Client, commandId: string): void {
    const leaving = this.#mustLeave();
    if (this.#state !== 'Connected') throw refusals.shellDisconnected();
    if (!this.#isMine(client)) throw refusals.connectedElsewhere();
    leaving.commandConnected(commandId);
  }

  end(): void {
    this.#found();
  }

  #take(client: Client): void {
    this.#found();
    this.#client = client;
    if (this.#state === 'Connected') return;
    this.#state = 'Connected';
    this.#options.onChange();
    // The next thing a client does is to ask for output. One that does not has not got our answer.
    this.#missAfter(Math.max(this.#options.missAfterMs, SILENT_MS));
  }

  #leave(options: { readonly idleTimeoutMs?: number; readonly bufferMode?: 'Block' | 'Drop' }): void {
    this.#found();
    this.#state = 'Disconnected';
    this.#shell.leaving?.left(options);
    this.#options.onChange();
  }

  #found(): void {
    this.#cancelMiss?.();
    this.#cancelMiss = undefined;
  }

  /** Who says nothing of a session, as winrs clients do, is taken at their word. */
  #isMine(client: Client): boolean {
    if (client.id === undefined || this.#client.id === undefined) return true;
    return client.id.toUpperCase() === this.#client.id.toUpperCase();
  }

  #mustLeave(): Leaving {
    const { leaving } = this.#shell;
    if (leaving === undefined) throw refusals.disconnectUnsupported();
    return leaving;
  }
}
