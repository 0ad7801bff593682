/**
 * CLIXML to values ([MS-PSRP] 2.2.5). Accepts what .NET's PSSerializer accepts and refuses what it refuses, with these differences.
 *
 * Refused here alone: processing instructions, prefixed element names, numeric references to what is no XML character, elements inside
 * Nil and Ref, parts of dates (a year, a time alone) and forms of GUIDs and versions that nothing prints (`{0x…`, `+1.2`).
 *
 * Accepted here alone: a line `#< CLIXML` and a byte order mark before a document, URIs and XML documents that .NET could not parse (they
 * stay text), and the duration one tick past the last, which a reference library writes.
 */
import { ProtocolError } from '../errors.ts';
import { isSpace } from '../xml/chars.ts';
import { readPrimitive } from './primitive-elements.ts';
import { readProgress } from './progress-element.ts';
import { References } from './references.ts';
import { Scanner, clixmlNamespace } from './scanner.ts';
import * as t from './tags.ts';
import type { PsContainer, PsValue } from './value.ts';
import { PsMemberSet, PsObject } from './value.ts';

export interface ClixmlLimits {
  /** UTF-16 units of the whole text. */
  readonly maxLength: number;
  /** Elements in the whole text: an empty object is written in six characters but takes a hundred bytes. */
  readonly maxElements: number;
  /** Values inside values. Reading recurses once per level, so this also bounds the stack. */
  readonly maxDepth: number;
}

/**
 * - 200 Mi units: the most a PowerShell client takes as one object by default (PSSessionOption.MaximumReceivedObjectSize, 200 MB).
 * - 5 million elements: what 200 MB hold at the 40 characters an element of real objects takes, and under a gigabyte of memory at worst.
 * - depth 49: what System.Management.Automation 7.6.9 reads, found by trying: a value inside 49 others is refused. Its own writer stops
 *   before, so nothing real is lost.
 */
export const defaultLimits: ClixmlLimits = {
  maxLength: 200 * 1024 * 1024,
  maxElements: 5_000_000,
  maxDepth: 49,
};

/** One bare element, as the data of a PSRP message holds it. Throws a ProtocolError `clixml.*`. */
export function deserialize(text: string, limits: Partial<ClixmlLimits> = {}): PsValue {
  const reader = new Reader(text, limits);
  const value = reader.value(reader.firstTag());
  reader.finish();
  return value;
}

export interface ClixmlDocument {
  values: PsValue[];
  /** The S attribute of each value: `Error`, `warning`, … */
  streams: (string | undefined)[];
}

/** An `<Objs>` document, perhaps after a line `#< CLIXML`. Throws a ProtocolError `clixml.*`. */
export function deserializeDocument(text: string, limits: Partial<ClixmlLimits> = {}): ClixmlDocument {
  const header = /^\uFEFF?#< CLIXML[ \t]*\r?\n/.exec(text);
  const reader = new Reader(text, limits, header === null ? 0 : header[0].length);
  return reader.document();
}

type Properties = readonly (readonly [string, PsValue])[];

class Reader {
  readonly #scanner: Scanner;
  readonly #maxDepth: number;
  readonly #objects = new References<PsObject>();
  readonly #typeNames = new References<readonly string[]>();
  #depth = 0;

  constructor(text: string, limits: Partial<ClixmlLimits>, start = 0) {
    const { maxLength = defaultLimits.maxLength, maxDepth = defaultLimits.maxDepth } = limits;
    if (text.length > maxLength) {
      throw new ProtocolError('clixml.size', 'The CLIXML text is too long', {
        length: text.length,
        limit: maxLength,
      });
    }
    this.#scanner = new Scanner(text, limits.maxElements ?? defaultLimits.maxElements);
    this.#scanner.position = start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start;
    this.#maxDepth = maxDepth;
  }

  /** The start tag of the root element. */
  firstTag(): number {
    this.#declaration();
    const tag = this.#scanner.next();
    if (tag === t.tagEnd) this.#scanner.fail('clixml.mismatch', 'An end tag without a start tag');
    return tag;
  }

