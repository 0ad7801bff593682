/** Calling the system's own libraries: koffi, loaded when first needed, and never on the thread that draws and types. */

type Koffi = typeof import('koffi');

/** An address or a handle of the library; null is none. */
export type Pointer = bigint | null;

let loading: Promise<Koffi> | undefined;
let loaded: Koffi | undefined;
/** Calls that have not come back. */
let underWay = 0;

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
    loaded = koffi;
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
          underWay++;
          func.async(...args, (error: unknown, result: unknown) => {
            underWay--;
            // Whatever the library was given by its address lives until here.
            args.at(0);
            if (error === null || error === undefined) resolve(Number(result));
            else reject(error instanceof Error ? error : new Error('A call into the library failed'));
          });
        }),
    );
}

/**
 * Ends the process with an exit code. `process.exit` alone waits for every thread, and so for a library that waits for a key distribution centre
 * that does not answer: some 25 seconds of nothing. Everybody who listens for the end is told first.
 */
export function endProcess(code: number): never {
  // The last to be told.
  process.once('exit', (exitCode) => {
    if (underWay > 0 && loaded !== undefined) leaveAtOnce(loaded, exitCode);
  });
  process.exit(code);
}

/** Without a word to the threads: _exit(2), and what Windows has in its place. */
function leaveAtOnce(koffi: Koffi, code: number): void {
  try {
    if (process.platform === 'win32') {
      const kernel = koffi.load('kernel32.dll');
      const self: unknown = kernel.func('void *GetCurrentProcess()')();
      kernel.func('int TerminateProcess(void *process, uint32_t code)')(self, code);
    } else {
      koffi.load(null).func('void _exit(int code)')(code);
    }
  } catch {
    // Then it takes as long as it takes.
  }
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
