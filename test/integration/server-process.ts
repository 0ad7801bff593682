/** Starts, asks and kills {@link file://./server-program.ts}. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WinRmTarget } from '../../electron/remoting/index.ts';
import { PASSWORD, USER } from './practice.ts';
import type { ServerReport, ServerWish, ServerWord } from './server-program.ts';

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #said: ServerWord[] = [];
  readonly port: number;
  #wake: (() => void)[] = [];

  static async start(wish: Partial<ServerWish> = {}): Promise<ServerProcess> {
    const all: ServerWish = {
      user: USER,
      password: PASSWORD,
      missAfterMs: 10_000,
      inFlight: 'again',
      maxShells: 60,
      ...wish,
    };
    const child = fork(join(import.meta.dirname, 'server-program.ts'), [JSON.stringify(all)], {
      execArgv: ['--expose-gc'],
    });
    const [word] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The server ended before it was ready, with ${String(code)}.`);
      }),
    ])) as [ServerWord];
    if (word.kind !== 'ready') throw new Error(`The server said ${word.kind} before it was ready.`);
    return new ServerProcess(child, word.port);
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    child.on('message', (word: ServerWord) => {
      this.#said.push(word);
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get target(): WinRmTarget {
    return {
      server: '127.0.0.1',
      port: this.port,
      https: false,
      auth: 'basic',
      allowPlainBasic: true,
      userName: USER,
      password: PASSWORD,
    };
  }

  /** How often it told of that so far. */
  told(event: string): number {
    return this.#said.filter((word) => word.kind === 'event' && word.event === event).length;
  }

  async until(look: () => boolean): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop
    while (!look()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async report(): Promise<ServerReport> {
    const before = this.#reports().length;
    this.#child.send('report');
    await this.until(() => this.#reports().length > before);
    const report = this.#reports().at(-1);
    if (report === undefined) throw new Error('The server gave no report.');
    return report;
  }

  #reports(): ServerReport[] {
    return this.#said.flatMap((word) => (word.kind === 'report' ? [word.report] : []));
  }

  /** As a power cut: it says nothing to anybody. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
