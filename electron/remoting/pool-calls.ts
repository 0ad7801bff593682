/** Calls to a pool, each answered by a message of the server ([MS-PSRP] 2.2.2.8), and the exchange of its session key. */
import type { PsPrimitive } from '../protocol/clixml/value.ts';
import type { PsrpEvent } from '../protocol/psrp/events.ts';
import type { ClientRunspacePool } from '../protocol/psrp/runspace-pool.ts';

type Waiter<T> = { resolve: (value: T) => void; reject: (error: Error) => void };

export interface PoolCallsOptions {
  readonly core: ClientRunspacePool;
  readonly mustBeOpen: () => void;
  readonly flush: () => void;
}

export class PoolCalls {
  readonly #options: PoolCallsOptions;
  readonly #calls = new Map<bigint, Waiter<boolean | bigint>>();
  readonly #keyWaiters: Waiter<void>[] = [];

  constructor(options: PoolCallsOptions) {
    this.#options = options;
  }

  /** Rejects, and never throws, where the call cannot be made. */
  make(call: (core: ClientRunspacePool) => bigint): Promise<boolean | bigint> {
    const { core, mustBeOpen, flush } = this.#options;
    return new Promise<boolean | bigint>((resolve, reject) => {
      mustBeOpen();
      this.#calls.set(call(core), { resolve, reject });
      flush();
    });
  }

  async encrypt(text: string): Promise<PsPrimitive<'SS'>> {
    await this.#sessionKey();
    return this.#options.core.encryptSecureString(text);
  }

  async decrypt(value: PsPrimitive<'SS'>): Promise<string> {
    await this.#sessionKey();
    return this.#options.core.decryptSecureString(value);
  }

  #sessionKey(): Promise<void> {
    const { core, mustBeOpen, flush } = this.#options;
    return new Promise<void>((resolve, reject) => {
      mustBeOpen();
      if (core.canEncrypt) {
        resolve();
        return;
      }
      this.#keyWaiters.push({ resolve, reject });
      core.requestSessionKey();
      flush();
    });
  }

  answered(event: Extract<PsrpEvent, { kind: 'runspaceAvailability' }>): void {
    const waiter = this.#calls.get(event.callId);
    this.#calls.delete(event.callId);
    waiter?.resolve(event.response);
  }

  keyReady(): void {
    for (const waiter of this.#keyWaiters.splice(0)) waiter.resolve();
  }

  failAll(error: Error): void {
    for (const waiter of [...this.#calls.values(), ...this.#keyWaiters.splice(0)]) waiter.reject(error);
    this.#calls.clear();
  }
}
