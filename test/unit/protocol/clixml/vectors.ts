/** The CLIXML vectors, and how a value of ours is told in their words. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PsContainer, PsDateTime, PsValue } from '../../../../electron/protocol/clixml/value.ts';
import { PsObject, PsPrimitive } from '../../../../electron/protocol/clixml/value.ts';

export interface ClixmlCase {
  id: string;
  clixml: string;
  document: boolean;
  refuse: boolean;
  expected: unknown[] | null;
  streams?: (string | null)[];
  dotnet: { accepted: boolean | null; error?: string; value?: unknown };
}

const folder = fileURLToPath(new URL('../../../vectors/clixml/', import.meta.url));

export function clixmlCases(file?: string): ClixmlCase[] {
  const files = file === undefined ? readdirSync(folder).filter((f) => f.endsWith('.json')) : [file];
  return files.flatMap(
    (f) => (JSON.parse(readFileSync(folder + f, 'utf8')) as { cases: ClixmlCase[] }).cases,
  );
}

export interface PsrpMessage {
  id: string;
  sender: string;
  data: string;
  expected: unknown;
}

const psrpFolder = fileURLToPath(new URL('../../../vectors/psrp/', import.meta.url));

/** Every recorded PSRP message that has data and whose meaning is told. */
export function psrpMessages(): PsrpMessage[] {
  return readdirSync(psrpFolder).flatMap((file) => {
    const { messages } = JSON.parse(readFileSync(psrpFolder + file, 'utf8')) as {
      messages?: {
        index?: number;
        sender: string;
        data?: string;
        expected?: unknown;
        messageTypeName: string;
      }[];
    };
    return (messages ?? []).flatMap(({ index, sender, data, expected, messageTypeName }, i) =>
      data !== undefined && data !== '' && expected !== undefined && expected !== null
        ? [{ id: `${file} ${index ?? i} ${messageTypeName}`, sender, data, expected }]
        : [],
    );
  });
}

const clrTypes: Readonly<Record<string, string>> = {
  C: 'System.Char',
  DT: 'System.DateTime',
  TS: 'System.TimeSpan',
  By: 'System.Byte',
  SB: 'System.SByte',
  U16: 'System.UInt16',
  I16: 'System.Int16',
  U32: 'System.UInt32',
  U64: 'System.UInt64',
  Sg: 'System.Single',
  Db: 'System.Double',
  D: 'System.Decimal',
  BA: 'System.Byte[]',
  G: 'System.Guid',
  URI: 'System.Uri',
  Version: 'System.Version',
  XD: 'System.Xml.XmlDocument',
  SBK: 'System.Management.Automation.ScriptBlock',
  SS: 'System.Security.SecureString',
  PR: 'System.Management.Automation.ProgressRecord',
};

/**
 * A value in the words of the vectors. The second mention of an object is a Ref there; here `seen` numbers objects in document order,
 * and {@link renumber} does the same to the vector's own RefIds.
 */
export function describeValue(value: PsValue, seen: Map<PsObject, number>): unknown {
  if (value === null) return { tag: 'Nil' };
  if (typeof value === 'string') return { tag: 'S', type: 'System.String', value };
  if (typeof value === 'boolean') return { tag: 'B', type: 'System.Boolean', value };
  if (typeof value === 'number') return { tag: 'I32', type: 'System.Int32', value };
  if (typeof value === 'bigint') return { tag: 'I64', type: 'System.Int64', value: String(value) };
  if (value instanceof PsPrimitive) return describePrimitive(value);
  const known = seen.get(value);
  if (known !== undefined) return { tag: 'Ref', ref: known };
  const ref = seen.size;
  seen.set(value, ref);
  // In the vectors' own order of parts, which is how their references are to be met too.
  const list = (l: readonly (readonly [string, PsValue])[] | undefined): unknown =>
    l === undefined ? null : l.map(([name, v]) => [name, describeValue(v, seen)]);
  return {
    tag: 'Obj',
    ref,
    typeNames: value.typeNames.length === 0 ? null : value.typeNames,
    toString: value.text ?? null,
    base: value.base === undefined ? null : describeValue(value.base, seen),
    container: value.container === undefined ? null : describeContainer(value.container, seen),
    adapted: list(value.adapted),
    extended: list(value.extended),
  };
}

