/**
 * What CLIXML carries, as TypeScript values ([MS-PSRP] 2.2.5).
 *
 * Five types read as plain JavaScript: null (Nil), string (S), boolean (B), number (I32 and nothing else) and bigint (I64 and nothing
 * else). Every other primitive is a {@link PsPrimitive}, so that what is read can be written back as what it was.
 */

export type PsValue = null | string | boolean | number | bigint | PsPrimitive | PsObject;

/** Element names of the primitive types that are not plain JavaScript ([MS-PSRP] 2.2.5.1). PR is one to .NET: a progress record outside a session, as in a `#< CLIXML` text ([MS-PSRP] 2.2.5.1.25). */
export type PrimitiveTag =
  | 'C'
  | 'DT'
  | 'TS'
  | 'By'
  | 'SB'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'U64'
  | 'Sg'
  | 'Db'
  | 'D'
  | 'BA'
  | 'G'
  | 'URI'
  | 'Version'
  | 'XD'
  | 'SBK'
  | 'SS'
  | 'PR';

/** A date and time: the clock reading in 100-ns ticks since 0001-01-01, and how that clock relates to UTC. */
export interface PsDateTime {
  readonly ticks: bigint;
  readonly kind: 'Utc' | 'Local' | 'Unspecified';
  /** Offset of a Local time from UTC in minutes. */
  readonly offset?: number;
}

/** The fields of a PR element, in its order. */
export interface PsProgress {
  readonly activity: string;
  readonly activityId: number;
  readonly currentOperation: string | null;
  /** -1 for none. */
  readonly parentActivityId: number;
  /** -1 where not known. */
  readonly percentComplete: number;
  readonly recordType: 'Processing' | 'Completed';
  /** -1 where not known. */
  readonly secondsRemaining: number;
  readonly statusDescription: string;
}

/** What `PsPrimitive.value` is for each tag. TS is a count of 100-ns ticks; D (decimal) keeps its text; C is a UTF-16 code unit; SS is the base64 of the wire. */
export interface PrimitiveValues {
  C: number;
  DT: PsDateTime;
  TS: bigint;
  By: number;
  SB: number;
  U16: number;
  I16: number;
  U32: number;
  U64: bigint;
  Sg: number;
  Db: number;
  D: string;
  BA: Uint8Array;
  G: string;
  URI: string;
  Version: string;
  XD: string;
  SBK: string;
  SS: string;
  PR: PsProgress;
}

export class PsPrimitive<T extends PrimitiveTag = PrimitiveTag> {
  readonly tag: T;
  readonly value: PrimitiveValues[T];

  constructor(tag: T, value: PrimitiveValues[T]) {
    this.tag = tag;
    this.value = value;
  }

  is<U extends PrimitiveTag>(tag: U): this is PsPrimitive<U> {
    return (this.tag as string) === tag;
  }
}

/** LST list, STK stack (top first), QUE queue, IE enumerable; DCT dictionary ([MS-PSRP] 2.2.5.2.6). */
export type PsContainer =
  | { readonly kind: 'LST' | 'STK' | 'QUE' | 'IE'; readonly items: PsValue[] }
  | { readonly kind: 'DCT'; readonly entries: [PsValue, PsValue][] };

export interface PsObjectParts {
  typeNames?: readonly string[];
  /** The text of `<ToString>`. */
  text?: string;
  /** The primitive of an extended primitive or an enum. */
  base?: Exclude<PsValue, PsObject>;
  container?: PsContainer;
  /** `<Props>`: what the .NET object had. Order kept. */
  adapted?: readonly (readonly [string, PsValue])[];
  /** `<MS>`: what PowerShell added. Order kept; hides adapted properties of the same name. */
  extended?: readonly (readonly [string, PsValue])[];
}

const noTypeNames: readonly string[] = [];

/** A complex object ([MS-PSRP] 2.2.5.2). Names compare without case, as PowerShell's do. Fields may be filled after construction, because CLIXML allows an object to refer to one that contains it. */
export class PsObject {
  /** Most derived first. Empty where the wire had none. On reading, names are as on the wire (no `Deserialized.` is added). */
  typeNames: readonly string[];
  /** The text of `<ToString>`, which formatting and string conversion use. */
  text: string | undefined;
  base: Exclude<PsValue, PsObject> | undefined;
  container: PsContainer | undefined;
  adapted: readonly (readonly [string, PsValue])[] | undefined;
  extended: readonly (readonly [string, PsValue])[] | undefined;

