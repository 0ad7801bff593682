/**
 * Every message type and its codec, in one table: typed bodies to CLIXML and back ([MS-PSRP] 2.2.2).
 */
import { deserialize } from '../clixml/deserialize.ts';
import { serialize } from '../clixml/serialize.ts';
import type { PsValue } from '../clixml/value.ts';
import { EMPTY_GUID } from './guid.ts';
import { decodeSessionCapability, encodeSessionCapability } from './messages/session-capability.ts';
import type { SessionCapability } from './messages/session-capability.ts';
import { decodeInitRunspacePool, encodeInitRunspacePool } from './messages/init-runspacepool.ts';
import type { InitRunspacePool } from './messages/init-runspacepool.ts';
import { decodePublicKey, encodePublicKey } from './messages/public-key.ts';
import type { PublicKey } from './messages/public-key.ts';
import { decodeEncryptedSessionKey, encodeEncryptedSessionKey } from './messages/encrypted-session-key.ts';
import type { EncryptedSessionKey } from './messages/encrypted-session-key.ts';
import { decodePublicKeyRequest, encodePublicKeyRequest } from './messages/public-key-request.ts';
import type { PublicKeyRequest } from './messages/public-key-request.ts';
import { decodeConnectRunspacePool, encodeConnectRunspacePool } from './messages/connect-runspacepool.ts';
import type { ConnectRunspacePool } from './messages/connect-runspacepool.ts';
import { decodeSetMaxRunspaces, encodeSetMaxRunspaces } from './messages/set-max-runspaces.ts';
import type { SetMaxRunspaces } from './messages/set-max-runspaces.ts';
import { decodeSetMinRunspaces, encodeSetMinRunspaces } from './messages/set-min-runspaces.ts';
import type { SetMinRunspaces } from './messages/set-min-runspaces.ts';
import { decodeRunspaceAvailability, encodeRunspaceAvailability } from './messages/runspace-availability.ts';
import type { RunspaceAvailability } from './messages/runspace-availability.ts';
import { decodeRunspacePoolState, encodeRunspacePoolState } from './messages/runspacepool-state.ts';
import type { RunspacePoolStateMessage } from './messages/runspacepool-state.ts';
import { decodeCreatePipeline, encodeCreatePipeline } from './messages/create-pipeline.ts';
import type { PipelineSpec } from './pipeline-spec.ts';
import {
  decodeGetAvailableRunspaces,
  encodeGetAvailableRunspaces,
} from './messages/get-available-runspaces.ts';
import type { GetAvailableRunspaces } from './messages/get-available-runspaces.ts';
import { decodeUserEvent, encodeUserEvent } from './messages/user-event.ts';
import type { UserEvent } from './messages/user-event.ts';
import {
  decodeApplicationPrivateData,
  encodeApplicationPrivateData,
} from './messages/application-private-data.ts';
import type { ApplicationPrivateData } from './messages/application-private-data.ts';
import { decodeGetCommandMetadata, encodeGetCommandMetadata } from './messages/get-command-metadata.ts';
import type { GetCommandMetadata } from './messages/get-command-metadata.ts';
import { decodeRunspacePoolInitData, encodeRunspacePoolInitData } from './messages/runspacepool-init-data.ts';
import type { RunspacePoolInitData } from './messages/runspacepool-init-data.ts';
import { decodeResetRunspaceState, encodeResetRunspaceState } from './messages/reset-runspace-state.ts';
import type { ResetRunspaceState } from './messages/reset-runspace-state.ts';
import { decodeHostCall, encodeHostCall } from './messages/host-call.ts';
import type { HostCallMessage } from './messages/host-call.ts';
import { decodeHostResponse, encodeHostResponse } from './messages/host-response.ts';
import type { HostResponseMessage } from './messages/host-response.ts';
import { decodePipelineInput, encodePipelineInput } from './messages/pipeline-input.ts';
import type { PipelineInput } from './messages/pipeline-input.ts';
import { decodeEndOfPipelineInput, encodeEndOfPipelineInput } from './messages/end-of-pipeline-input.ts';
import type { EndOfPipelineInput } from './messages/end-of-pipeline-input.ts';
import { decodePipelineOutput, encodePipelineOutput } from './messages/pipeline-output.ts';
import type { PipelineOutput } from './messages/pipeline-output.ts';
import { decodeErrorRecordMessage, encodeErrorRecordMessage } from './messages/error-record.ts';
import type { ErrorRecord } from './error-record.ts';
import { decodePipelineState, encodePipelineState } from './messages/pipeline-state.ts';
import type { PipelineStateMessage } from './messages/pipeline-state.ts';
import { decodeDebugRecord, encodeDebugRecord } from './messages/debug-record.ts';
import type { InformationalRecord } from './informational-record.ts';
import { decodeVerboseRecord, encodeVerboseRecord } from './messages/verbose-record.ts';
import { decodeWarningRecord, encodeWarningRecord } from './messages/warning-record.ts';
import { decodeProgressRecord, encodeProgressRecord } from './messages/progress-record.ts';
import type { ProgressRecord } from './messages/progress-record.ts';
import { decodeInformationRecord, encodeInformationRecord } from './messages/information-record.ts';
import type { InformationRecord } from './messages/information-record.ts';
import { encodeMessage } from './message.ts';
import type { Destination, MessageFrame, MessageName } from './message.ts';
import type { ProtocolVersion } from './pipeline-spec.ts';

