import { readFileSync } from 'node:fs';

/** Resident memory of a process as Windows writes it in a shell's description: `46MB`. Undefined where the system does not say. */
export function memoryOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : `${Math.round(Number(kilobytes) / 1024)}MB`;
  } catch {
    return undefined;
  }
}
