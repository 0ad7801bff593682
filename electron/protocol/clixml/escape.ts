/** The `_xHHHH_` escapes of CLIXML, which let XML carry any UTF-16 text, lone surrogates too ([MS-PSRP] 2.2.5.3.2). */

/** Four or eight digits, either case; eight of no code point stay as they are, as .NET leaves them. */
export function decodeEscapes(text: string): string {
  let out = '';
  let copied = 0;
  let at = text.indexOf('_');
  while (at >= 0) {
    const length = escapeLength(text, at);
    if (length > 0) {
      // What the digits say; hexDigit has seen that they are digits.
      const codePoint = Number.parseInt(text.slice(at + 2, at + length - 1), 16);
      if (codePoint <= 0x10ffff) {
        out += text.slice(copied, at) + String.fromCodePoint(codePoint);
        copied = at + length;
      }
      at = text.indexOf('_', at + length);
    } else {
      at = text.indexOf('_', at + 1);
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** How long the escape is that begins at the underscore at `at`; 0 where none does. */
function escapeLength(text: string, at: number): number {
  // `x` or `X`
  if ((text.charCodeAt(at + 1) | 0x20) !== 0x78) return 0;
  let i = at + 2;
  while (i < at + 10 && isHexDigit(text.charCodeAt(i))) i++;
  const digits = i - at - 2;
  if (digits !== 4 && digits !== 8) return 0;
  return text.charCodeAt(i) === 0x5f ? digits + 3 : 0;
}

function isHexDigit(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

/**
 * What cannot stand in CLIXML as it is: XML's own characters, the controls C0 and 0x7F–0x9F, every surrogate, the two non-characters
 * that XML refuses, and an underscore that would begin an escape.
 */
// eslint-disable-next-line no-control-regex -- exactly these
const special = /[&<>\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_(?=[xX])/;
const specials = new RegExp(special.source, 'g');

const markup: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escape the text of an element. */
export function encodeText(text: string): string {
  return special.test(text) ? text.replace(specials, encodeUnit) : text;
}

function encodeUnit(unit: string): string {
  return markup[unit] ?? `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}

/** Escape the value of an attribute in double quotes. */
export function encodeAttribute(text: string): string {
  const encoded = encodeText(text);
  return encoded.includes('"') ? encoded.replaceAll('"', '&quot;') : encoded;
}
