/** Writing XML: escapes, and elements as strings. */
import { UsageError } from '../errors.ts';
import { findForbidden } from './chars.ts';

const inText: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};
const inAttribute: Readonly<Record<string, string>> = {
  ...inText,
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
};

/** Escape character data. Throws a UsageError `xml.character` for what XML cannot carry (control characters, lone surrogates). */
export function escapeText(text: string): string {
  checkCharacters(text);
  return /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (c) => inText[c]!) : text;
}

/** Escape the value of an attribute that stands in double quotes; line ends and tabs survive the reader's normalisation. */
export function escapeAttribute(value: string): string {
  checkCharacters(value);
  return /[&<>"\t\r\n]/.test(value) ? value.replace(/[&<>"\t\r\n]/g, (c) => inAttribute[c]!) : value;
}

function checkCharacters(text: string): void {
  const bad = findForbidden(text);
  if (bad >= 0) {
    throw new UsageError('xml.character', 'The text has a character that XML cannot carry', {
      index: bad,
      unit: text.charCodeAt(bad),
    });
  }
}

/** Attribute names (with prefix) and unescaped values; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** One element. `children` are finished XML: other elements, or text through {@link escapeText}. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly string[]): string {
  let head = `<${name}`;
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) head += ` ${attribute}="${escapeAttribute(value)}"`;
  }
  const content = children.join('');
  return content === '' ? `${head} />` : `${head}>${content}</${name}>`;
}

/** One element that holds text. */
export function textElement(name: string, text: string, attributes: Attributes = {}): string {
  return element(name, attributes, escapeText(text));
}
