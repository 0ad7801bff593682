/** What a list of a server's shells says of the sessions of this run that stand there without us: the server's word wins over ours. */
import type { ShellList } from '../../shared/session.ts';
import type { Session } from './session.ts';

/** Those that the next list of that server can say something new of: what is left or connected meanwhile is not in its picture yet. */
export function standing(sessions: Iterable<Session>, serverId: string): readonly Session[] {
  return [...sessions].filter((session) => session.serverId === serverId && isLeft(session));
}

export function hear(sessions: readonly Session[], list: ShellList): void {
  const there = new Map(list.shells.map((shell) => [shell.shellId.toLowerCase(), shell]));
  for (const session of sessions) {
    const { row, shellId } = session;
    if (shellId === undefined || !isLeft(session)) continue;
    const shell = there.get(shellId.toLowerCase());
    if (shell === undefined) {
      // Another user's sessions are not in the list, which says nothing of them.
      if (row.userName === list.userName) session.gone();
    } else if (shell.state === 'Connected' && row.availability !== 'Busy') session.note('held');
    else if (shell.state === 'Disconnected' && row.availability === 'Busy') session.note('released');
  }
}

/** Disconnected, and nobody is about to connect it. */
function isLeft({ row }: Session): boolean {
  return row.state === 'Disconnected' && row.retrying === undefined;
}
