import { z } from 'zod';
import { AppError } from './error.ts';

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

export const SessionRow = z.object({
  /** Per run of the app, from 1, never reused. */
  id: z.int().positive(),
  instanceId: z.string(),
  name: z.string(),
  serverId: z.string(),
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
  /** Why it is Broken or Closed. */
  reason: AppError.optional(),
});
export type SessionRow = z.infer<typeof SessionRow>;
