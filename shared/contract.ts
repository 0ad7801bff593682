/**
 * Every call and every pushed event between renderer and main, declared once. Preload, handlers, bridge and types derive from it.
 * Both sides check both directions of what crosses.
 */
import { z } from 'zod';
import { AppError } from './error.ts';
import { Allowance, ProxyAddress, Server, ServerDraft } from './server.ts';
import { DisconnectOptions, NewSessionOptions, SessionRow, ShellList } from './session.ts';
import { Settings, SettingsChange } from './settings.ts';
import {
  CommandHelp,
  CommandRecord,
  Completion,
  HistoryLine,
  InputRequest,
  OutputItem,
  ProgressBar,
  TerminalSize,
  TerminalSnapshot,
} from './terminal.ts';

const nothing = z.object({});
const sessionId = z.int().positive();

/** A typed password crosses from the renderer to main in this and in a `terminal.submit` that answers a `secret` request, and never the other way. */
export const CredentialInput = z.object({
  userName: z.string().trim().min(1).max(256),
  password: z.string().max(1024),
});

export const calls = {
  'app.info': {
    input: nothing,
    output: z.object({
      version: z.string(),
      shell: z.enum(['electron', 'browser']),
      platform: z.string(),
      /** Why there is no native window, where there is none. */
      windowNote: z.string().optional(),
    }),
  },
  'app.diagnostics': { input: nothing, output: z.object({ text: z.string() }) },

  'servers.list': { input: nothing, output: z.array(Server) },
  'servers.add': { input: ServerDraft, output: Server },
  'servers.update': { input: z.object({ id: z.string(), draft: ServerDraft }), output: Server },
  'servers.remove': { input: z.object({ id: z.string() }), output: nothing },
  'servers.trustCertificate': {
    input: z.object({ id: z.string(), fingerprint: z.string() }),
    output: Server,
  },
  /** The answer to `proxy.sign-in`: who to be at the proxy of this server, or of one session there. Kept as the server's own password is. */
  'servers.proxySignIn': {
    input: z.object({ id: z.string(), proxy: ProxyAddress.optional(), credential: CredentialInput }),
    output: nothing,
  },
  /** The answer to `signin.ntlm-over-http` or `signin.plain-text`: yes, for this server. */
  'servers.allow': { input: z.object({ id: z.string(), what: Allowance }), output: Server },

  'sessions.list': { input: nothing, output: z.array(SessionRow) },
  /** New-PSSession. Resolves once Opened; refuses with `credential.required` where a password is needed and none is known. The row appears (Opening) before this resolves, and disappears again where the sign-in is refused or cancelled. */
  'sessions.create': {
    input: z.object({
      serverId: z.string(),
      name: z.string().trim().max(128).optional(),
      credential: CredentialInput.optional(),
      size: TerminalSize,
      /** Enter-PSSession to a computer: enter at once, and end the session on exit. */
      enter: z.boolean().default(false),
      options: NewSessionOptions.default({}),
    }),
    output: SessionRow,
  },
  'sessions.enter': { input: z.object({ sessionId, size: TerminalSize }), output: SessionRow },
  'sessions.exit': { input: z.object({ sessionId }), output: nothing },
  /** Deletes it on its server as well, also where it is disconnected; refuses as `sessions.create` does where that needs a sign-in. */
  'sessions.remove': {
    input: z.object({ sessionId, credential: CredentialInput.optional() }),
    output: nothing,
  },
  /** A disconnected session leaves the list and stays on its server. */
  'sessions.forget': { input: z.object({ sessionId }), output: nothing },
  /** Disconnect-PSSession: what runs in it runs on. */
  'sessions.disconnect': {
    input: z.object({ sessionId, options: DisconnectOptions.default({}) }),
    output: SessionRow,
  },
  /**
   * Connect-PSSession, and Receive-PSSession: what was produced meanwhile comes to the page. Resolves once Opened; where another client has
   * the session it is tried again, which the row shows. Refuses as `sessions.create` does where that needs a sign-in.
   */
  'sessions.connect': {
    input: z.object({
      sessionId,
      size: TerminalSize,
      enter: z.boolean().default(false),
      credential: CredentialInput.optional(),
    }),
    output: SessionRow,
  },
  /** While it is tried again (`retrying`): now, or no more. */
  'sessions.retryNow': { input: z.object({ sessionId }), output: nothing },
  'sessions.stopRetrying': { input: z.object({ sessionId }), output: nothing },
  /** The computer slept, or its network changed: what is tried again is tried now. */
  'sessions.networkChanged': { input: nothing, output: nothing },

  /** Get-PSSession -ComputerName: every shell of the user on that server. Refuses as `sessions.create` does. */
  'shells.list': {
    input: z.object({ serverId: z.string(), credential: CredentialInput.optional() }),
    output: ShellList,
  },
  /** Takes over a disconnected shell, whoever left it. As `sessions.connect`. */
  'shells.connect': {
    input: z.object({
      serverId: z.string(),
      shellId: z.string().min(1).max(128),
      size: TerminalSize,
      enter: z.boolean().default(false),
      credential: CredentialInput.optional(),
    }),
    output: SessionRow,
  },
  'shells.remove': {
    input: z.object({
      serverId: z.string(),
      shellIds: z.array(z.string().min(1).max(128)).min(1).max(1000),
      credential: CredentialInput.optional(),
    }),
    /** What could not be removed, and why; one that was gone already is removed. */
    output: z.object({ failed: z.array(z.object({ shellId: z.string(), error: AppError })) }),
  },
  /** Invoke-Command -Session: one command without entering. Its output goes to the session's page under a command id of its own; resolves when it ended. */
  'sessions.invoke': {
    input: z.object({ sessionId, script: z.string().min(1).max(1_000_000), size: TerminalSize }),
    output: CommandRecord,
  },

  /** Start (or start again) to receive a session's page. Output events for it follow from `seq + 1`. */
  'terminal.attach': { input: z.object({ sessionId, size: TerminalSize }), output: TerminalSnapshot },
  'terminal.detach': { input: z.object({ sessionId }), output: nothing },
  /** Answer the request `requestId`; refused with `terminal.stale-request` when that is no longer what the session waits for. */
  'terminal.submit': {
    input: z.object({ sessionId, requestId: z.int().positive(), text: z.string().max(8_000_000) }),
    output: nothing,
  },
  /** Ctrl+C: stop the command, or cancel the waiting prompt. `text` is what stood on the line, so that the page keeps it with `^C`. */
  'terminal.interrupt': {
    input: z.object({ sessionId, text: z.string().max(1_000_000).optional() }),
    output: nothing,
  },
  'terminal.resize': { input: z.object({ sessionId, size: TerminalSize }), output: nothing },
  /** Waits for a prompt that is on its way. While a command runs the answer is `busy`; with `beside` another shell on the server is asked. */
  'terminal.complete': {
    input: z.object({
      sessionId,
      text: z.string().max(1_000_000),
      cursor: z.int().nonnegative(),
      beside: z.boolean().optional(),
    }),
    output: Completion,
  },
  /** Nobody waits for the completion or the help any more: its pipeline need not run on. */
  'terminal.giveUpCompletion': { input: z.object({ sessionId }), output: nothing },
  /** The server's Get-Help for a command, or for one of its parameters. While a command runs another shell on the server is asked; refused with `session.busy` where there is none. */
  'terminal.help': {
    input: z.object({
      sessionId,
      command: z.string().min(1).max(1000),
      parameter: z.string().max(200).optional(),
      columns: z.int().min(20).max(1000),
    }),
    output: CommandHelp,
  },

  /** Every remembered command line, oldest first; a part of them from `from` on, and where the next part begins. */
  'history.load': {
    input: z.object({ from: z.int().nonnegative() }),
    output: z.object({ lines: z.array(HistoryLine), next: z.int().nonnegative().nullable() }),
  },
  /** A line was run in a session. Main keeps it, and every window hears of it, unless it looks like it holds a secret. */
  'history.add': { input: z.object({ sessionId, text: z.string().max(1_000_000) }), output: nothing },
  'history.clear': { input: z.object({ serverId: z.string() }), output: nothing },
  /** The terminal has drawn so many characters of `vt`: flow control. */
  'terminal.ack': { input: z.object({ sessionId, chars: z.int().nonnegative() }), output: nothing },

  'settings.get': { input: nothing, output: Settings },
  'settings.update': { input: SettingsChange, output: Settings },
} as const satisfies Record<string, { input: z.ZodType; output: z.ZodType }>;

