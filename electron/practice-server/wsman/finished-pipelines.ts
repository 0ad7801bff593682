/** Pipelines that were received to their end: their ids, so that clients may still let go of them, and the last answers of the latest. */
import type { Target } from './target.ts';

/**
 * Ended pipelines whose ids are remembered, so that a client may still let go of them: some do so after every pipeline, others never, and
 * nobody so late.
 */
const REMEMBERED = 200;

/**
 * Of how many the last answer is kept, for a client that did not get it. Each may have an envelope's size, and a client has few Receives under
 * way when it dies.
 */
const KEPT_ANSWERS = 5;

export class FinishedPipelines {
  readonly #targets = new Map<string, Target | undefined>();

  has(key: string): boolean {
    return this.#targets.has(key);
  }

  add(key: string, target: Target): void {
    this.#targets.set(key, target);
    const kept = [...this.#targets].filter(([, finished]) => finished !== undefined);
    for (const [old] of kept.slice(0, -KEPT_ANSWERS)) this.#targets.set(old, undefined);
    const [oldest] = this.#targets.keys();
    if (this.#targets.size > REMEMBERED && oldest !== undefined) this.#targets.delete(oldest);
  }

  /** Its client has all of it. */
  letGo(key: string): void {
    this.#targets.set(key, undefined);
  }

  /** One whose last answer is to be handed out again is no longer finished. */
  takeBack(key: string): Target | undefined {
    const target = this.#targets.get(key);
    if (target !== undefined) this.#targets.delete(key);
    return target;
  }

  /** Those whose last answer may not have arrived. */
  uncertain(): string[] {
    return [...this.#targets].filter(([, target]) => target?.hasLast === true).map(([key]) => key);
  }

  clear(): void {
    this.#targets.clear();
  }
}
