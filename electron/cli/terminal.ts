/** The person's terminal, or what stands in its place: where text goes, who answers. */
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { paint, plainText, sanitize } from '../console/vt.ts';
import { Stdin } from './stdin.ts';

/** Ctrl+C at a question, or the end of the input. */
export class InputEnded extends Error {
  override readonly name = 'InputEnded';
  readonly kind: 'cancelled' | 'closed';

  constructor(kind: 'cancelled' | 'closed') {
    super(kind === 'cancelled' ? 'The prompt was cancelled.' : 'There is no more input.');
    this.kind = kind;
  }
}

export interface Question {
  /** Typed text is not shown. */
  readonly secret?: boolean;
  readonly history?: string[];
  readonly complete?: (text: string) => Promise<[string[], string]>;
  readonly signal?: AbortSignal;
}

/** A line editor keeps as many lines. */
const MOST_HISTORY = 1000;

export class Terminal {
  readonly stdin: Stdin;
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  readonly #err: WriteStream;
  /** Nobody reads what we write (`| head`): there is no point in going on. */
  readonly outputLost = new AbortController();

  constructor(io: { stdin: ReadStream; stdout: WriteStream; stderr: WriteStream }) {
    this.#in = io.stdin;
    this.#out = io.stdout;
    this.#err = io.stderr;
    this.stdin = new Stdin(io.stdin);
    this.#out.on('error', () => this.outputLost.abort());
    this.#err.on('error', () => undefined);
  }

  /** Somebody sits there and can be asked. */
  get interactive(): boolean {
    return this.#in.isTTY;
  }

  get outputIsTerminal(): boolean {
    return this.#out.isTTY;
  }

  get size(): { width: number; height: number } {
    return { width: this.#out.columns || 120, height: this.#out.rows || 50 };
  }

  /** As it is: our own text, and data for other programs. Waits where the reader is slow. */
  async out(text: string | Uint8Array): Promise<void> {
    await this.#write(this.#out, text);
  }

  async err(text: string | Uint8Array): Promise<void> {
    await this.#write(this.#err, text);
  }

  /** What a server wrote: in colours and without harm in a terminal, bare elsewhere. */
  async show(text: string, sgr: string, to: 'out' | 'err'): Promise<void> {
    const stream = to === 'out' ? this.#out : this.#err;
    await this.#write(stream, stream.isTTY ? paint(sanitize(text), sgr) : plainText(text));
  }

  async #write(stream: WriteStream, text: string | Uint8Array): Promise<void> {
    if (text.length === 0 || stream.destroyed || stream.errored !== null) return;
    if (!stream.write(text))
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
  }

  /** Everything has left. */
  async flush(): Promise<void> {
    for (const stream of [this.#out, this.#err]) {
      if (stream.destroyed || stream.errored !== null) continue;
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  /** One line from the person, or from stdin where nobody sits there. @throws InputEnded */
  async ask(prompt: string, question: Question = {}): Promise<string> {
    if (this.interactive) return await this.#askPerson(prompt, question);
    const line = await this.stdin.line();
    if (line === undefined) throw new InputEnded('closed');
    return line;
  }

  /** A key press as the terminal sends it. @throws InputEnded */
  async key(): Promise<string> {
    if (!this.interactive) return (await this.ask('')).charAt(0);
    this.#in.setRawMode(true);
    this.#in.resume();
    try {
      const [data] = (await once(this.#in, 'data')) as [Buffer];
      const text = data.toString('utf8');
      if (text === '\x03') throw new InputEnded('cancelled');
      return text;
    } finally {
      this.#in.pause();
      this.#in.setRawMode(false);
    }
  }

  async #askPerson(prompt: string, { secret = false, history, complete, signal }: Question): Promise<string> {
    // Questions go to stderr where stdout is a file.
    const output = this.#out.isTTY ? this.#out : this.#err;
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    // An editor for each question: between them Ctrl+C is the system's own, and what is typed ahead waits in the terminal.
    const editor = createInterface({
      input: this.#in,
      output: secret ? silent : output,
      terminal: true,
      historySize: secret || history === undefined ? 0 : MOST_HISTORY,
      history: history === undefined ? [] : [...history],
      removeHistoryDuplicates: true,
      ...(complete === undefined ? {} : { completer: completer(complete) }),
    });
    if (history !== undefined && !secret) {
      editor.on('history', (lines: string[]) => history.splice(0, history.length, ...lines));
    }
    if (secret) output.write(prompt);
    else editor.setPrompt(prompt);
    try {
      return await answerOf(editor, signal, secret);
    } finally {
      editor.close();
      if (secret) output.write('\n');
    }
  }
}

function answerOf(editor: Interface, signal: AbortSignal | undefined, secret: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    editor.once('line', resolve);
    editor.once('close', () => reject(new InputEnded('closed')));
    const cancel = (): void => reject(new InputEnded('cancelled'));
    editor.once('SIGINT', cancel);
    signal?.addEventListener('abort', cancel, { once: true });
    if (!secret) editor.prompt();
  });
}

type Completion = [string[], string];

/** A completion that fails is none: it must not end the editor. */
function completer(complete: (text: string) => Promise<Completion>) {
  return (text: string, done: (error: null, result: Completion) => void): void => {
    const answer = async (): Promise<void> => {
      let result: Completion = [[], text];
      try {
        result = await complete(text);
      } catch {
        // The server has none, or is gone: the next command says so.
      }
      done(null, result);
    };
    void answer();
  };
}
