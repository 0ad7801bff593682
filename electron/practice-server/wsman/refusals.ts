/** The ways in which the endpoint refuses a request: faults as a Windows server words and numbers them. */
import { FAULT, type FaultCode } from '../../protocol/wsman/fault-codes.ts';
import type { FaultParts } from '../../protocol/wsman/faults.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly fault: FaultParts;

  constructor(fault: FaultParts) {
    super(fault.message);
    this.fault = fault;
  }
}

const DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/';

function refusal(
  known: FaultCode,
  subcode: string,
  message: string,
  more: Partial<Pick<FaultParts, 'role' | 'faultDetail' | 'providerFault'>> = {},
): Refusal {
  return new Refusal({ code: known.code, subcode, message, role: 'Sender', ...more });
}

/** As recorded: what a Receive gets when there was nothing to send in time. */
export function timedOut(): Refusal {
  return refusal(
    FAULT.operationTimedOut,
    'TimedOut',
    'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.',
    { role: 'Receiver' },
  );
}

/** As recorded: the shell is not there, or not any more. */
export function unknownShell(): Refusal {
  const message =
    'The WS-Management service cannot process the request because the request contained invalid selectors for the resource.';
  return refusal(FAULT.unexpectedSelectors, 'InvalidSelectors', message, {
    faultDetail: `${DETAIL}UnexpectedSelectors`,
    providerFault: { provider: 'Shell provider', text: message, code: FAULT.unexpectedSelectors.code },
  });
}

/** As recorded: the command is not there, or has been received to its end. */
export function unknownCommand(): Refusal {
  return refusal(
    FAULT.unexpectedSelectors,
    'InvalidSelectors',
    'The Windows Remote Shell received a request to perform an operation on a command identifier that does not exist. Either the command has completed execution or the client specified an invalid command identifier.',
    { faultDetail: `${DETAIL}UnexpectedSelectors` },
  );
}

/** As recorded: a program that is not there. */
export function programNotFound(): Refusal {
  const message = 'The system cannot find the file specified.';
  return refusal(FAULT.fileNotFound, 'InternalError', message, {
    role: 'Receiver',
    providerFault: { provider: 'Shell cmd plugin', text: message },
  });
}

/** As recorded: an operation the shell cannot make sense of. */
export function invalidParameter(): Refusal {
  const message = 'The parameter is incorrect.';
  return refusal(FAULT.invalidParameter, 'InvalidParameter', message, {
    faultDetail: `${DETAIL}InvalidValue`,
    providerFault: { provider: 'Shell cmd plugin', text: message },
  });
}

export function accessDenied(): Refusal {
  return refusal(FAULT.accessDenied, 'AccessDenied', 'Access is denied.');
}

export function tooManyShells(limit: number): Refusal {
  return refusal(
    FAULT.quotaMaxShells,
    'QuotaLimit',
    `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user.`,
    { role: 'Receiver' },
  );
}

export function tooManyCommands(limit: number): Refusal {
  return refusal(
    FAULT.quotaMaxCommands,
    'QuotaLimit',
    `The WS-Management service cannot process the request. A shell is allowed a maximum number of ${limit} concurrent commands, which has been exceeded.`,
    { role: 'Receiver' },
  );
}

export function shellIdInUse(): Refusal {
  return refusal(
    FAULT.shellIdInUse,
    'AlreadyExists',
    'The shell cannot be created because its identifier is in use already.',
  );
}

export function commandIdInUse(): Refusal {
  return refusal(
    FAULT.commandIdInUse,
    'AlreadyExists',
    'The command cannot be started because its identifier is in use already.',
  );
}

export function unknownResource(): Refusal {
  return refusal(
    FAULT.invalidResourceUri,
    'DestinationUnreachable',
    'The WS-Management service cannot process the request. The resource URI is missing or it has an incorrect format.',
    { faultDetail: `${DETAIL}InvalidResourceURI` },
  );
}

/** A session configuration that is not registered here. */
export function unknownConfiguration(): Refusal {
  const message =
    'The WS-Management service cannot process the request. Cannot find the session configuration in the WSMan: drive on this computer.';
  return refusal(FAULT.invalidResourceUri, 'DestinationUnreachable', message, {
    faultDetail: `${DETAIL}InvalidResourceURI`,
  });
}

export function disconnectUnsupported(): Refusal {
  return refusal(
    FAULT.disconnectNotSupported,
    'UnsupportedFeature',
    'The WS-Management service does not support disconnecting from this shell.',
  );
}

/** [MS-WSMV] 3.1.4.15: nothing is done in a shell that its client has left, until one is back. */
export function shellDisconnected(): Refusal {
  return refusal(
    FAULT.shellDisconnected,
    'InternalError',
    'The WS-Management service cannot process the request because the shell is disconnected.',
    { role: 'Receiver' },
  );
}

