/** Calling the system's own libraries: koffi, loaded when first needed, and never on the thread that draws and types. */

type Koffi = typeof import('koffi');

/** An address or a handle of the library; null is none. */
export type Pointer = bigint | null;

let loading: Promise<Koffi> | undefined;

/**
 * Of the memory that a call on another thread has for its stack: eight times koffi's own, as looking up a realm's servers goes through name
 * service modules of anybody's making, which were written for a thread's usual stack.
 */
const STACK_BYTES = 1024 * 1024;

/** Rejects where there is no build of it for this system. */
export function loadKoffi(): Promise<Koffi> {
  loading ??= import('koffi').then((koffi) => {
    try {
      koffi.config({ async_stack_size: STACK_BYTES });
    } catch {
      // Whoever loaded a library before has decided; what koffi itself takes for enough will do.
    }
    return koffi;
  });
  return loading;
}

/** Lets so many run at a time; the others wait their turn. */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place passes on; nobody can step in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** Each call that koffi holds has a stack already; and four threads do no more at a time. */
const quick = new Gate(16);

/**
 * Calls that may wait for a key distribution centre, for as long as the library likes. Node has four threads for files, names and these
 * calls together: two must stay free, or one unreachable centre would stop everything.
 */
const slow = new Gate(2);

/** A function of a library, called on another thread. What it is given has to stay as it is until then; it is kept alive here. */
export type NativeCall = (...args: readonly unknown[]) => Promise<number>;

interface AsyncFunction {
  async(...args: readonly unknown[]): unknown;
}

/** `slow`: may wait for the network. */
export function nativeCall(func: AsyncFunction, pace: 'quick' | 'slow' = 'quick'): NativeCall {
  const gate = pace === 'slow' ? slow : quick;
  return (...args) =>
    gate.run(
      () =>
        new Promise<number>((resolve, reject) => {
          func.async(...args, (error: unknown, result: unknown) => {
            // Whatever the library was given by its address lives until here.
            args.at(0);
            if (error === null || error === undefined) resolve(Number(result));
            else reject(error instanceof Error ? error : new Error('A call into the library failed'));
          });
        }),
    );
}

/** One after the other, as the sequence numbers of a context demand; what fails does not stop what comes after. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
