import { describe, expect, test } from 'vitest';
import { deserialize, deserializeDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { displayText } from '../../../../electron/protocol/clixml/display-text.ts';
import { toPlain } from '../../../../electron/protocol/clixml/plain.ts';
import { PsObject, PsPrimitive, psList } from '../../../../electron/protocol/clixml/value.ts';
import { clixmlCases } from './vectors.ts';

interface DotNetValue {
  string?: string;
}

/** .NET replaces lone halves when it prints, and shows a Local time in the zone of the machine it ran on. */
const otherZone = /offset_14|datetime/;
const replacedHalf = /\ufffd|%EF%BF%BD/;

describe('displayText says what .NET 10 and PowerShell 7.6.9 said of the vectors', () => {
  const told = clixmlCases().flatMap((c) => {
    const values = c.dotnet.value as (DotNetValue | null)[] | undefined;
    if (c.refuse || !values || otherZone.test(c.id)) return [];
    return values.flatMap((v, i) =>
      v?.string === undefined || replacedHalf.test(v.string)
        ? []
        : [[`${c.id} ${i}`, c, i, v.string] as const],
    );
  });
  test.each(told)('%s', (_id, c, i, text) => {
    const value = c.document ? deserializeDocument(c.clixml).values[i]! : deserialize(c.clixml);
    expect(displayText(value)).toBe(text);
  });
  test('there are some', () => expect(told.length).toBeGreaterThan(60));
});

test('bytes, documents and secure strings', () => {
  expect(displayText(deserialize('<BA>AAEC</BA>'))).toBe('0 1 2');
  expect(displayText(deserialize('<XD>&lt;a/&gt;</XD>'))).toBe('#document');
  expect(displayText(deserialize('<SS>cABhAHMAcwA=</SS>'))).toBe('System.Security.SecureString');
});

describe('toPlain', () => {
  test.each([
    ['<I64>9007199254740991</I64>', 9007199254740991],
    ['<I64>9007199254740992</I64>', '9007199254740992'],
    ['<U64>18446744073709551615</U64>', '18446744073709551615'],
    ['<Db>NaN</Db>', 'NaN'],
    ['<Db>-INF</Db>', '-Infinity'],
    ['<Sg>0.1</Sg>', 0.1],
    ['<D>1.10</D>', 1.1],
    ['<D>79228162514264337593543950335</D>', '79228162514264337593543950335'],
    ['<C>97</C>', 'a'],
    ['<DT>2024-02-29T23:59:58.1230000Z</DT>', '2024-02-29T23:59:58.123Z'],
    ['<DT>2024-02-29T23:59:58.1234567-05:30</DT>', '2024-02-29T23:59:58.1234567-05:30'],
    ['<TS>P1DT2H3M4.5S</TS>', '1.02:03:04.5000000'],
    ['<BA>AAECAw==</BA>', 'AAECAw=='],
    ['<SS>cABhAHMAcwA=</SS>', 'System.Security.SecureString'],
    ['<Obj><LST><I32>1</I32><Nil/></LST></Obj>', [1, null]],
    ['<Obj><LST><I32>1</I32></LST><MS><S N="x">y</S></MS></Obj>', { value: [1], x: 'y' }],
    ['<Obj><DCT><En><S N="Key">a</S><I32 N="Value">1</I32></En></DCT></Obj>', { a: 1 }],
    [
      '<Obj><TN><T>System.ConsoleColor</T><T>System.Enum</T></TN><ToString>Red</ToString><I32>12</I32></Obj>',
      'Red',
    ],
    [
      '<Obj><ToString>t</ToString><Props><I32 N="P">1</I32></Props><MS><I32 N="p">2</I32></MS></Obj>',
      { p: 2 },
    ],
    ['<Obj><ToString>only text</ToString></Obj>', 'only text'],
    ['<Obj RefId="0"><MS><S N="a">b</S><Ref N="Me" RefId="0"/></MS></Obj>', { a: 'b', Me: '' }],
  ])('%s', (clixml, plain) => {
    const made = toPlain(deserialize(clixml));
    expect(JSON.parse(JSON.stringify(made))).toEqual(plain);
  });

  test('a property named __proto__ is a property', () => {
    const made = toPlain(deserialize('<Obj><MS><S N="__proto__">x</S></MS></Obj>'));
    expect(JSON.stringify(made)).toBe('{"__proto__":"x"}');
  });

  test('a graph that doubles with each level does not', () => {
    let value = psList(['leaf']);
    for (let i = 0; i < 48; i++) value = psList([value, value]);
    const started = performance.now();
    const text = JSON.stringify(toPlain(value, { maxValues: 10_000 }));
    expect(text.length).toBeLessThan(1_000_000);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('one secure string inside many things does not show', () => {
    const secret = new PsPrimitive('SS', Buffer.from('geheim', 'utf16le').toString('base64'));
    const object = new PsObject({ base: secret, extended: [['Password', psList([secret])]] });
    const text = JSON.stringify(toPlain(object)) + displayText(object);
    expect(text).not.toContain(secret.value);
    expect(text).not.toContain('geheim');
  });
});
