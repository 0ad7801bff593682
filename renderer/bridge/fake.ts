import type {
  BridgePort,
  CallAnswer,
  CallName,
  CallOutput,
  CallParsed,
  EventName,
  EventPayload,
} from '../../shared/contract.ts';
import { calls } from '../../shared/contract.ts';
import type { AppError } from '../../shared/error.ts';
import type { Server } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';
import { Settings } from '../../shared/settings.ts';
import type { OutputItem, TerminalSnapshot } from '../../shared/terminal.ts';

/**
 * A main process for tests and for looking at screens: it keeps servers and sessions in memory and lets the test play every answer and
 * event. Never part of the shipped page.
 */

export class Refusal extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(error.title);
    this.error = error;
  }
}

type Handlers = { [N in CallName]: (input: CallParsed<N>) => CallOutput<N> | Promise<CallOutput<N>> };

export interface FakeMain {
  port: BridgePort;
  /** Every call that arrived, in order. */
  log: { name: CallName; input: unknown }[];
  handlers: Handlers;
  servers: Server[];
  sessions: SessionRow[];
  emit<N extends EventName>(name: N, payload: EventPayload<N>): void;
  setConnected(connected: boolean): void;
  /** Appends to a session's page and tells the terminal. */
  say(sessionId: number, ...items: Omit<OutputItem, 'seq'>[]): void;
  snapshot(sessionId: number): TerminalSnapshot;
}

export function fakeServer(patch: Partial<Server> = {}): Server {
  return {
    id: 's1',
    kind: 'winrm',
    name: 'Z002',
    address: 'z002.corp.example',
    port: 5986,
    https: true,
    userName: 'CORP\\adm-ops',
    configuration: 'Microsoft.PowerShell',
    signIn: {},
    allowPlainBasic: false,
    allowNtlmOverHttp: false,
    ...patch,
  };
}

export function fakeRow(patch: Partial<SessionRow> = {}): SessionRow {
  const id = patch.id ?? 1;
  return {
    id,
    instanceId: `00000000-0000-0000-0000-${String(id).padStart(12, '0')}`,
    name: `Session${String(id)}`,
    serverId: 's1',
    serverName: patch.computerName ?? 'Z002',
    computerName: 'Z002',
    state: 'Opened',
    configurationName: 'Microsoft.PowerShell',
    availability: 'Available',
    entered: false,
    endsOnExit: false,
    ...patch,
  };
}

