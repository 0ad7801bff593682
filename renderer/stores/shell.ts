import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { CallOutput } from '../../shared/contract.ts';
import type { AppError } from '../../shared/error.ts';
import type { Allowance, Server, ServerDraft } from '../../shared/server.ts';
import type { SessionRow } from '../../shared/session.ts';

/** A form over the page. At most one at a time; the two that a connection asks for stand apart, below. */
export type Dialog =
  | { kind: 'server'; server: Server | null; draft: Partial<ServerDraft>; enterAfter: boolean }
  | { kind: 'remove-server'; server: Server }
  | { kind: 'remove-session'; sessions: readonly SessionRow[] }
  | { kind: 'new-session'; serverId: string }
  | { kind: 'remove-shells'; serverId: string; shellIds: readonly string[] }
  | { kind: 'disconnect-session'; sessions: readonly SessionRow[] }
  | { kind: 'invoke-sessions'; sessions: readonly SessionRow[] }
  | { kind: 'settings' }
  | { kind: 'about' }
  | { kind: 'keys' }
  | { kind: 'paste'; sessionId: number; text: string };

/** Typed in a sign-in form; handed straight to the call, never kept in a store. */
export interface Credential {
  userName: string;
  password: string;
}

export interface SignInAsk {
  serverId: string;
  /** The proxy that asks, where it is not the server. */
  proxy?: string;
  /** The server refused what was typed before. */
  error: AppError | null;
  busy: boolean;
  answer: (credential: Credential | null) => void;
}

export interface TrustAsk {
  serverId: string;
  error: AppError;
  answer: (trust: boolean) => void;
}

/** May this server be signed in to in a way that protects less? */
export interface AllowAsk {
  serverId: string;
  what: Allowance;
  error: AppError;
  answer: (allow: boolean) => void;
}

export interface Notice {
  id: number;
  error: AppError;
  /** The session that it is about. */
  sessionId: number | undefined;
}

export interface ShellState {
  info: CallOutput<'app.info'> | null;
  connected: boolean;
  dialog: Dialog | null;
  signIn: SignInAsk | null;
  trust: TrustAsk | null;
  allow: AllowAsk | null;
  notices: readonly Notice[];
  /** Said once to screen readers: a state that changed without the person doing it. */
  announcement: string;
}

export type ShellStore = StoreApi<ShellState>;

export function createShellStore(): ShellStore {
  return createStore(() => ({
    info: null,
    connected: true,
    dialog: null,
    signIn: null,
    trust: null,
    allow: null,
    notices: [],
    announcement: '',
  }));
}

let lastNotice = 0;

/** More than three at once is a wall nobody reads; the same text again adds nothing. */
const mostNotices = 3;

export function addNotice(store: ShellStore, error: AppError, sessionId?: number): void {
  store.setState(({ notices }) => {
    const others = notices.filter(
      (notice) => notice.error.code !== error.code || notice.error.title !== error.title,
    );
    return { notices: [...others, { id: ++lastNotice, error, sessionId }].slice(-mostNotices) };
  });
}

export function dropNotice(store: ShellStore, id: number): void {
  store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}
