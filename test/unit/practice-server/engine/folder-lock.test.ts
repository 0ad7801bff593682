import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFolderLock } from '../../../../electron/practice-server/engine/folder-lock.ts';
import { isRunning } from '../../../../electron/transport/child-process/running-process.ts';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psdeck-lock-'));
  lock = join(folder, 'it.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = () => Promise.resolve(undefined);

test('one at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    return most;
  };
  await Promise.all([
    withFolderLock(lock, never, work),
    withFolderLock(lock, never, work),
    withFolderLock(lock, never, work),
  ]);
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('what somebody else did while we waited is not done again', async () => {
  let result: string | undefined;
  let runs = 0;
  const isDone = () => Promise.resolve(result);
  const work = () => {
    runs++;
    result = 'built';
    return Promise.resolve(result);
  };
  expect(await Promise.all([withFolderLock(lock, isDone, work), withFolderLock(lock, isDone, work)])).toEqual(
    ['built', 'built'],
  );
  expect(runs).toBe(1);
});

test('a failure frees the lock', async () => {
  await expect(withFolderLock(lock, never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withFolderLock(lock, never, () => Promise.resolve(1))).toBe(1);
});

test('the lock of a process that is gone is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await mkdir(lock);
  await writeFile(join(lock, 'pid'), String(pid));
  expect(isRunning(pid)).toBe(false);
  expect(await withFolderLock(lock, never, () => Promise.resolve('mine'))).toBe('mine');
  expect(await readdir(folder)).toEqual([]);
});

test('an ancient lock is taken over even where its number is in use again', async () => {
  await mkdir(lock);
  await writeFile(join(lock, 'pid'), String(process.pid));
  const yesterday = new Date(Date.now() - 24 * 3_600_000);
  await utimes(lock, yesterday, yesterday);
  expect(await withFolderLock(lock, never, () => Promise.resolve('mine'))).toBe('mine');
});

// Windows does not say when a process began.
test.skipIf(process.platform === 'win32')(
  'the lock of a process whose number somebody else has by now is taken over at once',
  async () => {
    await mkdir(lock);
    await writeFile(join(lock, 'pid'), `${String(process.pid)} when-another-began`);
    expect(await withFolderLock(lock, never, () => Promise.resolve('mine'))).toBe('mine');
  },
);

test('the lock of a process that lives is respected', async () => {
  await mkdir(lock);
  await writeFile(join(lock, 'pid'), String(process.pid));
  let done: string | undefined;
  let looks = 0;
  const isDone = () => {
    if (++looks === 2) done = 'theirs';
    return Promise.resolve(done);
  };
  expect(await withFolderLock(lock, isDone, () => Promise.reject(new Error('must not run')))).toBe('theirs');
});
