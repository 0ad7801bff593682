/** Where a session stands: its state, by the one table, and the facts that the row tells beside it. It knows nothing of pages and pools. */
import type { Interruption } from '../remoting/index.ts';
import type { Retrying } from '../../shared/session.ts';
import type { SessionFacts } from './session-row.ts';
import { advance, allows, INITIAL_STATUS, type SessionEvent, type SessionStatus } from './state.ts';

export interface StandingOptions {
  readonly facts: SessionFacts;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** The row is another. */
  readonly changed: () => void;
  /** Something happened that the state does not allow: for the log. */
  readonly refused: (event: SessionEvent, state: string) => void;
}

export class Standing {
  readonly facts: SessionFacts;
  readonly #options: StandingOptions;
  #status: SessionStatus = INITIAL_STATUS;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.facts = options.facts;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get isOpen(): boolean {
    return this.#status.state === 'Opened';
  }

  get isBusy(): boolean {
    return this.#status.running > 0;
  }

  get isInterrupted(): boolean {
    return this.#status.interrupted;
  }

  /** It begins as one that stands on its server already. */
  beginsAway(): void {
    this.#status = advance(this.#status, 'disconnected');
  }

  move(event: SessionEvent): void {
    if (!allows(this.#status.state, event)) this.#options.refused(event, this.#status.state);
    const next = advance(this.#status, event);
    if (next === this.#status) return;
    this.#status = next;
    this.#options.changed();
  }

  opened(told: Partial<SessionFacts>): void {
    Object.assign(this.facts, told, { reason: undefined, disconnectedAt: undefined });
    this.move('opened');
  }

  /** Told again before each attempt; since when it is so, at the first. */
  interrupted({ attempts, retryInMs, giveUpInMs }: Interruption, why: string): number | undefined {
    const now = this.#options.wallClock();
    const { retrying } = this.facts;
    const first = !this.#status.interrupted;
    const since = retrying?.kind === 'cut' ? retrying.since : now;
    this.facts.retrying = {
      kind: 'cut',
      since,
      attempts,
      nextTryAt: now + retryInMs,
      givesUpAt: now + giveUpInMs,
      why,
    };
    if (first) this.move('interrupted');
    else this.#options.changed();
    return first ? since : undefined;
  }

  /** How long it was interrupted; undefined where it was not. */
  resumed(): number | undefined {
    const { retrying } = this.facts;
    if (retrying === undefined) return undefined;
    this.facts.retrying = undefined;
    this.move('resumed');
    return this.#options.wallClock() - retrying.since;
  }

  /** Another client has it and it is tried again; undefined when that is over. */
  waiting(retrying: Retrying | undefined): void {
    this.facts.retrying = retrying;
    if (retrying) this.move('held');
    this.#options.changed();
  }

  /** The server's own word on how long it keeps the shell. */
  idleTimeoutIs(ms: number): void {
    if (this.facts.idleTimeoutMs === ms) return;
    this.facts.idleTimeoutMs = ms;
    this.#options.changed();
  }

  /** The wall clock was set: when something was and will be is told by the new one. */
  clockSet(byMs: number): void {
    const { disconnectedAt, keptBefore, retrying } = this.facts;
    if (disconnectedAt !== undefined) this.facts.disconnectedAt = disconnectedAt + byMs;
    if (keptBefore !== undefined) this.facts.keptBefore = keptBefore + byMs;
    if (retrying !== undefined) {
      const { since, nextTryAt, givesUpAt } = retrying;
      this.facts.retrying = {
        ...retrying,
        since: since + byMs,
        nextTryAt: nextTryAt + byMs,
        givesUpAt: givesUpAt + byMs,
      };
    }
    this.#options.changed();
  }
}
