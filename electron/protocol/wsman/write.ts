/** Elements that may be absent, on top of the XML writer. Our prefixes are fixed and declared once, on the envelope. */
import { element, textElement, type Attributes } from '../xml/writer.ts';

/** An element that holds text; nothing at all where the text is undefined. */
export function leaf(name: string, value: string | undefined, attributes: Attributes = {}): string {
  return value === undefined ? '' : textElement(name, value, attributes);
}

/** As {@link leaf}, for text that needs no escaping, such as base64 of megabytes. */
export function rawLeaf(name: string, value: string, attributes: Attributes = {}): string {
  return element(name, attributes, value);
}
