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

export interface Shell {
  readonly id: string;
  readonly resourceUri: string;
  /** Only this user may use it. */
  readonly owner: string;
  describe(): ShellDescription & { readonly resourceUri: string };
  commands(): CommandDescription[];
  command(request: CommandRequest): Promise<string>;
  send(request: SendRequest): Promise<void>;
  receive(request: ReceiveRequest, limits: ReceiveLimits): Promise<ReceiveResponse>;
  signal(request: SignalRequest): Promise<void>;
  /** Ends everything that runs in it. Never fails. */
  close(reason: string): Promise<void>;
}

/** What every shell has. */
export interface ShellBase {
  readonly id: string;
  readonly resourceUri: string;
  readonly owner: string;
  readonly clientIp: string;
  readonly name?: string;
  readonly idleTimeoutMs: number;
  readonly locale: string;
}

/** Ids compare without case: this is the form maps are keyed by. */
export function idKey(id: string): string {
  return id.trim().toUpperCase();
}
