import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields, enumAt } from '../fields.ts';

const TYPES = ['Processing', 'Completed'] as const;

/** [MS-PSRP] 2.2.2.25, server to client; also the argument of the host call WriteProgress. */
export interface ProgressRecord {
  readonly activity: string;
  readonly activityId: number;
  readonly statusDescription: string | undefined;
  readonly currentOperation: string | undefined;
  /** -1 where there is none. */
  readonly parentActivityId: number;
  /** 0 to 100; -1 where it is not known. */
  readonly percentComplete: number;
  readonly type: (typeof TYPES)[number];
  /** -1 where it is not known. */
  readonly secondsRemaining: number;
}

/** [MS-PSRP] 2.2.2.25 */
export function encodeProgressRecord(body: ProgressRecord): PsValue {
  return psRecord({
    Activity: body.activity,
    ActivityId: body.activityId,
    StatusDescription: body.statusDescription ?? null,
    CurrentOperation: body.currentOperation ?? null,
    ParentActivityId: body.parentActivityId,
    PercentComplete: body.percentComplete,
    Type: enumAt('System.Management.Automation.ProgressRecordType', TYPES, body.type),
    SecondsRemaining: body.secondsRemaining,
  });
}

/** [MS-PSRP] 2.2.2.25 */
export function decodeProgressRecord(value: PsValue | undefined): ProgressRecord {
  const fields = new Fields(value, 'PROGRESS_RECORD');
  return {
    activity: fields.string('Activity'),
    activityId: fields.int('ActivityId'),
    statusDescription: fields.optionalString('StatusDescription'),
    currentOperation: fields.optionalString('CurrentOperation'),
    parentActivityId: fields.optionalInt('ParentActivityId') ?? -1,
    percentComplete: fields.optionalInt('PercentComplete') ?? -1,
    type: fields.oneOf('Type', TYPES),
    secondsRemaining: fields.optionalInt('SecondsRemaining') ?? -1,
  };
}
