import type { AppError } from '../../../shared/error.ts';
import type { Allowance } from '../../../shared/server.ts';
import type { NewSessionOptions, SessionRow } from '../../../shared/session.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';
import { noteReach, putServer } from '../../stores/servers.ts';
import { isLive, putSession } from '../../stores/sessions.ts';
import type { Credential } from '../../stores/shell.ts';
import { addNotice } from '../../stores/shell.ts';
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
          // The same words a second time would look as if nothing had been tried.
          const again = credential === undefined ? error : { ...error, title: `${error.title} again` };
          const refused = error.code === 'credential.required' ? null : again;
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

/**
 * Opens a session and brings the person to it, once: to its line as soon as it is on its way, or inside when it is there. Whoever has gone
 * elsewhere meanwhile stays there. Returns `null` where the person gave up or it failed; why then stands in the server's tab.
 */
export async function openSession(desk: Desk, serverId: string, wish: Wish): Promise<SessionRow | null> {
  const { tabs } = desk;
  const way = new Way(desk, serverId, wish.enter);
  patchServerTab(tabs, serverId, { opening: true, failure: null });
  const asked = await asking(
    desk,
    serverId,
    (signIn) => create(desk, serverId, wish, signIn),
    wish.options?.proxy,
  );
  patchServerTab(tabs, serverId, { opening: false });
  way.over();
  if (!asked.ok) {
    if (asked.error !== null && !way.isLeft) {
      const again = (): Promise<unknown> => openSession(desk, serverId, wish);
      patchServerTab(tabs, serverId, {
        failure: { error: asked.error, sessionId: null, enter: wish.enter, again },
      });
    } else if (asked.error !== null) addNotice(desk.shell, asked.error);
    if (!way.isLeft) focusBeside();
    return null;
  }
  putSession(desk.sessions, asked.value);
  noteReach(desk.servers, serverId, 'up');
  way.arrive(asked.value);
  return asked.value;
}

function create(
  { bridge, terminals }: Desk,
  serverId: string,
  { enter, name, options }: Wish,
  signIn: { readonly credential?: Credential },
): Promise<SessionRow> {
  return bridge.call('sessions.create', {
    serverId,
    size: terminals.likelySize(),
    enter,
    ...(name === undefined || name === '' ? {} : { name }),
    ...(options === undefined ? {} : { options }),
    ...signIn,
  });
}

/** Where the person is while a session opens. */
class Way {
  readonly #desk: Desk;
  readonly #serverId: string;
  readonly #enter: boolean;
  /** The selection that they had, or were brought to. */
  #at: number | 'anywhere' | null;
  /** The line that they were brought to. */
  #line: number | null = null;
  readonly #stop: () => void;

  constructor(desk: Desk, serverId: string, enter: boolean) {
    this.#desk = desk;
    this.#serverId = serverId;
    this.#enter = enter;
    this.#at = this.#selected;
    const before = new Set(this.#rows.map((row) => row.id));
    this.#stop = desk.sessions.subscribe(() => {
      const rows = this.#rows;
      const fresh = rows.find((row) => !before.has(row.id) && row.state === 'Opening');
      if (this.#line !== null) {
        if (rows.some((row) => row.id === this.#line)) return;
        // A question ends a try, and its line goes: what is chosen in its place is none of the person's doing.
        if (this.#selected === this.#line) this.#at = 'anywhere';
        this.#line = null;
      } else if (fresh !== undefined && !this.isLeft) {
        this.#line = fresh.id;
        this.#choose(fresh.id);
        if (!enter) focusSession(fresh.id);
      }
    });
  }

  /** Another session, or another server, is looked at now. */
  get isLeft(): boolean {
    if (this.#desk.tabs.getState().active !== this.#serverId) return true;
    return this.#at !== 'anywhere' && this.#selected !== this.#at;
  }

  over(): void {
    this.#stop();
  }

  arrive(row: SessionRow): void {
    if (this.isLeft) return;
    this.#choose(row.id);
    if (this.#enter) focusTerminal(this.#desk, row);
    else if (this.#line === null) focusSession(row.id);
  }

  get #rows(): readonly SessionRow[] {
    return this.#desk.sessions.getState().rows.filter((row) => row.serverId === this.#serverId);
  }

  get #selected(): number | null {
    return serverTab(this.#desk.tabs.getState(), this.#serverId).selectedSession;
  }

  #choose(sessionId: number): void {
    this.#at = sessionId;
    patchServerTab(this.#desk.tabs, this.#serverId, { selectedSession: sessionId });
  }
}

export function focusTerminal(desk: Desk, row: SessionRow): void {
  // After the pane was drawn, which the new row brings about.
  requestAnimationFrame(() => desk.terminals.known(row.id)?.focus());
}

/** New-PSSession: one more, not entered. The keyboard goes to its line: Enter there goes inside. */
export async function newSession(desk: Desk, serverId: string): Promise<void> {
  await openSession(desk, serverId, { enter: false });
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
  return await openSession(desk, serverId, { enter: true });
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
  await openSession(desk, serverId, { enter: false });
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
