import type { AppError } from '../../../shared/error.ts';
import type { Allowance } from '../../../shared/server.ts';
import type { NewSessionOptions, SessionRow } from '../../../shared/session.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';
import { noteReach, putServer } from '../../stores/servers.ts';
import { isLive, putSession } from '../../stores/sessions.ts';
import type { Credential } from '../../stores/shell.ts';
import { openTab, patchServerTab, serverTab } from '../../stores/tabs.ts';
import { focusBeside, focusSession } from '../../ui/focus.ts';

/** Main refuses with one of these where the person has to type (again) who they are. */
function asksCredential(code: string): boolean {
  return code === 'credential.required' || code === 'signin.rejected' || code === 'signin.user-name';
}

/** The proxy whose own sign-in is asked for; one that the environment names brings its user along or does not. */
function askingProxy(
  desk: Desk,
  serverId: string,
  error: AppError,
  own: string | undefined,
): string | undefined {
  const server = desk.servers.getState().servers.find((known) => known.id === serverId);
  const proxy = own ?? server?.signIn.proxy;
  return error.code === 'proxy.sign-in' && proxy !== 'system' && proxy !== 'none' ? proxy : undefined;
}

function asksTrust(error: AppError): boolean {
  return (error.code === 'tls.untrusted' || error.code === 'tls.changed') && error.certificate !== undefined;
}

/** Refusals that a person may lift, for one server. */
const LIFTED: Readonly<Record<string, Allowance>> = {
  'signin.ntlm-over-http': 'ntlm-over-http',
  'signin.plain-text': 'plain-basic',
};

function askCredential(
  desk: Desk,
  serverId: string,
  error: AppError | null,
  proxy?: string,
): Promise<Credential | null> {
  return new Promise((answer) => {
    desk.shell.setState({
      signIn: {
        serverId,
        ...(proxy === undefined ? {} : { proxy }),
        error,
        busy: false,
        answer(credential) {
          // The form stays while the log-on is tried, so that a refusal loses nothing of what was typed.
          const { signIn } = desk.shell.getState();
          desk.shell.setState({
            signIn: credential === null || signIn === null ? null : { ...signIn, busy: true },
          });
          answer(credential);
        },
      },
    });
  });
}

function askTrust(desk: Desk, serverId: string, error: AppError): Promise<boolean> {
  return new Promise((answer) => {
    desk.shell.setState({
      trust: {
        serverId,
        error,
        answer(trust) {
          desk.shell.setState({ trust: null });
          answer(trust);
        },
      },
    });
  });
}

function askAllow(desk: Desk, serverId: string, what: Allowance, error: AppError): Promise<boolean> {
  return new Promise((answer) => {
    desk.shell.setState({
      allow: {
        serverId,
        what,
        error,
        answer(allow) {
          desk.shell.setState({ allow: null });
          answer(allow);
        },
      },
    });
  });
}

export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  /** Without an error where the person gave up. */
  | { readonly ok: false; readonly error: AppError | null };

/**
 * Does something on a server, asking what has to be asked on the way. Each question is asked because of an answer of the server, and a
 * rejected password is never sent a second time. Never throws.
 */
export async function asking<T>(
  desk: Desk,
  serverId: string,
  attempt: (signIn: { readonly credential?: Credential }) => Promise<T>,
  /** The session's own proxy, where it is not reached as the server is. */
  ownProxy?: string,
): Promise<Asked<T>> {
  const { bridge, shell } = desk;
  // Lives in this call only: typed once, it serves the further tries this needs.
  let credential: Credential | undefined;
  try {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- the next attempt follows from the answer to this one
        return { ok: true, value: await attempt(credential === undefined ? {} : { credential }) };
      } catch (thrown) {
        const error = appErrorOf(thrown);
        const proxy = askingProxy(desk, serverId, error, ownProxy);
        if (asksCredential(error.code)) {
          const refused = error.code === 'credential.required' ? null : error;
          // oxlint-disable-next-line no-await-in-loop
          const typed = await askCredential(desk, serverId, refused);
          if (typed === null) return { ok: false, error: null };
          credential = typed;
        } else if (proxy !== undefined) {
          // oxlint-disable-next-line no-await-in-loop
          const typed = await askCredential(desk, serverId, error, proxy);
          if (typed === null) return { ok: false, error };
          // oxlint-disable-next-line no-await-in-loop
          await bridge.call('servers.proxySignIn', {
            id: serverId,
            credential: typed,
            ...(ownProxy === undefined ? {} : { proxy }),
          });
        } else if (asksTrust(error)) {
          // oxlint-disable-next-line no-await-in-loop
          if (!(await askTrust(desk, serverId, error))) return { ok: false, error: null };
          const fingerprint = error.certificate?.fingerprint ?? '';
          putServer(
            desk.servers,
            // oxlint-disable-next-line no-await-in-loop
            await bridge.call('servers.trustCertificate', { id: serverId, fingerprint }),
          );
        } else if (LIFTED[error.code] !== undefined) {
          const what = LIFTED[error.code] as Allowance;
          // oxlint-disable-next-line no-await-in-loop
          if (!(await askAllow(desk, serverId, what, error))) return { ok: false, error };
          // oxlint-disable-next-line no-await-in-loop
          putServer(desk.servers, await bridge.call('servers.allow', { id: serverId, what }));
        } else {
          if (error.code.startsWith('connect.')) noteReach(desk.servers, serverId, 'down');
          return { ok: false, error };
        }
      }
    }
  } catch (thrown) {
    return { ok: false, error: appErrorOf(thrown) };
  } finally {
    if (shell.getState().signIn?.serverId === serverId) shell.setState({ signIn: null });
  }
}

