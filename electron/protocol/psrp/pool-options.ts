import type { PsObject, PsValue } from '../clixml/value.ts';
import type { ApartmentState, PsThreadOptions } from './enums.ts';
import type { NewErrorRecord } from './error-record.ts';
import type { HostInfo } from './host-info.ts';
import type { ProtocolVersion } from './pipeline-spec.ts';
import type { SessionKeyCrypto } from './session-key.ts';

export interface RunspacePoolOptions {
  readonly id: string;
  /** Default 1. */
  readonly minRunspaces?: number;
  /** Default 1. */
  readonly maxRunspaces?: number;
  /** Default: no host. */
  readonly hostInfo?: HostInfo;
  /** A PSPrimitiveDictionary. */
  readonly applicationArguments?: PsObject;
  readonly apartmentState?: ApartmentState;
  readonly threadOptions?: PsThreadOptions;
  readonly newGuid: () => string;
  /** Needed for secure strings with servers below protocol 2.4. */
  readonly crypto?: SessionKeyCrypto;
  /** Default 200 MB. */
  readonly maxMessageBytes?: number;
  /** The highest version we announce; default 2.4. */
  readonly protocolVersion?: ProtocolVersion;
}

/** How a host call ended on our side. */
export type HostCallOutcome =
  | { readonly kind: 'value'; readonly value: PsValue | undefined }
  | { readonly kind: 'error'; readonly error: NewErrorRecord };
