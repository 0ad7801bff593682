/** The contract's calls, each handed to the folder that does it. */
import { proxyId, type CredentialKeeper } from '../credentials/credential-keeper.ts';
import type { ServerStore } from '../servers/server-store.ts';
import type { LineHistory } from '../sessions/history.ts';
import type { SessionRegistry } from '../sessions/registry.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { AppFailure } from '../../shared/error.ts';
import type { CallOutput } from '../../shared/contract.ts';
import { effectiveSignIn } from '../../shared/server.ts';
import type { Handlers } from './dispatcher.ts';
import type { EventHub } from './event-hub.ts';
import type { TerminalPeers } from './terminal-peers.ts';

export interface HandlerParts {
  readonly info: CallOutput<'app.info'>;
  readonly diagnostics: () => string;
  readonly hub: EventHub;
  readonly servers: ServerStore;
  readonly settings: SettingsStore;
  readonly credentials: CredentialKeeper;
  readonly sessions: SessionRegistry;
  readonly terminals: TerminalPeers;
  readonly history: LineHistory;
}

export function createHandlers(parts: HandlerParts): Handlers {
  const { hub, servers, settings, credentials, sessions, terminals, history } = parts;
  return {
    'app.info': () => Promise.resolve(parts.info),
    'app.diagnostics': () => Promise.resolve({ text: parts.diagnostics() }),

    'servers.list': () => Promise.resolve(servers.list()),
    'servers.add': (draft) => servers.add(draft),
    'servers.update': async ({ id, draft }) => {
      const before = servers.get(id);
      const server = await servers.update(id, draft);
      // A password that was typed for one machine or user is not for another (a port may be a tunnel's), nor one for TLS for an open line,
      // nor one that was only proved for a way that hands it over.
      const same = (['address', 'port', 'https', 'userName'] as const).every(
        (name) => before[name] === server[name],
      );
      const { auth, certificateFile } = effectiveSignIn(before.signIn);
      const now = effectiveSignIn(server.signIn);
      if (!same || auth !== now.auth || certificateFile !== now.certificateFile) credentials.forget(id);
      return server;
    },
    'servers.remove': async ({ id }) => {
      if (sessions.ofServer(id).length > 0) {
        throw new AppFailure({
          code: 'server.in-use',
          title: `${servers.get(id).name} has open sessions`,
          why: 'Removing a server from the list must not end what runs on it.',
          cure: { text: 'Remove its sessions first.' },
        });
      }
      await servers.remove(id);
      credentials.forget(id);
      return {};
    },
    'servers.trustCertificate': ({ id, fingerprint }) => servers.trustCertificate(id, fingerprint),

    'servers.proxySignIn': ({ id, proxy: own, credential }) => {
      const proxy = own ?? effectiveSignIn(servers.get(id).signIn).proxy;
      if (proxy !== undefined) credentials.keep(proxyId(proxy), credential);
      return Promise.resolve({});
    },
    'servers.allow': ({ id, what }) => servers.allow(id, what),

    'sessions.list': () => Promise.resolve(sessions.list()),
    'sessions.create': (request) => sessions.create(request),
    'sessions.enter': ({ sessionId, size }) => {
      const session = sessions.get(sessionId);
      session.enter(size);
      return Promise.resolve(session.row);
    },
    'sessions.exit': async ({ sessionId }) => {
      await sessions.get(sessionId).exit();
      return {};
    },
    'sessions.remove': async ({ sessionId, credential }) => {
      await sessions.remove(sessionId, credential);
      return {};
    },
    'sessions.forget': async ({ sessionId }) => {
      await sessions.forget(sessionId);
      return {};
    },
    'sessions.disconnect': ({ sessionId, options }) => sessions.disconnect(sessionId, options),
    'sessions.connect': ({ sessionId, ...request }) => sessions.connect(sessionId, request),
    'sessions.retryNow': ({ sessionId }) => {
      sessions.retryNow(sessionId);
      return Promise.resolve({});
    },
    'sessions.stopRetrying': async ({ sessionId }) => {
      await sessions.stopRetrying(sessionId);
      return {};
    },
    'sessions.networkChanged': () => {
      sessions.networkChanged();
      return Promise.resolve({});
    },
    'sessions.invoke': ({ sessionId, script, size }) => sessions.get(sessionId).invoke(script, size),

    'shells.list': ({ serverId, credential }) => sessions.shells.list(serverId, credential),
    'shells.connect': ({ serverId, shellId, ...request }) =>
      sessions.connectShell(serverId, shellId, request),
    'shells.remove': async ({ serverId, shellIds, credential }) => ({
      failed: await sessions.shells.remove(serverId, shellIds, credential),
    }),

    'terminal.attach': ({ sessionId, size }, peer) =>
      Promise.resolve(terminals.attach(peer, sessions.get(sessionId), size)),
    'terminal.detach': ({ sessionId }, peer) => {
      terminals.detach(peer, sessionId);
      return Promise.resolve({});
    },
    'terminal.submit': ({ sessionId, requestId, text }) => {
      sessions.get(sessionId).answer(requestId, text);
      return Promise.resolve({});
    },
    'terminal.interrupt': ({ sessionId, text }) => {
      sessions.get(sessionId).interrupt(text);
      return Promise.resolve({});
    },
    'terminal.resize': ({ sessionId, size }) => {
      sessions.get(sessionId).resize(size);
      return Promise.resolve({});
    },
    'terminal.complete': ({ sessionId, text, cursor, beside }) =>
      sessions.get(sessionId).completions.complete(text, cursor, beside),
    'terminal.giveUpCompletion': async ({ sessionId }) => {
      await sessions.get(sessionId).completions.giveUp();
      return {};
    },
    'terminal.help': ({ sessionId, command, parameter, columns }) =>
      sessions.get(sessionId).help(command, parameter, columns),

    'history.load': ({ from }) => Promise.resolve(history.part(from)),
    'history.add': ({ sessionId, text }) => {
      history.add(sessions.get(sessionId).row.serverId, text);
      return Promise.resolve({});
    },
    'history.clear': ({ serverId }) => {
      history.clear(serverId);
      return Promise.resolve({});
    },

    'terminal.ack': ({ sessionId, chars }, peer) => {
      terminals.ack(peer, sessionId, chars);
      return Promise.resolve({});
    },

    'settings.get': () => Promise.resolve(settings.value),
    'settings.update': async (change) => {
      const value = await settings.update(change);
      hub.publish('settings.changed', value);
      return value;
    },
  };
}
