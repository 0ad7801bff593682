/** What a registry of sessions is made of, and what it is asked for. */
import type { Credential } from '../credentials/credential-keeper.ts';
import type { Clock, PoolListener, RunspacePool, RunspacePoolOptions } from '../remoting/index.ts';
import type { NewSessionOptions } from '../../shared/session.ts';
import type { TerminalSize } from '../../shared/terminal.ts';
import type { SessionJournal } from './journal.ts';
import type { Destination, PlacesOptions } from './places.ts';
import type { SessionEvents } from './session-events.ts';

/** A shell as it is to be made, or to be taken over. */
export interface ShellWish extends NewSessionOptions {
  /** What it is called in a list of shells on the server. */
  readonly name?: string;
}

export interface RegistryOptions extends PlacesOptions {
  readonly events: SessionEvents;
  /** A pool to that place, not yet open. */
  connect(
    destination: Destination,
    credential: Credential | undefined,
    options: RunspacePoolOptions,
    listener: PoolListener,
    wish: ShellWish,
  ): RunspacePool;
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
  readonly clock?: Clock;
  /** Where what a later run may take over is written down. */
  readonly journal?: SessionJournal;
  /** For the diagnostics log: types, ids and durations only. */
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void;
}

export interface CreateRequest {
  readonly serverId: string;
  readonly name?: string | undefined;
  readonly credential?: Credential | undefined;
  readonly size: TerminalSize;
  readonly enter: boolean;
  readonly options?: NewSessionOptions | undefined;
}

export interface ConnectRequest {
  readonly size: TerminalSize;
  readonly enter: boolean;
  readonly credential?: Credential | undefined;
}

/** What the end of the app does with its sessions: removes them, leaves those on their servers that run a command, or all. */
export type CloseMode = 'remove' | 'keep-busy' | 'keep';
