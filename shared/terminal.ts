import { z } from 'zod';

export const OutputKind = z.enum([
  'output',
  'error',
  'warning',
  'verbose',
  'debug',
  'information',
  'echo',
  'notice',
]);
export type OutputKind = z.infer<typeof OutputKind>;

/** A piece of a session's page: VT text ready for a terminal, lines ended by CR LF. `seq` rises by one a piece and never repeats within a session. */
export const OutputItem = z.object({
  seq: z.int().nonnegative(),
  /** The command line it belongs to; 0 for what belongs to none. */
  commandId: z.int().nonnegative(),
  kind: OutputKind,
  vt: z.string(),
});
export type OutputItem = z.infer<typeof OutputItem>;

/**
 * What the session waits for. `command`: a command line at `prompt`. `continuation`: the same command line, unfinished; `text` is what was
 * sent so far and the next submit carries the whole. `line`/`secret`: a host prompt (Read-Host, Get-Credential, a choice, a mandatory
 * parameter). `key`: one key (ReadKey).
 */
export const InputRequest = z.object({
  requestId: z.int().positive(),
  kind: z.enum(['command', 'continuation', 'line', 'secret', 'key']),
  prompt: z.string(),
  text: z.string().optional(),
  /** Output up to and including this `seq` stands before the prompt: show the request once it was drawn, because the two travel apart. */
  afterSeq: z.int().nonnegative().default(0),
});
export type InputRequest = z.infer<typeof InputRequest>;

/** One progress bar. A tree by `parentId`; `percent` -1 where not known; `secondsRemaining` -1 likewise. */
export const ProgressBar = z.object({
  activityId: z.int(),
  parentId: z.int(),
  activity: z.string(),
  status: z.string(),
  operation: z.string(),
  percent: z.int(),
  secondsRemaining: z.int(),
});
export type ProgressBar = z.infer<typeof ProgressBar>;

export const CommandRecord = z.object({
  commandId: z.int().positive(),
  text: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'stopped']),
  /** Milliseconds, once ended. */
  duration: z.number().optional(),
});
export type CommandRecord = z.infer<typeof CommandRecord>;

export const TerminalSize = z.object({ columns: z.int().min(20).max(1000), rows: z.int().min(2).max(1000) });
export type TerminalSize = z.infer<typeof TerminalSize>;

export const Completion = z.object({
  /** Where the text to replace begins and how long it is, in UTF-16 units of the input. */
  replacementIndex: z.int().nonnegative(),
  replacementLength: z.int().nonnegative(),
  matches: z.array(z.object({ text: z.string(), label: z.string(), kind: z.string(), toolTip: z.string() })),
  /**
   * `session`: the server's own answer now. `commands`: from Get-Command, where there is no TabExpansion2. `cache`: from answers before,
   * `beside`: from another shell on the server; neither sees anything of this session's variables.
   */
  source: z.enum(['session', 'commands', 'cache', 'beside']).optional(),
  /** A command runs in the session: nobody was asked. */
  busy: z.boolean().optional(),
  /** Why there is no answer, where that can be said. */
  note: z.string().optional(),
});
export type Completion = z.infer<typeof Completion>;

/** A command line somebody ran, wherever it is remembered. */
export const HistoryLine = z.object({ serverId: z.string(), text: z.string() });
export type HistoryLine = z.infer<typeof HistoryLine>;

/** What the server's Get-Help says, as text of a width; `found` false where it knows nothing, and `text` says so. */
export const CommandHelp = z.object({ title: z.string(), text: z.string(), found: z.boolean() });
export type CommandHelp = z.infer<typeof CommandHelp>;

/** Everything a terminal that appears anew (a reloaded page, a tab shown later) needs to stand where the last one stood. */
export const TerminalSnapshot = z.object({
  /** The page so far, oldest part dropped beyond a bound; every piece up to and including `seq`. */
  items: z.array(OutputItem),
  truncated: z.boolean(),
  seq: z.int().nonnegative(),
  request: InputRequest.nullable(),
  progress: z.array(ProgressBar),
  history: z.array(z.string()),
  commands: z.array(CommandRecord),
});
export type TerminalSnapshot = z.infer<typeof TerminalSnapshot>;
