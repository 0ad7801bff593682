import { z } from 'zod';
import { LineFunction } from './line-functions.ts';

/** Chord to function, in PSReadLine's names; an empty function takes the key's away. */
const KeyChanges = z.record(z.string().min(1).max(60), z.union([LineFunction, z.literal('')]));

export const Settings = z.object({
  theme: z.enum(['system', 'dark', 'light', 'contrast']).default('system'),
  fontSize: z.int().min(9).max(32).default(13),
  scrollback: z.int().min(100).max(1_000_000).default(20_000),
  sidebar: z.boolean().default(true),
  screenReader: z.boolean().default(false),
  /** The line: which of PSReadLine's key maps, and what of it was changed. */
  editMode: z.enum(['windows', 'emacs']).default('windows'),
  // A function that a later version knows must not put the whole file aside.
  keys: KeyChanges.default({}).catch({}),
  /** Predictions out of the history: behind the line, in a list below it, or none. */
  prediction: z.enum(['none', 'inline', 'list']).default('inline'),
  /** Whose lines Up and Down walk. */
  historyScope: z.enum(['server', 'shared']).default('server'),
  /** Command lines are written to disk, but those that look like they hold a secret. */
  keepHistory: z.boolean().default(true),
  /** Completions are asked for while somebody still types, so that Tab finds them there. */
  completeAhead: z.boolean().default(true),
  /** What the end of the app does with its sessions: end them, leave those on their servers that run a command, or leave them all. */
  onClose: z.enum(['remove', 'keep-busy', 'keep']).default('keep-busy'),
  /** How long a server that cannot be reached is tried again, in minutes. */
  retryMinutes: z.int().min(1).max(1440).default(4),
});
export type Settings = z.infer<typeof Settings>;

/** What is to change. Without the defaults: they would put everything back that the change does not name. */
export const SettingsChange = z.object({
  theme: Settings.shape.theme.unwrap().optional(),
  fontSize: Settings.shape.fontSize.unwrap().optional(),
  scrollback: Settings.shape.scrollback.unwrap().optional(),
  sidebar: Settings.shape.sidebar.unwrap().optional(),
  screenReader: Settings.shape.screenReader.unwrap().optional(),
  editMode: Settings.shape.editMode.unwrap().optional(),
  keys: KeyChanges.optional(),
  prediction: Settings.shape.prediction.unwrap().optional(),
  historyScope: Settings.shape.historyScope.unwrap().optional(),
  keepHistory: Settings.shape.keepHistory.unwrap().optional(),
  completeAhead: Settings.shape.completeAhead.unwrap().optional(),
  onClose: Settings.shape.onClose.unwrap().optional(),
  retryMinutes: Settings.shape.retryMinutes.unwrap().optional(),
});
