import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdDataFolder, holderOf } from '../../../electron/shell/data-folder.ts';
import { askForAddresses } from '../../../electron/shell/hand-over.ts';
import { writeProcess } from '../../../electron/transport/child-process/running-process.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'psdeck-data-')), 'made');
  file = join(folder, 'running.json');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

test('one has it, the next hears who and where, and after its end anybody may', async () => {
  const first = await holdDataFolder(folder);
  if (first.kind !== 'held') return expect.unreachable();
  expect(await holdDataFolder(folder)).toEqual({ kind: 'taken', by: { pid: process.pid } });
  await first.listens(4711, 'secret');
  const by = { pid: process.pid, at: { port: 4711, key: 'secret' } };
  expect(await holdDataFolder(folder)).toEqual({ kind: 'taken', by });
  await first.release();
  expect(await holderOf(folder)).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
  expect((await holdDataFolder(folder)).kind).toBe('held');
});

test.skipIf(process.platform === 'win32')('nobody else may read it, for it holds a key', async () => {
  const hold = await holdDataFolder(folder);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  if (hold.kind === 'held') await hold.listens(1, 'secret');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('of many at once one gets it', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => holdDataFolder(folder)));
  expect(all.filter(({ kind }) => kind === 'held')).toHaveLength(1);
});

test('of many at once one gets what one left that was killed', async () => {
  await mkdir(folder);
  await writeFile(file, JSON.stringify({ process: '4194305 gone' }));
  const turns = Array.from({ length: 12 }, async (_, turn) => {
    for (let at = 0; at < turn; at++) await new Promise((resolve) => setImmediate(resolve));
    return await holdDataFolder(folder);
  });
  const all = await Promise.all(turns);
  expect(all.filter(({ kind }) => kind === 'held')).toHaveLength(1);
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid });
  expect(await readdir(folder)).toEqual(['running.json']);
});

test('what one left that was killed is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await holdDataFolder(folder);
  await writeFile(file, JSON.stringify({ process: await writeProcess(child.pid ?? 0), port: 1, key: 'k' }));
  expect(await holdDataFolder(folder)).toMatchObject({ kind: 'taken', by: { pid: child.pid } });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await holdDataFolder(folder)).kind).toBe('held');
  expect(await readdir(folder)).toEqual(['running.json']);
});

test('what was left half written is taken over once it is old', async () => {
  await holdDataFolder(folder);
  await writeFile(file, '{"process":');
  const before = new Date(Date.now() - 60_000);
  await utimes(file, before, before);
  expect((await holdDataFolder(folder)).kind).toBe('held');
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('process');
});

test('where the first does not answer, whoever comes second is told which process that is and what to do', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  // Nothing listens on a port that was given back.
  const holder = { pid: gone, at: { port: await freePort(), key: 'k' } };
  await expect(askForAddresses(folder, holder)).rejects.toThrow(
    new RegExp(
      `as process ${String(gone)}, on the data in .*made, and does not answer.*PSDECK_DATA_DIR`,
      's',
    ),
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
