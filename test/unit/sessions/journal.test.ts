import { expect, test } from 'vitest';
import {
  SessionJournal,
  type JournalEntry,
  type JournalOptions,
} from '../../../electron/sessions/journal.ts';
import { CrashDisk, type DiskImage } from '../../simulation/crash-disk.ts';

const FOLDER = '/home/psdeck/sessions';

export function entry(shellId: string, change: Partial<JournalEntry> = {}): JournalEntry {
  return {
    shellId,
    instanceId: shellId.toLowerCase(),
    name: `Session ${shellId}`,
    serverId: 'z',
    computerName: 'Z002',
    configurationName: 'Microsoft.PowerShell',
    createdAt: 1,
    endsOnExit: false,
    disconnected: false,
    heardAt: 1,
    pipelines: [],
    ...change,
  };
}

/** Time that passes when the test says so. */
class HandClock {
  time = 0;
  #timers: { at: number; fire: () => void }[] = [];
  now = (): number => this.time;
  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.time + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };
  pass(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.time);
    this.#timers = this.#timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.fire();
  }
}

/** A run of the app: its process is `pid`, and every other one is dead unless `alive` names it. */
function run(
  disk: CrashDisk,
  pid: number,
  change: Partial<JournalOptions> & { alive?: number[] } = {},
): Promise<SessionJournal> {
  return SessionJournal.open({
    folder: FOLDER,
    runId: `r${String(pid)}`,
    pid,
    isAlive: (other) => change.alive?.includes(other) ?? false,
    now: () => pid * 1000,
    disk,
    ...change,
  });
}

async function leftAfter(image: DiskImage): Promise<{ shells: string[]; damaged: string[] }> {
  const next = await run(new CrashDisk(image), 99);
  return { shells: next.left.map(({ entry: each }) => each.shellId), damaged: next.damaged };
}

/** What a later run finds after a crash at every step from `from` on, in every way a disk can lose what it was not told to keep. */
async function* afterEveryCrash(disk: CrashDisk, from: number) {
  for (let count = from; count <= disk.steps.length; count++) {
    for (const image of [disk.killed(count), ...disk.powerCuts(count)]) yield await leftAfter(image);
  }
}

test('the run after one that was killed finds its sessions, and takes them over one by one', async () => {
  const disk = new CrashDisk();
  const first = await run(disk, 1);
  await first.put(entry('A', { pipelines: [{ id: 'p', startedAt: 5, readUpTo: '18446744073709551615' }] }));
  await first.put(entry('B'));

  const second = await run(disk, 2);
  expect(second.left).toEqual([
    {
      entry: entry('A', { pipelines: [{ id: 'p', startedAt: 5, readUpTo: '18446744073709551615' }] }),
      leftAt: 1000,
    },
    { entry: entry('B'), leftAt: 1000 },
  ]);
  await second.put(entry('a', { name: 'taken over' }));
  await second.taken('a');
  expect(second.left.map((left) => left.entry.shellId)).toEqual(['B']);
  await second.forget('B');
  expect(second.left).toEqual([]);

  const third = await run(disk, 3);
  expect(third.left.map((left) => left.entry.name)).toEqual(['taken over']);
  expect(await disk.list(FOLDER)).toEqual(['run-r2.json']);
});

test('a run that is still there keeps what is its own', async () => {
  const disk = new CrashDisk();
  await (await run(disk, 1)).put(entry('A'));
  expect((await run(disk, 2, { alive: [1] })).left).toEqual([]);
  expect((await run(disk, 3)).left).toHaveLength(1);
});

test('what a save left behind that was cut short is cleared away, unless its run is still there', async () => {
  const beside = `${FOLDER}/.run-r1.json.1.new`;
  const image = { files: new Map([[beside, '{']]), folders: new Set(['/', '/home', '/home/psdeck', FOLDER]) };
  const disk = new CrashDisk(image);
  await run(disk, 2, { alive: [1] });
  expect(await disk.readText(beside)).toBe('{');
  await run(disk, 2);
  expect(await disk.readText(beside)).toBeUndefined();
});

test('a run that has removed all it had leaves nothing behind', async () => {
  const disk = new CrashDisk();
  const journal = await run(disk, 1);
  await journal.put(entry('A'));
  await journal.forget('a');
  expect(await disk.list(FOLDER)).toEqual([]);
});

