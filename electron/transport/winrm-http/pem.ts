/** PEM (RFC 7468): base64 between two lines that say what it is. */

export type PemLabel = 'CERTIFICATE' | 'X509 CRL';

const BLOCKS: Readonly<Record<PemLabel, RegExp>> = {
  CERTIFICATE:
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
  'X509 CRL': /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g,
};

/** Those of one kind, of a text that may hold others, and words as well. */
export function splitPem(text: string, label: PemLabel): string[] {
  return text.match(BLOCKS[label]) ?? [];
}

export function toPem(der: Uint8Array, label: PemLabel): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
