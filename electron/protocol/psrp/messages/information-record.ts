import { PsObject, PsPrimitive } from '../../clixml/value.ts';
import type { PsDateTime, PsValue } from '../../clixml/value.ts';
import { Fields, asInt } from '../fields.ts';

/** [MS-PSRP] 2.2.2.26, server to client. Write-Host comes with the tag PSHOST and a HostInformationMessage as its data. */
export interface InformationRecord {
  readonly messageData: PsValue;
  readonly source: string | undefined;
  readonly time: PsDateTime | undefined;
  readonly tags: readonly string[];
  readonly user: string | undefined;
  readonly computer: string | undefined;
  readonly processId: number | undefined;
  /** The object as it came, with all that is not named here. */
  readonly raw: PsObject;
}

/** [MS-PSRP] 2.2.2.26 */
export function encodeInformationRecord(body: InformationRecord): PsValue {
  return body.raw;
}

/** [MS-PSRP] 2.2.2.26. The fields are extended properties from Windows and adapted ones where a record came through a pipeline. */
export function decodeInformationRecord(value: PsValue | undefined): InformationRecord {
  const fields = new Fields(value, 'INFORMATION_RECORD');
  const time = fields.raw('TimeGenerated');
  const tags = fields.raw('Tags');
  return {
    messageData: fields.raw('MessageData') ?? null,
    source: fields.optionalString('Source'),
    time: time instanceof PsPrimitive && time.is('DT') ? time.value : undefined,
    tags:
      tags instanceof PsObject && tags.items
        ? tags.items.filter((tag): tag is string => typeof tag === 'string')
        : [],
    user: fields.optionalString('User'),
    computer: fields.optionalString('Computer'),
    processId: asInt(fields.raw('ProcessId')),
    raw: fields.object,
  };
}
