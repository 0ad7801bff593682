/**
 * A world from a seed: a server, a wire, a disk, and runs of the app one after the other, which people use, networks cut and power cuts end.
 * What must be true of every one of them is checked at its end.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { SessionRow } from '../../shared/session.ts';
import { AppRun, MODEL, SIZE } from './app-run.ts';
import { Dice, WorldTime } from './chance.ts';
import { CrashDisk } from './crash-disk.ts';
import { ModelServer } from './model-server.ts';
import { Wire } from './wire.ts';

export interface Outcome {
  /** What was not as it must be; empty where all was well. */
  readonly broken: string[];
  /** Everything that happened, in order, with its time: the same for the same seed. */
  readonly trace: readonly string[];
  /** For a look at what a number of worlds has been through. */
  readonly facts: Readonly<
    Record<'commands' | 'lines' | 'gaps' | 'kills' | 'cuts' | 'sleeps' | 'takeOvers' | 'disconnects', number>
  >;
}

/** Simulated time in which people do things; after it everything is left in peace. */
const BUSY_MS = 240_000;
/** Then long enough that every retry and every wait is over: the longest are five minutes. */
const PEACE_MS = 330_000;
/** Runs of the app in one world. */
const MOST_RUNS = 4;

export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed);
  await world.run();
  return world.outcome();
}