test('a crash at any step of putting, changing and forgetting leaves what was there before or what is there after', async () => {
  const disk = new CrashDisk();
  const journal = await run(disk, 1);
  const seen = new Set<string>();
  const states: string[][] = [[], ['A'], ['A', 'B'], ['A', 'B'], ['B'], []];
  const work = [
    () => journal.put(entry('A')),
    () => journal.put(entry('B')),
    () => journal.change('A', { disconnected: true }),
    () => journal.forget('A'),
    () => journal.forget('B'),
  ];
  for (const [at, step] of work.entries()) {
    const from = disk.steps.length;
    await step();
    for await (const { shells, damaged } of afterEveryCrash(disk, from)) {
      expect(damaged).toEqual([]);
      expect([states[at], states[at + 1]]).toContainEqual(shells);
      seen.add(shells.join());
    }
    // What was reported as kept is kept.
    for (const image of disk.powerCuts(disk.steps.length)) {
      expect((await leftAfter(image)).shells).toEqual(states[at + 1]);
    }
  }
  expect(seen).toEqual(new Set(['', 'A', 'A,B', 'B']));
});

test('a crash at any step of a take-over loses no session and doubles none', async () => {
  const disk = new CrashDisk();
  const first = await run(disk, 1);
  await first.put(entry('A'));
  await first.put(entry('B'));
  const from = disk.steps.length;
  const second = await run(disk, 2);
  await second.put(entry('A', { name: 'mine' }));
  await second.taken('A');
  await second.put(entry('B', { name: 'mine' }));
  await second.taken('B');
  for await (const { shells, damaged } of afterEveryCrash(disk, from)) {
    expect(damaged).toEqual([]);
    expect(shells.toSorted()).toEqual(['A', 'B']);
  }
});

test('a damaged file is set aside whole, and the others are read', async () => {
  const disk = new CrashDisk();
  await (await run(disk, 1)).put(entry('A'));
  await (await run(disk, 2)).put(entry('B'));
  const image = disk.killed(Infinity);
  const path = `${FOLDER}/run-r1.json`;
  const damagedDisk = new CrashDisk({ ...image, files: new Map(image.files).set(path, '{"version":1') });
  const journal = await run(damagedDisk, 3);
  expect(journal.left.map((left) => left.entry.shellId)).toEqual(['B']);
  expect(journal.damaged).toHaveLength(1);
  expect(await damagedDisk.readText(`${FOLDER}/${journal.damaged[0] ?? ''}`)).toBe('{"version":1');
});

test('progress is written together after a while, and at once where something else is', async () => {
  const disk = new CrashDisk();
  const clock = new HandClock();
  const journal = await run(disk, 1, { clock });
  await journal.put(entry('A'));
  const steps = disk.steps.length;
  for (let id = 1; id <= 1000; id++) await journal.change('A', { heardAt: id }, true);
  expect(disk.steps.length).toBe(steps);
  clock.pass(1000);
  await journal.flush();
  expect((await run(disk, 2)).left[0]?.entry.heardAt).toBe(1000);
  await journal.change('A', { heardAt: 1001 }, true);
  await journal.change('A', { disconnected: true });
  expect((await run(disk, 2)).left[0]?.entry).toMatchObject({ heardAt: 1001, disconnected: true });
});

test('a thousand changes at once are few saves, and the last one wins', async () => {
  const disk = new CrashDisk();
  const journal = await run(disk, 1);
  await journal.put(entry('A'));
  const creates = () => disk.steps.filter((step) => step.kind === 'create').length;
  const before = creates();
  await Promise.all(Array.from({ length: 1000 }, (_, at) => journal.change('A', { heardAt: at })));
  expect(creates() - before).toBeLessThanOrEqual(2);
  expect((await run(disk, 2)).left[0]?.entry.heardAt).toBe(999);
});

test('a save that fails is told, and the next one is whole', async () => {
  const disk = new CrashDisk();
  const failures: unknown[] = [];
  const journal = await run(disk, 1, { failed: (error) => void failures.push(error) });
  disk.onStep = () => Promise.reject(new Error('no space left'));
  await expect(journal.put(entry('A'))).rejects.toThrow('no space left');
  expect(failures).toHaveLength(1);
  disk.onStep = undefined;
  await journal.put(entry('B'));
  expect((await run(disk, 2)).left.map((left) => left.entry.shellId)).toEqual(['A', 'B']);
});

test('nothing secret has a place in the file', async () => {
  const disk = new CrashDisk();
  const journal = await run(disk, 1);
  await journal.put(entry('A', { userName: 'CORP\\ada', pipelines: [{ id: 'p', startedAt: 1 }] }));
  const written = [...disk.killed(Infinity).files.values()].join();
  const known =
    /"(version|pid|startedAt|savedAt|sessions|shellId|instanceId|name|serverId|computerName|configurationName|userName|createdAt|endsOnExit|disconnected|heardAt|pipelines|id)":/g;
  expect(written.replaceAll(known, '')).not.toMatch(/"\w+":/);
});
