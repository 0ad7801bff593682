/** What a server may have against taking a shell over, leaving it or making one: faults by reason, so that callers need no numbers. */
import { FAULT, type FaultCode } from '../protocol/wsman/fault-codes.ts';
import { WsmanFault, type FaultParts } from '../protocol/wsman/faults.ts';

export type ShellFaultReason =
  /** Another client has it, or the one that died has it still as far as the server knows: try again in a while. */
  | 'in-use'
  /** It is not there, or not any more. */
  | 'not-found'
  /** The server, the protocol or the shell does not allow it. */
  | 'cannot-disconnect'
  /** It is disconnected: Reconnect or Connect comes first. */
  | 'disconnected'
  /** A limit of the service, the user or the shell; which, says `codeName`. */
  | 'quota'
  /** The idle time-out asked for is outside of what the server allows. */
  | 'idle-timeout';

const REASONS: ReadonlyMap<number, ShellFaultReason> = new Map(
  (
    [
      ['in-use', [FAULT.connectedToDifferentClient, FAULT.clientSessionMismatch, FAULT.reconnectNotValid]],
      ['not-found', [FAULT.unexpectedSelectors, FAULT.shellAlreadyClosed, FAULT.commandAlreadyClosed]],
      [
        'cannot-disconnect',
        [FAULT.disconnectNotSupported, FAULT.disconnectNotValid, FAULT.disconnectNotGraceful],
      ],
      ['disconnected', [FAULT.shellDisconnected, FAULT.serviceStreamDisconnected]],
      [
        'quota',
        [
          FAULT.quotaLimit,
          FAULT.quotaMaxShells,
          FAULT.quotaMaxOperations,
          FAULT.quotaUser,
          FAULT.quotaSystem,
          FAULT.quotaMaxShellUsers,
          FAULT.quotaMaxShellsPlugin,
          FAULT.quotaMaxUsersPlugin,
          FAULT.quotaMaxPluginShells,
          FAULT.quotaMaxPluginOperations,
          FAULT.quotaMaxOperationsUser,
          FAULT.quotaMaxCommands,
        ],
      ],
      ['idle-timeout', [FAULT.idleTimeoutOutOfBounds]],
    ] as const satisfies readonly (readonly [ShellFaultReason, readonly FaultCode[]])[]
  ).flatMap(([reason, codes]) => codes.map((known): [number, ShellFaultReason] => [known.code, reason])),
);

/** A fault whose reason is known. It is a WsmanFault still: code, machine and the server's own words are in it. */
export class ShellFault extends WsmanFault {
  readonly reason: ShellFaultReason;

  constructor(reason: ShellFaultReason, parts: FaultParts) {
    super(parts);
    this.reason = reason;
  }
}

/** The reason of a fault, where it is one of those. */
export function shellFaultReason(error: unknown): ShellFaultReason | undefined {
  if (error instanceof ShellFault) return error.reason;
  return error instanceof WsmanFault && error.code !== undefined ? REASONS.get(error.code) : undefined;
}

/** The same error, typed where its reason is known. */
export function asShellFault(error: unknown): unknown {
  const reason = shellFaultReason(error);
  if (reason === undefined || !(error instanceof WsmanFault) || error instanceof ShellFault) return error;
  const { code, machine, message, role, subcode, faultDetail, providerFault, httpStatus } = error;
  return new ShellFault(reason, {
    message,
    ...(code === undefined ? {} : { code }),
    ...(machine === undefined ? {} : { machine }),
    ...(role === undefined ? {} : { role }),
    ...(subcode === undefined ? {} : { subcode }),
    ...(faultDetail === undefined ? {} : { faultDetail }),
    ...(providerFault === undefined ? {} : { providerFault }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
}