export function createFakeMain(servers: Server[] = [fakeServer()], sessions: SessionRow[] = []): FakeMain {
  const eventListeners = new Set<(name: string, payload: unknown) => void>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  const pages = new Map<number, TerminalSnapshot>();
  let settings = Settings.parse({});

  function find(sessionId: number): SessionRow {
    const row = fake.sessions.find((known) => known.id === sessionId);
    if (row === undefined) throw new Refusal({ code: 'session.gone', title: 'That session is gone' });
    return row;
  }

  function change(sessionId: number, patch: Partial<SessionRow>): SessionRow {
    const row = { ...find(sessionId), ...patch };
    fake.sessions = fake.sessions.map((known) => (known.id === sessionId ? row : known));
    fake.emit('session.changed', row);
    return row;
  }

  const handlers: Handlers = {
    'app.info': () => ({ version: '0.1.0', shell: 'browser', platform: 'linux' }),
    'app.diagnostics': () => ({ text: 'PSDeck 0.1.0' }),
    'servers.list': () => fake.servers,
    'servers.add': (draft) => {
      const server: Server = { ...draft, id: `s${String(fake.servers.length + 1)}`, kind: 'winrm' };
      fake.servers = [...fake.servers, server];
      return server;
    },
    'servers.update': ({ id, draft }) => {
      const server: Server = { ...draft, id, kind: 'winrm' };
      fake.servers = fake.servers.map((known) => (known.id === id ? server : known));
      return server;
    },
    'servers.remove': ({ id }) => {
      fake.servers = fake.servers.filter((known) => known.id !== id);
      return {};
    },
    'servers.trustCertificate': ({ id, fingerprint }) => {
      fake.servers = fake.servers.map((known) =>
        known.id === id ? { ...known, trustedFingerprint: fingerprint } : known,
      );
      const server = fake.servers.find((known) => known.id === id);
      if (server === undefined) throw new Refusal({ code: 'server.unknown', title: 'No such server' });
      return server;
    },
    'servers.proxySignIn': () => ({}),
    'servers.allow': ({ id, what }) => {
      const allowed = what === 'ntlm-over-http' ? { allowNtlmOverHttp: true } : { allowPlainBasic: true };
      fake.servers = fake.servers.map((known) => (known.id === id ? { ...known, ...allowed } : known));
      const server = fake.servers.find((known) => known.id === id);
      if (server === undefined) throw new Refusal({ code: 'server.unknown', title: 'No such server' });
      return server;
    },
    'sessions.list': () => fake.sessions,
    'sessions.create': ({ serverId, enter, name }) => {
      const id = Math.max(0, ...fake.sessions.map((row) => row.id)) + 1;
      const server = fake.servers.find((known) => known.id === serverId);
      const row = fakeRow({
        id,
        serverId,
        computerName: server?.name ?? 'Z002',
        entered: enter,
        endsOnExit: enter,
        ...(name === undefined ? {} : { name }),
      });
      fake.sessions = [...fake.sessions, row];
      fake.emit('session.changed', row);
      if (enter) {
        fake.snapshot(id).request = {
          requestId: 1,
          kind: 'command',
          afterSeq: 0,
          prompt: `[${row.computerName}]: PS C:\\> `,
        };
      }
      return row;
    },
    'sessions.enter': ({ sessionId }) => change(sessionId, { entered: true }),
    'sessions.exit': ({ sessionId }) => {
      change(sessionId, { entered: false });
      return {};
    },
    'sessions.remove': ({ sessionId }) => {
      fake.sessions = fake.sessions.filter((known) => known.id !== sessionId);
      fake.emit('session.removed', { sessionId });
      return {};
    },
    'sessions.forget': ({ sessionId }) => {
      fake.sessions = fake.sessions.filter((known) => known.id !== sessionId);
      fake.emit('session.removed', { sessionId });
      return {};
    },
    'sessions.disconnect': ({ sessionId }) =>
      change(sessionId, {
        state: 'Disconnected',
        availability: 'None',
        entered: false,
        canDisconnect: false,
      }),
    'sessions.connect': ({ sessionId, enter }) =>
      change(sessionId, { state: 'Opened', availability: 'Available', entered: enter }),
    'sessions.retryNow': () => ({}),
    'sessions.stopRetrying': () => ({}),
    'sessions.networkChanged': () => ({}),
    'shells.list': () => ({ shells: [], listedAt: 0 }),
    'shells.connect': ({ serverId, shellId, enter }) => {
      const id = Math.max(0, ...fake.sessions.map((known) => known.id)) + 1;
      const row = fakeRow({ id, serverId, instanceId: shellId, entered: enter });
      fake.sessions = [...fake.sessions, row];
      fake.emit('session.changed', row);
      return row;
    },
    'shells.remove': () => ({ failed: [] }),
    'sessions.invoke': ({ script }) => ({ commandId: 1, text: script, state: 'completed', duration: 12 }),
    'terminal.attach': ({ sessionId }) => structuredClone(fake.snapshot(sessionId)),
    'terminal.detach': () => ({}),
    'terminal.submit': () => ({}),
    'terminal.interrupt': () => ({}),
    'terminal.resize': () => ({}),
    'terminal.complete': ({ cursor }) => ({ replacementIndex: cursor, replacementLength: 0, matches: [] }),
    'terminal.giveUpCompletion': () => ({}),
    'terminal.help': ({ command }) => ({ title: command, text: '', found: false }),
    'history.load': () => ({ lines: [], next: null }),
    'history.add': () => ({}),
    'history.clear': () => ({}),
    'terminal.ack': () => ({}),
    'settings.get': () => settings,
    'settings.update': (patch) => {
      settings = Settings.parse({ ...settings, ...patch });
      return settings;
    },
  };

  const fake: FakeMain = {
    log: [],
    handlers,
    servers,
    sessions,
    port: {
      async call(name, input): Promise<CallAnswer> {
        const known = name as CallName;
        fake.log.push({ name: known, input });
        try {
          const handler = handlers[known] as (parsed: unknown) => unknown;
          const value = await handler(calls[known].input.parse(input));
          return { ok: true, value: value as CallOutput<CallName> };
        } catch (thrown) {
          if (thrown instanceof Refusal) return { ok: false, error: thrown.error };
          throw thrown;
        }
      },
      onEvent(listener) {
        eventListeners.add(listener);
        return () => void eventListeners.delete(listener);
      },
      onConnection(listener) {
        connectionListeners.add(listener);
        return () => void connectionListeners.delete(listener);
      },
    },
    emit(name, payload) {
      for (const listener of eventListeners) listener(name, payload);
    },
    setConnected(connected) {
      for (const listener of connectionListeners) listener(connected);
    },
    say(sessionId, ...items) {
      const page = fake.snapshot(sessionId);
      const numbered = items.map((item) => ({ ...item, seq: ++page.seq }));
      page.items.push(...numbered);
      fake.emit('terminal.output', { sessionId, items: numbered });
    },
    snapshot(sessionId) {
      const known = pages.get(sessionId);
      if (known !== undefined) return known;
      const page: TerminalSnapshot = {
        items: [],
        truncated: false,
        seq: 0,
        request: null,
        progress: [],
        history: [],
        commands: [],
      };
      pages.set(sessionId, page);
      return page;
    },
  };
  return fake;
}
