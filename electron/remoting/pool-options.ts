/** What a runspace pool is told, and what it tells. */
import type { PsValue } from '../protocol/clixml/value.ts';
import type { PoolState } from '../protocol/psrp/enums.ts';
import type { PsrpEvent } from '../protocol/psrp/events.ts';
import type { ProtocolVersion } from '../protocol/psrp/pipeline-spec.ts';
import type { Clock } from './clock.ts';
import type { Interruption } from './connection.ts';
import type { PSHost } from './host.ts';

export interface RunspacePoolOptions {
  /** Default 1. */
  readonly minRunspaces?: number;
  /** Default 1. */
  readonly maxRunspaces?: number;
  readonly host?: PSHost;
  /** Goes to `$PSSenderInfo.ApplicationArguments`. */
  readonly applicationArguments?: Readonly<Record<string, PsValue>>;
  /** Default: a random GUID. For `connect` the id of the shell, which is its pool's. */
  readonly id?: string;
  /** How long the pool may take to be Opened, its shell and its start-up script. Default three minutes, as PSSessionOption.OpenTimeout. */
  readonly openTimeoutMs?: number;
  /** The highest protocol we announce. Default `2.4`; lower ones are for tests of what older clients do. */
  readonly protocolVersion?: ProtocolVersion;
  readonly clock?: Clock;
  readonly newGuid?: () => string;
}

/** Object ids: a server numbers its messages one by one. */
export interface ReceivedMessages {
  readonly lowest: bigint | undefined;
  readonly highest: bigint | undefined;
  /** Between those two and not there, as [first, last]. */
  readonly missing: readonly (readonly [bigint, bigint])[];
}

export interface PoolListener {
  /** The state changed; `error` says why it broke, or why it is Disconnected where that was not asked for. */
  stateChanged?(state: PoolState, error: Error | undefined): void;
  /** The server cannot be reached; the state is what it was, and what is sent waits. Told again before each attempt. */
  interrupted?(interruption: Interruption): void;
  /** The server answers again. */
  resumed?(): void;
  userEvent?(event: Extract<PsrpEvent, { kind: 'userEvent' }>): void;
  /** Messages to the pool itself were lost. What a pipeline lost stands among its records. */
  gap?(gap: Extract<PsrpEvent, { kind: 'gap' }>): void;
}
