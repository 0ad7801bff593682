/** What the endpoint needs of a shell, whether PowerShell or winrs stands behind it. */
import type { CommandRequest } from '../../protocol/wsman/command.ts';
import type { CommandDescription } from '../../protocol/wsman/enumerate.ts';
import type { ReceiveRequest, ReceiveResponse } from '../../protocol/wsman/receive.ts';
import type { SendRequest } from '../../protocol/wsman/send.ts';
import type { ShellDescription } from '../../protocol/wsman/shell-description.ts';
import type { SignalRequest } from '../../protocol/wsman/signal.ts';

export interface ReceiveLimits {
  /** Bytes of the whole answer. */
  readonly maxEnvelopeSize: number;
  readonly timeoutMs: number;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface Received {
  readonly response: ReceiveResponse;
  /** The answer did not get through: what it held may be handed out again. */
  undelivered?(): void;
}

export interface Shell {
  readonly id: string;
  readonly resourceUri: string;
  /** Only this user may use it. */
  readonly owner: string;
  /** What makes it able to outlive its client; undefined where it cannot. */
  readonly leaving: Leaving | undefined;
  describe(): ShellDescription & { readonly resourceUri: string };
  commands(): CommandDescription[];
  command(request: CommandRequest): Promise<string>;
  send(request: SendRequest): Promise<void>;
  receive(request: ReceiveRequest, limits: ReceiveLimits): Promise<Received>;
  signal(request: SignalRequest): Promise<void>;
  /** Ends everything that runs in it. Never fails. */
  close(reason: string): Promise<void>;
}

/** The part of a shell that clients leave and come back to ([MS-WSMV] 3.1.4.15 to 3.1.4.17). Whose turn it is, the registry knows. */
export interface Leaving {
  /** Nobody receives any more: Receives that wait are refused, all commands are disconnected. */
  left(options: { readonly idleTimeoutMs?: number; readonly bufferMode?: 'Block' | 'Drop' }): void;
  /** The client that left is back at the shell, or at one of its commands. Throws a Refusal. */
  reconnected(commandId: string | undefined): void;
  /** Another client takes the shell over; returns the connectResponseXml. Throws a Refusal, or ProtocolError for fragments that are none. */
  connected(connectXml: Uint8Array | undefined, maxEnvelopeSize: number): Uint8Array;
  /** Another client takes one command over. Throws a Refusal. */
  commandConnected(commandId: string): void;
}

/** What every shell has. */
export interface ShellBase {
  readonly id: string;
  readonly resourceUri: string;
  readonly owner: string;
  readonly clientIp: string;
  readonly name?: string;
  readonly idleTimeoutMs: number;
  readonly maxIdleTimeoutMs: number;
  readonly bufferMode?: 'Block' | 'Drop';
  readonly locale: string;
}

/** Ids compare without case: this is the form maps are keyed by. */
export function idKey(id: string): string {
  return id.trim().toUpperCase();
}