  #declaration(): void {
    if (!this.#scanner.input.startsWith('<?xml', this.#scanner.position)) return;
    const pattern =
      /<\?xml\s+version\s*=\s*(["'])1\.0\1(?:\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]{0,40}\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>/y;
    pattern.lastIndex = this.#scanner.position;
    if (pattern.test(this.#scanner.input)) this.#scanner.position = pattern.lastIndex;
  }

  /** After the root element: white space and comments. */
  finish(): void {
    const scanner = this.#scanner;
    const { input } = scanner;
    for (;;) {
      while (isSpace(input.charCodeAt(scanner.position))) scanner.position++;
      if (scanner.position >= input.length) return;
      if (!input.startsWith('<!', scanner.position)) {
        scanner.fail('clixml.trailing', 'Something follows the root element');
      }
      scanner.skipComment();
    }
  }

  document(): ClixmlDocument {
    const scanner = this.#scanner;
    if (this.firstTag() !== t.tagObjs || scanner.xmlns !== clixmlNamespace) {
      scanner.fail('clixml.root', 'The root element is not that of CLIXML', scanner.tagStart);
    }
    if (scanner.version !== undefined && !/^1(?:\.\d{1,9}){1,3}$/.test(scanner.version)) {
      scanner.fail('clixml.version', 'A version of CLIXML other than 1', scanner.tagStart);
    }
    const document: ClixmlDocument = { values: [], streams: [] };
    if (!scanner.empty) {
      for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
        document.streams.push(scanner.stream);
        document.values.push(this.value(tag));
      }
      scanner.end('Objs');
    }
    this.finish();
    return document;
  }

  /** A value whose start tag was just read. */
  value(tag: number): PsValue {
    const scanner = this.#scanner;
    if (++this.#depth > this.#maxDepth) {
      this.#tooDeep();
    }
    let value: PsValue | undefined;
    switch (tag) {
      case t.tagObj:
        value = this.#object();
        break;
      case t.tagNil:
        scanner.text(false);
        value = null;
        break;
      case t.tagRef:
        value = this.#reference();
        break;
      default:
        value = this.#primitive(tag);
        if (value === undefined) this.#unknownElement();
    }
    this.#depth--;
    return value;
  }

  #primitive(tag: number): Exclude<PsValue, PsObject> | undefined {
    return tag === t.tagPR
      ? readProgress(this.#scanner, () => this.value(this.#scanner.next()))
      : readPrimitive(this.#scanner, tag);
  }

  #reference(): PsObject {
    const scanner = this.#scanner;
    const start = scanner.tagStart;
    const id = scanner.refId;
    if (id === undefined) return scanner.fail('clixml.reference', 'A reference without RefId', start);
    const target = this.#objects.get(id);
    if (target === undefined) {
      return scanner.fail('clixml.reference', 'A reference to an object that did not come before', start);
    }
    scanner.text(false);
    return target;
  }

  /** [MS-PSRP] 2.2.5.2: the parts in any order, as .NET reads them. */
  #object(): PsObject {
    const scanner = this.#scanner;
    const object = new PsObject();
    // Known before its content, which may refer to it.
    if (scanner.refId !== undefined) this.#objects.set(scanner.refId, object);
    if (scanner.empty) return object;
    let wrapped = false;
    for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
      switch (tag) {
        case t.tagTN:
          object.typeNames = this.#readTypeNames();
          break;
        case t.tagTNRef:
          object.typeNames = this.#typeNamesReference();
          break;
        case t.tagToString:
          object.text = scanner.text(true);
          break;
        case t.tagProps:
          object.adapted = this.#properties(object.adapted);
          break;
        case t.tagMS:
          object.extended = this.#members(object.extended);
          break;
        case t.tagLST:
        case t.tagSTK:
        case t.tagQUE:
        case t.tagIE:
          object.container = this.#items(tag);
          break;
        case t.tagDCT:
          object.container = this.#dictionary();
          break;
        case t.tagObj:
          if (wrapped) this.#unknownElement();
          wrapped = true;
          this.#wrapped(object, this.value(tag) as PsObject);
          break;
        default: {
          const base = this.#primitive(tag);
          if (base === undefined) this.#unknownElement();
          object.base = base;
        }
      }
    }
    scanner.end('Obj');
    return object;
  }

  /** An object directly inside an object: .NET writes one where a PSObject wraps another. The outer one speaks first. */
  #wrapped(outer: PsObject, inner: PsObject): void {
    if (outer.typeNames.length === 0) outer.typeNames = inner.typeNames;
    outer.text ??= inner.text;
    outer.base ??= inner.base;
    outer.container ??= inner.container;
    if (inner.adapted) outer.adapted = [...inner.adapted, ...(outer.adapted ?? [])];
    if (inner.extended) outer.extended = [...inner.extended, ...(outer.extended ?? [])];
  }

