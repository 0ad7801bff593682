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

/** Removed here, and not there: its server could not be told. */
export function stillThere(row: SessionRow, cause: unknown): AppFailure {
  const reason = cause instanceof AppFailure ? cause.error : undefined;
  return new AppFailure(
    {
      code: 'session.still-there',
      title: `${row.name} could not be removed on ${row.serverName}`,
      why: `${reason === undefined ? '' : `${reason.title}. `}What runs in it runs on, until its idle time is over.`,
      cure: { text: 'Remove it in “On the server” when the server can be reached again.' },
      ...(reason?.details === undefined ? {} : { details: reason.details }),
    },
    { cause },
  );
}

export function shellGone(): AppFailure {
  return new AppFailure({
    code: 'session.expired',
    title: 'That session is not on the server any more',
    why: 'It was removed, or its idle time was over.',
    cure: { text: 'Open a new session.' },
  });
}
