/** What a refusal says: a code, where, and never what stood there. And the bounds. */
import { describe, expect, test } from 'vitest';
import { deserialize, deserializeDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { serialize } from '../../../../electron/protocol/clixml/serialize.ts';
import type { PsValue } from '../../../../electron/protocol/clixml/value.ts';
import { PsObject, PsPrimitive, psList, psRecord } from '../../../../electron/protocol/clixml/value.ts';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';

function refusal(read: () => unknown): ProtocolError {
  try {
    read();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const ns = 'xmlns="http://schemas.microsoft.com/powershell/2004/04"';

describe('code and offset', () => {
  test.each([
    ['', 'clixml.truncated', 0],
    ['   ', 'clixml.truncated', 3],
    ['text', 'clixml.text', 0],
    ['</S>', 'clixml.mismatch', 0],
    ['<S>x', 'clixml.truncated', 4],
    ['<S', 'clixml.truncated', 2],
    ['<S>x</', 'clixml.mismatch', 4],
    ['<S>x</S', 'clixml.truncated', 4],
    ['<S N="a', 'clixml.truncated', 5],
    ['<S N=a>x</S>', 'clixml.syntax', 5],
    ['<S N>x</S>', 'clixml.syntax', 4],
    ['<S N="a"S="b">x</S>', 'clixml.syntax', 8],
    ['<S N="<">x</S>', 'clixml.syntax', 6],
    ['<S N="a" N="b">x</S>', 'clixml.duplicate-attribute', 9],
    ['<S xmlns="urn:other">x</S>', 'clixml.namespace', 3],
    ['<S>x</T>', 'clixml.mismatch', 4],
    ['<S>a<I32>1</I32></S>', 'clixml.content', 4],
    ['<S>a]]>b</S>', 'clixml.syntax', 4],
    ['<S>\u0001</S>', 'clixml.character', 3],
    ['<S>ab\ud800</S>', 'clixml.character', 5],
    ['<S>a\uffff</S>', 'clixml.character', 4],
    ['<S><![CDATA[\u0001]]></S>', 'clixml.character', 12],
    ['<S>ab&nbsp;</S>', 'clixml.entity', 5],
    ['<S>ab&#0;</S>', 'clixml.entity', 5],
    ['<S>x</S>y', 'clixml.trailing', 8],
    ['<S>x</S><S>y</S>', 'clixml.trailing', 8],
    ['<!DOCTYPE S><S>x</S>', 'clixml.dtd', 0],
    ['<?pi?><S>x</S>', 'clixml.processing-instruction', 0],
    ['<!-- a -- b --><S>x</S>', 'clixml.syntax', 7],
    ['<!-- a', 'clixml.truncated', 0],
    ['<S><![CDATA[x', 'clixml.truncated', 3],
    ['<Foo>x</Foo>', 'clixml.element', 0],
    ['<s>x</s>', 'clixml.element', 0],
    ['<LST/>', 'clixml.element', 0],
    ['<Obj><Nil/></Obj>', 'clixml.element', 5],
    ['<Obj>text</Obj>', 'clixml.text', 5],
    ['<Obj><MS><S>x</S></MS></Obj>', 'clixml.name', 9],
    ['<Obj><MS><S N="">x</S></MS></Obj>', 'clixml.name', 9],
    ['<Obj><TN><X/></TN></Obj>', 'clixml.element', 9],
    ['<Obj><TNRef RefId="7"/></Obj>', 'clixml.type-reference', 5],
    ['<Ref RefId="7"/>', 'clixml.reference', 0],
    ['<Ref/>', 'clixml.reference', 0],
    ['<Obj><DCT><En><Nil N="Key"/><S N="Value">x</S></En></DCT></Obj>', 'clixml.dictionary', 10],
    ['<Obj><DCT><En><S N="Value">x</S><S N="Key">x</S></En></DCT></Obj>', 'clixml.dictionary', 14],
    ['<Obj><DCT><En/></DCT></Obj>', 'clixml.dictionary', 10],
    ['<PR><AI>1</AI></PR>', 'clixml.element', 4],
    ['<I32>secret</I32>', 'clixml.value', 0],
    ['<Obj><MS><S N="a">x</S><DT N="b">2023-02-29T00:00:00</DT></MS></Obj>', 'clixml.value', 23],
  ])('%j', (text, code, offset) => {
    const error = refusal(() => deserialize(text));
    expect([error.code, error.offset]).toEqual([code, offset]);
  });

  test.each([
    ['<Objs Version="1.1.0.1"><S>x</S></Objs>', 'clixml.root', 0],
    ['<S>x</S>', 'clixml.root', 0],
    [`<Objs Version="2.0" ${ns}/>`, 'clixml.version', 0],
    [`#< CLIXML\r\n<Objs Version="2.0" ${ns}/>`, 'clixml.version', 11],
    [`<Objs Version="1.1" ${ns}><S>x</S>`, 'clixml.truncated', 84],
  ])('document %j', (text, code, offset) => {
    const error = refusal(() => deserializeDocument(text));
    expect([error.code, error.offset]).toEqual([code, offset]);
  });
});

test('a refusal tells the element but not its text', () => {
  const error = refusal(() => deserialize('<I32>hunter2</I32>'));
  expect(error.facts).toEqual({ tag: 'I32' });
  expect(JSON.stringify(error) + error.message + error.stack).not.toContain('hunter2');
});

const nested = (depth: number, inside = ''): string =>
  `${'<Obj><LST>'.repeat(depth)}${inside}${'</LST></Obj>'.repeat(depth)}`;
const nestedValue = (depth: number, inside: PsValue[] = []): PsValue => {
  let value = psList(inside, []);
  for (let i = 1; i < depth; i++) value = psList([value], []);
  return value;
};

/** The numbers are those of System.Management.Automation 7.6.9, see clixml-asked.json: deepL49, deepLprim49, deepL50. */
describe('bounds', () => {
  test('49 objects, or 48 and a value in the last', () => {
    deserialize(nested(49));
    deserialize(nested(48, '<I32>1</I32>'));
    expect(refusal(() => deserialize(nested(50))).code).toBe('clixml.depth');
    expect(refusal(() => deserialize(nested(49, '<I32>1</I32>'))).code).toBe('clixml.depth');
  });

  test('what is written is read: the same bound', () => {
    expect(serialize(nestedValue(49))).toContain('RefId="48"');
    expect(serialize(nestedValue(48, [1]))).toContain('<I32>1</I32>');
    expect(() => serialize(nestedValue(50))).toThrow(UsageError);
    expect(() => serialize(nestedValue(49, [1]))).toThrow(UsageError);
  });

  test('objects that contain each other in a long line are refused, not followed', () => {
    let value: PsValue = psRecord({ end: true });
    for (let i = 0; i < 100_000; i++) value = psRecord({ next: value });
    expect(() => serialize(value)).toThrow(UsageError);
  });

  test('a stricter bound of the caller', () => {
    expect(deserialize('<Obj><LST><S/></LST></Obj>', { maxElements: 3 })).toBeInstanceOf(PsObject);
    expect(refusal(() => deserialize('<Obj><LST><S/><S/></LST></Obj>', { maxElements: 3 })).code).toBe(
      'clixml.elements',
    );
    expect(refusal(() => deserialize(nested(3), { maxDepth: 2 })).code).toBe('clixml.depth');
    expect(refusal(() => deserialize('<S>long</S>', { maxLength: 10 })).code).toBe('clixml.size');
  });
});

describe('our own values are checked before they go out', () => {
  test.each<[string, PsValue, string]>([
    ['a fraction', 1.5, 'clixml.value'],
    ['a number past 32 bits', 2 ** 31, 'clixml.value'],
    ['a bigint past 64 bits', 2n ** 63n, 'clixml.value'],
    ['a byte past 255', new PsPrimitive('By', 256), 'clixml.value'],
    ['a negative character', new PsPrimitive('C', -1), 'clixml.value'],
    ['a GUID that is none', new PsPrimitive('G', '</G>'), 'clixml.value'],
    ['a version that is none', new PsPrimitive('Version', '1'), 'clixml.value'],
    ['a decimal that is none', new PsPrimitive('D', '1E2'), 'clixml.value'],
    ['a secure string that is none', new PsPrimitive('SS', '<S>'), 'clixml.value'],
    [
      'a date past the last',
      new PsPrimitive('DT', { ticks: 3_155_378_976_000_000_000n, kind: 'Utc' }),
      'clixml.value',
    ],
    ['an object based on null', new PsObject({ base: null }), 'clixml.value'],
    ['a property without name', psRecord({ '': 1 }), 'clixml.name'],
    ['a null key', new PsObject({ container: { kind: 'DCT', entries: [[null, 1]] } }), 'clixml.dictionary'],
  ])('%s', (_name, value, code) => {
    expect(() => serialize(value)).toThrow(expect.objectContaining({ name: 'UsageError', code }) as Error);
  });
});

test('type names that only look alike when put together stay apart', () => {
  const value = psList([
    new PsObject({ typeNames: ['a\u0000b', 'c'] }),
    new PsObject({ typeNames: ['a', 'b\u0000c'] }),
    new PsObject({ typeNames: ['a', 'b\u0000c'] }),
  ]);
  expect(deserialize(serialize(value))).toStrictEqual(value);
  expect(serialize(value).match(/<TNRef/g)).toHaveLength(1);
});
