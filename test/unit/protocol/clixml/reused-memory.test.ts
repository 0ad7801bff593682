import { describe, expect, test } from 'vitest';
import { deserialize } from '../../../../electron/protocol/clixml/deserialize.ts';
import { PsObject, type PsValue } from '../../../../electron/protocol/clixml/value.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';

function codeOf(text: string): string {
  try {
    deserialize(text);
    return 'read';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : 'another error';
  }
}

function items(text: string): readonly PsValue[] {
  const value = deserialize(text);
  return value instanceof PsObject && value.items !== undefined ? value.items : [];
}

describe('a text is read in memory that another was read in before', () => {
  const whole = '<Obj RefId="0"><MS><S N="Name">a text</S><I32 N="Id">12</I32></MS></Obj>';

  test('what stood behind its end is not seen', () => {
    for (let cut = 0; cut < whole.length; cut++) {
      deserialize(whole);
      expect(codeOf(whole.slice(0, cut)), whole.slice(0, cut)).toMatch(/^clixml\./);
    }
  });

  test('of any length, also of odd ones just beyond what is kept', () => {
    for (const length of [0, 1, 2, 32_700, 32_741, 32_742, 32_743, 32_744, 32_745, 40_001]) {
      const text = 'x'.repeat(length);
      expect(deserialize(`<S>${text}</S>`)).toBe(text);
      expect(codeOf(`<S>${text}</S`)).toMatch(/^clixml\./);
      expect(codeOf(`<Obj>${' '.repeat(length)}`)).toBe('clixml.truncated');
    }
  });
});

describe('ids of references', () => {
  const list = (...inner: string[]): string => `<Obj RefId="0"><LST>${inner.join('')}</LST></Obj>`;
  const named = (id: string, text: string): string => `<Obj RefId=${id}><ToString>${text}</ToString></Obj>`;
  const texts = (text: string): (string | undefined)[] =>
    items(text).map((item) => (item instanceof PsObject ? item.text : undefined));

  test('are the same however they are quoted', () => {
    expect(texts(list(named('"1"', 'one'), "<Ref RefId='1' />", '<Ref RefId="&#49;" />'))).toEqual([
      'one',
      'one',
      'one',
    ]);
  });

  test('count in any order, with holes, and need not be numbers', () => {
    const objects = ['7', '1', 'x', '01', '2', '999999999', '1234567890'];
    const text = list(
      ...objects.map((id) => named(`"${id}"`, `is ${id}`)),
      ...objects.map((id) => `<Ref RefId="${id}" />`),
    );
    expect(texts(text).slice(objects.length)).toEqual(objects.map((id) => `is ${id}`));
  });

  test('given twice mean the later object', () => {
    const text = list(
      named('"5"', 'a'),
      named('"5"', 'b'),
      '<Ref RefId="5" />',
      named('"1"', 'c'),
      named('"1"', 'd'),
      '<Ref RefId="1" />',
    );
    expect(texts(text)).toEqual(['a', 'b', 'b', 'c', 'd', 'd']);
  });

  test('of nothing are refused', () => {
    expect(codeOf(list('<Ref RefId="1" />'))).toBe('clixml.reference');
    expect(codeOf(list('<Ref RefId="4294967296" />'))).toBe('clixml.reference');
  });
});
