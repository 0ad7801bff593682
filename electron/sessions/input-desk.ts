/** What a session waits for from the person: one request at a time, answered, cancelled, or withdrawn by whoever asked. */
import { AppFailure } from '../../shared/error.ts';
import type { InputRequest } from '../../shared/terminal.ts';

/** The person pressed Ctrl+C, or left, instead of answering. `text` is what stood on the line. */
export class InputCancelled extends Error {
  override readonly name = 'InputCancelled';
  readonly text: string;
  /** False where whoever asked stopped listening: the command ended, or another question came. */
  readonly byPerson: boolean;

  constructor(text = '', byPerson = false) {
    super('The prompt was cancelled');
    this.text = text;
    this.byPerson = byPerson;
  }
}

type Question = Omit<InputRequest, 'requestId' | 'afterSeq'>;

interface Waiting {
  readonly request: InputRequest;
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

export class InputDesk {
  #waiting: Waiting | undefined;
  #nextId = 1;
  readonly #changed: (request: InputRequest | null) => void;
  readonly #lastSeq: () => number;

  /** `lastSeq` is the number of the last piece of the page. */
  constructor(changed: (request: InputRequest | null) => void, lastSeq: () => number) {
    this.#changed = changed;
    this.#lastSeq = lastSeq;
  }

  get request(): InputRequest | null {
    return this.#waiting?.request ?? null;
  }

  /** Waits for an answer. A second question while one waits withdraws the first: the engine asks one thing at a time, and who asks again no longer listens for the first. */
  ask(question: Question, signal?: AbortSignal): Promise<string> {
    if (signal?.aborted === true) return Promise.reject(new InputCancelled());
    this.cancel();
    return new Promise((resolve, reject) => {
      const request: InputRequest = { ...question, requestId: this.#nextId++, afterSeq: this.#lastSeq() };
      const settle = (): void => {
        signal?.removeEventListener('abort', onAbort);
        if (this.#waiting?.request === request) {
          this.#waiting = undefined;
          this.#changed(null);
        }
      };
      const onAbort = (): void => {
        settle();
        reject(new InputCancelled());
      };
      signal?.addEventListener('abort', onAbort);
      this.#waiting = {
        request,
        resolve: (text) => {
          settle();
          resolve(text);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#changed(request);
    });
  }

  answer(requestId: number, text: string): void {
    if (this.#waiting?.request.requestId !== requestId) {
      throw new AppFailure({
        code: 'terminal.stale-request',
        title: 'The session no longer waits for that',
        why: 'What it asked was answered, cancelled or replaced in the meantime.',
        cure: { text: 'What you typed is kept: send it at the next prompt.' },
      });
    }
    this.#waiting.resolve(text);
  }

  /** With what stood on the line where the person gave up. Returns whether anything was waiting. */
  cancel(text?: string): boolean {
    const waiting = this.#waiting;
    waiting?.reject(new InputCancelled(text ?? '', text !== undefined));
    return waiting !== undefined;
  }

  /** Nobody is inside any more to type a command. What the remote side asks waits on, for whoever comes back. */
  withdrawCommandLine(): void {
    const kind = this.#waiting?.request.kind;
    if (kind === 'command' || kind === 'continuation') this.cancel();
  }
}
