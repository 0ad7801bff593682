import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LineHistory } from '../../../electron/sessions/history.ts';
import type { HistoryLine } from '../../../shared/terminal.ts';

let folder: string;
let added: HistoryLine[];
let cleared: string[];
let failures: unknown[];
let keeps = true;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psdeck-history-'));
  added = [];
  cleared = [];
  failures = [];
  keeps = true;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function history(): Promise<LineHistory> {
  const made = new LineHistory({
    folder,
    keeps: () => keeps,
    added: (line) => added.push(line),
    cleared: (serverId) => cleared.push(serverId),
    failed: (error) => failures.push(error),
  });
  await made.load();
  return made;
}

const file = () => readFile(join(folder, 'history.jsonl'), 'utf8');
const texts = (from: LineHistory) => from.part(0).lines.map(({ serverId, text }) => `${serverId} ${text}`);

describe('the history on disk', () => {
  test('is there again at the next start, lines of several lines and of any script whole', async () => {
    const first = await history();
    first.add('a', 'Get-Date');
    first.add('b', 'if (1) {\n  "日本 👩‍👩‍👧"\n}');
    await first.settled();
    expect(texts(await history())).toEqual(['a Get-Date', 'b if (1) {\n  "日本 👩‍👩‍👧"\n}']);
    expect(added).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  test('does not hold the same line twice in a row, nothing blank, and no secret', async () => {
    const made = await history();
    for (const line of ['dir', 'dir', '   ', "$token = 'abcd'", 'cd', 'dir']) made.add('a', line);
    await made.settled();
    expect(texts(made)).toEqual(['a dir', 'a cd', 'a dir']);
    expect(await file()).not.toContain('abcd');
    keeps = false;
    made.add('a', 'not kept');
    await made.settled();
    expect(await file()).not.toContain('not kept');
  });

  test('a line half written is cut off, whatever is damaged is passed over, and what comes next is whole', async () => {
    await writeFile(
      join(folder, 'history.jsonl'),
      '{"s":"a","c":"one"}\nnot json\n{"s":1,"c":2}\nnull\n{"s":"a","c":"two"}\n{"s":"a","c":"tor',
    );
    const made = await history();
    expect(texts(made)).toEqual(['a one', 'a two']);
    made.add('a', 'three');
    await made.settled();
    expect(texts(await history())).toEqual(['a one', 'a two', 'a three']);
  });

  test('every cut of the file loses the last line at most', async () => {
    const made = await history();
    for (const line of ['one', 'two "quoted"', 'three']) made.add('a', line);
    await made.settled();
    const whole = await file();
    for (let end = 0; end <= whole.length; end++) {
      await writeFile(join(folder, 'history.jsonl'), whole.slice(0, end));
      const again = await history();
      const complete = whole.slice(0, end).split('\n').length - 1;
      // A last line that is whole but for its end of line counts as well.
      expect([complete, complete + 1]).toContain(again.part(0).lines.length);
      again.add('a', 'next');
      await again.settled();
      expect(texts(await history()).at(-1)).toBe('a next');
    }
    expect(failures).toEqual([]);
  });

  test('forgets a server’s lines at once, in the file too', async () => {
    const made = await history();
    made.add('a', 'mine');
    made.add('b', 'theirs');
    made.clear('a');
    await made.settled();
    expect(cleared).toEqual(['a']);
    expect(await file()).not.toContain('mine');
    expect(texts(await history())).toEqual(['b theirs']);
  });

  test('is written anew when it has grown, without repetitions and without leftovers', async () => {
    const made = await history();
    for (let at = 0; at < 1500; at++) made.add('a', at % 2 === 0 ? 'dir' : `cd ${String(at % 10)}`);
    await made.settled();
    await appendFile(join(folder, 'history.jsonl'), 'x\n'.repeat(3000));
    const again = await history();
    again.add('a', 'last');
    await again.settled();
    expect((await file()).split('\n')).toHaveLength(8);
    expect(await readdir(folder)).toEqual(['history.jsonl']);
    expect(texts(await history()).at(-1)).toBe('a last');
  });

  test('is bounded, and handed out in parts', async () => {
    const lines = Array.from({ length: 100_050 }, (_, at) => `{"s":"a","c":"line ${String(at)}"}\n`);
    await writeFile(join(folder, 'history.jsonl'), lines.join(''));
    const made = await history();
    const seen: string[] = [];
    for (let from: number | null = 0; from !== null;) {
      const part = made.part(from);
      seen.push(...part.lines.map(({ text }) => text));
      from = part.next;
    }
    expect(seen).toHaveLength(90_000);
    expect(seen.at(-1)).toBe('line 100049');
  });

  test('a folder that cannot be written to is told of once, and the lines stay in memory', async () => {
    await writeFile(join(folder, 'in the way'), '');
    const made = new LineHistory({
      folder: join(folder, 'in the way'),
      keeps: () => true,
      added: (line) => added.push(line),
      cleared: () => undefined,
      failed: (error) => failures.push(error),
    });
    await made.load();
    made.add('a', 'one');
    made.add('a', 'two');
    await made.settled();
    expect(failures).toHaveLength(1);
    expect(texts(made)).toEqual(['a one', 'a two']);
  });
});