export interface MessageBodies {
  SESSION_CAPABILITY: SessionCapability;
  INIT_RUNSPACEPOOL: InitRunspacePool;
  PUBLIC_KEY: PublicKey;
  ENCRYPTED_SESSION_KEY: EncryptedSessionKey;
  PUBLIC_KEY_REQUEST: PublicKeyRequest;
  CONNECT_RUNSPACEPOOL: ConnectRunspacePool;
  SET_MAX_RUNSPACES: SetMaxRunspaces;
  SET_MIN_RUNSPACES: SetMinRunspaces;
  RUNSPACE_AVAILABILITY: RunspaceAvailability;
  RUNSPACEPOOL_STATE: RunspacePoolStateMessage;
  CREATE_PIPELINE: PipelineSpec;
  GET_AVAILABLE_RUNSPACES: GetAvailableRunspaces;
  USER_EVENT: UserEvent;
  APPLICATION_PRIVATE_DATA: ApplicationPrivateData;
  GET_COMMAND_METADATA: GetCommandMetadata;
  RUNSPACEPOOL_INIT_DATA: RunspacePoolInitData;
  RESET_RUNSPACE_STATE: ResetRunspaceState;
  RUNSPACEPOOL_HOST_CALL: HostCallMessage;
  RUNSPACEPOOL_HOST_RESPONSE: HostResponseMessage;
  PIPELINE_INPUT: PipelineInput;
  END_OF_PIPELINE_INPUT: EndOfPipelineInput;
  PIPELINE_OUTPUT: PipelineOutput;
  ERROR_RECORD: ErrorRecord;
  PIPELINE_STATE: PipelineStateMessage;
  DEBUG_RECORD: InformationalRecord;
  VERBOSE_RECORD: InformationalRecord;
  WARNING_RECORD: InformationalRecord;
  PROGRESS_RECORD: ProgressRecord;
  INFORMATION_RECORD: InformationRecord;
  PIPELINE_HOST_CALL: HostCallMessage;
  PIPELINE_HOST_RESPONSE: HostResponseMessage;
}

/** Undefined stands for a message without data. */
interface MessageCodec<T> {
  encode(body: T, version: ProtocolVersion): PsValue | undefined;
  decode(value: PsValue | undefined): T;
}

