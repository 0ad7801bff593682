/**
 * A session's page: everything it has shown, numbered, the oldest dropped beyond a bound. Whoever shows it (a renderer's terminal) is a
 * sink that may ask the writer to wait; a page that nobody shows asks nobody to wait.
 */
import type { PageText } from '../console/page-text.ts';
import type { OutputItem } from '../../shared/terminal.ts';

/** Two million UTF-16 units, 4 MB: some 20,000 lines of 100 characters, as many as the terminal's scrollback holds. */
const MOST_CHARS = 2_000_000;

/** The unit in which the page forgets its oldest part: a small share of it. */
const MOST_JOINED_CHARS = 16 * 1024;

export interface PageSink {
  /** A promise when the writer must wait before it writes more. */
  write(items: readonly OutputItem[]): Promise<void> | undefined;
}

export class Page {
  #items: OutputItem[] = [];
  #chars = 0;
  #nextSeq = 1;
  #truncated = false;
  readonly #sinks = new Set<PageSink>();
  readonly #mostChars: number;

  constructor(mostChars = MOST_CHARS) {
    this.#mostChars = mostChars;
  }

  /** The number of the last piece; 0 before the first. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  /** Adds pieces of one command. The promise, where there is one, resolves when every sink has room. */
  append(commandId: number, texts: readonly PageText[]): Promise<void> | undefined {
    const items: OutputItem[] = [];
    for (const { kind, vt } of texts) {
      if (vt === '') continue;
      const last = items.at(-1);
      if (last?.kind === kind) last.vt += vt;
      else items.push({ seq: this.#nextSeq++, commandId, kind, vt });
    }
    if (items.length === 0) return undefined;
    for (const item of items) this.#keep(item);
    if (this.#chars > this.#mostChars) this.#trim();
    const waits: Promise<void>[] = [];
    for (const sink of this.#sinks) {
      const wait = sink.write(items);
      if (wait) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** What was shown so far; the sink gets everything after it. */
  attach(sink: PageSink): { items: OutputItem[]; truncated: boolean; seq: number } {
    this.#sinks.add(sink);
    return { items: [...this.#items], truncated: this.#truncated, seq: this.lastSeq };
  }

  detach(sink: PageSink): void {
    this.#sinks.delete(sink);
  }

  /** What stands side by side is kept as one: a program that writes its text letter by letter must not make a million pieces of it. */
  #keep(item: OutputItem): void {
    this.#chars += item.vt.length;
    const last = this.#items.at(-1);
    if (
      last?.kind === item.kind &&
      last.commandId === item.commandId &&
      last.vt.length + item.vt.length <= MOST_JOINED_CHARS
    ) {
      // A new one: those that were handed out stay what they were.
      this.#items[this.#items.length - 1] = { ...item, vt: last.vt + item.vt };
    } else {
      this.#items.push(item);
    }
  }

  #trim(): void {
    // Down to nine tenths at once, so that a page at its bound is not moved for every line.
    const target = this.#mostChars * 0.9;
    let drop = 0;
    while (drop < this.#items.length - 1 && this.#chars > target) {
      this.#chars -= this.#items[drop]?.vt.length ?? 0;
      drop += 1;
    }
    this.#items = this.#items.slice(drop);
    this.#truncated = true;
    const only = this.#items[0];
    if (only && this.#items.length === 1 && only.vt.length > this.#mostChars) {
      // A copy: the piece itself may still be on its way to a terminal.
      const end = { ...only, vt: only.vt.slice(-target) };
      this.#items[0] = end;
      this.#chars = end.vt.length;
    }
  }
}