class World {
  readonly #time = new WorldTime();
  readonly #dice: Dice;
  readonly #trace: string[] = [];
  readonly #server: ModelServer;
  readonly #wire: Wire;
  readonly #runs: AppRun[] = [];
  readonly #inFlight: 'again' | 'lost' | 'kept';
  readonly #facts = {
    commands: 0,
    lines: 0,
    gaps: 0,
    kills: 0,
    cuts: 0,
    sleeps: 0,
    takeOvers: 0,
    disconnects: 0,
  };
  readonly #broken: string[] = [];
  #label = 0;

  constructor(seed: number) {
    const dice = new Dice(seed);
    this.#dice = dice;
    this.#inFlight = dice.pick(['again', 'lost', 'kept'] as const);
    this.#server = new ModelServer({
      time: this.#time,
      dice,
      inFlight: this.#inFlight,
      missAfterMs: dice.between(2_000, 60_000),
      fragmentBytes: dice.pick([40, 200, 100_000]),
    });
    this.#wire = new Wire({
      time: this.#time,
      dice,
      server: this.#server,
      trace: (line) => this.#note(line),
    });
  }

  #note(line: string): void {
    this.#trace.push(`${String(Math.round(this.#time.now()))} ${line}`);
  }

  get #app(): AppRun {
    const app = this.#runs.at(-1);
    if (!app) throw new Error('No run of the app.');
    return app;
  }

  async run(): Promise<void> {
    await this.#start(new CrashDisk());
    this.#disturb();
    while (this.#time.now() < BUSY_MS) {
      await this.#act();
      await this.#pass(this.#dice.between(10, 6_000));
    }
    this.#note('peace');
    this.#wire.trouble = false;
    this.#wire.mend();
    await this.#pass(PEACE_MS);
    // What is Disconnected is connected once more, so that everything that was kept is seen.
    for (const row of this.#rows()) {
      if (row.state === 'Disconnected') this.#connect(row);
    }
    await this.#pass(PEACE_MS);
    this.#judge();
  }

  /** Time passes; between any two things that happen all that follows from the first has happened. */
  async #pass(ms: number): Promise<void> {
    const until = this.#time.now() + ms;
    do {
      await turn();
      await turn();
    } while (this.#time.step(until));
  }

  async #start(disk: CrashDisk): Promise<void> {
    const pid = this.#runs.length + 1;
    this.#note(`app${String(pid)} starts`);
    const world = {
      time: this.#time,
      dice: this.#dice,
      wire: this.#wire,
      trace: (line: string) => this.#note(line),
    };
    const run = await AppRun.start(pid, world, disk);
    this.#runs.push(run);
    for (const row of run.registry.offerLeft(() => MODEL)) {
      run.rows.set(row.id, row);
      run.show(row.id);
    }
  }

  // ---- what the world does by itself

  #disturb(): void {
    const { after } = this.#time;
    const next = (): void => {
      if (this.#time.now() >= BUSY_MS) return;
      this.#wire.trouble = this.#dice.once(3);
      if (!this.#wire.isCut && this.#dice.once(4)) {
        this.#facts.cuts += 1;
        this.#note('cut');
        this.#wire.cut();
        // Mostly shorter, at times longer than anybody tries again.
        after(this.#dice.once(6) ? 300_000 : this.#dice.between(50, 40_000), () => {
          this.#note('mended');
          this.#wire.mend();
        });
      }
      if (this.#dice.once(60)) {
        this.#note('the server starts again');
        this.#server.restart();
      }
      after(this.#dice.between(500, 12_000), next);
    };
    after(this.#dice.between(500, 12_000), next);
  }

  // ---- what people do

  #rows(): SessionRow[] {
    return [...this.#app.rows.values()];
  }

  async #act(): Promise<void> {
    const app = this.#app;
    const rows = this.#rows();
    const row = rows.length === 0 ? undefined : this.#dice.pick(rows);
    if (row === undefined || (rows.length < 3 && this.#dice.once(6))) return this.#create();
    if (this.#runs.length < MOST_RUNS && this.#dice.once(14)) return await this.#crash();
    if (this.#dice.once(30)) return await this.#sleep();
    if (row.state === 'Disconnected') {
      if (row.retrying === undefined && this.#dice.once(2)) this.#connect(row);
      return;
    }
    if (row.state === 'Broken' || row.state === 'Closed') {
      app.wait(`remove ${String(row.id)}`, app.registry.remove(row.id));
      return;
    }
    if (row.state !== 'Opened') return;
    const request = app.requests.get(row.id);
    const what = this.#dice.between(1, 10);
    if (row.entered && request?.kind === 'command' && what <= 6) {
      this.#note(`app${String(app.pid)} #${String(row.id)} types`);
      app.registry.get(row.id).answer(request.requestId, this.#newCommand());
    } else if (what === 7 && row.entered) app.wait('exit', app.registry.get(row.id).exit());
    else if (what === 8 && row.entered) app.registry.get(row.id).interrupt('');
    else if (what === 9) {
      this.#facts.disconnects += 1;
      app.wait('disconnect', app.registry.disconnect(row.id, {}));
    } else if (what === 10 && row.retrying !== undefined) app.registry.retryNow(row.id);
    else if (!row.entered && row.availability === 'Available') {
      if (this.#dice.once(2)) app.registry.get(row.id).enter(SIZE);
      else app.wait('invoke', app.registry.get(row.id).invoke(this.#newCommand(), SIZE));
    }
  }

  #newCommand(): string {
    this.#facts.commands += 1;
    const label = `L${String(++this.#label)}`;
    return `count ${label} ${String(this.#dice.between(1, 120))} ${String(this.#dice.pick([0, 1, 20, 300]))}`;
  }

  #create(): void {
    const app = this.#app;
    const created = app.registry.create({ serverId: 'model', size: SIZE, enter: false });
    app.wait(
      'create',
      created.then((row) => app.show(row.id)),
    );
  }

  #connect(row: SessionRow): void {
    const app = this.#app;
    this.#facts.takeOvers += row.left === undefined ? 0 : 1;
    app.wait(
      `connect ${String(row.id)}`,
      app.registry.connect(row.id, { size: SIZE, enter: this.#dice.once(2) }),
    );
  }

  /** The lid is closed, for a minute or for longer than the server waits. */
  async #sleep(): Promise<void> {
    const app = this.#app;
    this.#facts.sleeps += 1;
    this.#note(`app${String(app.pid)} sleeps`);
    this.#wire.sleep();
    app.sleep();
    await this.#pass(
      this.#dice.pick([this.#dice.between(1_000, 20_000), this.#dice.between(30_000, 150_000)]),
    );
    this.#note(`app${String(app.pid)} wakes`);
    this.#wire.wake();
    app.wake();
  }

  /** kill -9, or the power. Then the next run, on what the disk has left. */
  async #crash(): Promise<void> {
    const app = this.#app;
    this.#facts.kills += 1;
    app.kill();
    const steps = app.disk.steps.length;
    const images = this.#dice.once(2) ? [app.disk.killed(steps)] : someOf(app.disk.powerCuts(steps));
    const image = this.#dice.pick(images);
    this.#note(`app${String(app.pid)} dies, ${String(image.files.size)} files left`);
    await this.#pass(this.#dice.between(10, 30_000));
    await this.#start(new CrashDisk(image));
  }

  // ---- what must be true

  #judge(): void {
    for (const run of this.#runs) {
      for (const { what, ended } of run.dead ? [] : run.waits)
        if (!ended) this.#broken.push(`never ended: ${what}`);
      for (const refused of run.refused)
        this.#broken.push(`app${String(run.pid)} had an event that its state does not allow: ${refused}`);
      for (const [id, page] of run.pages) this.#judgePage(`app${String(run.pid)} #${String(id)}`, page);
    }
    this.#judgeLedger();
    for (const row of this.#rows()) this.#judgeState(row);
  }

  /** Nothing doubled, nothing out of order, no hole without a word. */
  #judgePage(where: string, page: string): void {
    const last = new Map<string, number>();
    let gap = false;
    for (const line of page.split('\n')) {
      if (/missing here/.test(line)) {
        gap = true;
        this.#facts.gaps += 1;
      }
      const [, label = '', number = '0'] = /^(L\d+)\.(\d+)$/.exec(line) ?? [];
      if (label === '') continue;
      this.#facts.lines += 1;
      const now = Number(number);
      const before = last.get(label);
      if (before !== undefined && now <= before)
        this.#broken.push(`${where}: ${label}.${number} after ${label}.${String(before)}`);
      if (before !== undefined && now > before + 1 && !gap)
        this.#broken.push(`${where}: ${label}.${String(before)}, then ${label}.${number}, and nothing said`);
      last.set(label, now);
      gap = false;
    }
  }

  /** Every line that was counted was shown in some run, or its absence was: by a word in its place, or by how its command or session ended. */
  #judgeLedger(): void {
    const shown = new Map<string, Set<number>>();
    const excused = new Set<string>();
    for (const run of this.#runs) {
      for (const [id, page] of run.pages) {
        const labels = new Set<string>();
        let gapBefore = false;
        for (const line of page.split('\n')) {
          const [, label = '', number = '0'] = /^(L\d+)\.(\d+)$/.exec(line) ?? [];
          if (label !== '') {
            labels.add(label);
            // Said in its place: before what came after it.
            if (gapBefore) excused.add(label);
            gapBefore = false;
            const set = shown.get(label) ?? new Set<number>();
            shown.set(label, set.add(Number(number)));
          } else if (EXCUSES.test(line)) {
            for (const known of labels) excused.add(known);
            gapBefore = /missing here/.test(line);
          }
          const typed = /count (L\d+) /.exec(line)?.[1];
          if (typed !== undefined) labels.add(typed);
        }
        // A session that ended, or was left away, has not been asked for the rest. A dead run could not be, and the next one answers for it
        // where it had more of the same.
        const row = run.rows.get(id);
        for (const label of labels) {
          if (run.dead ? !this.#goesOn(label, run) : row?.state !== 'Opened') excused.add(label);
        }
      }
    }
    const lastRun = this.#runs.at(-1);
    for (const [label, { last, ended }] of this.#server.counted) {
      const seen = shown.get(label) ?? new Set<number>();
      if (!ended || excused.has(label) || lastRun === undefined) continue;
      for (let number = 1; number <= last; number++) {
        if (!seen.has(number)) {
          this.#broken.push(
            `${label}.${String(number)} of ${String(last)} was shown nowhere, and nothing said`,
          );
          break;
        }
      }
    }
  }

  /** Whether a later run showed more of it. */
  #goesOn(label: string, run: AppRun): boolean {
    const later = this.#runs.slice(this.#runs.indexOf(run) + 1);
    return later.some(({ pages }) => [...pages.values()].some((page) => page.includes(`${label}.`)));
  }

  #judgeState(row: SessionRow): void {
    const app = this.#app;
    const shell = this.#server.shells.get(row.instanceId.toLowerCase());
    const ours = shell !== undefined && app.clientIds.has(shell.owner);
    const says = `${row.state} ${row.availability}`;
    if (row.state === 'Opened' && (shell?.state !== 'Connected' || !ours)) {
      this.#broken.push(
        `#${String(row.id)} is ${says}, and its shell ${shell === undefined ? 'is gone' : `is ${shell.state}, ${ours ? 'ours' : 'of another client'}`}`,
      );
    }
    if (row.state === 'Disconnected' && shell?.state === 'Connected' && ours)
      this.#broken.push(`#${String(row.id)} is ${says}, and its shell is connected to us`);
    const runs = [...(shell?.pipelines.values() ?? [])].some((pipeline) => pipeline.state === 'Running');
    if (row.state === 'Opened' && !row.entered && row.availability === 'Available' && runs)
      this.#broken.push(`#${String(row.id)} is ${says}, and a command runs`);
    if (row.state === 'Opened' && row.availability === 'Busy' && !runs)
      this.#broken.push(`#${String(row.id)} is ${says}, and nothing runs`);
    if (row.retrying !== undefined)
      this.#broken.push(`#${String(row.id)} is ${says} and still tries again in peace`);
    if (!['Opened', 'Disconnected', 'Broken', 'Closed'].includes(row.state))
      this.#broken.push(`#${String(row.id)} is ${says} for ever`);
  }

  outcome(): Outcome {
    return { broken: this.#broken, trace: this.#trace, facts: this.#facts };
  }
}

/** Words by which a page says that output is not, or no longer, to be had. */
const EXCUSES =
  /missing here|ended|closed the session|was disconnected|\^C|could not|not any more|expired|failed|lost|interrupted|stopped/i;

/** The first images of very many: which of them, the dice say. */
function someOf<T>(all: Iterable<T>): T[] {
  const some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length === 64) break;
  }
  return some;
}