  constructor(parts: PsObjectParts = {}) {
    this.typeNames = parts.typeNames ?? noTypeNames;
    this.text = parts.text;
    this.base = parts.base;
    this.container = parts.container;
    this.adapted = parts.adapted;
    this.extended = parts.extended;
  }

  /** A property by name without case; extended before adapted; undefined where there is none. */
  get(name: string): PsValue | undefined {
    const wanted = name.toLowerCase();
    for (const list of [this.extended, this.adapted]) {
      if (!list) continue;
      for (let i = list.length - 1; i >= 0; i--) {
        const entry = list[i];
        if (entry !== undefined && entry[0].toLowerCase() === wanted) return entry[1];
      }
    }
    return undefined;
  }

  /** Every property by its own spelling, adapted then extended, the latter hiding the former; no prototype. Built anew at each call. */
  get properties(): Readonly<Record<string, PsValue>> {
    const byLower = new Map<string, [string, PsValue]>();
    for (const list of [this.adapted, this.extended]) {
      for (const [name, value] of list ?? []) byLower.set(name.toLowerCase(), [name, value]);
    }
    return Object.assign(
      Object.create(null) as Record<string, PsValue>,
      Object.fromEntries(byLower.values()),
    );
  }

  /** The items of a list, stack, queue or enumerable; undefined for anything else. */
  get items(): PsValue[] | undefined {
    return this.container !== undefined && this.container.kind !== 'DCT' ? this.container.items : undefined;
  }

  /** The value of a dictionary's string key, without case; undefined where there is none. */
  entry(key: string): PsValue | undefined {
    if (this.container?.kind !== 'DCT') return undefined;
    const wanted = key.toLowerCase();
    return this.container.entries.find(([k]) => typeof k === 'string' && k.toLowerCase() === wanted)?.[1];
  }

  isOfType(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.typeNames.some((t) => {
      const have = t.toLowerCase();
      return have === wanted || have === `deserialized.${wanted}`;
    });
  }
}

/** A member set among extended properties (`<MS N="PSStandardMembers">`); its members are its `extended`. */
export class PsMemberSet extends PsObject {
  constructor(members: readonly (readonly [string, PsValue])[]) {
    super({ extended: members });
  }
}

/** An object with extended properties only, as the messages of PSRP are. `undefined` values are left out. */
export function psRecord(
  properties: Readonly<Record<string, PsValue | undefined>>,
  typeNames?: readonly string[],
): PsObject {
  return new PsObject({
    ...(typeNames ? { typeNames } : {}),
    extended: Object.entries(properties).filter((e): e is [string, PsValue] => e[1] !== undefined),
  });
}

/** An enum value as PowerShell writes it. `typeName` is the enum's own; its bases are added. */
export function psEnum(typeName: string, name: string, value: number): PsObject {
  return new PsObject({
    typeNames: [typeName, 'System.Enum', 'System.ValueType', 'System.Object'],
    text: name,
    base: value,
  });
}

export function psList(
  items: PsValue[],
  typeNames: readonly string[] = ['System.Collections.ArrayList', 'System.Object'],
): PsObject {
  return new PsObject({ typeNames, container: { kind: 'LST', items } });
}

/** A PSPrimitiveDictionary with string keys ([MS-PSRP] 2.2.3.18). */
export function psPrimitiveDictionary(entries: Readonly<Record<string, PsValue>>): PsObject {
  return new PsObject({
    typeNames: [
      'System.Management.Automation.PSPrimitiveDictionary',
      'System.Collections.Hashtable',
      'System.Object',
    ],
    container: { kind: 'DCT', entries: Object.entries(entries) },
  });
}

export const psGuid = (value: string): PsPrimitive<'G'> => new PsPrimitive('G', value);
export const psVersion = (value: string): PsPrimitive<'Version'> => new PsPrimitive('Version', value);