export const events = {
  'servers.changed': z.array(Server),
  'settings.changed': Settings,
  'session.changed': SessionRow,
  'session.removed': z.object({ sessionId }),
  'terminal.output': z.object({ sessionId, items: z.array(OutputItem).min(1) }),
  'terminal.input': z.object({ sessionId, request: InputRequest.nullable() }),
  'terminal.command': z.object({ sessionId, command: CommandRecord }),
  'terminal.progress': z.object({ sessionId, bars: z.array(ProgressBar) }),
  'terminal.title': z.object({ sessionId, title: z.string() }),
  /** This page draws too slowly and gets nothing more of the session: it is to attach anew. */
  'terminal.behind': z.object({ sessionId }),
  'history.added': HistoryLine,
  'history.cleared': z.object({ serverId: z.string() }),
  /** Something a person must know that no call of theirs caused. */
  'app.notice': z.object({ error: AppError, sessionId: sessionId.optional() }),
} as const satisfies Record<string, z.ZodType>;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
/** The input after defaults were filled in: what a handler sees. */
export type CallParsed<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type CallOutput<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

/** How a call's answer crosses: errors are values, because Electron and JSON both lose what an Error carries. */
export type CallAnswer<N extends CallName = CallName> =
  { ok: true; value: CallOutput<N> } | { ok: false; error: AppError };

/** What the preload exposes as `window.psdeck`, and what the browser shell's websocket client implements. */
export interface BridgePort {
  call(name: string, input: unknown): Promise<CallAnswer>;
  /** Returns how to stop listening. */
  onEvent(listener: (name: string, payload: unknown) => void): () => void;
  /** The way to main was lost or found again (the browser shell only; Electron never calls it). */
  onConnection(listener: (connected: boolean) => void): () => void;
}