function describeContainer(container: PsContainer, seen: Map<PsObject, number>): unknown {
  return container.kind === 'DCT'
    ? {
        kind: 'DCT',
        entries: container.entries.map(([k, v]) => [describeValue(k, seen), describeValue(v, seen)]),
      }
    : { kind: container.kind, items: container.items.map((v) => describeValue(v, seen)) };
}

function describePrimitive(primitive: PsPrimitive): unknown {
  const { tag } = primitive;
  const base = { tag, type: clrTypes[tag] };
  if (primitive.is('DT')) return { ...base, ...describeDate(primitive.value) };
  if (primitive.is('TS')) return { ...base, ticks: String(primitive.value) };
  if (primitive.is('Sg') || primitive.is('Db')) {
    const bytes = Buffer.alloc(tag === 'Sg' ? 4 : 8);
    if (tag === 'Sg') bytes.writeFloatBE(primitive.value);
    else bytes.writeDoubleBE(primitive.value);
    // .NET's NaN has its sign bit clear in these vectors; what JavaScript gives is its own affair.
    return { ...base, ieee: Number.isNaN(primitive.value) ? 'nan' : bytes.toString('hex') };
  }
  if (primitive.is('U64')) return { ...base, value: String(primitive.value) };
  if (primitive.is('BA')) return { ...base, hex: Buffer.from(primitive.value).toString('hex') };
  if (primitive.is('PR')) {
    const p = primitive.value;
    return {
      ...base,
      value: {
        Activity: p.activity,
        ActivityId: p.activityId,
        CurrentOperation: p.currentOperation,
        ParentActivityId: p.parentActivityId,
        PercentComplete: p.percentComplete,
        RecordType: p.recordType,
        SecondsRemaining: p.secondsRemaining,
        StatusDescription: p.statusDescription,
      },
    };
  }
  return { ...base, value: primitive.value };
}

function describeDate(date: PsDateTime): object {
  const size = Math.abs(date.offset ?? 0);
  const offset =
    date.offset === undefined
      ? null
      : `${date.offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
  return { ticks: String(date.ticks), kind: date.kind, offset };
}

interface VectorNode {
  tag: string;
  ref?: string | null;
  value?: unknown;
  hex?: string;
  ieee?: string;
}

/**
 * A vector's description made comparable: references numbered in the order of {@link describeValue}, and of values that say more than
 * their text (dates, durations, numbers, bytes) only the meaning.
 */
export function renumber(expected: readonly unknown[]): unknown[] {
  const current = new Map<string, number>();
  let next = 0;
  // RefIds may be used again in one document; a Ref means the last one before it, which the walk in document order knows.
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const n = node as VectorNode & Record<string, unknown>;
    if (n.tag === 'Ref') return { tag: 'Ref', ref: current.get(n.ref ?? '') };
    if (n.tag === 'Obj') {
      const ref = next++;
      if (typeof n.ref === 'string') current.set(n.ref, ref);
      const { base, container, adapted, extended, ...rest } = n;
      return {
        ...rest,
        ref,
        base: walk(base),
        container: walk(container),
        adapted: walk(adapted),
        extended: walk(extended),
      };
    }
    if (typeof n.tag !== 'string') {
      return Object.fromEntries(Object.entries(n).map(([k, v]) => [k, walk(v)]));
    }
    return comparable(n);
  };
  return expected.map(walk);
}

function comparable(n: VectorNode & Record<string, unknown>): unknown {
  switch (n.tag) {
    case 'DT':
    case 'TS': {
      const { value: _text, ...meaning } = n;
      return meaning;
    }
    case 'Sg':
    case 'Db': {
      const { value: _text, ieee, ...rest } = n;
      return { ...rest, ieee: n.value === 'NaN' ? 'nan' : ieee };
    }
    case 'BA': {
      const { value, ...rest } = n;
      return { ...rest, hex: n.hex ?? Buffer.from(String(value), 'base64').toString('hex') };
    }
    default:
      return n;
  }
}
