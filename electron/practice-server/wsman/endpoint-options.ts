/** What an endpoint is told and tells: its limits, requests, answers, events. */
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { Clock } from './clock.ts';
import type { EngineFactory, InFlight } from './powershell-shell.ts';
import type { ProgramStarter } from './program.ts';

export interface ShellLimits {
  /** Shells of one user. */
  readonly maxShellsPerUser: number;
  /** Commands of one shell at a time. */
  readonly maxCommandsPerShell: number;
  readonly maxEnvelopeSizeKb: number;
  /** The longest a request may wait. */
  readonly maxTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** The longest a shell may ask to be kept. */
  readonly maxIdleTimeoutMs: number;
  /** Users that may have shells at a time. */
  readonly maxShellUsers: number;
  /** Operations of one user at a time. */
  readonly maxOperationsPerUser: number;
}

/** What Windows Server 2012 and later come with ([MS-WSMV] 2.2.4.8; the defaults of `winrm get winrm/config`). */
export const DEFAULT_LIMITS: ShellLimits = {
  maxShellsPerUser: 30,
  maxCommandsPerShell: 100,
  maxEnvelopeSizeKb: 500,
  maxTimeoutMs: 60_000,
  idleTimeoutMs: 7_200_000,
  maxIdleTimeoutMs: 2_147_483_647,
  maxShellUsers: 10,
  maxOperationsPerUser: 1500,
};

/**
 * How long a client whose connections are gone keeps its shell. Windows finds out by its own time-outs, within minutes; on one machine a
 * few seconds do, and whoever practises taking a session over sees both answers.
 */
export const MISS_AFTER_MS = 10_000;

export interface EndpointRequest {
  readonly body: string;
  /** Undefined before log-on: only Identify is answered. */
  readonly userName: string | undefined;
  /** As the client reached us. */
  readonly url: string;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
}

export interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
  /** For the transport: the answer did not get through to the client. */
  undelivered?(): void;
}

export interface WsmanEndpointOptions {
  readonly engineFactory: EngineFactory;
  /** Names of session configurations there are; any where not given. */
  readonly configurations?: readonly string[];
  /** Whether winrs shells may be made. */
  readonly allowCmd?: boolean;
  /** How a winrs shell starts programs; with the operating system where not given. */
  readonly startProgram?: ProgramStarter;
  readonly shellLimits?: Partial<ShellLimits>;
  /** What becomes of an answer that was on its way when its client went. Default `again`, as recorded. */
  readonly inFlight?: InFlight;
  /** How long a client whose connections are gone keeps its shell. */
  readonly missAfterMs?: number;
  readonly clock?: Clock;
  /** What Identify says of us. */
  readonly product?: { readonly vendor: string; readonly version: string };
  /** The name in faults. */
  readonly machine?: string;
  /** For the log: what happened, never what was said. */
  readonly onEvent?: (event: EndpointEvent) => void;
}

export type EndpointEvent =
  | {
      readonly kind: 'shell-opened' | 'shell-closed' | 'shell-connected' | 'shell-disconnected';
      readonly shellId: string;
      readonly resourceUri: string;
    }
  | { readonly kind: 'fault'; readonly action: string; readonly code: number | undefined }
  | { readonly kind: 'failure'; readonly action: string; readonly error: unknown };

export interface WsmanEndpoint {
  handle(request: EndpointRequest): Promise<EndpointAnswer>;
  shells(): ShellDescription[];
  /** Ends every shell. */
  close(): Promise<void>;
}
