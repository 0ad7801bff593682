import { psRecord } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { RemoteStreamOptions, psFlags } from '../enums.ts';
import { Fields } from '../fields.ts';
import { POOL_HOST, decodeHostInfo, encodeHostInfo } from '../host-info.ts';
import { decodePowerShell, encodePowerShell } from '../pipeline-spec.ts';
import type { PipelineSpec, ProtocolVersion } from '../pipeline-spec.ts';
import { decodeApartmentState, encodeApartmentState } from './init-runspacepool.ts';

/** [MS-PSRP] 2.2.2.10, client to server. */
export function encodeCreatePipeline(body: PipelineSpec, version: ProtocolVersion): PsValue {
  return psRecord({
    PowerShell: encodePowerShell(body, version),
    NoInput: body.noInput ?? true,
    ApartmentState: encodeApartmentState(body.apartmentState ?? 'Unknown'),
    RemoteStreamOptions: psFlags(
      'System.Management.Automation.RemoteStreamOptions',
      RemoteStreamOptions,
      body.remoteStreamOptions ?? 0,
    ),
    AddToHistory: body.addToHistory ?? false,
    HostInfo: encodeHostInfo(body.hostInfo ?? POOL_HOST),
    // Asked for a second time: of this one Windows PowerShell 2 knows nothing.
    IsNested: body.isNested ?? false,
  });
}

/** [MS-PSRP] 2.2.2.10 */
export function decodeCreatePipeline(value: PsValue | undefined): PipelineSpec {
  const fields = new Fields(value, 'CREATE_PIPELINE');
  const powerShell = decodePowerShell(fields.requiredObject('PowerShell'));
  return {
    ...powerShell,
    isNested: powerShell.isNested === true || fields.optionalBoolean('IsNested') === true,
    noInput: fields.boolean('NoInput'),
    apartmentState: decodeApartmentState(fields),
    remoteStreamOptions: fields.optionalInt('RemoteStreamOptions') ?? 0,
    addToHistory: fields.optionalBoolean('AddToHistory') ?? false,
    hostInfo: decodeHostInfo(fields.requiredObject('HostInfo')),
  };
}