export interface Wish {
  readonly enter: boolean;
  readonly name?: string;
  readonly options?: NewSessionOptions;
}

/** Opens a session. Returns `null` where the person gave up or it failed; why then stands in the server's tab. */
export async function createSession(desk: Desk, serverId: string, wish: Wish): Promise<SessionRow | null> {
  const { bridge, tabs, terminals } = desk;
  patchServerTab(tabs, serverId, { opening: true, failure: null });
  const asked = await asking(
    desk,
    serverId,
    (signIn) =>
      bridge.call('sessions.create', {
        serverId,
        size: terminals.likelySize(),
        enter: wish.enter,
        ...(wish.name === undefined || wish.name === '' ? {} : { name: wish.name }),
        ...(wish.options === undefined ? {} : { options: wish.options }),
        ...signIn,
      }),
    wish.options?.proxy,
  );
  patchServerTab(tabs, serverId, { opening: false });
  if (!asked.ok) {
    if (asked.error !== null)
      patchServerTab(tabs, serverId, {
        failure: {
          error: asked.error,
          sessionId: null,
          enter: wish.enter,
          again: () => openAgain(desk, serverId, wish),
        },
      });
    return null;
  }
  putSession(desk.sessions, asked.value);
  noteReach(desk.servers, serverId, 'up');
  patchServerTab(tabs, serverId, { selectedSession: asked.value.id });
  return asked.value;
}

/** As it was wished for: with its name and its options. */
async function openAgain(desk: Desk, serverId: string, wish: Wish): Promise<void> {
  const row = await createSession(desk, serverId, wish);
  if (row === null) focusBeside();
  else if (wish.enter) focusTerminal(desk, row);
  else focusSession(row.id);
}

export function focusTerminal(desk: Desk, row: SessionRow): void {
  // After the pane was drawn, which the new row brings about.
  requestAnimationFrame(() => desk.terminals.known(row.id)?.focus());
}

/** New-PSSession: one more, not entered. The keyboard goes to its line: Enter there goes inside. */
export async function newSession(desk: Desk, serverId: string): Promise<void> {
  const row = await createSession(desk, serverId, { enter: false });
  if (row === null) focusBeside();
  else focusSession(row.id);
}

/** Double-click: be inside the server. One already entered is shown again rather than entered twice. */
export async function enterServer(desk: Desk, serverId: string): Promise<SessionRow | null> {
  openTab(desk.tabs, serverId);
  const rows = desk.sessions.getState().rows.filter((row) => row.serverId === serverId);
  const inside = rows.find((row) => row.entered && isLive(row));
  if (inside !== undefined) {
    patchServerTab(desk.tabs, serverId, { selectedSession: inside.id });
    focusTerminal(desk, inside);
    return inside;
  }
  if (serverTab(desk.tabs.getState(), serverId).opening) return null;
  const row = await createSession(desk, serverId, { enter: true });
  if (row !== null) focusTerminal(desk, row);
  return row;
}

/** In place of a session that ended: what was typed there and not sent stands in the new one's line, and waits for Enter. */
export async function enterAgain(desk: Desk, ended: SessionRow): Promise<void> {
  const row = await enterServer(desk, ended.serverId);
  const unsent = row === null ? '' : (desk.terminals.known(ended.id)?.takeUnsent() ?? '');
  if (row !== null && unsent !== '') desk.terminals.get(row.id).insert(unsent);
}

/** Ctrl+Enter: a tab and a session for it, without going inside. */
export async function openServer(desk: Desk, serverId: string): Promise<void> {
  openTab(desk.tabs, serverId);
  const live = desk.sessions.getState().rows.some((row) => row.serverId === serverId && isLive(row));
  if (live || serverTab(desk.tabs.getState(), serverId).opening) return;
  await createSession(desk, serverId, { enter: false });
}

async function tell(
  desk: Desk,
  { id, serverId }: SessionRow,
  work: Promise<unknown>,
  again: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    patchServerTab(desk.tabs, serverId, {
      failure: { error: appErrorOf(thrown), sessionId: id, enter: false, again },
    });
    return false;
  }
}

export async function enterSession(desk: Desk, row: SessionRow): Promise<void> {
  const size = desk.terminals.known(row.id)?.size ?? desk.terminals.likelySize();
  const entered = desk.bridge
    .call('sessions.enter', { sessionId: row.id, size })
    .then((now) => putSession(desk.sessions, now));
  if (await tell(desk, row, entered, () => enterSession(desk, row))) focusTerminal(desk, row);
}

export async function exitSession(desk: Desk, row: SessionRow): Promise<void> {
  await tell(desk, row, desk.bridge.call('sessions.exit', { sessionId: row.id }), () =>
    exitSession(desk, row),
  );
}