/** [MS-WSMV] 3.1.4.16, 3.1.4.17: another client has it, or had it and was not missed yet. */
export function connectedElsewhere(): Refusal {
  return refusal(
    FAULT.connectedToDifferentClient,
    'InternalError',
    'The WS-Management service cannot connect to the shell because it is connected to a different client.',
    { role: 'Receiver' },
  );
}

/** Reconnect is for the client that left; others connect ([MS-PSRP] 3.1.4.10.2). */
export function otherClientSession(): Refusal {
  return refusal(
    FAULT.clientSessionMismatch,
    'InternalError',
    'The WS-Management service cannot reconnect to the shell because the client session is not the one that disconnected.',
    { role: 'Receiver' },
  );
}

export function idleTimeoutOutOfBounds(least: number, most: number): Refusal {
  return refusal(
    FAULT.idleTimeoutOutOfBounds,
    'InvalidParameter',
    `The idle time-out of a shell must be between ${least} and ${most} milliseconds.`,
  );
}

export function tooManyOperations(limit: number): Refusal {
  return refusal(
    FAULT.quotaMaxOperations,
    'QuotaLimit',
    `The WS-Management service cannot process the request. The maximum number of concurrent operations for this user, ${limit}, has been exceeded.`,
    { role: 'Receiver' },
  );
}

export function tooManyShellUsers(limit: number): Refusal {
  return refusal(
    FAULT.quotaMaxShellUsers,
    'QuotaLimit',
    `The WS-Management service cannot process the request. The maximum number of users with shells, ${limit}, has been exceeded.`,
    { role: 'Receiver' },
  );
}

export function actionNotSupported(): Refusal {
  return refusal(
    FAULT.actionNotSupported,
    'ActionNotSupported',
    'The action is not supported by the service.',
  );
}

/** The request is not one: `what` names the part. */
export function invalidRequest(what: string): Refusal {
  return refusal(
    FAULT.schemaValidation,
    'SchemaValidationError',
    `The SOAP XML in the message does not match the corresponding XML schema definition: ${what}.`,
  );
}

export function invalidTimeout(): Refusal {
  return refusal(
    FAULT.invalidTimeout,
    'InvalidParameter',
    'The WS-Management service cannot process the request because the OperationTimeout is not valid.',
    { faultDetail: `${DETAIL}InvalidTimeout` },
  );
}

export function envelopeTooSmall(minimum: number): Refusal {
  return refusal(
    FAULT.maxEnvelopeSize,
    'EncodingLimit',
    `The MaxEnvelopeSize of the request is smaller than the ${minimum} bytes an answer needs.`,
    { faultDetail: `${DETAIL}MinimumEnvelopeLimit` },
  );
}

export function receiveInProgress(): Refusal {
  return refusal(
    FAULT.receiveInProgress,
    'Concurrency',
    'Another Receive for the same output is waiting already.',
  );
}

export function unknownStream(): Refusal {
  return refusal(
    FAULT.invalidInputStream,
    'InvalidParameter',
    'The shell has no input stream of that name.',
    {
      faultDetail: `${DETAIL}InvalidValue`,
    },
  );
}

/** The shell ended while the operation waited. */
export function operationAborted(reason: string): Refusal {
  return refusal(
    FAULT.operationAborted,
    'InternalError',
    'The I/O operation has been aborted because of either a thread exit or an application request.',
    { role: 'Receiver', providerFault: { provider: 'Shell provider', text: reason } },
  );
}

export function engineFailed(reason: string): Refusal {
  return refusal(FAULT.pluginFailed, 'InternalError', 'The shell could not be started.', {
    role: 'Receiver',
    providerFault: { provider: 'Microsoft.PowerShell', text: reason },
  });
}

export function notUnderstood(header: string): Refusal {
  return new Refusal({
    role: 'MustUnderstand',
    message: `The header ${header.slice(0, 100)} is not understood.`,
  });
}

/** [MS-WSMV] 3.1.4.1.39 */
export function operationIdInUse(): Refusal {
  return new Refusal({
    role: 'Sender',
    subcode: 'InvalidMessageInformationHeader',
    message: 'The OperationID is that of another request.',
  });
}

export function invalidEnumeration(): Refusal {
  return refusal(
    FAULT.invalidEnumerationContext,
    'InvalidEnumerationContext',
    'The supplied enumeration context is invalid.',
    { role: 'Receiver' },
  );
}

export function filterUnsupported(): Refusal {
  return refusal(
    FAULT.filteringUnavailable,
    'FilterDialectRequestedUnavailable',
    'The requested filtering dialect is not supported.',
  );
}

export function filterExpected(): Refusal {
  return refusal(
    FAULT.commandsFilterExpected,
    'CannotProcessFilter',
    'Commands are enumerated for one shell: the request needs a filter that names it.',
  );
}
