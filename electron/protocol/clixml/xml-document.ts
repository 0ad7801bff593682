/** Whether the text of an XD could be an XML document: we keep it as text and never expand anything in it. */

/**
 * A check of structure only: what looks like markup ends, and start and end tags match. Names, attributes and references are not
 * looked into, because a document may bring its own entities (.NET reads it with its DTD). A text without any markup passes too: some
 * writers put plain text in an XD.
 */
export function mayBeXmlDocument(text: string): boolean {
  const open: string[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    const end = endOfMarkup(text, at);
    if (end < 0) return false;
    const second = text.charCodeAt(at + 1);
    if (second === 0x2f) {
      if (open.pop() !== text.slice(at + 2, end).trimEnd()) return false;
    } else if (second !== 0x21 && second !== 0x3f) {
      const name = /[^\s/>]*/y;
      name.lastIndex = at + 1;
      const found = name.exec(text)![0];
      if (found === '') return false;
      if (text.charCodeAt(end - 1) !== 0x2f) open.push(found);
    }
    at = text.indexOf('<', end + 1);
  }
  return open.length === 0;
}

/** Where the `>` of the markup that begins at `at` stands, or -1. */
function endOfMarkup(text: string, at: number): number {
  if (text.startsWith('<!--', at)) return after(text, '-->', at + 4);
  if (text.startsWith('<![CDATA[', at)) return after(text, ']]>', at + 9);
  if (text.startsWith('<?', at)) return after(text, '?>', at + 2);
  const brackets = text.startsWith('<!DOCTYPE', at);
  let depth = 0;
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22 || c === 0x27) {
      i = text.indexOf(text[i]!, i + 1);
      if (i < 0) return -1;
    } else if (brackets && c === 0x5b) depth++;
    else if (brackets && c === 0x5d) depth--;
    else if (c === 0x3e && depth <= 0) return i;
  }
  return -1;
}

function after(text: string, closing: string, from: number): number {
  const found = text.indexOf(closing, from);
  return found < 0 ? -1 : found + closing.length - 1;
}
