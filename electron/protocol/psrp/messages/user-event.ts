import { PsPrimitive, psGuid, psList, psRecord } from '../../clixml/value.ts';
import type { PsDateTime, PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.12, server to client: an event that was registered with `-Forward`. */
export interface UserEvent {
  readonly eventId: number;
  readonly sourceId: string;
  readonly time: PsDateTime | undefined;
  readonly sender: PsValue;
  readonly arguments: readonly PsValue[];
  readonly messageData: PsValue;
  readonly computerName: string | undefined;
  readonly runspaceId: string | undefined;
}

/** [MS-PSRP] 2.2.2.12 */
export function encodeUserEvent(body: UserEvent): PsValue {
  return psRecord({
    'PSEventArgs.EventIdentifier': body.eventId,
    'PSEventArgs.SourceIdentifier': body.sourceId,
    'PSEventArgs.TimeGenerated': body.time ? new PsPrimitive('DT', body.time) : null,
    'PSEventArgs.Sender': body.sender,
    'PSEventArgs.SourceArgs': psList([...body.arguments]),
    'PSEventArgs.MessageData': body.messageData,
    'PSEventArgs.ComputerName': body.computerName ?? null,
    'PSEventArgs.RunspaceId': body.runspaceId === undefined ? null : psGuid(body.runspaceId),
  });
}

/** [MS-PSRP] 2.2.2.12 */
export function decodeUserEvent(value: PsValue | undefined): UserEvent {
  const fields = new Fields(value, 'USER_EVENT');
  const time = fields.raw('PSEventArgs.TimeGenerated');
  return {
    eventId: fields.int('PSEventArgs.EventIdentifier'),
    sourceId: fields.optionalString('PSEventArgs.SourceIdentifier') ?? '',
    time: time instanceof PsPrimitive && time.is('DT') ? time.value : undefined,
    sender: fields.raw('PSEventArgs.Sender') ?? null,
    arguments: fields.optionalItems('PSEventArgs.SourceArgs') ?? [],
    messageData: fields.raw('PSEventArgs.MessageData') ?? null,
    computerName: fields.optionalString('PSEventArgs.ComputerName'),
    runspaceId: fields.guid('PSEventArgs.RunspaceId'),
  };
}
