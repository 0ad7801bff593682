import type { PsValue } from '../../clixml/value.ts';

/** [MS-PSRP] 2.2.2.5, server to client: it says nothing but that it was sent. */
export type PublicKeyRequest = Readonly<Record<string, never>>;

/** [MS-PSRP] 2.2.2.5: an empty string. */
export function encodePublicKeyRequest(): PsValue {
  return '';
}

/** [MS-PSRP] 2.2.2.5. What it carries has no meaning and is not looked at. */
export function decodePublicKeyRequest(): PublicKeyRequest {
  return {};
}
