/**
 * A strict pull reader for XML 1.0 with namespaces: a string in, one event at a time out, never recursing.
 *
 * Stricter than the recommendation on purpose, because what it reads comes from a network: no DTD, no processing instruction but the
 * XML declaration, no entity but the five. Every refusal is a ProtocolError with a code `xml.*` and the offset.
 */
import { ProtocolError } from '../errors.ts';
import { findForbidden, isNamePart, isNameStart, isSpace } from './chars.ts';
import { decodeReferences } from './entities.ts';
import type { XmlLimits } from './limits.ts';
import { envelopeLimits } from './limits.ts';

export interface XmlAttribute {
  readonly prefix: string;
  /** Local name. */
  readonly name: string;
  /** Empty for an attribute without prefix. */
  readonly namespace: string;
  readonly value: string;
}

export type XmlEvent = 'start' | 'text' | 'end' | 'eof';

export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
export const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

interface OpenElement {
  readonly rawName: string;
  readonly prefix: string;
  readonly name: string;
  readonly namespace: string;
  /** Namespace bindings to put back when it ends: prefix and its former URI. */
  readonly shadowed: [string, string | undefined][] | undefined;
}

interface RawAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

const noAttributes: readonly XmlAttribute[] = [];

/** `next()` advances; the other fields describe the event it returned and stay until the next call. */
export class XmlReader {
  /** Of the element that starts or ends. */
  prefix = '';
  /** Local name of the element that starts or ends. */
  name = '';
  /** Namespace URI of the element that starts or ends; empty for none. */
  namespace = '';
  /** Of the element that starts, namespace declarations left out. */
  attributes: readonly XmlAttribute[] = noAttributes;
  /** Of a `text` event. Text around a comment or CDATA section comes in several events. */
  text = '';
  /** Where the event begins in the input. */
  offset = 0;

  readonly #input: string;
  readonly #limits: XmlLimits;
  readonly #open: OpenElement[] = [];
  readonly #bindings = new Map<string, string>([['xml', xmlNamespace]]);
  #position = 0;
  #elements = 0;
  #pendingEnd = false;

  constructor(input: string, limits: Partial<XmlLimits> = {}) {
    this.#limits = { ...envelopeLimits, ...limits };
    if (input.length > this.#limits.maxLength) {
      throw new ProtocolError('xml.size', 'The XML text is too long', {
        length: input.length,
        limit: this.#limits.maxLength,
      });
    }
    const bad = findForbidden(input);
    if (bad >= 0) {
      throw new ProtocolError('xml.character', 'A character that XML does not allow', {
        offset: bad,
        unit: input.charCodeAt(bad),
      });
    }
    this.#input = input;
    if (input.charCodeAt(0) === 0xfeff) this.#position = 1;
    this.#declaration();
  }

  /** How many elements are open; at `start` and `end` the element itself counts. */
  get depth(): number {
    return this.#open.length;
  }

  next(): XmlEvent {
    if (this.#pendingEnd) return this.#end();
    for (;;) {
      const event = this.#open.length === 0 ? this.#outside() : this.#inside();
      if (event !== undefined) return event;
    }
  }

  /** Before and after the root element: white space and comments only. */
  #outside(): XmlEvent | undefined {
    this.#skipSpace();
    const at = this.#position;
    this.offset = at;
    if (at >= this.#input.length) {
      if (this.#elements === 0) this.#fail('xml.truncated', 'There is no root element', at);
      return 'eof';
    }
    if (this.#input.charCodeAt(at) !== 0x3c) this.#fail('xml.root', 'Text outside the root element', at);
    return this.#markup();
  }

  #inside(): XmlEvent | undefined {
    const at = this.#position;
    this.offset = at;
    const input = this.#input;
    if (input.charCodeAt(at) === 0x3c) return this.#markup();
    let end = input.indexOf('<', at);
    if (end < 0) end = input.length;
    if (end === input.length) this.#fail('xml.truncated', 'The text ends inside an element', end);
    const raw = input.slice(at, end);
    const stray = raw.indexOf(']]>');
    if (stray >= 0) this.#fail('xml.syntax', 'The end of a CDATA section without its beginning', at + stray);
    this.#position = end;
    // Line ends first, references after: a carriage return written as a reference stays ([XML] 2.11).
    this.text = decodeReferences(normaliseLines(raw), at);
    return 'text';
  }

  /** At `<`. Undefined for what makes no event. */
  #markup(): XmlEvent | undefined {
    const at = this.#position;
    const input = this.#input;
    const c = input.charCodeAt(at + 1);
    if (c === 0x2f) return this.#endTag();
    if (c === 0x21) {
      if (input.startsWith('<!--', at)) return this.#comment();
      if (input.startsWith('<![CDATA[', at)) return this.#cdata();
      if (input.startsWith('<!DOCTYPE', at)) {
        this.#fail('xml.dtd', 'A document type declaration is not accepted', at);
      }
      this.#fail('xml.syntax', 'Markup that is neither an element, a comment nor a CDATA section', at);
    }
    if (c === 0x3f) {
      this.#fail('xml.processing-instruction', 'A processing instruction is not accepted', at);
    }
    return this.#startTag();
  }

