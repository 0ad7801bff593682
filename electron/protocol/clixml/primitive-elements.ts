/** The primitive elements ([MS-PSRP] 2.2.5.1), read through their end tags. */
import { parseSmallInteger } from './numbers.ts';
import type { ParsedTag } from './read-primitive.ts';
import { parseBoolean, parseInt64, parsers } from './read-primitive.ts';
import type { Scanner } from './scanner.ts';
import * as t from './tags.ts';
import type { PsObject, PsValue } from './value.ts';
import { PsPrimitive } from './value.ts';
import { mayBeXmlDocument } from './xml-document.ts';

/** The scanner stands behind the start tag `tag`. Undefined where that is no primitive's; nothing is consumed then. */
export function readPrimitive(scanner: Scanner, tag: number): Exclude<PsValue, PsObject> | undefined {
  switch (tag) {
    case t.tagS:
      return scanner.text(true);
    case t.tagI32:
      return small(scanner, tag, -2_147_483_648, 2_147_483_647);
    case t.tagB:
      return parseBoolean(scanner.text(false)) ?? badValue(scanner, tag);
    case t.tagI64:
      return parseInt64(scanner.text(false)) ?? badValue(scanner, tag);
    case t.tagDT:
      return parsed(scanner, tag, 'DT');
    case t.tagTS:
      return parsed(scanner, tag, 'TS');
    case t.tagG:
      return parsed(scanner, tag, 'G');
    case t.tagVersion:
      return parsed(scanner, tag, 'Version');
    case t.tagDb:
      return parsed(scanner, tag, 'Db');
    case t.tagSg:
      return parsed(scanner, tag, 'Sg');
    case t.tagD:
      return parsed(scanner, tag, 'D');
    case t.tagU64:
      return parsed(scanner, tag, 'U64');
    case t.tagBA:
      return parsed(scanner, tag, 'BA');
    case t.tagSS:
      return parsed(scanner, tag, 'SS');
    case t.tagC:
      return new PsPrimitive('C', small(scanner, tag, 0, 65_535));
    case t.tagBy:
      return new PsPrimitive('By', small(scanner, tag, 0, 255));
    case t.tagSB:
      return new PsPrimitive('SB', small(scanner, tag, -128, 127));
    case t.tagU16:
      return new PsPrimitive('U16', small(scanner, tag, 0, 65_535));
    case t.tagI16:
      return new PsPrimitive('I16', small(scanner, tag, -32_768, 32_767));
    case t.tagU32:
      return new PsPrimitive('U32', small(scanner, tag, 0, 4_294_967_295));
    case t.tagURI:
      return new PsPrimitive('URI', scanner.text(true));
    case t.tagSBK:
      return new PsPrimitive('SBK', scanner.text(true));
    case t.tagXD:
      return xmlDocument(scanner);
    default:
      return undefined;
  }
}

export function readInt32(scanner: Scanner): number {
  return small(scanner, t.tagI32, -2_147_483_648, 2_147_483_647);
}

function small(scanner: Scanner, tag: number, min: number, max: number): number {
  const value = parseSmallInteger(scanner.text(false), min, max);
  return Number.isNaN(value) ? badValue(scanner, tag) : value;
}

function parsed<T extends ParsedTag>(scanner: Scanner, tag: number, name: T): PsPrimitive<T> {
  const value = parsers[name](scanner.text(false));
  return value === undefined ? badValue(scanner, tag) : new PsPrimitive<T>(name, value);
}

function xmlDocument(scanner: Scanner): PsPrimitive<'XD'> {
  const text = scanner.text(true);
  return mayBeXmlDocument(text) ? new PsPrimitive('XD', text) : badValue(scanner, t.tagXD);
}

export function badValue(scanner: Scanner, tag: number, start: number = scanner.tagStart): never {
  const name = t.tagName(tag);
  scanner.fail('clixml.value', `The content of an element ${name} is no such value`, start, { tag: name });
}
