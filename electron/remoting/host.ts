/** The client's host: what a server may call back ([MS-PSRP] 2.2.3.17). */
import type { PsValue } from '../protocol/clixml/value.ts';
import type { NewErrorRecord } from '../protocol/psrp/error-record.ts';
import type { HostCall } from '../protocol/psrp/host-call.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';

/** What a host call ends in. The value is encoded already: `encodeHostResult` of protocol/psrp makes it; undefined for void calls. */
export type HostCallOutcome =
  | { readonly kind: 'value'; readonly value: PsValue | undefined }
  | { readonly kind: 'error'; readonly error: NewErrorRecord };

export interface PSHost {
  /** Sent when the pool opens; good default data spares the server most getters. */
  readonly info: HostInfo;
  /**
   * Handles one call. Void calls of a pipeline are made one after the other and the next waits until this resolves, which is the
   * back-pressure on host output. The signal aborts when the pipeline that asked has ended. What this throws becomes the call's error.
   */
  call(call: HostCall, signal: AbortSignal): Promise<HostCallOutcome>;
}
