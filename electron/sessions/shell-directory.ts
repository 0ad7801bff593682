/** What stands on a server for the signed-in user: every shell, whoever made it, as the server describes it. */
import type { Credential } from '../credentials/credential-keeper.ts';
import { shellFaultReason, type WsmanClient } from '../remoting/index.ts';
import type { ShellDescription } from '../protocol/wsman/shell-description.ts';
import { WsmanFault } from '../protocol/wsman/faults.ts';
import type { AppError } from '../../shared/error.ts';
import type { ShellList, ShellRow } from '../../shared/session.ts';
import { explain } from './explain.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import { factsOf, type Place, type Places } from './places.ts';
import { hear, standing } from './server-word.ts';
import type { Session } from './session.ts';

export interface ShellDirectoryOptions {
  readonly places: Places;
  readonly keeper: JournalKeeper;
  readonly wallClock: () => number;
  readonly sessions: () => Iterable<Session>;
  /** The session of this run that a shell is. */
  readonly sessionOf: (shellId: string) => Session | undefined;
  /** The session of this run that a shell only completes for. */
  readonly besideOf: (shellId: string) => Session | undefined;
}

const POWERSHELL = /\/powershell\/([^/]+)$/i;

export class ShellDirectory {
  readonly #options: ShellDirectoryOptions;

  constructor(options: ShellDirectoryOptions) {
    this.#options = options;
  }

  /** Everything that stands there for who signs in, and how much may. */
  async list(serverId: string, given: Credential | undefined): Promise<ShellList> {
    const { places, wallClock, sessions } = this.#options;
    const left = standing(sessions(), serverId);
    const list = await places.asking(serverId, given, async (client, { credential }): Promise<ShellList> => {
      // Who is no administrator may not ask for the limits: the list is worth as much without.
      const limits = client.serviceConfig().catch(() => undefined);
      const shells = await this.#rows(client);
      const mostShells = (await limits)?.maxShellsPerUser;
      return {
        shells,
        listedAt: wallClock(),
        ...(credential === undefined || credential.userName === '' ? {} : { userName: credential.userName }),
        ...(mostShells === undefined || mostShells < 1 ? {} : { mostShells }),
      };
    });
    hear(left, list);
    return list;
  }

  async find(
    serverId: string,
    shellId: string,
    given: Credential | undefined,
  ): Promise<ShellRow | undefined> {
    const key = shellId.toLowerCase();
    return await this.#options.places.asking(serverId, given, async (client) =>
      (await this.#rows(client)).find((row) => row.shellId.toLowerCase() === key),
    );
  }

  /** Removes them one after the other, so that a server with a limit on operations is not run down. One that is gone already is removed. */
  async remove(
    serverId: string,
    shellIds: readonly string[],
    given: Credential | undefined,
    proxy?: string,
  ): Promise<{ shellId: string; error: AppError }[]> {
    const { places, keeper } = this.#options;
    const ask = async (client: WsmanClient, { destination }: Place) => {
      const shells = await client.enumerateShells();
      const found = new Map(shells.map((shell) => [shell.shellId.toLowerCase(), shell]));
      const failed: { shellId: string; error: AppError }[] = [];
      for (const shellId of shellIds) {
        const shell = found.get(shellId.toLowerCase());
        try {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          if (shell) await client.removeShell(shell);
        } catch (error) {
          // Anything but the server's refusal is the way to it, for the others as well.
          if (!(error instanceof WsmanFault)) throw error;
          if (shellFaultReason(error) !== 'not-found') {
            failed.push({ shellId, error: explain(error, factsOf(destination.server)) });
            continue;
          }
        }
        void keeper.forget(shellId);
      }
      return failed;
    };
    return await places.asking(serverId, given, ask, proxy);
  }

  async #rows(client: WsmanClient): Promise<ShellRow[]> {
    const { keeper, sessionOf, besideOf } = this.#options;
    const left = new Set(keeper.left().map(({ entry }) => entry.shellId.toLowerCase()));
    return (await client.enumerateShells()).map((shell) => {
      const session = sessionOf(shell.shellId);
      // The server's word on how long it keeps what is ours.
      if (session && shell.idleTimeoutMs !== undefined) session.idleTimeoutIs(shell.idleTimeoutMs);
      const beside = besideOf(shell.shellId)?.id;
      return {
        ...rowOf(shell, session?.id, left.has(shell.shellId.toLowerCase())),
        ...(beside === undefined ? {} : { completesFor: beside }),
      };
    });
  }
}

function rowOf(shell: ShellDescription, sessionId: number | undefined, fromEarlierRun: boolean): ShellRow {
  const configuration = POWERSHELL.exec(shell.resourceUri ?? '')?.[1];
  const fields: { [K in keyof ShellRow]?: ShellRow[K] | undefined } = {
    owner: shell.owner,
    clientIp: shell.clientIp,
    processId: shell.processId,
    memory: shell.memoryUsed,
    childProcesses: shell.childProcesses,
    ageMs: shell.runTimeMs,
    idleMs: shell.inactivityMs,
    idleTimeoutMs: shell.idleTimeoutMs,
    maxIdleTimeoutMs: shell.maxIdleTimeoutMs,
    bufferMode: shell.bufferMode,
    sessionId,
  };
  return {
    shellId: shell.shellId,
    name: shell.name ?? '',
    state: shell.state ?? '',
    configurationName: configuration ?? shell.resourceUri?.split('/').at(-1) ?? '',
    isPowerShell: configuration !== undefined,
    fromEarlierRun,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
}
