/** Hands out engines, with one kept warm, so that opening a session costs the opening and not the start of a process. */
import type { PeerEvents } from '../../transport/child-process/out-of-process-peer.ts';
import { EngineProcess, isRestricted } from './engine-process.ts';
import type { Engine, EngineOptions } from './engine-process.ts';

/** The next spare starts when the session that took the last one has had time to open: they would compete for the processor. */
const REFILL_DELAY_MS = 1_500;

export class EngineSupply {
  readonly #options: EngineOptions;
  readonly #keepSpare: boolean;
  readonly #handedOut = new Set<EngineProcess>();
  #spare: Promise<EngineProcess | undefined> | undefined;
  #refill: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: EngineOptions, keepSpare: boolean) {
    this.#options = options;
    this.#keepSpare = keepSpare;
    this.#startSpare();
  }

  /** Resolves when a spare, if one is kept, is started. */
  async ready(): Promise<void> {
    await this.#spare;
  }

  /** @throws EngineUnavailableError `engine.start-failed` */
  async take(events: PeerEvents, configurationName?: string): Promise<Engine> {
    if (this.#closed) throw new Error('The practice server is closed');
    if (isRestricted(configurationName))
      return this.#handOut(await EngineProcess.start({ ...this.#options, configurationName }, false), events);
    const waiting = this.#spare;
    this.#spare = undefined;
    const spare = await waiting;
    const process = spare?.alive === true ? spare : await EngineProcess.start(this.#options, false);
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => this.#startSpare(), REFILL_DELAY_MS).unref();
    return this.#handOut(process, events);
  }

  #handOut(process: EngineProcess, events: PeerEvents): Engine {
    this.#handedOut.add(process);
    void process.ended.then(() => this.#handedOut.delete(process));
    return process.attach(events);
  }

  /** End every engine it ever handed out, and wait until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#refill);
    const spare = await this.#spare;
    this.#spare = undefined;
    const all = spare === undefined ? [...this.#handedOut] : [...this.#handedOut, spare];
    for (const process of all) process.kill();
    await Promise.all(all.map((process) => process.ended));
  }

  #startSpare(): void {
    if (this.#closed || !this.#keepSpare || this.#spare !== undefined) return;
    // A spare that cannot be started is no failure yet: the session that asks for an engine will hear why.
    this.#spare = EngineProcess.start(this.#options, true).catch(() => undefined);
  }
}
