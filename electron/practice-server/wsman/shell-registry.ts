/** The shells there are: whose they are, how many, how long nobody spoke to them. */
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { Clock } from './clock.ts';
import * as refusals from './refusals.ts';
import { ShellLease, type Client } from './shell-lease.ts';
import { idKey, type Shell } from './shell.ts';

export interface Entry {
  readonly shell: Shell;
  readonly lease: ShellLease;
  lastUsed: number;
  /** Operations under way, Receives that wait among them. */
  active: number;
  /** Those that change something. */
  working: number;
  readonly whenQuiet: (() => void)[];
  cancelIdle: () => void;
}

export interface RegistryOptions {
  readonly clock: Clock;
  readonly maxShellsPerUser: number;
  /** Users that may have shells at a time. */
  readonly maxShellUsers: number;
  /** Operations of one user at a time. */
  readonly maxOperationsPerUser: number;
  /** How long a client whose connections are gone keeps its shell. */
  readonly missAfterMs: number;
  readonly defaultIdleTimeoutMs: number;
  readonly onChange: (
    kind: 'shell-opened' | 'shell-closed' | 'shell-connected' | 'shell-disconnected',
    shell: Shell,
  ) => void;
}

export class ShellRegistry {
  readonly #options: RegistryOptions;
  readonly #shells = new Map<string, Entry>();
  /** Owners by id of shells that are being made, so that two requests cannot make the same. */
  readonly #opening = new Map<string, string>();
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Makes a shell with `open` and keeps it, if the user may have another and somebody still waits for it. */
  async add(
    id: string,
    owner: string,
    client: Client,
    signal: AbortSignal,
    open: () => Promise<Shell>,
  ): Promise<Entry> {
    const key = idKey(id);
    if (this.#shells.has(key) || this.#opening.has(key)) throw refusals.shellIdInUse();
    const { maxShellsPerUser, maxShellUsers } = this.#options;
    const users = new Set(
      [...this.all().map(({ shell }) => shell.owner), ...this.#opening.values()].map(userKey),
    );
    if (!users.has(userKey(owner)) && users.size >= maxShellUsers)
      throw refusals.tooManyShellUsers(maxShellUsers);
    const soon = [...this.#opening.values()].filter((user) => sameUser(user, owner)).length;
    if (this.of(owner).length + soon >= maxShellsPerUser) throw refusals.tooManyShells(maxShellsPerUser);
    this.#opening.set(key, owner);
    let shell: Shell;
    try {
      shell = await open();
    } finally {
      this.#opening.delete(key);
    }
    if (this.#closed || signal.aborted) {
      await shell.close('Nobody waits for the shell any more');
      throw refusals.operationAborted('Nobody waits for the shell any more');
    }
    const entry = this.#entry(shell, client);
    this.#shells.set(key, entry);
    this.#options.onChange('shell-opened', shell);
    this.#watchIdle(entry);
    return entry;
  }

  #entry(shell: Shell, client: Client): Entry {
    const { clock, missAfterMs, onChange } = this.#options;
    const entry: Entry = {
      shell,
      lease: new ShellLease(shell, client, {
        clock,
        missAfterMs,
        busy: () => entry.active,
        onChange: () => {
          entry.lastUsed = clock.now();
          // What is idle for too long may be another time now.
          entry.cancelIdle();
          this.#watchIdle(entry);
          onChange(entry.lease.isDisconnected ? 'shell-disconnected' : 'shell-connected', shell);
        },
      }),
      lastUsed: clock.now(),
      active: 0,
      working: 0,
      whenQuiet: [],
      cancelIdle: () => undefined,
    };
    return entry;
  }

  all(): Entry[] {
    return [...this.#shells.values()];
  }

  of(userName: string): Entry[] {
    return this.all().filter(({ shell }) => sameUser(shell.owner, userName));
  }

  /** The user's shell of that id, and of that resource where one is given. */
  find(shellId: string, userName: string, resourceUri?: string): Entry {
    const entry = this.#shells.get(idKey(shellId));
    if (entry === undefined) throw refusals.unknownShell();
    if (!sameUser(entry.shell.owner, userName)) throw refusals.accessDenied();
    if (resourceUri !== undefined && resourceUri.toLowerCase() !== entry.shell.resourceUri.toLowerCase()) {
      throw refusals.unknownResource();
    }
    return entry;
  }

  /** Carries out an operation on a shell, which is not idle meanwhile. */
  async use(
    target: { readonly shellId: string; readonly resourceUri: string },
    userName: string,
    client: Client,
    kind: 'receive' | 'work',
    act: (shell: Shell) => Promise<string>,
  ): Promise<string> {
    const entry = this.find(target.shellId, userName, target.resourceUri);
    entry.lease.heard(client, kind);
    const { maxOperationsPerUser } = this.#options;
    const underWay = this.of(userName).reduce((sum, { active }) => sum + active, 0);
    if (underWay >= maxOperationsPerUser) throw refusals.tooManyOperations(maxOperationsPerUser);
    entry.active++;
    if (kind === 'work') entry.working++;
    try {
      return await act(entry.shell);
    } finally {
      entry.active--;
      entry.lastUsed = this.#options.clock.now();
      if (kind === 'work') {
        entry.working--;
        if (entry.working === 0) for (const quiet of entry.whenQuiet.splice(0)) quiet();
      }
    }
  }

  /** Resolves when no operation is under way in the shell but Receives; rejects with a Refusal when that takes too long. */
  quiet(entry: Entry, timeoutMs: number): Promise<void> {
    if (entry.working === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(timeoutMs, () => reject(refusals.timedOut()));
      entry.whenQuiet.push(() => {
        cancel();
        resolve();
      });
    });
  }

  describe(entry: Entry): ShellDescription {
    return {
      ...entry.shell.describe(),
      clientIp: entry.lease.clientAddress,
      inactivityMs: Math.floor(this.#idle(entry) / 1000) * 1000,
    };
  }

  async remove(entry: Entry, reason: string): Promise<void> {
    this.forget(entry.shell.id);
    await entry.shell.close(reason);
  }

  /** A shell that has ended by itself. */
  forget(shellId: string): void {
    const key = idKey(shellId);
    const entry = this.#shells.get(key);
    if (entry === undefined) return;
    entry.cancelIdle();
    entry.lease.end();
    this.#shells.delete(key);
    this.#options.onChange('shell-closed', entry.shell);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.all().map((entry) => this.remove(entry, 'The service is ending')));
  }

  #idle(entry: Entry): number {
    return entry.active > 0 ? 0 : this.#options.clock.now() - entry.lastUsed;
  }

  /** A shell nobody speaks to for its IdleTimeOut ends ([MS-WSMV] 3.1.2). */
  #watchIdle(entry: Entry): void {
    const { clock, defaultIdleTimeoutMs } = this.#options;
    const limit = entry.shell.describe().idleTimeoutMs ?? defaultIdleTimeoutMs;
    const already = this.#idle(entry);
    const check = (): void => {
      const idle = this.#idle(entry);
      if (idle >= limit) void this.remove(entry, 'The shell was idle for too long');
      else entry.cancelIdle = clock.after(Math.max(limit - idle, 1), check);
    };
    entry.cancelIdle = clock.after(Math.max(limit - already, 1), check);
  }
}

/** Windows does not mind the case of a user name. */
export function sameUser(a: string, b: string): boolean {
  return userKey(a) === userKey(b);
}

function userKey(userName: string): string {
  return userName.toLowerCase();
}