  #readTypeNames(): readonly string[] {
    const scanner = this.#scanner;
    const id = scanner.refId;
    const names: string[] = [];
    if (!scanner.empty) {
      for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
        if (tag !== t.tagT) this.#unknownElement();
        names.push(scanner.text(true));
      }
      scanner.end('TN');
    }
    if (id !== undefined) this.#typeNames.set(id, names);
    return names;
  }

  #typeNamesReference(): readonly string[] {
    const scanner = this.#scanner;
    const names = scanner.refId === undefined ? undefined : this.#typeNames.get(scanner.refId);
    if (names === undefined) {
      return scanner.fail(
        'clixml.type-reference',
        'A reference to type names that did not come before',
        scanner.tagStart,
      );
    }
    scanner.text(false);
    return names;
  }

  /** Props: [MS-PSRP] 2.2.5.2.8. */
  #properties(before: Properties | undefined): Properties {
    const scanner = this.#scanner;
    const properties = before === undefined ? [] : (before as [string, PsValue][]);
    if (scanner.empty) return properties;
    for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
      const { name } = scanner;
      if (name === undefined) this.#noName();
      properties.push([name, this.value(tag)]);
    }
    scanner.end('Props');
    return properties;
  }

  /** MS: [MS-PSRP] 2.2.5.2.9. A member set may hold member sets. */
  #members(before: Properties | undefined): Properties {
    const scanner = this.#scanner;
    const members = before === undefined ? [] : (before as [string, PsValue][]);
    if (scanner.empty) return members;
    for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
      const { name } = scanner;
      if (name === undefined || name === '') this.#noName();
      members.push([name, tag === t.tagMS ? this.#memberSet() : this.value(tag)]);
    }
    scanner.end('MS');
    return members;
  }

  #memberSet(): PsMemberSet {
    if (++this.#depth > this.#maxDepth) {
      this.#tooDeep();
    }
    const set = new PsMemberSet(this.#members(undefined));
    this.#depth--;
    return set;
  }

  #items(containerTag: number): PsContainer {
    const scanner = this.#scanner;
    const items: PsValue[] = [];
    const kind = t.tagName(containerTag) as 'LST' | 'STK' | 'QUE' | 'IE';
    if (!scanner.empty) {
      for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) items.push(this.value(tag));
      scanner.end(kind);
    }
    return { kind, items };
  }

  /** [MS-PSRP] 2.2.5.2.6.5: entries of exactly a key, not null, and then a value. */
  #dictionary(): PsContainer {
    const scanner = this.#scanner;
    const entries: [PsValue, PsValue][] = [];
    if (!scanner.empty) {
      for (let tag = scanner.next(); tag !== t.tagEnd; tag = scanner.next()) {
        if (tag !== t.tagEn) this.#unknownElement();
        const start = scanner.tagStart;
        if (scanner.empty) scanner.fail('clixml.dictionary', 'A dictionary entry has no key', start);
        const key = this.#entryPart('key');
        if (key === null) scanner.fail('clixml.dictionary', 'A dictionary key is null', start);
        entries.push([key, this.#entryPart('value')]);
        if (scanner.next() !== t.tagEnd) {
          scanner.fail('clixml.dictionary', 'A dictionary entry has more than a key and a value', start);
        }
        scanner.end('En');
      }
      scanner.end('DCT');
    }
    return { kind: 'DCT', entries };
  }

  #entryPart(part: 'key' | 'value'): PsValue {
    const scanner = this.#scanner;
    const tag = scanner.next();
    if (tag === t.tagEnd) scanner.fail('clixml.dictionary', `A dictionary entry has no ${part}`);
    if (scanner.name?.toLowerCase() !== part) {
      scanner.fail(
        'clixml.dictionary',
        `The ${part} of a dictionary entry is not named so`,
        scanner.tagStart,
      );
    }
    return this.value(tag);
  }

  #tooDeep(): never {
    const facts = { limit: this.#maxDepth };
    this.#scanner.fail('clixml.depth', 'Values are nested too deeply', this.#scanner.tagStart, facts);
  }

  #unknownElement(): never {
    this.#scanner.fail('clixml.element', 'An element that CLIXML does not have here', this.#scanner.tagStart);
  }

  #noName(): never {
    this.#scanner.fail('clixml.name', 'A property has no name', this.#scanner.tagStart);
  }
}
