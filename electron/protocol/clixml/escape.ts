/** The `_xHHHH_` escapes of CLIXML, which let XML carry any UTF-16 text, lone surrogates too ([MS-PSRP] 2.2.5.3.2). */

const escaped = /_[xX](?:([0-9a-fA-F]{4})|([0-9a-fA-F]{8}))_/g;

/** Four or eight digits, either case; eight of no code point stay as they are, as .NET leaves them. */
export function decodeEscapes(text: string): string {
  return text.replace(escaped, (whole: string, four?: string, eight?: string) => {
    if (four !== undefined) return String.fromCharCode(Number.parseInt(four, 16));
    const codePoint = Number.parseInt(eight!, 16);
    return codePoint > 0x10ffff ? whole : String.fromCodePoint(codePoint);
  });
}

/**
 * What cannot stand in CLIXML as it is: XML's own characters, the controls C0 and 0x7F–0x9F, every surrogate, the two non-characters
 * that XML refuses, and an underscore that would begin an escape. The quote is for attributes only but harmless in text.
 */
// eslint-disable-next-line no-control-regex -- exactly these
const special = /[&<>"\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_(?=[xX])/;
const specials = new RegExp(special.source, 'g');

const markup: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escape for text and attribute values alike. */
export function encodeText(text: string): string {
  return special.test(text) ? text.replace(specials, encodeUnit) : text;
}

function encodeUnit(unit: string): string {
  return markup[unit] ?? `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}

/** Escape the markup of a text that takes no `_x` escapes (numbers, dates and the like never need even this). */
export function encodeMarkup(text: string): string {
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (c) => markup[c]!) : text;
}
