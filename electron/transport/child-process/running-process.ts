/**
 * Which process this is, beyond its number: systems give the number of one that has ended to another. Where the system says when a process
 * began, number and beginning together are nobody else's.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** `ps` of one process takes milliseconds. */
const PS_TIMEOUT_MS = 5_000;

/** Whether there is a process of this number, ours or not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** When a process began, in the system's own words and without blanks; undefined where that cannot be had, where it has ended, and on Windows. */
export async function beganAt(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform !== 'linux') return await askPs(pid);
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The second field is a name in parentheses, in which anything may stand; after it the 20th is the time, counted from when the system began.
  const [state] = stat.slice(stat.lastIndexOf(')') + 2);
  // It has ended, and whoever started it has not asked how.
  if (state === 'Z' || state === 'X') return undefined;
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return ticks === undefined ? undefined : `${boot.trim()}/${ticks}`;
}

function askPs(pid: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'ps',
      ['-o', 'lstart=', '-p', String(pid)],
      { timeout: PS_TIMEOUT_MS, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' } },
      (error, stdout) => {
        const text = stdout.trim().replace(/\s+/g, '-');
        resolve(error !== null || text === '' ? undefined : text);
      },
    );
  });
}

/** A process as it is written down: `1234`, or `1234 <when it began>`. */
export async function writeProcess(pid: number): Promise<string> {
  const began = await beganAt(pid);
  return began === undefined ? String(pid) : `${String(pid)} ${began}`;
}

/** The number of the process that was written down, where that process still runs; undefined where it has ended, or nothing is written. */
export async function stillRuns(written: string): Promise<number | undefined> {
  const [number = '', began] = written.trim().split(' ', 2);
  const pid = Number(number);
  if (number === '' || !Number.isInteger(pid) || pid <= 0 || !isRunning(pid)) return undefined;
  if (began === undefined) return pid;
  return (await beganAt(pid)) === began ? pid : undefined;
}
