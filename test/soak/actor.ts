/** One of the many that use sessions: draws a verb, does it, draws the next. */
import { AppFailure } from '../../shared/error.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { CommandRecord } from '../../shared/terminal.ts';
import type { Dice } from '../simulation/chance.ts';
import { Ledger } from './ledger.ts';
import { ends, NeverEnded, type Watcher } from './watcher.ts';

const SIZE = { columns: 120, rows: 30 };
/** Far longer than a session is left here: an end by idle time is another test's. */
const IDLE_MS = 3_600_000;

export interface World {
  readonly registry: SessionRegistry;
  readonly watcher: Watcher;
  readonly counts: Record<string, number>;
  broken(what: string): void;
}

const VERBS = {
  short: 8,
  long: 6,
  inside: 5,
  complete: 4,
  interrupt: 3,
  disconnect: 5,
  connect: 8,
  page: 3,
  list: 1,
  retryNow: 1,
  remove: 0.4,
} as const;
type Verb = keyof typeof VERBS;

export class Actor {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #name: string;
  #id = 0;
  #ledger: Ledger;
  #commands = 0;
  /** The command that was started and not waited for. */
  #running: Promise<void> | undefined;
  #resting = false;

  constructor(world: World, dice: Dice, name: string) {
    this.#world = world;
    this.#dice = dice;
    this.#name = name;
    this.#ledger = this.#newLedger();
  }

  get lines(): number {
    return this.#ledger.lines;
  }

