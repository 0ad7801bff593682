import { z } from 'zod';

export const Settings = z.object({
  theme: z.enum(['system', 'dark', 'light', 'contrast']).default('system'),
  fontSize: z.int().min(9).max(32).default(13),
  scrollback: z.int().min(100).max(1_000_000).default(20_000),
  sidebar: z.boolean().default(true),
  screenReader: z.boolean().default(false),
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
  onClose: Settings.shape.onClose.unwrap().optional(),
  retryMinutes: Settings.shape.retryMinutes.unwrap().optional(),
});
