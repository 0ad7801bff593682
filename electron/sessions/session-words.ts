/** What a session says of itself on its page and in its row. */
import type { AppError } from '../../shared/error.ts';
import { USUAL_IDLE_MS, type SessionRow } from '../../shared/session.ts';
import type { ServerFacts } from './server-facts.ts';

export function closedByServer(server: ServerFacts): AppError {
  return {
    code: 'session.closed-by-server',
    title: `${server.name} closed the session`,
    why: 'Something on that server ended the runspace; the connection was in order.',
    cure: { text: 'Open a new session.' },
  };
}

/** Past the window, or taken by another client: the server may keep it. */
export function disconnectedByItself(cause: AppError, server: ServerFacts): AppError {
  return {
    code: 'session.auto-disconnected',
    title: `The session on ${server.name} was disconnected`,
    why: `${cause.title}. What runs there goes on for as long as the server keeps it.`,
    cure: { text: 'Connect it when the server can be reached again.' },
    ...(cause.details === undefined ? {} : { details: cause.details }),
  };
}

/** What an earlier run left, told to whoever starts this one. */
export function leftBehind(rows: readonly SessionRow[]): AppError {
  const places = [...new Set(rows.map((row) => row.serverName))];
  const where = places.length > 2 ? `${String(places.length)} servers` : places.join(' and ');
  const [row] = rows;
  return {
    code: 'session.left',
    title:
      rows.length === 1 && row !== undefined
        ? `${row.name} was left on ${where}`
        : `${String(rows.length)} sessions were left on ${where}`,
    why:
      rows.length === 1
        ? 'It was open or disconnected when PSDeck ended.'
        : 'They were open or disconnected when PSDeck ended.',
    cure: {
      text:
        rows.length === 1
          ? 'What it said meanwhile comes with it.'
          : 'What they said meanwhile comes with them.',
    },
  };
}

/** Its idle time is almost over. */
export function endsSoon(row: SessionRow, at: number, now: number): AppError {
  return {
    code: 'session.ends-soon',
    title: `${row.serverName} ends ${row.name} at ${timeOfDay(at)}`,
    why: `Nobody has connected it, and its idle time is over in ${duration(at - now)}.`,
    cure: { text: 'Connect it to keep it.' },
  };
}

/** When the server may end a session that nobody connects. */
export function keptUntil(disconnectedAt: number, idleTimeoutMs: number | undefined): number {
  return disconnectedAt + (idleTimeoutMs ?? USUAL_IDLE_MS);
}

export function cutNotice(at: number): string {
  return `Interrupted at ${timeOfDay(at)}. Commands run on there; the server holds what follows.`;
}

export function restrictedNotice(configuration: string): string {
  return `${configuration} is a restricted endpoint: it has no prompt of its own, and what it runs is limited. Get-Command lists what there is.`;
}

/** A command that was started in an earlier connection, before what it brings now. */
export function goesOnNotice(startedAt: number | undefined): string {
  const since = startedAt === undefined ? '' : ` since ${timeOfDay(startedAt)}`;
  return `A command runs here${since}. What it has shown before is not kept.`;
}

/** It seems to wait for keys that nobody can press. */
export function consoleNotice(program: string): string {
  return `${program} seems to need a console, which a session over PowerShell remoting has not. Ctrl+C ends it.`;
}

/** Ctrl+C was pressed, and nothing has come of it. */
export function stopUnheard(server: ServerFacts): string {
  return `${server.name} has not stopped the command yet. Ctrl+C again leaves the session without waiting for that.`;
}

export function resumedNotice(afterMs: number): string {
  return `Connected again after ${duration(afterMs)}.`;
}

/** How many messages a gap is, by the ids that are missing: as [first, last]. */
export function missingIn(ranges: readonly (readonly [bigint, bigint])[]): number {
  return Number(ranges.reduce((sum, [first, last]) => sum + last - first + 1n, 0n));
}

function messagesOf(count: number): string {
  return count === 1 ? '1 message' : `${String(count)} messages`;
}

/** In its place. What is not certain may have been of another command that runs beside this one. */
export function gapNotice(count: number, certain: boolean): string {
  const messages = messagesOf(count);
  return certain
    ? `${messages} of the server ${count === 1 ? 'is' : 'are'} missing here.`
    : `Up to ${messages} of the server may be missing here.`;
}

/** At the first thing that comes to a later run of the app: what the killed one had seen since it last took note. */
export function unsureNotice(count: number, certain: boolean): string {
  const messages = messagesOf(count);
  return `${certain ? '' : 'Up to '}${messages} from when PSDeck ended ${count === 1 ? 'is' : 'are'} missing here; it may have shown ${count === 1 ? 'it' : 'them'} then.`;
}

/** `14:32:07` */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `1 min`, `2 h`, `24 d`: a bound, rounded down to what is said of it. */
export function roundTime(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${String(hours)} h` : `${String(Math.floor(hours / 24))} d`;
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60
    ? `${String(seconds)} s`
    : `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}
