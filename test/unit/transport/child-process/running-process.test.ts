import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import {
  beganAt,
  isRunning,
  stillRuns,
  writeProcess,
} from '../../../../electron/transport/child-process/running-process.ts';

test('a process that was written down is known again while it runs, and not afterwards', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const written = await writeProcess(pid);
  expect(await stillRuns(written)).toBe(pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(pid)).toBe(false);
  expect(await stillRuns(written)).toBeUndefined();
});

test('a number that somebody else has by now is not taken for the one that was written down', async () => {
  expect(await stillRuns(`${String(process.pid)} some-other-time`)).toBe(
    // Windows does not say when a process began: there the number alone decides.
    process.platform === 'win32' ? process.pid : undefined,
  );
  expect(await stillRuns(String(process.pid))).toBe(process.pid);
});

test('when a process began stays what it is, and differs where another began later', async () => {
  const own = await beganAt(process.pid);
  expect(await beganAt(process.pid)).toBe(own);
  expect(own).not.toMatch(/\s/);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  expect(await beganAt(gone)).toBeUndefined();
});

test.each(['', 'x', '0', '-1', '1.5', ' '])('what names no process runs no more: %j', async (written) => {
  expect(await stillRuns(written)).toBeUndefined();
});
