/**
 * Codes of WSManFault we know by name. Names and values from the Windows SDK's `wsmerror.h` and `winerror.h` (as Microsoft publishes them in
 * windows-rs `Win32/System/RemoteManagement`); `recorded` where a recording in test/vectors/wsman holds the code.
 */

export interface FaultCode {
  readonly code: number;
  /** The SDK's name without `ERROR_`. */
  readonly name: string;
  readonly source: 'recorded' | 'wsmerror.h' | 'winerror.h';
}

export const FAULT = {
  accessDenied: { code: 5, name: 'ACCESS_DENIED', source: 'winerror.h' },
  invalidParameter: { code: 87, name: 'INVALID_PARAMETER', source: 'recorded' },
  operationAborted: { code: 995, name: 'OPERATION_ABORTED', source: 'winerror.h' },
  fileNotFound: { code: 0x80070002, name: 'FILE_NOT_FOUND', source: 'recorded' },
  logonFailure: { code: 1326, name: 'LOGON_FAILURE', source: 'winerror.h' },
  internalError: { code: 1359, name: 'INTERNAL_ERROR', source: 'winerror.h' },
  resourceNotFound: { code: 2150858752, name: 'WSMAN_RESOURCE_NOT_FOUND', source: 'wsmerror.h' },
  invalidActionUri: { code: 2150858753, name: 'WSMAN_INVALID_ACTIONURI', source: 'wsmerror.h' },
  invalidHeaderBlock: {
    code: 2150858767,
    name: 'WSMAN_INVALID_MESSAGE_INFORMATION_HEADER',
    source: 'wsmerror.h',
  },
  headerRequired: {
    code: 2150858769,
    name: 'WSMAN_MESSAGE_INFORMATION_HEADER_REQUIRED',
    source: 'wsmerror.h',
  },
  destinationUnreachable: { code: 2150858770, name: 'WSMAN_DESTINATION_UNREACHABLE', source: 'wsmerror.h' },
  actionNotSupported: { code: 2150858771, name: 'WSMAN_ACTION_NOT_SUPPORTED', source: 'wsmerror.h' },
  filteringUnavailable: {
    code: 2150858777,
    name: 'WSMAN_ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE',
    source: 'wsmerror.h',
  },
  cannotProcessFilter: {
    code: 2150858778,
    name: 'WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER',
    source: 'recorded',
  },
  invalidEnumerationContext: {
    code: 2150858779,
    name: 'WSMAN_ENUMERATE_INVALID_ENUMERATION_CONTEXT',
    source: 'wsmerror.h',
  },
  envelopeTooLarge: { code: 2150858790, name: 'WSMAN_ENVELOPE_TOO_LARGE', source: 'wsmerror.h' },
  invalidSoapBody: { code: 2150858791, name: 'WSMAN_INVALID_SOAP_BODY', source: 'wsmerror.h' },
  operationTimedOut: { code: 2150858793, name: 'WSMAN_OPERATION_TIMEDOUT', source: 'recorded' },
  concurrency: { code: 2150858802, name: 'WSMAN_CONCURRENCY', source: 'wsmerror.h' },
  alreadyExists: { code: 2150858803, name: 'WSMAN_ALREADY_EXISTS', source: 'wsmerror.h' },
  encodingLimit: { code: 2150858805, name: 'WSMAN_ENCODING_LIMIT', source: 'wsmerror.h' },
  invalidResourceUri: { code: 2150858811, name: 'WSMAN_INVALID_RESOURCE_URI', source: 'wsmerror.h' },
  invalidSelectors: { code: 2150858813, name: 'WSMAN_INVALID_SELECTORS', source: 'wsmerror.h' },
  quotaLimit: { code: 2150858815, name: 'WSMAN_QUOTA_LIMIT', source: 'wsmerror.h' },
  schemaValidation: { code: 2150858817, name: 'WSMAN_SCHEMA_VALIDATION_ERROR', source: 'wsmerror.h' },
  unsupportedFeature: { code: 2150858818, name: 'WSMAN_UNSUPPORTED_FEATURE', source: 'wsmerror.h' },
  invalidXml: { code: 2150858819, name: 'WSMAN_INVALID_XML', source: 'wsmerror.h' },
  maxEnvelopeSize: { code: 2150858823, name: 'WSMAN_MAX_ENVELOPE_SIZE', source: 'wsmerror.h' },
  invalidOptionValue: { code: 2150858835, name: 'WSMAN_OPTIONS_INVALID_VALUE', source: 'wsmerror.h' },
  insufficientSelectors: { code: 2150858842, name: 'WSMAN_INSUFFCIENT_SELECTORS', source: 'wsmerror.h' },
  /** An unknown shell or command. */
  unexpectedSelectors: { code: 2150858843, name: 'WSMAN_UNEXPECTED_SELECTORS', source: 'recorded' },
  invalidTimeout: { code: 2150858881, name: 'WSMAN_INVALID_TIMEOUT_HEADER', source: 'wsmerror.h' },
  pluginFailed: { code: 2150858883, name: 'WSMAN_PLUGIN_FAILED', source: 'wsmerror.h' },
  providerLoadFailed: { code: 2150858906, name: 'WSMAN_PROVIDER_LOAD_FAILED', source: 'wsmerror.h' },
  receiveInProgress: { code: 2150859047, name: 'WINRS_RECEIVE_IN_PROGRESS', source: 'wsmerror.h' },
  shellAlreadyClosed: { code: 2150859082, name: 'WSMAN_SHELL_ALREADY_CLOSED', source: 'wsmerror.h' },
  commandAlreadyClosed: { code: 2150859087, name: 'WSMAN_COMMAND_ALREADY_CLOSED', source: 'wsmerror.h' },
  shellUriInvalid: { code: 2150859099, name: 'WINRS_SHELL_URI_INVALID', source: 'wsmerror.h' },
  invalidInputStream: { code: 2150859147, name: 'WSMAN_SHELL_INVALID_INPUT_STREAM', source: 'wsmerror.h' },
  invalidDesiredStreams: {
    code: 2150859149,
    name: 'WSMAN_SHELL_INVALID_DESIRED_STREAMS',
    source: 'wsmerror.h',
  },
  redirectRequested: { code: 2150859161, name: 'WSMAN_REDIRECT_REQUESTED', source: 'wsmerror.h' },
  quotaMaxShells: { code: 2150859173, name: 'WSMAN_QUOTA_MAX_SHELLS', source: 'wsmerror.h' },
  quotaMaxOperations: { code: 2150859174, name: 'WSMAN_QUOTA_MAX_OPERATIONS', source: 'wsmerror.h' },
  quotaUser: { code: 2150859175, name: 'WSMAN_QUOTA_USER', source: 'wsmerror.h' },
  quotaSystem: { code: 2150859176, name: 'WSMAN_QUOTA_SYSTEM', source: 'wsmerror.h' },
  quotaMaxShellUsers: { code: 2150859179, name: 'WSMAN_QUOTA_MAX_SHELLUSERS', source: 'wsmerror.h' },
  remoteShellsNotAllowed: {
    code: 2150859180,
    name: 'WSMAN_REMOTESHELLS_NOT_ALLOWED',
    source: 'wsmerror.h',
  },
  commandsFilterExpected: {
    code: 2150859200,
    name: 'WSMAN_ENUMERATE_SHELLCOMAMNDS_FILTER_EXPECTED',
    source: 'wsmerror.h',
  },
  shellDisconnected: { code: 2150859204, name: 'WINRS_SHELL_DISCONNECTED', source: 'wsmerror.h' },
  disconnectNotSupported: {
    code: 2150859205,
    name: 'WINRS_SHELL_DISCONNECT_NOT_SUPPORTED',
    source: 'wsmerror.h',
  },
  clientSessionMismatch: {
    code: 2150859206,
    name: 'WINRS_SHELL_CLIENTSESSIONID_MISMATCH',
    source: 'wsmerror.h',
  },
  commandTerminated: { code: 2150859212, name: 'WSMAN_COMMAND_TERMINATED', source: 'wsmerror.h' },
  connectedToDifferentClient: {
    code: 2150859213,
    name: 'WINRS_SHELL_CONNECTED_TO_DIFFERENT_CLIENT',
    source: 'wsmerror.h',
  },
  disconnectNotGraceful: {
    code: 2150859214,
    name: 'WINRS_SHELL_DISCONNECT_OPERATION_NOT_GRACEFUL',
    source: 'wsmerror.h',
  },
  disconnectNotValid: {
    code: 2150859215,
    name: 'WINRS_SHELL_DISCONNECT_OPERATION_NOT_VALID',
    source: 'wsmerror.h',
  },
  reconnectNotValid: {
    code: 2150859216,
    name: 'WINRS_SHELL_RECONNECT_OPERATION_NOT_VALID',
    source: 'wsmerror.h',
  },
  shellIdNotValid: { code: 2150859221, name: 'WINRS_SHELL_CLIENTID_NOT_VALID', source: 'wsmerror.h' },
  commandIdInUse: {
    code: 2150859222,
    name: 'WINRS_SHELLCOMMAND_CLIENTID_RESOURCE_CONFLICT',
    source: 'wsmerror.h',
  },
  shellIdInUse: {
    code: 2150859223,
    name: 'WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT',
    source: 'wsmerror.h',
  },
  serviceStreamDisconnected: {
    code: 2150859230,
    name: 'WSMAN_SERVICE_STREAM_DISCONNECTED',
    source: 'wsmerror.h',
  },
  quotaMaxShellsPlugin: { code: 2150859236, name: 'WSMAN_QUOTA_MAX_SHELLS_PPQ', source: 'wsmerror.h' },
  quotaMaxUsersPlugin: { code: 2150859237, name: 'WSMAN_QUOTA_MAX_USERS_PPQ', source: 'wsmerror.h' },
  quotaMaxPluginShells: {
    code: 2150859238,
    name: 'WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ',
    source: 'wsmerror.h',
  },
  quotaMaxPluginOperations: {
    code: 2150859239,
    name: 'WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ',
    source: 'wsmerror.h',
  },
  quotaMaxOperationsUser: {
    code: 2150859240,
    name: 'WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ',
    source: 'wsmerror.h',
  },
  quotaMaxCommands: {
    code: 2150859241,
    name: 'WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ',
    source: 'wsmerror.h',
  },
  idleTimeoutOutOfBounds: {
    code: 2150859250,
    name: 'WINRS_IDLETIMEOUT_OUTOFBOUNDS',
    source: 'wsmerror.h',
  },
} as const satisfies Readonly<Record<string, FaultCode>>;

const BY_CODE: ReadonlyMap<number, FaultCode> = new Map(Object.values(FAULT).map((f) => [f.code, f]));

/** The SDK's name of a code, where we know it. */
export function faultName(code: number): string | undefined {
  return BY_CODE.get(code)?.name;
}
