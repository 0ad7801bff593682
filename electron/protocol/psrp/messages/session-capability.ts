import { PsPrimitive, psRecord, psVersion } from '../../clixml/value.ts';
import type { PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.1, both ways. */
export interface SessionCapability {
  readonly protocolVersion: string;
  /** .NET insists on 2.0, whatever the version of PowerShell. */
  readonly psVersion: string;
  /** .NET insists on 1.1.0.1. */
  readonly serializationVersion: string;
  /** A serialised .NET time zone; opaque. Sent by old clients only. */
  readonly timeZone?: Uint8Array;
}

/** [MS-PSRP] 2.2.2.1 */
export function encodeSessionCapability(body: SessionCapability): PsValue {
  return psRecord({
    protocolversion: psVersion(body.protocolVersion),
    PSVersion: psVersion(body.psVersion),
    SerializationVersion: psVersion(body.serializationVersion),
    TimeZone: body.timeZone ? new PsPrimitive('BA', body.timeZone) : undefined,
  });
}

/** [MS-PSRP] 2.2.2.1 */
export function decodeSessionCapability(value: PsValue | undefined): SessionCapability {
  const fields = new Fields(value, 'SESSION_CAPABILITY');
  const timeZone = fields.raw('TimeZone');
  return {
    protocolVersion: fields.version('protocolversion'),
    psVersion: fields.version('PSVersion'),
    serializationVersion: fields.version('SerializationVersion'),
    ...(timeZone instanceof PsPrimitive && timeZone.is('BA') ? { timeZone: timeZone.value } : {}),
  };
}
