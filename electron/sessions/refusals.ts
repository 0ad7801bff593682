/** Why a session does not do what it was asked, in words for the person. */
import { AppFailure } from '../../shared/error.ts';
import type { SessionRow } from '../../shared/session.ts';

export function busy(row: SessionRow): AppFailure {
  return new AppFailure({
    code: 'session.busy',
    title: row.entered ? `You are inside ${row.name}` : `${row.name} runs a command`,
    why: 'A session runs one command at a time.',
    cure: {
      text: row.entered
        ? 'Type the command at its prompt, or leave it first.'
        : 'Wait for it, or stop it with Ctrl+C.',
    },
  });
}

export function notOpen(row: SessionRow): AppFailure {
  return new AppFailure(
    row.reason ?? {
      code: 'session.not-open',
      title: `${row.name} is ${row.state}`,
      why: 'Only an opened session takes commands.',
      cure: { text: row.state === 'Disconnected' ? 'Connect it first.' : 'Open a new session.' },
    },
  );
}
