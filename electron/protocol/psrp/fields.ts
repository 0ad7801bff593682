import { PsObject, PsPrimitive, psEnum } from '../clixml/value.ts';
import type { PsContainer, PsValue } from '../clixml/value.ts';
import { ProtocolError } from '../errors.ts';

/** Reads the properties of a message's object, refusing by name what is absent or of another type. Null and absent are both undefined. */
export class Fields {
  readonly object: PsObject;
  readonly where: string;

  /** `where` names the message or structure in errors. */
  constructor(value: PsValue | undefined, where: string) {
    if (!(value instanceof PsObject)) {
      throw new ProtocolError('psrp.data.not-an-object', `${where} is not an object.`, {
        where,
        kind: kindOf(value),
      });
    }
    this.object = value;
    this.where = where;
  }

  #bad(name: string, expected: string): ProtocolError {
    const found = this.object.get(name);
    return new ProtocolError('psrp.data.field', `${name} of ${this.where} is not ${expected}.`, {
      where: this.where,
      name,
      expected,
      found: kindOf(found),
    });
  }

  raw(name: string): PsValue | undefined {
    return this.object.get(name) ?? undefined;
  }

  optionalString(name: string): string | undefined {
    const value = asText(this.raw(name));
    if (value === null) throw this.#bad(name, 'text');
    return value;
  }

  string(name: string): string {
    const value = this.optionalString(name);
    if (value === undefined) throw this.#bad(name, 'text');
    return value;
  }

  /** A 32-bit number or the value of an enum. */
  optionalInt(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = asInt(value);
    if (number === undefined) throw this.#bad(name, 'a number');
    return number;
  }

  int(name: string): number {
    const value = this.optionalInt(name);
    if (value === undefined) throw this.#bad(name, 'a number');
    return value;
  }

  /** A 64-bit number; a 32-bit one is widened. */
  long(name: string): bigint {
    const value = this.raw(name);
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    throw this.#bad(name, 'a 64-bit number');
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'boolean') throw this.#bad(name, 'a boolean');
    return value;
  }

  boolean(name: string): boolean {
    const value = this.optionalBoolean(name);
    if (value === undefined) throw this.#bad(name, 'a boolean');
    return value;
  }

  optionalObject(name: string): PsObject | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!(value instanceof PsObject)) throw this.#bad(name, 'an object');
    return value;
  }

  requiredObject(name: string): PsObject {
    const value = this.optionalObject(name);
    if (value === undefined) throw this.#bad(name, 'an object');
    return value;
  }

  optionalItems(name: string): readonly PsValue[] | undefined {
    const object = this.raw(name);
    if (object === undefined) return undefined;
    const items = object instanceof PsObject ? object.items : undefined;
    if (items === undefined) throw this.#bad(name, 'a list');
    return items;
  }

  items(name: string): readonly PsValue[] {
    const items = this.optionalItems(name);
    if (items === undefined) throw this.#bad(name, 'a list');
    return items;
  }

  version(name: string): string {
    const value = this.raw(name);
    if (value instanceof PsPrimitive && value.is('Version')) return value.value;
    // Some servers put versions as text.
    if (typeof value === 'string') return value;
    throw this.#bad(name, 'a version');
  }

  guid(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (value instanceof PsPrimitive && value.is('G')) return value.value.toLowerCase();
    throw this.#bad(name, 'a GUID');
  }

  /** The name of an enum value that .NET counts from 0. */
  oneOf<T extends string>(name: string, names: readonly T[]): T {
    const known = names[this.int(name)];
    if (known === undefined) throw this.#bad(name, 'a known state');
    return known;
  }
}

/** What kind of value it is, for errors. */
export function kindOf(value: PsValue | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof PsPrimitive) return value.tag;
  if (value instanceof PsObject) return value.container?.kind ?? 'object';
  return typeof value;
}

/** Text, also of a wrapped string; undefined for null, null for anything that is no text. */
function asText(value: PsValue | undefined): string | undefined | null {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof PsObject && typeof value.base === 'string') return value.base;
  if (value instanceof PsPrimitive && (value.is('URI') || value.is('SBK') || value.is('XD')))
    return value.value;
  return null;
}

export function asInt(value: PsValue | undefined): number | undefined {
  const inner = value instanceof PsObject ? value.base : value;
  if (typeof inner === 'number') return inner;
  if (inner instanceof PsPrimitive && typeof inner.value === 'number' && Number.isInteger(inner.value)) {
    return inner.value;
  }
  return undefined;
}

/** The entries of a dictionary. */
export function entriesOf(
  value: PsValue | undefined,
  where: string,
): readonly (readonly [PsValue, PsValue])[] {
  const container: PsContainer | undefined = value instanceof PsObject ? value.container : undefined;
  if (container?.kind === 'DCT') return container.entries;
  throw new ProtocolError('psrp.data.not-a-dictionary', `${where} is not a dictionary.`, {
    where,
    kind: kindOf(value),
  });
}

/** The enum value that stands at the index of its name. */
export function enumAt<T extends string>(typeName: string, names: readonly T[], name: T): PsObject {
  return psEnum(typeName, name, names.indexOf(name));
}
