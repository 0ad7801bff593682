/** Sees what sessions tell, and waits for it. */
import type { SessionEvents } from '../../electron/sessions/session-events.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { InputRequest } from '../../shared/terminal.ts';

/** Longer than anything takes that ends at all, on a machine with other things to do. */
const GUARD_MS = 240_000;

export class Watcher implements SessionEvents {
  readonly rows = new Map<number, SessionRow>();
  readonly requests = new Map<number, InputRequest>();
  readonly #waiting = new Set<() => void>();

  changed(row: SessionRow): void {
    this.rows.set(row.id, row);
    this.#noticed();
  }
  removed(id: number): void {
    this.rows.delete(id);
    this.requests.delete(id);
    this.#noticed();
  }
  input(id: number, request: InputRequest | null): void {
    if (request) this.requests.set(id, request);
    else this.requests.delete(id);
    this.#noticed();
  }
  command(): void {
    this.#noticed();
  }
  progress(): void {}
  title(): void {}

  async until(look: () => boolean, what: string): Promise<void> {
    if (look()) return;
    await ends(
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (!look()) return;
          this.#waiting.delete(check);
          resolve();
        };
        this.#waiting.add(check);
      }),
      what,
    );
  }

  #noticed(): void {
    for (const check of this.#waiting) check();
  }
}

/** What is waited for has an end, or is named as what has none. */
export class NeverEnded extends Error {}

export async function ends<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const guard = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NeverEnded(`${what} never ended`)), GUARD_MS);
  });
  try {
    return await Promise.race([work, guard]);
  } finally {
    clearTimeout(timer);
  }
}
