/**
 * The XML under CLIXML, read straight off the string: start tags with the few attributes CLIXML has, text, end tags. This is the hot
 * path of the product, hence by hand; it refuses what xml/reader.ts refuses, and prefixed names besides, which no writer of CLIXML uses.
 */
import { ProtocolError } from '../errors.ts';
import { decodeReferences } from '../xml/entities.ts';
import { findForbidden, isSpace } from '../xml/chars.ts';
import { decodeEscapes } from './escape.ts';
import type { RefId } from './references.ts';
import * as t from './tags.ts';
import { unitsOf } from './units.ts';

export const clixmlNamespace = 'http://schemas.microsoft.com/powershell/2004/04';

const lt = 0x3c;
const gt = 0x3e;
const slash = 0x2f;
const bang = 0x21;
const question = 0x3f;

/** Places to remember property names in, a power of two: a few types of object have some hundred names. */
const nameSlots = 512;
/** Most messages are smaller than this and come by the thousand: there is nothing to gain from remembering in them. */
const smallText = 8192;

/** Characters that make a piece of text worth a second look: markup, escapes, line ends, controls. 1: any; 2: underscore. */
const look: Uint8Array = buildLook();

/** The same for long texts: what `look` marks with 1, and everything from the surrogates on. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const worthALook = /[\x00-\x08\x0b-\x1f&\]\ud800-\uffff]/;
/** From here on a search costs less than a loop. */
const longText = 1024;

/** What {@link Scanner} reads as a number where it is written the usual way. */
const countedId = /^(?:0|[1-9]\d{0,8})$/;

function buildLook(): Uint8Array {
  const table = new Uint8Array(128);
  table.fill(1, 0, 0x20);
  table[0x09] = 0;
  table[0x0a] = 0;
  table[0x26] = 1;
  // The end of `]]>`, which text may not hold.
  table[0x5d] = 1;
  table[0x5f] = 2;
  return table;
}

export class Scanner {
  readonly input: string;
  position = 0;
  /** Where the tag that was read last begins. */
  tagStart = 0;
  /** Whether the element that was read last is `<x/>`. */
  empty = false;
  /** Its attributes, decoded; undefined where absent. */
  name: string | undefined = undefined;
  refId: RefId | undefined = undefined;
  stream: string | undefined = undefined;
  xmlns: string | undefined = undefined;
  version: string | undefined = undefined;
  readonly #names: (string | undefined)[] | undefined;
  readonly #units: Uint16Array;
  /** The same, two units in one number. */
  readonly #pairs: Uint32Array;
  readonly #maxElements: number;
  #elements = 0;
  #nameStart = 0;
  #nameEnd = 0;

  constructor(input: string, maxElements: number) {
    this.input = input;
    const { units, pairs } = unitsOf(input);
    this.#units = units;
    this.#pairs = pairs;
    this.#maxElements = maxElements;
    if (input.length > smallText) this.#names = Array.from({ length: nameSlots });
  }

  /** Read the next start tag among element content; `tagEnd` (nothing consumed) at an end tag. Text there is refused. */
  next(): number {
    const units = this.#units;
    for (;;) {
      let i = this.position;
      if (units[i] !== lt) this.position = i = this.#pastSpace(i);
      if (units[i] !== lt) {
        if (i >= this.input.length) this.fail('clixml.truncated', 'The text ends inside an element');
        this.fail('clixml.text', 'Text where only elements may stand');
      }
      const after = units[i + 1]!;
      if (after === slash) return t.tagEnd;
      if (after !== bang && after !== question) return this.#startTag();
      this.skipComment();
    }
  }