  /** One verb after the other until it is told to rest. */
  async act(): Promise<void> {
    this.#resting = false;
    while (!this.#resting) {
      const verb = this.#draw();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#do(verb);
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setTimeout(resolve, this.#dice.between(100, 1500)));
    }
  }

  tire(): void {
    this.#resting = true;
  }

  /** Nothing of ours runs, nobody is inside, nothing is tried again: open and free, or left. */
  async rest(): Promise<void> {
    try {
      if (this.#row === undefined || this.#isOver) await this.#anew();
      await this.#calm();
      if (this.#isOver) {
        await this.#anew();
        await this.#calm();
      }
    } catch (error) {
      this.#failed('rest', error);
    }
  }

  async #calm(): Promise<void> {
    const { registry, watcher } = this.#world;
    const id = this.#id;
    const what = (doing: string): string => `${this.#name}: ${doing}, as ${this.#face()},`;
    await watcher.until(() => this.#row?.retrying === undefined, what('being tried again'));
    if (this.#row?.state === 'Disconnected' && this.#running) {
      await ends(registry.connect(id, { size: SIZE, enter: false }), what('connecting'));
    }
    if (this.#row?.entered === true) {
      await ends(registry.get(id).exit(), what('leaving'));
    }
    if (this.#running) {
      registry.get(id).interrupt(undefined);
      await ends(this.#running, what('a command that was stopped'));
    }
    await watcher.until(() => {
      const row = this.#row;
      if (row === undefined || this.#isOver) return true;
      if (row.retrying !== undefined) return false;
      return row.state === 'Disconnected' || (row.state === 'Opened' && row.availability === 'Available');
    }, what('coming to rest'));
  }

  async end(): Promise<void> {
    if (this.#row === undefined) return;
    if (this.#row.state === 'Disconnected') {
      await ends(
        this.#world.registry.connect(this.#id, { size: SIZE, enter: false }),
        `${this.#name}: coming back`,
      );
    }
    await ends(this.#world.registry.remove(this.#id), `${this.#name}: being removed`);
  }

  get #row(): SessionRow | undefined {
    return this.#id === 0 ? undefined : this.#world.watcher.rows.get(this.#id);
  }

  get #isOver(): boolean {
    return this.#row?.state === 'Broken' || this.#row?.state === 'Closed';
  }

  #face(): string {
    const row = this.#row;
    return row === undefined
      ? 'gone'
      : `${row.state} ${row.availability} ${row.retrying?.kind ?? ''} ${row.entered ? 'entered' : ''}`;
  }

  #newLedger(): Ledger {
    return new Ledger((what) => this.#world.broken(`${this.#name}: ${what}`));
  }

  #count(what: string): void {
    this.#world.counts[what] = (this.#world.counts[what] ?? 0) + 1;
  }

  #failed(verb: string, error: unknown): void {
    if (error instanceof NeverEnded) this.#world.broken(error.message);
    else if (error instanceof AppFailure) this.#count(`${verb} failed: ${error.error.code}`);
    else
      this.#world.broken(
        `${this.#name}: ${verb}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
      );
  }

  #draw(): Verb | 'anew' {
    if (this.#row === undefined || this.#isOver) return 'anew';
    const total = Object.values(VERBS).reduce((sum, weight) => sum + weight, 0);
    let at = this.#dice.next() * total;
    for (const [verb, weight] of Object.entries(VERBS) as [Verb, number][]) {
      at -= weight;
      if (at < 0) return verb;
    }
    return 'short';
  }

  async #do(verb: Verb | 'anew'): Promise<void> {
    this.#count(verb);
    try {
      await ends(this.#verb(verb), `${this.#name}: ${verb}, as ${this.#face()},`);
    } catch (error) {
      this.#failed(verb, error);
    }
  }

  async #verb(verb: Verb | 'anew'): Promise<void> {
    const { registry, watcher } = this.#world;
    const id = this.#id;
    switch (verb) {
      case 'anew':
        return await this.#anew();
      case 'short':
        this.#command(this.#dice.between(1, 30), 0);
        // One that is left goes on for as long as nobody comes back.
        return await watcher.until(
          () => this.#running === undefined || this.#row?.state !== 'Opened',
          `${this.#name}: a short command, as ${this.#face()},`,
        );
      case 'long':
        return this.#command(this.#dice.between(20, 150), this.#dice.between(5, 40));
      case 'inside':
        return await this.#inside();
      case 'complete':
        await registry.get(id).completions.complete('Get-Comm', 8);
        return undefined;
      case 'interrupt':
        return registry.get(id).interrupt(undefined);
      case 'disconnect':
        await registry.disconnect(
          id,
          this.#dice.once(2) ? {} : { idleTimeoutMs: IDLE_MS, bufferMode: 'Block' },
        );
        return undefined;
      case 'connect':
        if (this.#row?.state === 'Disconnected')
          await registry.connect(id, { size: SIZE, enter: this.#dice.once(4) });
        return undefined;
      case 'page':
        return this.#page();
      case 'list':
        await registry.shells.list('z', undefined);
        return undefined;
      case 'retryNow':
        return registry.retryNow(id);
      case 'remove':
        await registry.remove(id);
        return this.#forget();
    }
  }

  async #anew(): Promise<void> {
    const { registry, watcher } = this.#world;
    const before = this.#row;
    if (before !== undefined) {
      this.#count(`was ${before.state}: ${before.reason?.code ?? 'no reason'}`);
      await registry.remove(before.id);
      this.#forget();
    }
    const row = await registry.create({
      serverId: 'z',
      size: SIZE,
      enter: false,
      name: this.#name,
      // Where the network loses what the server said of itself, nothing else ends the opening.
      options: { idleTimeoutMs: IDLE_MS, openTimeoutMs: 60_000 },
    });
    this.#count('sessions');
    this.#id = row.id;
    this.#ledger = this.#newLedger();
    registry.get(row.id).attach(this.#ledger, SIZE);
    watcher.changed(registry.get(row.id).row);
  }

  #forget(): void {
    this.#id = 0;
    this.#running = undefined;
  }

  /** Starts one, if the session takes it. */
  #command(lines: number, waitMs: number): void {
    const row = this.#row;
    if (row?.state !== 'Opened' || row.availability !== 'Available' || row.entered || this.#running) return;
    const { tag, script } = this.#script(lines, waitMs);
    const ledger = this.#ledger;
    const done = this.#world.registry
      .get(this.#id)
      .invoke(script, SIZE)
      .then((record: CommandRecord) => {
        this.#count(`command ${record.state}`);
        ledger.close(tag, record.state === 'completed', lines);
      })
      .catch((error: unknown) => {
        ledger.close(tag, false, lines);
        this.#failed('command', error);
      })
      .finally(() => {
        if (this.#running === done) this.#running = undefined;
        this.#world.watcher.command();
      });
    this.#running = done;
  }

  #script(lines: number, waitMs: number): { tag: string; script: string } {
    this.#commands += 1;
    const tag = `${this.#name}-${String(this.#id)}-${String(this.#commands)}`;
    this.#ledger.open(tag);
    const wait = waitMs === 0 ? '' : `; [System.Threading.Thread]::Sleep(${String(waitMs)})`;
    return { tag, script: `foreach ($n in 1..${String(lines)}) { "#${tag}:$n"${wait} }` };
  }

  /** Enter, a line or two, and out again, or not. */
  async #inside(): Promise<void> {
    const { registry, watcher } = this.#world;
    const id = this.#id;
    if (this.#row?.state !== 'Opened' || this.#running) return;
    const session = registry.get(id);
    session.enter(SIZE);
    const hasRequest = (): boolean => watcher.requests.get(id)?.kind === 'command';
    const over = (): boolean => watcher.rows.get(id)?.entered !== true;
    for (let line = this.#dice.between(1, 3); line > 0; line--) {
      // oxlint-disable-next-line no-await-in-loop
      await watcher.until(() => hasRequest() || over(), `${this.#name}: a prompt, as ${this.#face()},`);
      const request = watcher.requests.get(id);
      if (over() || request === undefined) return;
      const lines = this.#dice.between(1, 20);
      const { tag, script } = this.#script(lines, 0);
      session.answer(request.requestId, script);
      // oxlint-disable-next-line no-await-in-loop
      await watcher.until(
        () => over() || (hasRequest() && watcher.requests.get(id)?.requestId !== request.requestId),
        `${this.#name}: the end of a line, as ${this.#face()},`,
      );
      const record = session.attach(NOBODY, SIZE).commands.at(-1);
      session.page.detach(NOBODY);
      if (!over()) this.#ledger.close(tag, record?.text === script && record.state === 'completed', lines);
    }
    if (this.#dice.once(2)) await session.exit();
  }

  /** A page that comes, sees all that was, listens for a while and goes. */
  #page(): void {
    const session = this.#world.registry.get(this.#id);
    const listener = { write: (): undefined => undefined };
    session.attach(listener, SIZE);
    setTimeout(() => session.page.detach(listener), this.#dice.between(0, 2000));
  }
}

const NOBODY = { write: (): undefined => undefined };
