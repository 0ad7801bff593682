import type { PsObject, PsValue } from '../clixml/value.ts';
import type { PipelineState, PoolState } from './enums.ts';
import type { ErrorRecord } from './error-record.ts';
import type { Gap } from './inbox.ts';
import type { HostCall } from './host-call.ts';
import type { InformationalRecord } from './informational-record.ts';
import type { InformationRecord } from './messages/information-record.ts';
import type { ProgressRecord } from './messages/progress-record.ts';
import type { UserEvent } from './messages/user-event.ts';

/** What an error is to the one who reads the event: the server's record, or our own exception. */
export type StateError =
  | { readonly kind: 'record'; readonly record: ErrorRecord }
  | { readonly kind: 'exception'; readonly exception: Error };

interface FromServer {
  /** The object id of the message's fragments: they rise by one over a server's process, so what is missing shows. */
  readonly objectId: bigint;
}

interface OfPipeline extends FromServer {
  readonly pipelineId: string;
}

/** Warnings may be addressed to the pool: no pipeline then. */
interface OfAny extends FromServer {
  readonly pipelineId: string | undefined;
}

/** Which call a RUNSPACE_AVAILABILITY answers. */
export type AvailabilityRequest = 'set-min' | 'set-max' | 'get-available' | 'reset';

export type PsrpEvent =
  | {
      readonly kind: 'poolState';
      readonly state: PoolState;
      readonly previous: PoolState;
      readonly error?: StateError;
      /** Absent where the transport or a call of ours made the change. */
      readonly objectId?: bigint;
    }
  | ({ readonly kind: 'capability'; readonly protocolVersion: string } & FromServer)
  | ({ readonly kind: 'applicationPrivateData'; readonly data: PsObject | undefined } & FromServer)
  | ({ readonly kind: 'initData'; readonly minRunspaces: number; readonly maxRunspaces: number } & FromServer)
  | ({
      readonly kind: 'runspaceAvailability';
      readonly callId: bigint;
      readonly request: AvailabilityRequest;
      /** Whether it was done (set, reset), or how many are free (get-available). */
      readonly response: boolean | bigint;
    } & FromServer)
  | ({ readonly kind: 'userEvent'; readonly event: UserEvent } & FromServer)
  | { readonly kind: 'sessionKeyReady'; readonly objectId?: bigint }
  | ({ readonly kind: 'hostCall'; readonly call: HostCall } & OfAny)
  | {
      readonly kind: 'pipelineState';
      readonly pipelineId: string;
      readonly state: PipelineState;
      readonly previous: PipelineState;
      readonly error?: StateError;
      readonly objectId?: bigint;
    }
  | ({ readonly kind: 'output'; readonly value: PsValue } & OfPipeline)
  | ({ readonly kind: 'error'; readonly record: ErrorRecord } & OfAny)
  | ({ readonly kind: 'warning'; readonly record: InformationalRecord } & OfAny)
  | ({ readonly kind: 'verbose'; readonly record: InformationalRecord } & OfAny)
  | ({ readonly kind: 'debug'; readonly record: InformationalRecord } & OfAny)
  | ({ readonly kind: 'information'; readonly record: InformationRecord } & OfAny)
  | ({ readonly kind: 'progress'; readonly record: ProgressRecord } & OfAny)
  /** What was lost with an answer of the server, in its place: before what follows on this pipeline, or the pool. */
  | ({ readonly kind: 'gap' } & Gap)
  /** Something was left aside: a repeated object, a message for a pipeline that is not ours or has ended. No payload, only what it was. */
  | ({
      readonly kind: 'poolWarning';
      readonly code:
        | 'psrp.pool.unknown'
        | 'psrp.object.repeated'
        | 'psrp.pipeline.unknown'
        | 'psrp.call.unknown'
        | 'psrp.session-key.unavailable';
      readonly message: string;
      readonly pipelineId: string | undefined;
    } & FromServer);