  /** Over the end of a line and the step in before the next tag, which .NET's documents have between any two: two spaces at a time. */
  #pastSpace(from: number): number {
    const units = this.#units;
    const pairs = this.#pairs;
    let i = from;
    for (;;) {
      if ((i & 1) === 0) while (pairs[i >> 1] === 0x0020_0020) i += 2;
      const c = units[i]!;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
      i++;
    }
  }

  #startTag(): number {
    const input = this.input;
    const units = this.#units;
    const start = this.position;
    this.tagStart = start;
    if (++this.#elements > this.#maxElements) {
      this.fail('clixml.elements', 'Too many elements', start, { limit: this.#maxElements });
    }
    let i = start + 1;
    let packed = 0;
    let c = units[i]!;
    while (c !== gt && c !== slash && c !== 0x20) {
      if (!((c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || (c >= 0x31 && c <= 0x36))) {
        if (isSpace(c)) break;
        this.#badName(i);
      }
      if (i - start <= 4) packed += c * (1 << ((i - start - 1) * 8));
      c = units[++i]!;
    }
    this.#nameStart = start + 1;
    this.#nameEnd = i;
    const tag =
      i - start > 5 ? longTag(input, start + 1, i - start - 1) : i === start + 1 ? t.tagUnknown : packed;
    this.name = undefined;
    this.refId = undefined;
    this.stream = undefined;
    if (c === gt) {
      this.empty = false;
      this.position = i + 1;
      return tag;
    }
    this.position = i;
    this.#attributes();
    return tag;
  }

  #attributes(): void {
    const input = this.input;
    const units = this.#units;
    this.xmlns = undefined;
    this.version = undefined;
    for (;;) {
      let i = this.position;
      let c = units[i]!;
      const before = i;
      while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = units[++i]!;
      if (c === gt) {
        this.empty = false;
        this.position = i + 1;
        return;
      }
      if (c === slash) {
        if (units[i + 1] !== gt) this.fail('clixml.syntax', 'A start tag does not end', i);
        this.empty = true;
        this.position = i + 2;
        return;
      }
      if (i >= input.length) this.fail('clixml.truncated', 'The text ends inside a tag', i);
      if (i === before) this.fail('clixml.syntax', 'White space is missing before an attribute', i);
      this.#attribute(i);
    }
  }

  #attribute(start: number): void {
    const input = this.input;
    const units = this.#units;
    let i = start;
    let c = units[i]!;
    if (c === 0x4e && units[i + 1] === 0x3d && units[i + 2] === 0x22) {
      if (this.#plainName(i + 3)) return;
    }
    if (c === 0x52 && this.#countedRefId(i)) return;
    while (c > 0x20 && c !== 0x3d && c !== gt && c !== lt && c !== slash && c !== 0x22 && c !== 0x27) {
      c = units[++i]!;
    }
    const end = i;
    if (end === start) this.fail('clixml.syntax', 'A name is expected', i);
    while (isSpace(c)) c = units[++i]!;
    if (c !== 0x3d) this.fail('clixml.syntax', 'An attribute has no value', i);
    c = units[++i]!;
    while (isSpace(c)) c = units[++i]!;
    if (c !== 0x22 && c !== 0x27) this.fail('clixml.syntax', 'An attribute value has no quotes', i);
    const valueStart = i + 1;
    const valueEnd = input.indexOf(c === 0x22 ? '"' : "'", valueStart);
    if (valueEnd < 0) this.fail('clixml.truncated', 'The text ends inside an attribute value', i);
    this.position = valueEnd + 1;
    const value = this.#attributeValue(valueStart, valueEnd);
    const first = units[start]!;
    if (end - start === 1 && first === 0x4e) {
      if (this.name !== undefined) this.#twice(start);
      this.name = value.includes('_') ? decodeEscapes(value) : value;
    } else if (end - start === 1 && first === 0x53) {
      if (this.stream !== undefined) this.#twice(start);
      this.stream = value;
    } else if (end - start === 5 && input.startsWith('RefId', start)) {
      if (this.refId !== undefined) this.#twice(start);
      this.refId = countedId.test(value) ? Number(value) : value;
    } else if (end - start === 5 && input.startsWith('xmlns', start)) {
      if (this.xmlns !== undefined) this.#twice(start);
      this.xmlns = value;
      if (value !== clixmlNamespace) {
        this.fail('clixml.namespace', 'An element of another namespace than that of CLIXML', start);
      }
    } else if (end - start === 7 && input.startsWith('Version', start)) {
      if (this.version !== undefined) this.#twice(start);
      this.version = value;
    }
  }

  /** The usual `RefId="12"`, without cutting a string for it. */
  #countedRefId(start: number): boolean {
    const units = this.#units;
    if (this.refId !== undefined || !this.input.startsWith('RefId="', start)) return false;
    let i = start + 7;
    let value = 0;
    for (let digit = units[i]! - 0x30; digit >= 0 && digit <= 9; digit = units[++i]! - 0x30) {
      value = value * 10 + digit;
    }
    const digits = i - start - 7;
    const canonical = digits > 0 && digits < 10 && (digits === 1 || units[start + 7] !== 0x30);
    if (!canonical || units[i] !== 0x22) return false;
    this.refId = value;
    this.position = i + 1;
    return true;
  }

  /** The usual `N="name"`, with nothing in it to decode. A name that came before is the same string again: a list of objects repeats few names many times. */
  #plainName(start: number): boolean {
    const input = this.input;
    const units = this.#units;
    const { length } = input;
    let hash = 0;
    let i = start;
    for (; i < length; i++) {
      const c = units[i]!;
      if (c === 0x22) break;
      if (c < 0x20 || c === 0x26 || c === lt || c === 0x5f || c >= 0xd800) return false;
      hash = (hash * 31 + c) | 0;
    }
    if (i >= length || this.name !== undefined) return false;
    this.name = this.#remembered(start, i, hash);
    this.position = i + 1;
    return true;
  }

  #remembered(start: number, end: number, hash: number): string {
    const names = this.#names;
    if (names === undefined) return this.input.slice(start, end);
    const slot = (hash ^ (hash >>> 9)) & (nameSlots - 1);
    const known = names[slot];
    if (known !== undefined && known.length === end - start && this.input.startsWith(known, start))
      return known;
    return (names[slot] = this.input.slice(start, end));
  }

  #attributeValue(start: number, end: number): string {
    const input = this.input;
    const units = this.#units;
    const raw = input.slice(start, end);
    for (let i = start; i < end; i++) {
      const c = units[i]!;
      if (c < 0x20 || c === 0x26 || c === lt || c >= 0xd800) return this.#oddAttribute(raw, start);
    }
    return raw;
  }

  #oddAttribute(raw: string, start: number): string {
    const less = raw.indexOf('<');
    if (less >= 0) this.fail('clixml.syntax', 'A less-than sign inside an attribute value', start + less);
    this.#checkCharacters(raw, start);
    return decodeReferences(raw.replace(/\r\n|[\t\r\n]/g, ' '), start, 'clixml.entity');
  }

  /** The text of the element that was read last, through its end tag. `escapes`: decode `_xHHHH_`. */
  text(escapes: boolean): string {
    if (this.empty) return '';
    const input = this.input;
    const units = this.#units;
    const start = this.position;
    const length = input.length;
    let i = start;
    let flags = 0;
    if (length - start > longText && units[start + longText] !== lt) {
      // The engine's own searches pass over a long text many times faster than a loop that looks at each character.
      const end = input.indexOf('<', start);
      if (end - start > longText) {
        const raw = input.slice(start, end);
        if (worthALook.test(raw)) flags |= 1;
        if (raw.includes('_')) flags |= 2;
        i = end;
      }
    }
    while (i < length) {
      const c = units[i]!;
      if (c === lt) break;
      if (c < 128) flags |= look[c]!;
      else if (c >= 0xd800) flags |= 1;
      i++;
    }
    if (units[i + 1] === slash) {
      this.#endOf(i);
      let text = input.slice(start, i);
      if ((flags & 1) !== 0) text = this.#oddText(text, start);
      return escapes && (flags & 2) !== 0 ? decodeEscapes(text) : text;
    }
    const text = this.#pieces(start);
    return escapes ? decodeEscapes(text) : text;
  }

  /** Text with comments or CDATA sections in it. */
  #pieces(start: number): string {
    const input = this.input;
    const units = this.#units;
    let text = '';
    this.position = start;
    for (;;) {
      const next = input.indexOf('<', this.position);
      if (next < 0) this.fail('clixml.truncated', 'The text ends inside an element', input.length);
      text += this.#oddText(input.slice(this.position, next), this.position);
      this.position = next;
      const c = units[next + 1]!;
      if (c === slash) {
        this.#endOf(next);
        return text;
      }
      if (input.startsWith('<![CDATA[', next)) {
        const end = input.indexOf(']]>', next + 9);
        if (end < 0) this.fail('clixml.truncated', 'The text ends inside a CDATA section', next);
        const raw = input.slice(next + 9, end);
        this.#checkCharacters(raw, next + 9);
        text += normaliseLines(raw);
        this.position = end + 3;
      } else if (c === bang || c === question) {
        this.skipComment();
      } else {
        this.fail('clixml.content', 'An element inside one that holds text', next);
      }
    }
  }

  #oddText(raw: string, start: number): string {
    this.#checkCharacters(raw, start);
    const stray = raw.indexOf(']]>');
    if (stray >= 0) {
      this.fail('clixml.syntax', 'The end of a CDATA section without its beginning', start + stray);
    }
    return decodeReferences(normaliseLines(raw), start, 'clixml.entity');
  }

  #checkCharacters(raw: string, start: number): void {
    const bad = findForbidden(raw);
    if (bad >= 0) this.fail('clixml.character', 'A character that XML does not allow', start + bad);
  }

  /** At the `</` at `at`: it must end the element that was read last. */
  #endOf(at: number): void {
    const units = this.#units;
    let i = at + 2;
    for (let j = this.#nameStart; j < this.#nameEnd; j++, i++) {
      if (units[i] !== units[j]!) this.#mismatch(at);
    }
    this.#closeTag(at, i);
  }

  /** Read the end tag `</name>`; the caller saw `tagEnd`. */
  end(name: string): void {
    const at = this.position;
    if (!this.input.startsWith(name, at + 2)) this.#mismatch(at);
    this.#closeTag(at, at + 2 + name.length);
  }

  #closeTag(at: number, from: number): void {
    const input = this.input;
    const units = this.#units;
    let i = from;
    while (isSpace(units[i]!)) i++;
    if (units[i] !== gt) {
      if (i >= input.length) this.fail('clixml.truncated', 'The text ends inside an end tag', at);
      this.#mismatch(at);
    }
    this.position = i + 1;
  }

  /** At `<!` or `<?`: only a comment may be there. */
  skipComment(): void {
    const input = this.input;
    const units = this.#units;
    const at = this.position;
    if (input.startsWith('<!--', at)) {
      const end = input.indexOf('--', at + 4);
      if (end < 0) this.fail('clixml.truncated', 'The text ends inside a comment', at);
      if (units[end + 2] !== gt) this.fail('clixml.syntax', 'Two hyphens inside a comment', end);
      this.#checkCharacters(input.slice(at, end), at);
      this.position = end + 3;
      return;
    }
    if (input.startsWith('<!DOCTYPE', at)) {
      this.fail('clixml.dtd', 'A document type declaration is not accepted', at);
    }
    if (units[at + 1] === question) {
      this.fail('clixml.processing-instruction', 'A processing instruction is not accepted', at);
    }
    this.fail('clixml.syntax', 'Markup that CLIXML does not have here', at);
  }

  #badName(at: number): never {
    if (at >= this.input.length) this.fail('clixml.truncated', 'The text ends inside a tag', at);
    this.fail('clixml.element', 'An element name that CLIXML does not have', this.tagStart);
  }

  #twice(at: number): never {
    this.fail('clixml.duplicate-attribute', 'An attribute stands twice on one element', at);
  }

  #mismatch(at: number): never {
    this.fail('clixml.mismatch', 'An end tag does not match its start tag', at);
  }

  fail(
    code: string,
    what: string,
    offset: number = this.position,
    facts: Readonly<Record<string, string | number>> = {},
  ): never {
    throw new ProtocolError(code, what, { ...facts, offset });
  }
}

function longTag(input: string, start: number, length: number): number {
  if (length === 5 && input.startsWith('TNRef', start)) return t.tagTNRef;
  if (length === 5 && input.startsWith('Props', start)) return t.tagProps;
  if (length === 8 && input.startsWith('ToString', start)) return t.tagToString;
  if (length === 7 && input.startsWith('Version', start)) return t.tagVersion;
  return t.tagUnknown;
}

function normaliseLines(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw;
}
