import { ProtocolError } from '../errors.ts';
import { isXmlChar } from './chars.ts';

/** The longest reference that can be right: `&#x0010FFFF;` with some leading zeros. Longer ones are refused unread. */
const longestReference = 16;

/**
 * Replace the references in `raw`: the five named ones and numeric ones of XML characters ([XML] 4.1, 4.6).
 * `offset` is where `raw` stands in the input, and `code` the error's.
 */
export function decodeReferences(raw: string, offset: number, code = 'xml.entity'): string {
  let ampersand = raw.indexOf('&');
  if (ampersand < 0) return raw;
  let out = '';
  let from = 0;
  while (ampersand >= 0) {
    const semicolon = raw.indexOf(';', ampersand);
    if (semicolon < 0 || semicolon - ampersand > longestReference) {
      throw new ProtocolError(code, 'An ampersand begins no reference', {
        offset: offset + ampersand,
      });
    }
    out +=
      raw.slice(from, ampersand) + decodeOne(raw.slice(ampersand + 1, semicolon), offset + ampersand, code);
    from = semicolon + 1;
    ampersand = raw.indexOf('&', from);
  }
  return out + raw.slice(from);
}

function decodeOne(name: string, offset: number, code: string): string {
  switch (name) {
    case 'amp':
      return '&';
    case 'lt':
      return '<';
    case 'gt':
      return '>';
    case 'quot':
      return '"';
    case 'apos':
      return "'";
    default:
  }
  if (name.charCodeAt(0) !== 0x23) {
    throw new ProtocolError(code, 'A reference to an entity other than the five of XML', { offset });
  }
  const hex = /^#x([0-9a-fA-F]+)$/.exec(name);
  const decimal = hex ? null : /^#([0-9]+)$/.exec(name);
  const codePoint = hex ? Number.parseInt(hex[1]!, 16) : decimal ? Number.parseInt(decimal[1]!, 10) : -1;
  if (!isXmlChar(codePoint)) {
    throw new ProtocolError(code, 'A numeric reference to something that is no XML character', {
      offset,
    });
  }
  return String.fromCodePoint(codePoint);
}
