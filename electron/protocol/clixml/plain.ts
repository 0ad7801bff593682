/** Values for JSON. Nothing here can be read back to the value it came from; secure strings never show. */
import { formatDateTime } from './date-time.ts';
import { displayInside, shownProperties } from './display-text.ts';
import { formatSingle } from './numbers.ts';
import type { PsObject, PsValue } from './value.ts';
import { PsPrimitive } from './value.ts';

export interface PlainOptions {
  /** Objects inside objects; what is deeper shows as text. */
  readonly maxDepth?: number;
  /** Values in all, an object that is referred to twice counted twice; what comes after shows as text. */
  readonly maxValues?: number;
}

/**
 * - depth 49: what CLIXML itself can nest.
 * - a million values: references let a small text stand for a tree that grows twofold with each level, and JSON has no references. A
 *   million values is some tens of megabytes of JSON, more than anybody reads.
 */
const plainDefaults = { maxDepth: 49, maxValues: 1_000_000 };

/**
 * A value as JSON would have it: numbers where they are safe and exact, else text; dates in ISO 8601; bytes in base64; an enum by its
 * name; a list as an array; a dictionary or property bag as an object without prototype; a list or value with properties of its own as
 * `{value, …}`. What refers back to what contains it shows as text, and so does a secure string.
 */
export function toPlain(value: PsValue, options: PlainOptions = {}): unknown {
  return new Plain({ ...plainDefaults, ...options }).value(value);
}

class Plain {
  readonly #maxDepth: number;
  #left: number;
  /** Objects being told: from the outermost to the innermost. */
  readonly #open = new Set<PsObject>();

  constructor(options: Required<PlainOptions>) {
    this.#maxDepth = options.maxDepth;
    this.#left = options.maxValues;
  }

  value(value: PsValue): unknown {
    this.#left--;
    if (typeof value === 'bigint') return plainInteger(value);
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof PsPrimitive) return plainPrimitive(value);
    if (this.#left < 0 || this.#open.size >= this.#maxDepth || this.#open.has(value)) {
      // Not displayText: that would read a whole list for each mention of it.
      return displayInside(value);
    }
    this.#open.add(value);
    const plain = this.#object(value);
    this.#open.delete(value);
    return plain;
  }

  #object(object: PsObject): unknown {
    const core = this.#core(object);
    const properties = shownProperties(object);
    if (core !== undefined && properties.length === 0) return core;
    const out = Object.create(null) as Record<string, unknown>;
    if (core !== undefined) out.value = core;
    for (const [name, value] of properties) out[name] = this.value(value);
    if (core === undefined && properties.length === 0 && object.text !== undefined) return object.text;
    return out;
  }

  #core(object: PsObject): unknown {
    const { container } = object;
    if (container?.kind === 'DCT') {
      const out = Object.create(null) as Record<string, unknown>;
      for (const [key, value] of container.entries) out[displayInside(key)] = this.value(value);
      return out;
    }
    if (container !== undefined) return container.items.map((item) => this.value(item));
    if (object.base === undefined) return undefined;
    if (object.text !== undefined && object.isOfType('System.Enum')) return object.text;
    return this.value(object.base);
  }
}

function plainPrimitive(primitive: PsPrimitive): unknown {
  if (primitive.is('DT')) return formatDateTime(primitive.value);
  if (primitive.is('BA')) return Buffer.from(primitive.value).toString('base64');
  if (primitive.is('U64')) return plainInteger(primitive.value);
  if (primitive.is('Db') || primitive.is('Sg')) {
    // JSON has no word for these.
    if (!Number.isFinite(primitive.value)) return displayInside(primitive);
    return primitive.is('Sg') ? Number(formatSingle(primitive.value)) : primitive.value;
  }
  if (primitive.is('D')) return plainDecimal(primitive.value);
  if (primitive.is('XD')) return primitive.value;
  if (primitive.is('PR')) return { ...primitive.value };
  if (primitive.is('C') || primitive.is('TS') || primitive.is('SS')) {
    return displayInside(primitive);
  }
  return primitive.value;
}

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** A number where a double holds every digit: fifteen of them. */
function plainDecimal(text: string): number | string {
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15 ? Number(text) : text;
}
