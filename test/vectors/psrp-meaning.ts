/**
 * What a value says, whoever wrote it: enums by number, integers by value, properties without order or case and without nulls, no type names
 * and no texts for display. Two messages of the same meaning do the same on the other side.
 */
import { PsObject, PsPrimitive } from '../../electron/protocol/clixml/value.ts';
import type { PsValue } from '../../electron/protocol/clixml/value.ts';
import type { ExpectedObject, ExpectedValue } from './psrp-vectors.ts';

export type Meaning = null | string | boolean | Meaning[] | { [key: string]: Meaning };

export function meaningOf(value: PsValue | undefined, outer: readonly PsObject[] = []): Meaning {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return `#${value}`;
  if (value instanceof PsPrimitive) return primitive(value);
  if (!(value instanceof PsObject)) throw new TypeError('no such value');
  const level = outer.indexOf(value);
  // An object may contain itself.
  if (level >= 0) return { '(again)': `${outer.length - level} levels up` };
  const inner = [...outer, value];
  const container = value.container;
  return assemble(
    value.base === undefined ? undefined : meaningOf(value.base, inner),
    container === undefined
      ? undefined
      : container.kind === 'DCT'
        ? container.entries.map(([k, v]) => [meaningOf(k, inner), meaningOf(v, inner)] as [Meaning, Meaning])
        : container.items.map((item) => meaningOf(item, inner)),
    container?.kind === 'DCT',
    [...(value.adapted ?? []), ...(value.extended ?? [])].map(([k, v]) => [k, meaningOf(v, inner)]),
  );
}

function primitive(value: PsPrimitive): Meaning {
  if (value.is('DT')) {
    return { dt: `${value.value.ticks} ${value.value.kind}` };
  }
  if (value.is('BA')) return { hex: Buffer.from(value.value).toString('hex').slice(0, 512) };
  if (value.is('Sg') || value.is('Db')) return { float: String(value.value) };
  if (value.is('G')) return { G: value.value.toLowerCase() };
  if (typeof value.value === 'number' || (typeof value.value === 'bigint' && !value.is('TS'))) {
    return `#${value.value as number | bigint}`;
  }
  return { [value.tag]: String(value.value) };
}

export function meaningOfExpected(value: ExpectedValue | undefined): Meaning {
  if (value === undefined || value.tag === 'Nil') return null;
  if (value.tag === 'Obj') return object(value as ExpectedObject);
  if (value.tag === 'Ref') throw new Error('the value refers to itself: compare it otherwise');
  const given = value as Exclude<ExpectedValue, { tag: 'Nil' } | { tag: 'Ref' } | ExpectedObject>;
  switch (given.tag) {
    case 'S':
    case 'B':
      return given.value as string | boolean;
    case 'DT':
      return { dt: `${given.ticks ?? ''} ${given.kind ?? ''}` };
    case 'TS':
      return { TS: given.ticks ?? '' };
    case 'BA':
      return { hex: given.hex ?? '' };
    case 'G':
      return { G: String(given.value).toLowerCase() };
    case 'Sg':
    case 'Db':
      return { float: String(Number(given.value)) };
    case 'By':
    case 'SB':
    case 'I16':
    case 'U16':
    case 'I32':
    case 'U32':
    case 'I64':
    case 'U64':
    case 'C':
      return `#${String(given.value)}`;
    default:
      return { [given.tag]: String(given.value) };
  }
}

function object(value: ExpectedObject): Meaning {
  const { container } = value;
  const isDictionary = container !== null && 'entries' in container;
  return assemble(
    value.base ? meaningOfExpected(value.base) : undefined,
    container === null
      ? undefined
      : 'entries' in container
        ? container.entries.map(([k, v]) => [meaningOfExpected(k), meaningOfExpected(v)] as [Meaning, Meaning])
        : container.items.map((item) => meaningOfExpected(item)),
    isDictionary,
    [...(value.adapted ?? []), ...(value.extended ?? [])].map(([k, v]) => [k, meaningOfExpected(v)]),
  );
}

function assemble(
  base: Meaning | undefined,
  content: Meaning[] | [Meaning, Meaning][] | undefined,
  isDictionary: boolean,
  properties: [string, Meaning][],
): Meaning {
  const kept = properties.filter(([, v]) => v !== null).map(([k, v]) => [k.toLowerCase(), v] as [string, Meaning]);
  const record = Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  if (base !== undefined && kept.length === 0) return base;
  const inside =
    content === undefined
      ? undefined
      : isDictionary
        ? (content as [Meaning, Meaning][])
            .map(([k, v]) => ({ key: k, value: v }))
            .toSorted((a, b) => (JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1))
        : (content as Meaning[]);
  if (inside !== undefined && kept.length === 0 && base === undefined) return inside;
  return {
    ...record,
    ...(base === undefined ? {} : { '(base)': base }),
    ...(inside === undefined ? {} : { '(content)': inside }),
  };
}

/** The meaning without the named properties, at any depth. */
export function without(meaning: Meaning, names: readonly string[]): Meaning {
  if (Array.isArray(meaning)) return meaning.map((each) => without(each, names));
  if (meaning === null || typeof meaning !== 'object') return meaning;
  return Object.fromEntries(
    Object.entries(meaning)
      .filter(([name]) => !names.includes(name))
      .map(([name, value]) => [name, without(value, names)]),
  );
}
