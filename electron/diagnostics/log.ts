/**
 * What happened, for somebody who helps later: types, ids, lengths, durations. Never a payload, a message text, a password, a command line
 * or a server's answer. Fields are short scalars by type, so that handing over an object or a buffer does not compile.
 */
import { LogFile, type LogFileOptions } from './log-file.ts';

export const LogLevel = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LogLevel)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  /** `event` is dotted and constant: `session.opened`. */
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Something thrown that nobody expected. Returns the short id it can be found by; its message stays out of the log, for it may quote a payload. */
  failure(event: string, thrown: unknown, fields?: LogFields): string;
  /** The last lines, oldest first. */
  tail(): readonly string[];
  flush(): Promise<void>;
  flushSync(): void;
}

export interface LogOptions {
  readonly file?: LogFileOptions;
  readonly level?: LogLevel;
  readonly now?: () => Date;
}

/** As much as fits a screenful or two of an issue report. */
const TAIL_LINES = 300;
/** A field holds a name, an id or a code; what is longer is no such thing. */
const FIELD_CHARS = 160;
const MOST_FRAMES = 12;

export function createLog(options: LogOptions = {}): Log {
  const file = options.file === undefined ? undefined : new LogFile(options.file);
  const least = LogLevel.indexOf(options.level ?? 'info');
  const now = options.now ?? (() => new Date());
  const recent: string[] = [];
  let failures = 0;

  function line(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LogLevel.indexOf(level) < least) return;
    const parts = [now().toISOString(), level, event];
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) parts.push(`${name}=${asField(value)}`);
    }
    const text = parts.join(' ');
    recent.push(text);
    if (recent.length > TAIL_LINES) recent.shift();
    file?.append(text);
  }

  function failure(event: string, thrown: unknown, fields: LogFields = {}): string {
    failures += 1;
    const id = `${now().getTime().toString(36)}-${String(failures)}`;
    line('error', event, { id, ...fields, ...describe(thrown) });
    return id;
  }

  return {
    debug: (event, fields) => line('debug', event, fields),
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, fields) => line('error', event, fields),
    failure,
    tail: () => [...recent],
    flush: async () => file?.flush(),
    flushSync: () => file?.flushSync(),
  };
}

function asField(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const short = value.length > FIELD_CHARS ? `${value.slice(0, FIELD_CHARS)}…` : value;
  return /^[\w.:/+-]+$/.test(short) ? short : JSON.stringify(short);
}

/** Type, code and where: of what was thrown, and of what caused it. */
function describe(thrown: unknown): LogFields {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { cause } = thrown;
  return {
    type: thrown.name,
    code: codeOf(thrown),
    cause: cause instanceof Error ? [cause.name, codeOf(cause)].filter(Boolean).join(':') : undefined,
    at: framesOf(thrown),
  };
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}

/** `file.ts:12:5 < other.ts:3:1`, file names only. Taken from behind the message, which is not looked at. */
function framesOf(error: Error): string | undefined {
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  const frames = (at < 0 ? '' : stack.slice(at + error.message.length))
    .split('\n')
    .map((each) => /^\s+at .*?([^\\/()\s]+:\d+:\d+)\)?$/.exec(each)?.[1])
    .filter((frame) => frame !== undefined);
  // Ten places of this length fit a field and a half; more is asked of a debugger.
  return frames.length === 0 ? undefined : frames.slice(0, MOST_FRAMES).join('<').slice(0, FIELD_CHARS);
}
