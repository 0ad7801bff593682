/** What a process holds that it could forget to let go of. Linux tells of descriptors and children; elsewhere those are not counted. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Holdings {
  /** By kind, as Node names what keeps it running: sockets, timers, processes, watchers. */
  readonly resources: Readonly<Record<string, number>>;
  /** Open descriptors: `socket`, `pipe`, `file` and so on. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Child processes that are no zombies. */
  readonly children: readonly number[];
  /** Bytes, after a collection where the process was started with `--expose-gc`. */
  readonly heap: number;
}

export function holdings(): Holdings {
  // Twice: what the first finds unreachable may have finalisers, and what those let go the second takes.
  globalThis.gc?.();
  globalThis.gc?.();
  return {
    resources: counted(process.getActiveResourcesInfo()),
    descriptors: counted(descriptors()),
    children: childrenOf(process.pid),
    heap: process.memoryUsage().heapUsed,
  };
}

function counted(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function descriptors(): string[] {
  return list('/proc/self/fd').flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      return [
        /^(socket|pipe|anon_inode)/.exec(target)?.[1] ?? (target.startsWith('/dev/') ? 'device' : 'file'),
      ];
    } catch {
      return []; // the one that the listing itself used
    }
  });
}

/** By what the kernel says of parents. */
export function childrenOf(parent: number): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const status = statusOf(pid);
      return status?.parent === parent && status.state !== 'Z';
    });
}

export function isAlive(pid: number): boolean {
  const status = statusOf(pid);
  return status !== undefined && status.state !== 'Z';
}

function statusOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
