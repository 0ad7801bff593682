import { psRecord } from '../../clixml/value.ts';
import type { PsObject, PsValue } from '../../clixml/value.ts';
import { Fields } from '../fields.ts';

/** [MS-PSRP] 2.2.2.13, server to client: what the session configuration tells its clients, PSVersionTable among it. */
export interface ApplicationPrivateData {
  /** A PSPrimitiveDictionary. */
  readonly data: PsObject | undefined;
}

/** [MS-PSRP] 2.2.2.13 */
export function encodeApplicationPrivateData(body: ApplicationPrivateData): PsValue {
  return psRecord({ ApplicationPrivateData: body.data ?? null });
}

/** [MS-PSRP] 2.2.2.13 */
export function decodeApplicationPrivateData(value: PsValue | undefined): ApplicationPrivateData {
  return { data: new Fields(value, 'APPLICATION_PRIVATE_DATA').optionalObject('ApplicationPrivateData') };
}
