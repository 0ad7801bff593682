/** Why the registry does not do what it was asked. */
import { AppFailure } from '../../shared/error.ts';
import type { SessionRow } from '../../shared/session.ts';

export function unknownSession(id: number): AppFailure {
  return new AppFailure({
    code: 'session.unknown',
    title: `There is no session ${String(id)} any more`,
    why: 'It was removed, or ended when it was left.',
    cure: { text: 'Open a new session.' },
  });
}

export function cancelled(server: string, why?: string): AppFailure {
  return new AppFailure({
    code: 'session.cancelled',
    title: `Opening the session on ${server} was cancelled`,
    ...(why === undefined ? {} : { why }),
  });
}

export function credentialRequired(server: string): AppFailure {
  return new AppFailure({
    code: 'credential.required',
    title: `Sign in to ${server}`,
    why: 'No password is known for this server.',
    cure: { text: 'Type the user name and the password. They are kept in memory until PSDeck ends.' },
  });
}

/** A server of protocol 2.1 (Windows Server 2008 R2), or a connection that is not WinRM. */
export function cannotLeave(row: SessionRow): AppFailure {
  return new AppFailure({
    code: 'session.cannot-disconnect',
    title: `${row.name} cannot be disconnected`,
    why: `What answers on ${row.computerName} keeps no session without a client: that came with WinRM 3.0 (Windows Server 2012).`,
    cure: { text: 'Leave it open, or remove it.' },
  });
}

export function shellGone(): AppFailure {
  return new AppFailure({
    code: 'session.expired',
    title: 'That session is not on the server any more',
    why: 'It was removed, or its idle time was over.',
    cure: { text: 'Open a new session.' },
  });
}
