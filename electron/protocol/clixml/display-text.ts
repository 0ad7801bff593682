/** What PowerShell shows where it turns a value into text. Secure strings never show. */
import { displayDateTime, displayTimeSpan } from './date-time.ts';
import { formatDouble, formatSingle } from './numbers.ts';
import type { PsContainer, PsValue } from './value.ts';
import { PsMemberSet, PsObject, PsPrimitive } from './value.ts';

const secureStringText = 'System.Security.SecureString';

/** What .NET makes of each container, and so what it calls one that stands inside another text. */
const containerTypes: Readonly<Record<PsContainer['kind'], string>> = {
  LST: 'System.Collections.ArrayList',
  IE: 'System.Collections.ArrayList',
  STK: 'System.Collections.Stack',
  QUE: 'System.Collections.Queue',
  DCT: 'System.Collections.Hashtable',
};

/**
 * How long a text put together of parts may become, in UTF-16 units. References let a small message name one long text many times, and a
 * string of more than half a gigabyte is an exception in JavaScript. Sixteen million are some hundred thousand lines: more than anybody
 * reads, and less than memory notices. A text that came as one piece is never cut.
 */
const MOST_JOINED = 16 * 1024 * 1024;

/** As in `"$value"`: one level deep, culture invariant. What grows beyond reason ends in an ellipsis. */
export function displayText(value: PsValue): string {
  return display(value, false);
}

/** The same for an item or property of something larger, where PowerShell does not look further. */
export function displayInside(value: PsValue): string {
  return display(value, true);
}

function display(value: PsValue, inside: boolean): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof PsPrimitive ? displayPrimitive(value, inside) : displayObject(value, inside);
}

function displayPrimitive(primitive: PsPrimitive, inside: boolean): string {
  if (primitive.is('C')) return String.fromCharCode(primitive.value);
  if (primitive.is('DT')) return displayDateTime(primitive.value);
  if (primitive.is('TS')) return displayTimeSpan(primitive.value);
  if (primitive.is('Db')) return displayFloating(formatDouble(primitive.value));
  if (primitive.is('Sg')) return displayFloating(formatSingle(primitive.value));
  if (primitive.is('BA')) return inside ? 'System.Byte[]' : join(primitive.value, ' ', String);
  if (primitive.is('XD')) return '#document';
  if (primitive.is('SS')) return secureStringText;
  if (primitive.is('PR')) {
    const p = primitive.value;
    return (
      `parent = ${p.parentActivityId} id = ${p.activityId} act = ${p.activity} stat = ${p.statusDescription} ` +
      `cur = ${p.currentOperation ?? ''} pct = ${p.percentComplete} sec = ${p.secondsRemaining} type = ${p.recordType}`
    );
  }
  const { value } = primitive;
  return typeof value === 'object' ? '' : String(value);
}

function displayFloating(text: string): string {
  return text.replace('INF', 'Infinity');
}

function displayObject(object: PsObject, inside: boolean): string {
  if (object.text !== undefined) return object.text;
  const { container } = object;
  if (container !== undefined) {
    if (container.kind === 'DCT') return dictionaryType(object);
    return inside
      ? containerTypes[container.kind]
      : join(container.items, ' ', (item) => display(item, true));
  }
  if (object.base !== undefined) return display(object.base, inside);
  if (inside) return '';
  const shown = shownProperties(object);
  return shown.length === 0 ? '' : `@{${join(shown, '; ', ([name, v]) => `${name}=${display(v, true)}`)}}`;
}

function join<T>(items: Iterable<T>, separator: string, shown: (item: T) => string): string {
  let out = '';
  let first = true;
  for (const item of items) {
    if (out.length > MOST_JOINED) return `${out}…`;
    out += first ? shown(item) : separator + shown(item);
    first = false;
  }
  return out;
}

function dictionaryType(object: PsObject): string {
  return object.isOfType('System.Collections.Specialized.OrderedDictionary')
    ? 'System.Collections.Specialized.OrderedDictionary'
    : containerTypes.DCT;
}

/** Extended, then adapted ones that are not hidden; of a name that comes twice in one list, the last. */
export function shownProperties(object: PsObject): [string, PsValue][] {
  const byLower = new Map<string, [string, PsValue]>();
  for (const [name, value] of object.extended ?? []) {
    if (!(value instanceof PsMemberSet)) byLower.set(name.toLowerCase(), [name, value]);
  }
  const hiding = new Set(byLower.keys());
  for (const [name, value] of object.adapted ?? []) {
    const lower = name.toLowerCase();
    if (!hiding.has(lower)) byLower.set(lower, [name, value]);
  }
  return [...byLower.values()];
}
