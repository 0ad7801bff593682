import { z } from 'zod';
import { AppError } from './error.ts';
import { ProxyAddress } from './server.ts';

/** Runspace state of a PSSession, as Get-PSSession prints it. */
export const SessionState = z.enum([
  'BeforeOpen',
  'Opening',
  'Opened',
  'Closing',
  'Closed',
  'Broken',
  'Disconnecting',
  'Disconnected',
  'Connecting',
]);
export type SessionState = z.infer<typeof SessionState>;

export const Availability = z.enum(['None', 'Available', 'AvailableForNestedCommand', 'Busy', 'RemoteDebug']);
export type Availability = z.infer<typeof Availability>;

/** What happens to output when the server's buffer is full and nobody takes it: the command waits, or the oldest output is lost. */
export const BufferMode = z.enum(['Block', 'Drop']);
export type BufferMode = z.infer<typeof BufferMode>;

/** Every server refuses less (WINRS_IDLETIMEOUT_OUTOFBOUNDS); what it allows at most, only it knows. */
export const LEAST_IDLE_MS = 60_000;
/** What a Windows server keeps a shell for that was made without a word about it (PSSessionOption.IdleTimeout). */
export const USUAL_IDLE_MS = 7_200_000;

const idleTimeout = z.int().min(LEAST_IDLE_MS, 'No server allows less than a minute').max(2_147_483_647);

/** New-PSSessionOption and the parameters of New-PSSession, where they are not the server's to say. */
export const NewSessionOptions = z.object({
  configurationName: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .regex(/^[^\s/?#&]+$/, 'A session configuration name has no spaces or slashes')
    .optional(),
  idleTimeoutMs: idleTimeout.optional(),
  /** How long one request may take at the server. Absent: a minute. */
  operationTimeoutMs: z.int().min(1000).max(600_000).optional(),
  /** How long opening may take. Absent: three minutes, as PowerShell. */
  openTimeoutMs: z.int().min(1000).max(3_600_000).optional(),
  /** RFC 4646 tag: the language in which the server says what is wrong. */
  culture: z
    .string()
    .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'A language tag, as en-US')
    .optional(),
  /** Do not load the user's profile there: faster, and leaves no folder behind. */
  noMachineProfile: z.boolean().optional(),
  bufferMode: BufferMode.optional(),
  /** By which proxy it is reached, in place of the server's own; `none` goes without. Who signs in there is asked for. */
  proxy: z.union([z.literal('none'), ProxyAddress]).optional(),
});
export type NewSessionOptions = z.infer<typeof NewSessionOptions>;

/** Disconnect-PSSession. */
export const DisconnectOptions = z.object({
  idleTimeoutMs: idleTimeout.optional(),
  bufferMode: BufferMode.optional(),
});
export type DisconnectOptions = z.infer<typeof DisconnectOptions>;

/** An attempt that failed and will be made again. Times are milliseconds since 1970. */
export const Retrying = z.object({
  /** `cut`: the server cannot be reached. `held`: it says that another client has the session. */
  kind: z.enum(['cut', 'held']),
  since: z.number(),
  attempts: z.int().nonnegative(),
  nextTryAt: z.number(),
  givesUpAt: z.number(),
  /** Why the last attempt failed, one sentence. */
  why: z.string(),
});
export type Retrying = z.infer<typeof Retrying>;

export const SessionRow = z.object({
  /** Per run of the app, from 1, never reused. */
  id: z.int().positive(),
  instanceId: z.string(),
  name: z.string(),
  serverId: z.string(),
  /** As the person calls the server; `computerName` is what was connected to. */
  serverName: z.string(),
  computerName: z.string(),
  state: SessionState,
  configurationName: z.string(),
  availability: Availability,
  /** Somebody is inside it (Enter-PSSession). */
  entered: z.boolean(),
  /** Made by entering a server: it ends when left. */
  endsOnExit: z.boolean(),
  /** Signed-in user and how, for the status bar: `admin`, `Basic over HTTPS`. */
  userName: z.string().optional(),
  security: z.string().optional(),
  /** What the other side said of itself: `7.6.9`, `Core`, `Debian GNU/Linux 12`. */
  psVersion: z.string().optional(),
  os: z.string().optional(),
  /** Why it is Broken or Closed, or Disconnected though nobody asked for that. */
  reason: AppError.optional(),
  /** While the way to it is cut, or another client has it, and it is tried again. */
  retrying: Retrying.optional(),
  /** It can be left on the server: Disconnect works. */
  canDisconnect: z.boolean().optional(),
  idleTimeoutMs: z.number().optional(),
  bufferMode: BufferMode.optional(),
  /** Its own, where it is not reached as the server is. */
  proxy: z.string().optional(),
  /** Disconnected: when its server may end it, milliseconds since 1970. */
  keptUntil: z.number().optional(),
  /** It was left on the server by an earlier run of PSDeck, or by another client, and has not been connected by this one. */
  left: z.enum(['earlier-run', 'other-client']).optional(),
  /** Somebody was inside when it was disconnected, and is again when it is connected. */
  insideBefore: z.boolean().optional(),
  /** An endpoint as Just Enough Administration makes them: no prompt function, and most likely no scripts. */
  restricted: z.boolean().optional(),
  /** Messages of the server that are proved to be missing. */
  missed: z.int().positive().optional(),
});
export type SessionRow = z.infer<typeof SessionRow>;

/** A shell of the signed-in user on a server, whoever made it. */
export const ShellRow = z.object({
  shellId: z.string(),
  name: z.string(),
  /** `Connected` or `Disconnected`, as the server says it. */
  state: z.string(),
  /** The resource's last part: the session configuration, or `cmd` for a winrs shell. */
  configurationName: z.string(),
  /** A PowerShell session, which can be taken over; anything else can only be removed. */
  isPowerShell: z.boolean(),
  owner: z.string().optional(),
  clientIp: z.string().optional(),
  processId: z.number().optional(),
  memory: z.string().optional(),
  childProcesses: z.number().optional(),
  /** Milliseconds since it was made, and since it was last used. */
  ageMs: z.number().optional(),
  idleMs: z.number().optional(),
  idleTimeoutMs: z.number().optional(),
  maxIdleTimeoutMs: z.number().optional(),
  bufferMode: z.string().optional(),
  /** The session of this run that it is. */
  sessionId: z.int().positive().optional(),
  /** The session of this run that it completes for while a command runs there; no session itself. */
  completesFor: z.int().positive().optional(),
  /** An earlier run of PSDeck on this computer made it. */
  fromEarlierRun: z.boolean(),
});
export type ShellRow = z.infer<typeof ShellRow>;

export const ShellList = z.object({
  shells: z.array(ShellRow),
  userName: z.string().optional(),
  /** How many this user may have, where the server tells. */
  mostShells: z.int().positive().optional(),
  /** Milliseconds since 1970. */
  listedAt: z.number(),
});
export type ShellList = z.infer<typeof ShellList>;
