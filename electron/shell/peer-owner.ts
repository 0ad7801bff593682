/**
 * Whose process is at the other end of a loopback connection. An address that is handed to a browser stands on its command line, which every
 * user of the computer may read (`ps`): what the system says of the connection tells the browser that it was meant for from somebody faster.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Of a connection to us: the ports of both ends. */
export interface Ends {
  readonly client: number;
  readonly server: number;
}

/** What is asked of the system. */
export interface OwnerSystem {
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  readonly user: number | undefined;
  readonly read: (path: string) => Promise<string>;
  readonly run: (file: string, args: readonly string[]) => Promise<string>;
}

/** `lsof` looks at every open file of the user. */
const LSOF_TIMEOUT_MS = 10_000;

const THIS_SYSTEM: OwnerSystem = {
  platform: process.platform,
  pid: process.pid,
  user: process.getuid?.(),
  read: (path) => readFile(path, 'utf8'),
  run: (file, args) =>
    new Promise((resolve, reject) => {
      execFile(file, args, { timeout: LSOF_TIMEOUT_MS }, (error, stdout) => {
        // It says by its exit code that there was nothing to list.
        if (error !== null && stdout === '' && error.code !== 1) reject(error);
        else resolve(stdout);
      });
    }),
};

/**
 * The user at the other end; `'other'` where it is none that we may see; undefined where the system does not say: on Windows, where nobody
 * but an administrator reads another user's command lines.
 */
export async function ownerOf(
  ends: Ends,
  system: OwnerSystem = THIS_SYSTEM,
): Promise<number | 'other' | undefined> {
  try {
    if (system.platform === 'linux') return await askProc(ends, system);
    if (system.platform === 'darwin') return await askLsof(ends, system);
  } catch {
    // A container without /proc, a computer without lsof.
  }
  return undefined;
}

/** A connection that is over and that nobody owns any more; the table names the administrator for it. */
const TIME_WAIT = '06';

/**
 * proc(5): addresses as hexadecimal words, ports behind the colon; the fourth field is the state, the eighth the user. Another loopback address
 * may have the same ports: whoever chose them decides, where that is not us.
 */
async function askProc(ends: Ends, { read, user: own }: OwnerSystem): Promise<number | undefined> {
  const tables = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6').catch(() => '')]);
  const users = new Set<number>();
  for (const line of tables.join('\n').split('\n')) {
    const [, local, remote, state, , , , user] = line.trim().split(/\s+/);
    const isIt = portOf(local) === ends.client && portOf(remote) === ends.server;
    if (isIt && state !== TIME_WAIT) users.add(Number(user));
  }
  const [first] = users;
  return [...users].find((user) => user !== own && user !== 0) ?? first;
}

function portOf(address: string | undefined): number | undefined {
  const port = address?.split(':')[1];
  return port === undefined ? undefined : Number.parseInt(port, 16);
}

/** Lists the processes that hold an end of the connection, of those that we may look into: our own end is always among them. */
async function askLsof(ends: Ends, { run, pid }: OwnerSystem): Promise<number | 'other' | undefined> {
  const listed = await run('lsof', ['-nP', `-iTCP:${String(ends.client)}`, '-sTCP:ESTABLISHED', '-Fpu']);
  const processes = [...listed.matchAll(/^p(\d+)\nu(\d+)$/gm)].map(([, id, user]) => ({
    id: Number(id),
    user: Number(user),
  }));
  if (!processes.some(({ id }) => id === pid)) return undefined;
  return processes.find(({ id }) => id !== pid)?.user ?? 'other';
}

/** Whether the other end may be the browser that we started: it is ours, or the administrator's, who may do anything anyway, or nobody knows. */
export async function isOurOwn(ends: Ends): Promise<boolean> {
  const owner = await ownerOf(ends);
  return owner === undefined || owner === 0 || owner === process.getuid?.();
}
