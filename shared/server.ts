import { z } from 'zod';

/** What a person may set on a server. */
export const ServerDraft = z.object({
  /** The name in the list; the address where left empty. */
  name: z.string().trim().max(200).default(''),
  /** Host name, IPv4 or IPv6 address (without brackets). */
  address: z
    .string()
    .trim()
    .min(1, 'Type the name or the address of the server')
    .max(255)
    .regex(/^[^\s/@?#\\]+$/, 'A name or an address only: no spaces, slashes or user name'),
  port: z.int().min(1).max(65535),
  https: z.boolean(),
  userName: z.string().trim().max(256).default(''),
  /** Session configuration (endpoint) name. */
  configuration: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .regex(/^[^\s/?#&]+$/, 'A session configuration name has no spaces or slashes')
    .default('Microsoft.PowerShell'),
  /** Basic over plain HTTP sends the password readable: only after the person said so for this server. */
  allowPlainBasic: z.boolean().default(false),
});
export type ServerDraft = z.infer<typeof ServerDraft>;

export const Server = ServerDraft.extend({
  id: z.string(),
  kind: z.enum(['winrm', 'practice']),
  /** SHA-256 fingerprint (upper-case hex, colons) of a certificate that the person trusts for this server alone. */
  trustedFingerprint: z.string().optional(),
  /** Only the practice server has these. */
  practice: z
    .object({
      state: z.enum(['stopped', 'starting', 'ready', 'unavailable']),
      message: z.string().optional(),
    })
    .optional(),
});
export type Server = z.infer<typeof Server>;
