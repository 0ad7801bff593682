/** Any value that CLIXML can carry, for property tests. */
import fc from 'fast-check';
import type { PsDateTime, PsProgress, PsValue } from '../../electron/protocol/clixml/value.ts';
import { PsMemberSet, PsObject, PsPrimitive, psEnum } from '../../electron/protocol/clixml/value.ts';

/** Every UTF-16 text: lone halves, controls, non-characters, and much of what looks like an escape. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.string({ unit: 'grapheme' }), weight: 2 },
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        '_',
        'x',
        'X',
        '_x',
        '000A',
        '0041_',
        '_x005F_',
        '\ud83d',
        '\ude00',
        ']]>',
        '<',
        '&amp;',
        '\r\n',
        '"',
      ),
      { maxLength: 8 },
    )
    .map((pieces) => pieces.join('')),
);

/** Ordinary objects, as the reader makes them, so that strict comparison works. */
const plain = { noNullPrototype: true } as const;

const propertyName = anyText.filter((name) => name !== '');

const dateTime: fc.Arbitrary<PsDateTime> = fc.record(
  {
    ticks: fc.bigInt({ min: 0n, max: 3_155_378_975_999_999_999n }),
    kind: fc.constantFrom('Utc', 'Unspecified'),
  },
  plain,
);
const localTime: fc.Arbitrary<PsDateTime> = fc.record(
  {
    ticks: fc.bigInt({ min: 0n, max: 3_155_378_975_999_999_999n }),
    kind: fc.constant('Local'),
    offset: fc.integer({ min: -14 * 60, max: 14 * 60 }),
  },
  plain,
);

const progress: fc.Arbitrary<PsProgress> = fc.record(
  {
    activity: propertyName,
    activityId: fc.integer({ min: 0, max: 0x7fffffff }),
    currentOperation: fc.option(anyText),
    parentActivityId: fc.constant(-1),
    percentComplete: fc.integer({ min: -1, max: 100 }),
    recordType: fc.constantFrom('Processing', 'Completed'),
    secondsRemaining: fc.integer({ min: -1, max: 0x7fffffff }),
    statusDescription: propertyName,
  },
  plain,
);

const version = fc
  .array(fc.integer({ min: 0, max: 0x7fffffff }), { minLength: 2, maxLength: 4 })
  .map((parts) => parts.join('.'));

const decimal = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 1n, max: (1n << 96n) - 1n }), fc.integer({ min: 0, max: 28 }))
  .map(([negative, digits, scale]) => {
    const text = String(digits).padStart(scale + 1, '0');
    const body = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
    return `${negative ? '-' : ''}${body}`;
  });

export const anyPrimitive: fc.Arbitrary<Exclude<PsValue, PsObject>> = fc.oneof(
  fc.constant(null),
  anyText,
  fc.boolean(),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.integer({ min: 0, max: 0xffff }).map((v) => new PsPrimitive('C', v)),
  fc.oneof(dateTime, localTime).map((v) => new PsPrimitive('DT', v)),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((v) => new PsPrimitive('TS', v)),
  fc.integer({ min: 0, max: 255 }).map((v) => new PsPrimitive('By', v)),
  fc.integer({ min: -128, max: 127 }).map((v) => new PsPrimitive('SB', v)),
  fc.integer({ min: 0, max: 0xffff }).map((v) => new PsPrimitive('U16', v)),
  fc.integer({ min: -0x8000, max: 0x7fff }).map((v) => new PsPrimitive('I16', v)),
  fc.integer({ min: 0, max: 0xffffffff }).map((v) => new PsPrimitive('U32', v)),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((v) => new PsPrimitive('U64', v)),
  fc.float().map((v) => new PsPrimitive('Sg', v)),
  fc.double().map((v) => new PsPrimitive('Db', v)),
  decimal.map((v) => new PsPrimitive('D', v)),
  fc.uint8Array().map((v) => new PsPrimitive('BA', v)),
  fc.uuid().map((v) => new PsPrimitive('G', v)),
  anyText.map((v) => new PsPrimitive('URI', v)),
  version.map((v) => new PsPrimitive('Version', v)),
  anyText.filter((v) => !v.includes('<')).map((v) => new PsPrimitive('XD', v)),
  anyText.map((v) => new PsPrimitive('SBK', v)),
  fc.base64String().map((v) => new PsPrimitive('SS', v)),
  progress.map((v) => new PsPrimitive('PR', v)),
);

const typeNames = fc.oneof(
  fc.constant([]),
  fc.constant(['System.Management.Automation.PSCustomObject', 'System.Object']),
  fc.array(anyText, { minLength: 1, maxLength: 3 }),
);

/** Values with objects inside objects, as trees. */
const { tree } = fc.letrec<{ tree: PsValue; object: PsObject }>((tie) => {
  const list = fc.array(fc.tuple(propertyName, tie('tree')), { maxLength: 4 });
  const members = fc.array(
    fc.tuple(
      propertyName,
      fc.oneof(
        { arbitrary: tie('tree'), weight: 5 },
        list.map((own) => new PsMemberSet(own)),
      ),
    ),
    { maxLength: 4 },
  );
  const container = fc.oneof(
    fc.record(
      {
        kind: fc.constantFrom('LST', 'STK', 'QUE', 'IE'),
        items: fc.array(tie('tree'), { maxLength: 4 }),
      },
      plain,
    ),
    fc.record(
      {
        kind: fc.constant('DCT'),
        entries: fc.array(
          fc.tuple(
            tie('tree').filter((key) => key !== null),
            tie('tree'),
          ),
          { maxLength: 4 },
        ),
      },
      plain,
    ),
  );
  return {
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { arbitrary: anyPrimitive, weight: 3 },
      tie('object'),
    ),
    object: fc.oneof(
      fc
        .record(
          {
            typeNames,
            text: anyText,
            base: anyPrimitive.filter((v) => v !== null),
            container,
            adapted: list,
            extended: members,
          },
          { requiredKeys: [], noNullPrototype: true },
        )
        .map((parts) => new PsObject(parts as ConstructorParameters<typeof PsObject>[0])),
      fc.constantFrom('Red', 'Blue').map((name) => psEnum('System.ConsoleColor', name, 12)),
    ),
  };
});

export const anyTree = tree;

/** Every object in a value, in the order a reader meets them first. */
export function objectsOf(value: PsValue, found = new Set<PsObject>()): Set<PsObject> {
  if (!(value instanceof PsObject) || found.has(value)) return found;
  found.add(value);
  if (value.container?.kind === 'DCT') {
    for (const [k, v] of value.container.entries) {
      objectsOf(k, found);
      objectsOf(v, found);
    }
  } else for (const item of value.container?.items ?? []) objectsOf(item, found);
  for (const [, v] of [...(value.adapted ?? []), ...(value.extended ?? [])]) objectsOf(v, found);
  return found;
}

/** Values in which objects are shared and contain themselves: some properties of a tree made to point at its other objects. */
export const anyGraph: fc.Arbitrary<PsValue> = fc
  .tuple(anyTree, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }))
  .map(([value, links]) => {
    const objects = [...objectsOf(value)].filter((o) => !(o instanceof PsMemberSet));
    for (const [from, to] of links) {
      const source = objects[from % (objects.length || 1)];
      const target = objects[to % (objects.length || 1)];
      if (source && target) source.extended = [...(source.extended ?? []), ['link', target]];
    }
    return value;
  });
