/** Keeps account of the lines that commands were to write: each once, in order, and whatever is missing said so. */
import { plainText } from '../../electron/console/vt.ts';
import type { PageSink } from '../../electron/sessions/page.ts';
import type { OutputItem } from '../../shared/terminal.ts';

interface Account {
  last: number;
  /** Not all of them came one after the other, and that was said. */
  gap: boolean;
}

export class Ledger implements PageSink {
  readonly #broken: (what: string) => void;
  readonly #accounts = new Map<string, Account>();
  #partial = '';
  /** A gap was told of, and no line has come since. */
  #told = false;
  /** Lines that came, and gaps that were told of. */
  lines = 0;
  gaps = 0;
  errors = 0;

  constructor(broken: (what: string) => void) {
    this.#broken = broken;
  }

  /** A command that writes `#tag:1` and on. */
  open(tag: string): void {
    this.#accounts.set(tag, { last: 0, gap: false });
  }

  /** It has ended; where it completed, all its lines are there, or it was said that some are not. */
  close(tag: string, completed: boolean, lines: number): void {
    const account = this.#accounts.get(tag);
    this.#accounts.delete(tag);
    if (!completed || account === undefined) return;
    if (account.last !== lines && !account.gap && !this.#told)
      this.#broken(
        `${tag} completed with ${String(account.last)} of ${String(lines)} lines, and nothing says so`,
      );
  }

  write(items: readonly OutputItem[]): undefined {
    for (const item of items) {
      if (item.kind === 'error') this.errors += 1;
      this.#partial += plainText(item.vt).replaceAll('\r', '');
    }
    const lines = this.#partial.split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (/may be missing here|missing here\./.test(line)) {
      this.gaps += 1;
      this.#told = true;
      return;
    }
    const [, tag = '', digits] = /^#([\w-]+):(\d+)$/.exec(line) ?? [];
    const account = this.#accounts.get(tag);
    if (account === undefined) {
      if (tag !== '') this.#broken(`${line} came after the end of its command`);
      return;
    }
    const n = Number(digits);
    this.lines += 1;
    if (n <= account.last)
      this.#broken(`${line} came behind ${String(account.last)}: doubled or out of order`);
    else if (n !== account.last + 1) {
      if (this.#told) account.gap = true;
      else this.#broken(`${line} came behind ${String(account.last)}, and nothing says what is missing`);
    }
    account.last = n;
    this.#told = false;
  }
}
