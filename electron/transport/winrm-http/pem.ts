/** The certificates of a text that may hold keys and words as well. */
export function splitPem(text: string): string[] {
  const found = text.match(
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
  );
  return found ?? [];
}
