/** Host calls on their way to the client's host and back. */
import type { PsrpEvent } from '../protocol/psrp/events.ts';
import type { HostCallOutcome, PSHost } from './host.ts';

type HostCallEvent = Extract<PsrpEvent, { kind: 'hostCall' }>;

export class HostCaller {
  readonly #host: PSHost | undefined;
  readonly #answer: (call: HostCallEvent['call'], outcome: HostCallOutcome) => void;
  #poolTail: Promise<void> = Promise.resolve();

  constructor(
    host: PSHost | undefined,
    answer: (call: HostCallEvent['call'], outcome: HostCallOutcome) => void,
  ) {
    this.#host = host;
    this.#answer = answer;
  }

  /** Resolves when the next call may be made: for a void one when it was carried out, for others at once. */
  async call(event: HostCallEvent, over: AbortSignal): Promise<void> {
    const { call } = event;
    const outcome = this.#ask(event, over);
    if (call.void) {
      await outcome;
      return;
    }
    // Not awaited by the reader of records: while a person thinks about an answer, the pipeline's end must still be seen.
    void outcome.then((answer) => {
      if (!over.aborted) this.#answer(call, answer);
    });
  }

  /** A call of the pool's, behind those before it. */
  poolCall(event: HostCallEvent): void {
    this.#poolTail = this.#poolTail
      .then(() => this.call(event, new AbortController().signal))
      .catch(() => undefined);
  }

  async #ask(event: HostCallEvent, over: AbortSignal): Promise<HostCallOutcome> {
    if (!this.#host) {
      return {
        kind: 'error',
        error: { message: 'The client has no host that could answer.', category: 'NotImplemented' },
      };
    }
    try {
      return await this.#host.call(event.call, over);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { kind: 'error', error: { message, category: 'OperationStopped' } };
    }
  }
}