export const CODECS: { readonly [N in MessageName]: MessageCodec<MessageBodies[N]> } = {
  SESSION_CAPABILITY: { encode: encodeSessionCapability, decode: decodeSessionCapability },
  INIT_RUNSPACEPOOL: { encode: encodeInitRunspacePool, decode: decodeInitRunspacePool },
  PUBLIC_KEY: { encode: encodePublicKey, decode: decodePublicKey },
  ENCRYPTED_SESSION_KEY: { encode: encodeEncryptedSessionKey, decode: decodeEncryptedSessionKey },
  PUBLIC_KEY_REQUEST: { encode: encodePublicKeyRequest, decode: decodePublicKeyRequest },
  CONNECT_RUNSPACEPOOL: { encode: encodeConnectRunspacePool, decode: decodeConnectRunspacePool },
  SET_MAX_RUNSPACES: { encode: encodeSetMaxRunspaces, decode: decodeSetMaxRunspaces },
  SET_MIN_RUNSPACES: { encode: encodeSetMinRunspaces, decode: decodeSetMinRunspaces },
  RUNSPACE_AVAILABILITY: { encode: encodeRunspaceAvailability, decode: decodeRunspaceAvailability },
  RUNSPACEPOOL_STATE: { encode: encodeRunspacePoolState, decode: decodeRunspacePoolState },
  CREATE_PIPELINE: { encode: encodeCreatePipeline, decode: decodeCreatePipeline },
  GET_AVAILABLE_RUNSPACES: { encode: encodeGetAvailableRunspaces, decode: decodeGetAvailableRunspaces },
  USER_EVENT: { encode: encodeUserEvent, decode: decodeUserEvent },
  APPLICATION_PRIVATE_DATA: { encode: encodeApplicationPrivateData, decode: decodeApplicationPrivateData },
  GET_COMMAND_METADATA: { encode: encodeGetCommandMetadata, decode: decodeGetCommandMetadata },
  RUNSPACEPOOL_INIT_DATA: { encode: encodeRunspacePoolInitData, decode: decodeRunspacePoolInitData },
  RESET_RUNSPACE_STATE: { encode: encodeResetRunspaceState, decode: decodeResetRunspaceState },
  RUNSPACEPOOL_HOST_CALL: { encode: encodeHostCall, decode: decodeHostCall },
  RUNSPACEPOOL_HOST_RESPONSE: { encode: encodeHostResponse, decode: decodeHostResponse },
  PIPELINE_INPUT: { encode: encodePipelineInput, decode: decodePipelineInput },
  END_OF_PIPELINE_INPUT: { encode: encodeEndOfPipelineInput, decode: decodeEndOfPipelineInput },
  PIPELINE_OUTPUT: { encode: encodePipelineOutput, decode: decodePipelineOutput },
  ERROR_RECORD: { encode: encodeErrorRecordMessage, decode: decodeErrorRecordMessage },
  PIPELINE_STATE: { encode: encodePipelineState, decode: decodePipelineState },
  DEBUG_RECORD: { encode: encodeDebugRecord, decode: decodeDebugRecord },
  VERBOSE_RECORD: { encode: encodeVerboseRecord, decode: decodeVerboseRecord },
  WARNING_RECORD: { encode: encodeWarningRecord, decode: decodeWarningRecord },
  PROGRESS_RECORD: { encode: encodeProgressRecord, decode: decodeProgressRecord },
  INFORMATION_RECORD: { encode: encodeInformationRecord, decode: decodeInformationRecord },
  PIPELINE_HOST_CALL: { encode: encodeHostCall, decode: decodeHostCall },
  PIPELINE_HOST_RESPONSE: { encode: encodeHostResponse, decode: decodeHostResponse },
};

/** A message with its body read. */
export type DecodedMessage = {
  [N in MessageName]: {
    readonly name: N;
    readonly destination: Destination;
    readonly runspacePoolId: string;
    readonly pipelineId: string;
    readonly body: MessageBodies[N];
  };
}[MessageName];

/** Reads the body of a message. */
export function decodeBody(frame: MessageFrame): DecodedMessage {
  const { name, destination, runspacePoolId, pipelineId, data } = frame;
  const value = data === '' ? undefined : deserialize(data);
  // The compiler does not see that name and body of one table entry belong together.
  return {
    name,
    destination,
    runspacePoolId,
    pipelineId,
    body: CODECS[name].decode(value),
  } as DecodedMessage;
}

/** The text of a message's data. `version` is the one negotiated: it decides which merge instructions a pipeline may carry. */
export function encodeBody<N extends MessageName>(
  name: N,
  body: MessageBodies[N],
  version: ProtocolVersion,
): string {
  const codec: MessageCodec<MessageBodies[N]> = CODECS[name];
  const value = codec.encode(body, version);
  return value === undefined ? '' : serialize(value);
}

/** A whole message. Undefined pipeline: it concerns the pool. */
export function encodeWhole<N extends MessageName>(
  destination: Destination,
  name: N,
  body: MessageBodies[N],
  ids: { readonly runspacePoolId: string; readonly pipelineId?: string | undefined },
  version: ProtocolVersion = '2.4',
): Uint8Array {
  return encodeMessage({
    destination,
    name,
    runspacePoolId: ids.runspacePoolId,
    pipelineId: ids.pipelineId ?? EMPTY_GUID,
    data: encodeBody(name, body, version),
  });
}
