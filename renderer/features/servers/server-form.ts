import type { AuthChoice, Server, ServerDraft, SignInSettings } from '../../../shared/server.ts';
import { effectiveSignIn, ServerDraft as Draft, SIGN_IN_DEFAULTS } from '../../../shared/server.ts';

/** What stands in the fields: text as typed, whether or not it makes sense yet. */
export interface ServerForm {
  name: string;
  address: string;
  port: string;
  https: boolean;
  userName: string;
  configuration: string;
  auth: AuthChoice;
  forbidNtlm: boolean;
  delegate: boolean;
  credSspOlder: boolean;
  spnService: string;
  spnHost: string;
  certificateFile: string;
  certificateKeyFile: string;
  proxy: string;
  allowPlainBasic: boolean;
  allowNtlmOverHttp: boolean;
}

export type FieldErrors = { [F in keyof ServerForm]?: string | undefined };

export const defaultPort = { http: '5985', https: '5986' } as const;

/** HTTP unless something says otherwise: it is what Enable-PSRemoting sets up, and the messages in it are encrypted. */
export function formOf(draft: Partial<ServerDraft>): ServerForm {
  const https = draft.https ?? false;
  const signIn = effectiveSignIn(draft.signIn);
  return {
    name: draft.name ?? '',
    address: draft.address ?? '',
    port: draft.port === undefined ? (https ? defaultPort.https : defaultPort.http) : String(draft.port),
    https,
    userName: draft.userName ?? '',
    configuration: draft.configuration ?? 'Microsoft.PowerShell',
    auth: signIn.auth,
    forbidNtlm: signIn.forbidNtlm,
    delegate: signIn.delegate,
    credSspOlder: signIn.credSspOlder,
    spnService: signIn.spnService ?? '',
    spnHost: signIn.spnHost ?? '',
    certificateFile: signIn.certificateFile ?? '',
    certificateKeyFile: signIn.certificateKeyFile ?? '',
    proxy: signIn.proxy ?? '',
    allowPlainBasic: draft.allowPlainBasic ?? false,
    allowNtlmOverHttp: draft.allowNtlmOverHttp ?? false,
  };
}

/** Switching the protocol moves the port along, unless it was chosen by hand. */
export function withHttps(form: ServerForm, https: boolean): ServerForm {
  const { http, https: secure } = defaultPort;
  const usual = form.port === http || form.port === secure || form.port.trim() === '';
  return { ...form, https, port: usual ? (https ? secure : http) : form.port };
}

/** What each way to sign in has to be told. A field that is not asked for is not kept either. */
export function fieldsOf(form: Pick<ServerForm, 'auth' | 'https'>): ReadonlySet<keyof ServerForm> {
  const { auth, https } = form;
  const fields = new Set<keyof ServerForm>(['proxy']);
  const add = (...names: (keyof ServerForm)[]): void => names.forEach((name) => void fields.add(name));
  if (auth === 'negotiate' || auth === 'credssp') add('forbidNtlm');
  if (auth === 'negotiate' || auth === 'kerberos') add('delegate');
  if (auth === 'negotiate' || auth === 'kerberos' || auth === 'credssp') add('spnService', 'spnHost');
  if (auth === 'credssp') add('credSspOlder');
  if (auth === 'certificate') add('certificateFile', 'certificateKeyFile');
  if (auth === 'basic' && !https) add('allowPlainBasic');
  if ((auth === 'negotiate' || auth === 'ntlm') && !https) add('allowNtlmOverHttp');
  return fields;
}

/** Whether something was chosen that the plain form does not show. */
export function isSpecial(form: ServerForm): boolean {
  return Object.keys(signInOf(form)).length > 0 || form.allowPlainBasic || form.allowNtlmOverHttp;
}

/** Only what differs from where nobody chose anything: the rest stays open for what it may be inherited from. */
function signInOf(form: ServerForm): SignInSettings {
  const asked = fieldsOf(form);
  const settings: SignInSettings = form.auth === SIGN_IN_DEFAULTS.auth ? {} : { auth: form.auth };
  for (const name of ['forbidNtlm', 'delegate', 'credSspOlder'] as const) {
    if (asked.has(name) && form[name]) settings[name] = true;
  }
  for (const name of ['spnService', 'spnHost', 'certificateFile', 'certificateKeyFile', 'proxy'] as const) {
    const typed = form[name].trim();
    if (asked.has(name) && typed !== '') settings[name] = typed;
  }
  return settings;
}

/** What somebody types or pastes as a server: a name, `host:port`, a URL, `[v6]:port`. */
export function draftOfAddress(typed: string): Partial<ServerDraft> {
  const trimmed = typed.trim();
  const parts = /^(?:(https?):\/\/)?(?:\[([^\]]+)\]|([^/:\s]+))(?::(\d{1,5}))?(?:\/.*)?$/i.exec(trimmed);
  // More than one colon without brackets is an IPv6 address.
  if (parts === null) return { address: trimmed };
  const address = parts[2] ?? parts[3] ?? trimmed;
  const port = parts[4] === undefined ? undefined : Number(parts[4]);
  const https = parts[1] === undefined ? port === 5986 || port === 443 : parts[1].toLowerCase() === 'https';
  return { address, https, ...(port === undefined ? {} : { port }) };
}

export function checkForm(
  form: ServerForm,
): { ok: true; draft: ServerDraft } | { ok: false; errors: FieldErrors } {
  const port = /^\d+$/.test(form.port.trim()) ? Number(form.port.trim()) : Number.NaN;
  const asked = fieldsOf(form);
  const parsed = Draft.safeParse({
    ...form,
    port,
    signIn: signInOf(form),
    // A leave that was given for one way to sign in, or for HTTP, must not linger in another.
    allowPlainBasic: form.allowPlainBasic && asked.has('allowPlainBasic'),
    allowNtlmOverHttp: form.allowNtlmOverHttp && asked.has('allowNtlmOverHttp'),
  });
  const errors: FieldErrors = {};
  if (form.auth === 'certificate' && !form.https) {
    errors.auth = 'A certificate signs in over HTTPS only';
  } else if (form.auth === 'certificate' && form.certificateFile.trim() === '') {
    errors.certificateFile = 'Type the path of your certificate: a .pfx or a .pem file';
  }
  if (parsed.success) return errorFree(errors) ? { ok: true, draft: parsed.data } : { ok: false, errors };
  for (const issue of parsed.error.issues) {
    const field = issue.path.at(-1);
    if (typeof field !== 'string' || !(field in form)) continue;
    errors[field as keyof ServerForm] ??=
      field === 'port' ? 'A number from 1 to 65535' : issue.code === 'too_big' ? 'Too long' : issue.message;
  }
  return { ok: false, errors };
}

function errorFree(errors: FieldErrors): boolean {
  return Object.keys(errors).length === 0;
}

/** As a person says it, on the way it goes. */
export const AUTH_NAMES: Readonly<Record<AuthChoice, string>> = {
  negotiate: 'Negotiate',
  kerberos: 'Kerberos',
  ntlm: 'NTLM',
  credssp: 'CredSSP',
  certificate: 'Certificate',
  basic: 'Basic',
};

/** `over HTTPS, by Kerberos`: what stands under the title where somebody signs in. */
export function wayIn(server: Pick<Server, 'https' | 'signIn'>): string {
  const { auth } = effectiveSignIn(server.signIn);
  const over = `over ${server.https ? 'HTTPS' : 'HTTP'}`;
  return auth === SIGN_IN_DEFAULTS.auth ? over : `${over}, by ${AUTH_NAMES[auth]}`;
}