  #comment(): undefined {
    const at = this.#position;
    // `--` may not stand inside a comment, so the first one must be its end ([XML] 2.5).
    const end = this.#input.indexOf('--', at + 4);
    if (end < 0) this.#fail('xml.truncated', 'The text ends inside a comment', at);
    if (this.#input.charCodeAt(end + 2) !== 0x3e) {
      this.#fail('xml.syntax', 'Two hyphens inside a comment', end);
    }
    this.#position = end + 3;
    return undefined;
  }

  #cdata(): XmlEvent {
    const at = this.#position;
    if (this.#open.length === 0) this.#fail('xml.root', 'Text outside the root element', at);
    const end = this.#input.indexOf(']]>', at + 9);
    if (end < 0) this.#fail('xml.truncated', 'The text ends inside a CDATA section', at);
    this.text = normaliseLines(this.#input.slice(at + 9, end));
    this.#position = end + 3;
    return 'text';
  }

  #startTag(): XmlEvent {
    const at = this.#position;
    if (this.#open.length === 0 && this.#elements > 0) {
      this.#fail('xml.root', 'More than one root element', at);
    }
    if (this.#open.length >= this.#limits.maxDepth) {
      throw new ProtocolError('xml.depth', 'Elements are nested too deeply', {
        offset: at,
        limit: this.#limits.maxDepth,
      });
    }
    if (++this.#elements > this.#limits.maxElements) {
      throw new ProtocolError('xml.elements', 'Too many elements', {
        offset: at,
        limit: this.#limits.maxElements,
      });
    }
    this.#position = at + 1;
    const [prefix, name] = this.#qualifiedName();
    const rawName = this.#input.slice(at + 1, this.#position);
    const raw = this.#rawAttributes();
    const empty = this.#input.charCodeAt(this.#position) === 0x2f;
    if (empty) this.#position++;
    if (this.#input.charCodeAt(this.#position) !== 0x3e) {
      this.#fail(
        this.#position >= this.#input.length ? 'xml.truncated' : 'xml.syntax',
        'A start tag does not end',
        this.#position,
      );
    }
    this.#position++;
    const shadowed = raw === undefined ? undefined : this.#declareNamespaces(raw);
    this.attributes = raw === undefined ? noAttributes : this.#resolveAttributes(raw);
    const namespace = this.#resolve(prefix, at);
    this.#open.push({ rawName, prefix, name, namespace, shadowed });
    this.prefix = prefix;
    this.name = name;
    this.namespace = namespace;
    this.#pendingEnd = empty;
    return 'start';
  }

  /** Attributes as written, up to `/` or `>`. */
  #rawAttributes(): RawAttribute[] | undefined {
    const input = this.#input;
    let found: RawAttribute[] | undefined;
    for (;;) {
      const spaced = this.#skipSpace();
      const c = input.charCodeAt(this.#position);
      if (c === 0x3e || c === 0x2f || Number.isNaN(c)) return found;
      const offset = this.#position;
      if (!spaced) this.#fail('xml.syntax', 'White space is missing before an attribute', offset);
      const [prefix, name] = this.#qualifiedName();
      this.#skipSpace();
      if (input.charCodeAt(this.#position) !== 0x3d) {
        this.#fail('xml.syntax', 'An attribute has no value', this.#position);
      }
      this.#position++;
      this.#skipSpace();
      const value = this.#quoted();
      found ??= [];
      if (found.length >= this.#limits.maxAttributes) {
        throw new ProtocolError('xml.attributes', 'Too many attributes on one element', {
          offset,
          limit: this.#limits.maxAttributes,
        });
      }
      found.push({ prefix, name, value, offset });
    }
  }

  #quoted(): string {
    const input = this.#input;
    const at = this.#position;
    const quote = input.charCodeAt(at);
    if (quote !== 0x22 && quote !== 0x27) this.#fail('xml.syntax', 'An attribute value has no quotes', at);
    const end = input.indexOf(quote === 0x22 ? '"' : "'", at + 1);
    if (end < 0) this.#fail('xml.truncated', 'The text ends inside an attribute value', at);
    const raw = input.slice(at + 1, end);
    const less = raw.indexOf('<');
    if (less >= 0) {
      this.#fail('xml.syntax', 'A less-than sign inside an attribute value', at + 1 + less);
    }
    this.#position = end + 1;
    // White space becomes spaces ([XML] 3.3.3); only what stands as a reference survives.
    const plain = /[\t\r\n]/.test(raw) ? raw.replace(/\r\n|[\t\r\n]/g, ' ') : raw;
    return decodeReferences(plain, at + 1);
  }

  /** [Namespaces in XML] 3: the bindings this element makes; returns what they hide. */
  #declareNamespaces(raw: readonly RawAttribute[]): [string, string | undefined][] | undefined {
    let shadowed: [string, string | undefined][] | undefined;
    for (const { prefix, name, value, offset } of raw) {
      const isDefault = prefix === '' && name === 'xmlns';
      if (!isDefault && prefix !== 'xmlns') continue;
      const declared = isDefault ? '' : name;
      if (
        declared === 'xmlns' ||
        value === xmlnsNamespace ||
        (declared === 'xml') !== (value === xmlNamespace) ||
        (value === '' && !isDefault)
      ) {
        this.#fail('xml.namespace', 'A namespace declaration that is not allowed', offset);
      }
      if (shadowed?.some(([seen]) => seen === declared)) {
        this.#fail('xml.duplicate-attribute', 'An attribute stands twice on one element', offset);
      }
      shadowed ??= [];
      shadowed.push([declared, this.#bindings.get(declared)]);
      this.#bindings.set(declared, value);
    }
    return shadowed;
  }

  #resolveAttributes(raw: readonly RawAttribute[]): readonly XmlAttribute[] {
    const resolved: XmlAttribute[] = [];
    for (const { prefix, name, value, offset } of raw) {
      if (prefix === 'xmlns' || (prefix === '' && name === 'xmlns')) continue;
      const namespace = prefix === '' ? '' : this.#resolve(prefix, offset);
      for (const other of resolved) {
        if (other.name === name && other.namespace === namespace) {
          this.#fail('xml.duplicate-attribute', 'An attribute stands twice on one element', offset);
        }
      }
      resolved.push({ prefix, name, namespace, value });
    }
    return resolved;
  }

  #resolve(prefix: string, offset: number): string {
    const uri = this.#bindings.get(prefix);
    if (uri === undefined && prefix !== '') {
      this.#fail('xml.namespace', 'A prefix without a namespace declaration', offset);
    }
    return uri ?? '';
  }

  #endTag(): XmlEvent {
    const at = this.#position;
    const open = this.#open.at(-1);
    if (open === undefined) this.#fail('xml.mismatch', 'An end tag without a start tag', at);
    if (!this.#input.startsWith(open.rawName, at + 2)) {
      this.#fail('xml.mismatch', 'An end tag does not match its start tag', at);
    }
    this.#position = at + 2 + open.rawName.length;
    this.#skipSpace();
    if (this.#input.charCodeAt(this.#position) !== 0x3e) {
      const truncated = this.#position >= this.#input.length;
      this.#fail(truncated ? 'xml.truncated' : 'xml.mismatch', 'An end tag does not match its start tag', at);
    }
    this.#position++;
    return this.#end();
  }

  #end(): XmlEvent {
    this.#pendingEnd = false;
    const open = this.#open.pop()!;
    this.prefix = open.prefix;
    this.name = open.name;
    this.namespace = open.namespace;
    this.attributes = noAttributes;
    for (const [prefix, uri] of open.shadowed ?? []) {
      if (uri === undefined) this.#bindings.delete(prefix);
      else this.#bindings.set(prefix, uri);
    }
    return 'end';
  }

  /** [XML] 2.8, at the very beginning only. The encoding it names does not matter: the text is decoded already. */
  #declaration(): void {
    const input = this.#input;
    const at = this.#position;
    if (!input.startsWith('<?xml', at) || !isSpace(input.charCodeAt(at + 5))) return;
    const pattern =
      /<\?xml\s+version\s*=\s*(["'])1\.0\1(?:\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]{0,40}\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>/y;
    pattern.lastIndex = at;
    if (!pattern.test(input)) this.#fail('xml.declaration', 'The XML declaration is not valid', at);
    this.#position = pattern.lastIndex;
  }

  #qualifiedName(): [prefix: string, name: string] {
    const first = this.#ncName();
    if (this.#input.charCodeAt(this.#position) !== 0x3a) return ['', first];
    this.#position++;
    return [first, this.#ncName()];
  }

  #ncName(): string {
    const input = this.#input;
    const at = this.#position;
    if (!isNameStart(input.charCodeAt(at))) {
      this.#fail(at >= input.length ? 'xml.truncated' : 'xml.syntax', 'A name is expected', at);
    }
    let end = at + 1;
    while (isNamePart(input.charCodeAt(end))) end++;
    this.#position = end;
    return input.slice(at, end);
  }

  #skipSpace(): boolean {
    const from = this.#position;
    while (isSpace(this.#input.charCodeAt(this.#position))) this.#position++;
    return this.#position > from;
  }

  #fail(code: string, what: string, offset: number): never {
    throw new ProtocolError(code, what, { offset });
  }
}

/** [XML] 2.11: CR LF and lone CR are one LF. */
function normaliseLines(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw;
}
