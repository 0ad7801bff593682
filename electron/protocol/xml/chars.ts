/** Character classes of XML 1.0 (fifth edition). */

const nameStart = 1;
const namePart = 2;
const space = 4;

/** The classes of the ASCII characters; a colon is no part of a name, because names here are always split at it ([Namespaces in XML] 4). */
const ascii: Uint8Array = buildAscii();

function buildAscii(): Uint8Array {
  const table = new Uint8Array(128);
  for (let c = 0; c < 128; c++) {
    const letter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f;
    const digit = c >= 0x30 && c <= 0x39;
    if (letter) table[c] = nameStart | namePart;
    else if (digit || c === 0x2d || c === 0x2e) table[c] = namePart;
    else if (c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d) table[c] = space;
  }
  return table;
}

/** [XML] 2.3 S */
export function isSpace(c: number): boolean {
  return c < 128 && (ascii[c]! & space) !== 0;
}

/** NCNameStartChar, by UTF-16 unit: the supplementary planes' name characters count by their surrogates, which a well-formed text pairs. */
export function isNameStart(c: number): boolean {
  if (c < 128) return (ascii[c]! & nameStart) !== 0;
  return (
    (c >= 0xc0 && c <= 0x2ff && c !== 0xd7 && c !== 0xf7) ||
    (c >= 0x370 && c <= 0x1fff && c !== 0x37e) ||
    c === 0x200c ||
    c === 0x200d ||
    (c >= 0x2070 && c <= 0x218f) ||
    (c >= 0x2c00 && c <= 0x2fef) ||
    (c >= 0x3001 && c <= 0xdfff) ||
    (c >= 0xf900 && c <= 0xfdcf) ||
    (c >= 0xfdf0 && c <= 0xfffd)
  );
}

/** NCNameChar, by UTF-16 unit. */
export function isNamePart(c: number): boolean {
  if (c < 128) return (ascii[c]! & namePart) !== 0;
  return isNameStart(c) || c === 0xb7 || (c >= 0x300 && c <= 0x36f) || c === 0x203f || c === 0x2040;
}

/** [XML] 2.2 Char, by code point. Numeric references are held to it too. */
export function isXmlChar(codePoint: number): boolean {
  return (
    (codePoint >= 0x20 && codePoint <= 0xd7ff) ||
    codePoint === 0x09 ||
    codePoint === 0x0a ||
    codePoint === 0x0d ||
    (codePoint >= 0xe000 && codePoint <= 0xfffd) ||
    (codePoint >= 0x10000 && codePoint <= 0x10ffff)
  );
}

// eslint-disable-next-line no-control-regex -- exactly the control characters XML forbids
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Where the first unit stands that is no XML character, or -1. */
export function findForbidden(text: string): number {
  const control = text.search(forbidden);
  if (text.isWellFormed()) return control;
  const surrogate = text.search(loneSurrogate);
  return control < 0 ? surrogate : Math.min(control, surrogate);
}
