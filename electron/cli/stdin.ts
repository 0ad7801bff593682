/** Stdin, from which a password, a script and objects may come: read in pieces, each byte once. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { EXIT, Problem } from './problem.ts';

/** A line that is longer is none that a person or a program meant: it would fill memory. Twice what one received object may be. */
const MOST_LINE = 400 * 1024 * 1024;

export class Stdin {
  readonly #stream: Readable;
  #chunks: AsyncIterator<Buffer> | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';
  /** Where in what is held no line end was found yet. */
  #searched = 0;
  #ended = false;
  #first = true;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /** The next line without its end; undefined after the last. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const at = this.#held.indexOf('\n', this.#searched);
      if (at >= 0) {
        const line = this.#held.slice(0, at);
        this.#held = this.#held.slice(at + 1);
        this.#searched = 0;
        return line.endsWith('\r') ? line.slice(0, -1) : line;
      }
      this.#searched = this.#held.length;
      if (this.#ended) {
        if (this.#held === '') return undefined;
        const line = this.#held;
        this.#held = '';
        this.#searched = 0;
        return line;
      }
      if (this.#held.length > MOST_LINE) {
        throw new Problem('input.line', 'A line of stdin is too long.', { exit: EXIT.usage });
      }
      await this.#more();
    }
  }

  /** All that is left. */
  async rest(): Promise<string> {
    const parts = [this.#held];
    this.#held = '';
    this.#searched = 0;
    while (!this.#ended) {
      await this.#more();
      parts.push(this.#held);
      this.#held = '';
    }
    return parts.join('');
  }

  /** Bytes as they come, what was read ahead first. */
  async *bytes(): AsyncGenerator<Buffer, void, void> {
    if (this.#held !== '') {
      const held = this.#held;
      this.#held = '';
      yield Buffer.from(held, 'utf8');
    }
    for (;;) {
      const next = await this.#next();
      if (next === undefined) return;
      yield next;
    }
  }

  async #more(): Promise<void> {
    const chunk = await this.#next();
    let text = chunk === undefined ? this.#decoder.end() : this.#decoder.write(chunk);
    if (chunk === undefined) this.#ended = true;
    // A byte order mark, as Windows' programs write it.
    if (this.#first && text !== '') {
      this.#first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    this.#held += text;
  }

  async #next(): Promise<Buffer | undefined> {
    this.#chunks ??= (this.#stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const next = await this.#chunks.next();
    return next.done === true ? undefined : next.value;
  }
}
