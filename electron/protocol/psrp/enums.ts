/**
 * The enumerations that PSRP messages carry, by PowerShell's names.
 *
 * Departure from [MS-PSRP] 2.2.3.4: pool states 6 to 8 are what .NET sends (Disconnecting, Disconnected, Connecting), not the
 * specification's NegotiationSent, NegotiationSucceeded, Connecting.
 */
import type { PsObject } from '../clixml/value.ts';
import { psEnum } from '../clixml/value.ts';

/** [MS-PSRP] 2.2.3.4 */
export const POOL_STATES = [
  'BeforeOpen',
  'Opening',
  'Opened',
  'Closed',
  'Closing',
  'Broken',
  'Disconnecting',
  'Disconnected',
  'Connecting',
] as const;
export type PoolState = (typeof POOL_STATES)[number];

/** [MS-PSRP] 2.2.3.5; Disconnected is of protocol 2.2. */
export const PIPELINE_STATES = [
  'NotStarted',
  'Running',
  'Stopping',
  'Stopped',
  'Completed',
  'Failed',
  'Disconnected',
] as const;
export type PipelineState = (typeof PIPELINE_STATES)[number];

/** [MS-PSRP] 2.2.3.6 */
export const PsThreadOptions = { Default: 0, UseNewThread: 1, ReuseThread: 2, UseCurrentThread: 3 } as const;
export type PsThreadOptions = keyof typeof PsThreadOptions;

/** [MS-PSRP] 2.2.3.7 */
export const ApartmentState = { STA: 0, MTA: 1, Unknown: 2 } as const;
export type ApartmentState = keyof typeof ApartmentState;

/** [MS-PSRP] 2.2.3.8, a set of flags. */
export const RemoteStreamOptions = {
  AddInvocationInfoToErrorRecord: 1,
  AddInvocationInfoToWarningRecord: 2,
  AddInvocationInfoToDebugRecord: 4,
  AddInvocationInfoToVerboseRecord: 8,
  AddInvocationInfo: 15,
} as const;

/** [MS-PSRP] 2.2.3.31. Not flags, whatever the specification says: .NET counts them. */
export const PIPELINE_RESULT_TYPES = [
  'None',
  'Output',
  'Error',
  'Warning',
  'Verbose',
  'Debug',
  'Information',
  'All',
  'Null',
] as const;
export type PipelineResultType = (typeof PIPELINE_RESULT_TYPES)[number];

/** [MS-PSRP] 2.2.3.19, a set of flags. */
export const CommandTypes = {
  Alias: 0x0001,
  Function: 0x0002,
  Filter: 0x0004,
  Cmdlet: 0x0008,
  ExternalScript: 0x0010,
  Application: 0x0020,
  Script: 0x0040,
  Workflow: 0x0080,
  Configuration: 0x0100,
  All: 0x01ff,
} as const;

/** [MS-PSRP] 2.2.3.9, ErrorCategory. */
export const ERROR_CATEGORIES = [
  'NotSpecified',
  'OpenError',
  'CloseError',
  'DeviceError',
  'DeadlockDetected',
  'InvalidArgument',
  'InvalidData',
  'InvalidOperation',
  'InvalidResult',
  'InvalidType',
  'MetadataError',
  'NotImplemented',
  'NotInstalled',
  'ObjectNotFound',
  'OperationStopped',
  'OperationTimeout',
  'SyntaxError',
  'ParserError',
  'PermissionDenied',
  'ResourceBusy',
  'ResourceExists',
  'ResourceUnavailable',
  'ReadError',
  'WriteError',
  'FromStdErr',
  'SecurityError',
  'ProtocolError',
  'ConnectionError',
  'AuthenticationError',
  'LimitsExceeded',
  'QuotaExceeded',
  'NotEnabled',
] as const;
export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** A set of flags as .NET names it: the composite that matches exactly, else the parts, else the number. */
export function psFlags(typeName: string, names: Readonly<Record<string, number>>, value: number): PsObject {
  const exact = Object.entries(names).find(([, bits]) => bits === value);
  if (exact) return psEnum(typeName, exact[0], value);
  const parts = Object.entries(names).filter(
    ([, bits]) => (value & bits) === bits && (bits & (bits - 1)) === 0,
  );
  const covered = parts.reduce((sum, [, bits]) => sum | bits, 0);
  return psEnum(
    typeName,
    value !== 0 && covered === value ? parts.map(([name]) => name).join(', ') : String(value),
    value,
  );
}
