import type { ServerDraft } from '../../../shared/server.ts';
import { ServerDraft as Draft } from '../../../shared/server.ts';

/** What stands in the fields: text as typed, whether or not it makes sense yet. */
export interface ServerForm {
  name: string;
  address: string;
  port: string;
  https: boolean;
  userName: string;
  configuration: string;
  allowPlainBasic: boolean;
}

export type FieldErrors = { [F in keyof ServerForm]?: string | undefined };

export const defaultPort = { http: '5985', https: '5986' } as const;

/** HTTPS unless something says otherwise: over plain HTTP the only way to sign in would send the password readable. */
export function formOf(draft: Partial<ServerDraft>): ServerForm {
  const https = draft.https ?? true;
  return {
    name: draft.name ?? '',
    address: draft.address ?? '',
    port: draft.port === undefined ? (https ? defaultPort.https : defaultPort.http) : String(draft.port),
    https,
    userName: draft.userName ?? '',
    configuration: draft.configuration ?? 'Microsoft.PowerShell',
    allowPlainBasic: draft.allowPlainBasic ?? false,
  };
}

/** Switching the protocol moves the port along, unless it was chosen by hand. */
export function withHttps(form: ServerForm, https: boolean): ServerForm {
  const { http, https: secure } = defaultPort;
  const usual = form.port === http || form.port === secure || form.port.trim() === '';
  return { ...form, https, port: usual ? (https ? secure : http) : form.port };
}

/** What somebody types or pastes as a server: a name, `host:port`, a URL, `[v6]:port`. */
export function draftOfAddress(typed: string): Partial<ServerDraft> {
  const text = typed.trim();
  const parts = /^(?:(https?):\/\/)?(?:\[([^\]]+)\]|([^/:\s]+))(?::(\d{1,5}))?(?:\/.*)?$/i.exec(text);
  // More than one colon without brackets is an IPv6 address.
  if (parts === null) return { address: text };
  const address = parts[2] ?? parts[3] ?? text;
  const port = parts[4] === undefined ? undefined : Number(parts[4]);
  const https = parts[1] === undefined ? port !== 5985 : parts[1].toLowerCase() === 'https';
  return { address, https, ...(port === undefined ? {} : { port }) };
}

export function checkForm(
  form: ServerForm,
): { ok: true; draft: ServerDraft } | { ok: false; errors: FieldErrors } {
  const port = /^\d+$/.test(form.port.trim()) ? Number(form.port.trim()) : Number.NaN;
  const parsed = Draft.safeParse({
    ...form,
    port,
    // Over HTTPS nothing is readable, and a leave given for HTTP must not linger.
    allowPlainBasic: form.allowPlainBasic && !form.https,
  });
  if (parsed.success) return { ok: true, draft: parsed.data };
  const errors: FieldErrors = {};
  for (const issue of parsed.error.issues) {
    const field = issue.path[0];
    if (typeof field !== 'string' || !(field in form)) continue;
    errors[field as keyof ServerForm] ??=
      field === 'port' ? 'A number from 1 to 65535' : issue.code === 'too_big' ? 'Too long' : issue.message;
  }
  return { ok: false, errors };
}
