import { z } from 'zod';

/** Ways to sign in. `negotiate` is Kerberos where it can be had, else NTLM, as Windows does it. */
export const AuthChoice = z.enum(['negotiate', 'kerberos', 'ntlm', 'basic', 'credssp', 'certificate']);
export type AuthChoice = z.infer<typeof AuthChoice>;

const text = (most: number) => z.string().trim().max(most);

/** A file on the computer that PSDeck runs on; its content never crosses to a window. */
const filePath = text(4096).min(1);

/** `host:port` of an HTTP proxy, or `system` for the one that the environment names. */
export const ProxyAddress = text(300).regex(
  /^(?:system|(?:http:\/\/)?(?:\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]]+):\d{1,5}\/?)$/,
  'Type it as host:port, without user or password; or system',
);

/**
 * How to sign in. What is left out is not chosen here: it comes from wherever the server inherits from, in the end from
 * {@link SIGN_IN_DEFAULTS}. That nothing is written where nothing was chosen is what leaves room for folders.
 */
export const SignInSettings = z.object({
  auth: AuthChoice.optional(),
  /** Negotiate and CredSSP may not go on with NTLM. */
  forbidNtlm: z.boolean().optional(),
  /** Kerberos: let the server act for the user on other machines. */
  delegate: z.boolean().optional(),
  /** Class and host of the service principal name, where they are not `HTTP` and the address. */
  spnService: text(64)
    .min(1)
    .regex(/^[^\s/@\\]+$/, 'A service class has no spaces, slashes or @')
    .optional(),
  spnHost: text(255)
    .min(1)
    .regex(/^[^\s/@\\]+$/, 'A host name only: no spaces, slashes or @')
    .optional(),
  /** CredSSP below version 5, which does not protect the password from whoever stands between (CVE-2018-0886). */
  credSspOlder: z.boolean().optional(),
  /** The user's own certificate: PFX, or PEM with the key in it or beside it. */
  certificateFile: filePath.optional(),
  certificateKeyFile: filePath.optional(),
  /** `host:port` of an HTTP proxy, or `system` for the one that the environment names; who signs in there is asked for, never written here. */
  proxy: ProxyAddress.optional(),
});
export type SignInSettings = z.infer<typeof SignInSettings>;

/** Where nobody chose anything. */
export const SIGN_IN_DEFAULTS = {
  auth: 'negotiate',
  forbidNtlm: false,
  delegate: false,
  credSspOlder: false,
} as const satisfies SignInSettings;

type Defaulted = keyof typeof SIGN_IN_DEFAULTS;
export type EffectiveSignIn = Omit<SignInSettings, Defaulted> & {
  [N in Defaulted]: NonNullable<SignInSettings[N]>;
};

/** The nearest choice wins: the server's own first, then those it inherits from, from the inside out. */
export function effectiveSignIn(...nearestFirst: readonly (SignInSettings | undefined)[]): EffectiveSignIn {
  const found: Record<string, unknown> = { ...SIGN_IN_DEFAULTS };
  for (const settings of nearestFirst.toReversed()) {
    for (const [name, value] of Object.entries(settings ?? {})) if (value !== undefined) found[name] = value;
  }
  // A policy that forbids is not lifted from further inside.
  if (nearestFirst.some((settings) => settings?.forbidNtlm === true)) found['forbidNtlm'] = true;
  return found as EffectiveSignIn;
}

/**
 * Whether a server may be signed in to before a password is asked for: by a certificate, or by a ticket or the system's own log-on. Those are
 * somebody's already: a server with a user name wants that one's password.
 */
export function mayNeedNoPassword(server: {
  userName: string;
  signIn?: SignInSettings | undefined;
}): boolean {
  const { auth } = effectiveSignIn(server.signIn);
  return auth === 'certificate' || (server.userName === '' && (auth === 'negotiate' || auth === 'kerberos'));
}

/** What a person may set on a server. */
export const ServerDraft = z.object({
  /** The name in the list; the address where left empty. */
  name: text(200).default(''),
  /** Host name, IPv4 or IPv6 address (without brackets). */
  address: z
    .string()
    .trim()
    .min(1, 'Type the name or the address of the server')
    .max(255)
    .regex(/^[^\s/@?#\\]+$/, 'A name or an address only: no spaces, slashes or user name'),
  port: z.int().min(1).max(65535),
  https: z.boolean(),
  userName: text(256).default(''),
  /** Session configuration (endpoint) name. */
  configuration: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .regex(/^[^\s/?#&]+$/, 'A session configuration name has no spaces or slashes')
    .default('Microsoft.PowerShell'),
  signIn: SignInSettings.default({}),
  /** Basic over plain HTTP sends the password readable: only after the person said so for this server. Never inherited. */
  allowPlainBasic: z.boolean().default(false),
  /** NTLM over plain HTTP does not prove which server answers: only after the person said so for this server. Never inherited. */
  allowNtlmOverHttp: z.boolean().default(false),
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

/** What a person may be asked to allow for one server, once. */
export const Allowance = z.enum(['ntlm-over-http', 'plain-basic']);
export type Allowance = z.infer<typeof Allowance>;
