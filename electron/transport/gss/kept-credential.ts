/** Credentials for the contexts of one factory: got when the first needs them, kept while log-ons follow each other, given back then. */

/** The sockets of a session are opened within seconds of each other. Whoever signs in again after longer gets new tickets. */
const KEEP_MS = 60_000;

/** Tickets that end sooner are not used for another log-on: clocks differ by up to this. */
const SPARE_MS = 5 * 60_000;

export interface Acquired<Handle> {
  readonly handle: Handle;
  /** Infinity where they do not end, or the system renews them itself. */
  readonly lifetimeMs: number;
  /** Called once, when nobody uses them any more. */
  readonly release: () => void;
}

/** One user's hold on a credential. */
export interface Lease<Handle> {
  readonly handle: Handle;
  /** More than once is fine. */
  release(): void;
  /** They did not serve: the next log-on gets others. */
  spoil(): void;
}

class Held<Handle> {
  readonly handle: Handle;
  /** When to get others, in milliseconds since 1970. */
  readonly stale: number;
  readonly #release: () => void;
  /** The first is whoever keeps them for the next. */
  #users = 1;

  constructor({ handle, lifetimeMs, release }: Acquired<Handle>) {
    this.handle = handle;
    this.stale = Date.now() + lifetimeMs - Math.min(SPARE_MS, lifetimeMs / 2);
    this.#release = release;
  }

  /** False where they are given back already. */
  retain(): boolean {
    if (this.#users === 0) return false;
    this.#users++;
    return true;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#release();
  }
}

export class KeptCredential<Handle> {
  readonly #acquire: () => Promise<Acquired<Handle>>;
  #kept: Promise<Held<Handle>> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(acquire: () => Promise<Acquired<Handle>>) {
    this.#acquire = acquire;
  }

  /** Rejects as `acquire` does. */
  async lease(): Promise<Lease<Handle>> {
    for (let attempt = 0; ; attempt++) {
      const kept = this.#keep();
      let held: Held<Handle>;
      try {
        // Others are got only after these were found stale.
        // oxlint-disable-next-line no-await-in-loop
        held = await kept;
      } catch (error) {
        if (this.#kept === kept) this.#letGo();
        throw error;
      }
      // What was just got is used, however soon it ends.
      const usable = Date.now() < held.stale || attempt > 0;
      if (usable && held.retain()) return this.#leaseOf(kept, held);
      if (this.#kept === kept) this.#letGo();
    }
  }

  #leaseOf(kept: Promise<Held<Handle>>, held: Held<Handle>): Lease<Handle> {
    let released = false;
    return {
      handle: held.handle,
      release: () => {
        if (!released) held.release();
        released = true;
      },
      spoil: () => {
        if (this.#kept === kept) this.#letGo();
      },
    };
  }

  #keep(): Promise<Held<Handle>> {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#letGo(), KEEP_MS);
    this.#timer.unref();
    this.#kept ??= this.#acquire().then((acquired) => new Held(acquired));
    return this.#kept;
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    const kept = this.#kept;
    this.#kept = undefined;
    // Where getting them failed, there is nothing to give back, and whoever asked was told.
    kept?.then(
      (held) => held.release(),
      () => undefined,
    );
  }
}
