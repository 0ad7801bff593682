import { psEnum, psRecord } from '../../clixml/value.ts';
import type { PsObject, PsValue } from '../../clixml/value.ts';
import { ApartmentState, PsThreadOptions } from '../enums.ts';
import { Fields } from '../fields.ts';
import { decodeHostInfo, encodeHostInfo } from '../host-info.ts';
import type { HostInfo } from '../host-info.ts';

/** [MS-PSRP] 2.2.2.2, client to server. */
export interface InitRunspacePool {
  readonly minRunspaces: number;
  readonly maxRunspaces: number;
  readonly threadOptions: PsThreadOptions;
  readonly apartmentState: ApartmentState;
  readonly hostInfo: HostInfo;
  /** A PSPrimitiveDictionary; `$PSSenderInfo.ApplicationArguments` on the server. */
  readonly applicationArguments: PsObject | undefined;
}

/** [MS-PSRP] 2.2.2.2 */
export function encodeInitRunspacePool(body: InitRunspacePool): PsValue {
  return psRecord({
    MinRunspaces: body.minRunspaces,
    MaxRunspaces: body.maxRunspaces,
    PSThreadOptions: psEnum(
      'System.Management.Automation.Runspaces.PSThreadOptions',
      body.threadOptions,
      PsThreadOptions[body.threadOptions],
    ),
    ApartmentState: encodeApartmentState(body.apartmentState),
    HostInfo: encodeHostInfo(body.hostInfo),
    ApplicationArguments: body.applicationArguments ?? null,
  });
}

/** [MS-PSRP] 2.2.2.2 */
export function decodeInitRunspacePool(value: PsValue | undefined): InitRunspacePool {
  const fields = new Fields(value, 'INIT_RUNSPACEPOOL');
  return {
    minRunspaces: fields.int('MinRunspaces'),
    maxRunspaces: fields.int('MaxRunspaces'),
    threadOptions: fields.oneOf('PSThreadOptions', [
      'Default',
      'UseNewThread',
      'ReuseThread',
      'UseCurrentThread',
    ]),
    apartmentState: decodeApartmentState(fields),
    hostInfo: decodeHostInfo(fields.requiredObject('HostInfo')),
    applicationArguments: fields.optionalObject('ApplicationArguments'),
  };
}

/** [MS-PSRP] 2.2.3.7 */
export function encodeApartmentState(state: ApartmentState): PsObject {
  return psEnum('System.Threading.ApartmentState', state, ApartmentState[state]);
}

/** [MS-PSRP] 2.2.3.7. Absent in messages of some clients: unknown then. */
export function decodeApartmentState(fields: Fields): ApartmentState {
  return fields.raw('ApartmentState') === undefined
    ? 'Unknown'
    : fields.oneOf('ApartmentState', ['STA', 'MTA', 'Unknown']);
}
