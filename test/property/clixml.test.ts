import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deserialize, deserializeDocument } from '../../electron/protocol/clixml/deserialize.ts';
import { displayText } from '../../electron/protocol/clixml/display-text.ts';
import { decodeEscapes, encodeText } from '../../electron/protocol/clixml/escape.ts';
import { formatSingle, parseFloating } from '../../electron/protocol/clixml/numbers.ts';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { serialize, serializeDocument } from '../../electron/protocol/clixml/serialize.ts';
import type { PsValue } from '../../electron/protocol/clixml/value.ts';
import { ProtocolError, UsageError } from '../../electron/protocol/errors.ts';
import { XmlReader } from '../../electron/protocol/xml/reader.ts';
import { parseXml } from '../../electron/protocol/xml/tree.ts';
import { clixmlCases } from '../unit/protocol/clixml/vectors.ts';
import { anyGraph, anyText, anyTree } from './clixml-arbitrary.ts';

describe('what is written reads back', () => {
  test('trees', () => {
    fc.assert(
      fc.property(anyTree, (value) => {
        expect(deserialize(serialize(value))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('graphs, shared objects shared again', () => {
    fc.assert(
      fc.property(anyGraph, (value) => {
        const text = serialize(value);
        const again = deserialize(text);
        expect(again).toStrictEqual(value);
        // The same text means the same sharing: an object written twice would come as two.
        expect(serialize(again)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test('documents with streams', () => {
    const stream = fc.option(fc.constantFrom('Error', 'warning', 'progress'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyTree, stream), { maxLength: 4 }), (items) => {
        const values = items.map(([value]) => value);
        const streams = items.map(([, s]) => s);
        expect(deserializeDocument(serializeDocument(values, streams))).toStrictEqual({ values, streams });
      }),
      { numRuns: 100 },
    );
  });

  test('what is written is XML to a reader that was not made for it', () => {
    fc.assert(
      fc.property(anyGraph, (value) => {
        expect(parseXml(serialize(value)).name).toMatch(/^[A-Za-z]+/);
      }),
      { numRuns: 200 },
    );
  });

  test('every text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const written = encodeText(text);
        expect(written).not.toMatch(/[<>\ud800-\udfff]/);
        const unescaped = new XmlReader(`<a>${written}</a>`);
        unescaped.next();
        const raw = unescaped.next() === 'text' ? unescaped.text : '';
        expect(decodeEscapes(raw)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('every single, in the fewest digits', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const text = formatSingle(value);
        expect(Math.fround(parseFloating(text)!)).toBe(value);
        expect(text.replace(/E.*$|[-.]/g, '').replace(/^0+|0+$/g, '').length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Cut, doubled, swapped and replaced pieces of a text, at places that matter more often than not. */
function mutate(text: string, seeds: readonly (readonly [number, number, number])[]): string {
  let out = text;
  for (const [where, kind, length] of seeds) {
    const at =
      kind % 2 === 0 ? Math.max(0, out.indexOf('<', where % (out.length + 1))) : where % (out.length + 1);
    const piece = out.slice(at, at + (length % 24));
    const noise = [
      '<',
      '>',
      '&',
      '"',
      '</',
      '/>',
      '<Obj RefId="0">',
      '<MS>',
      '<LST>',
      '<!--',
      '<![CDATA[',
      '\u0000',
      '_x',
      '\ud800',
      ' N="a"',
      '<Ref RefId="0"/>',
    ];
    switch (kind % 5) {
      case 0:
        out = out.slice(0, at) + out.slice(at + piece.length);
        break;
      case 1:
        out = out.slice(0, at) + piece + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + noise[length % noise.length]! + out.slice(at);
        break;
      case 3:
        out = out.slice(0, at) + String.fromCharCode(length % 0x10000) + out.slice(at + 1);
        break;
      default:
        out = out.slice(0, at);
    }
  }
  return out;
}

/** Far above what the longest text here takes on a slow machine, far below what the square of its length would take. */
const boundMs = 5000;

function valueOrProtocolError(read: () => unknown): string {
  const started = performance.now();
  let outcome = 'value';
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    outcome = error.code;
  }
  expect(performance.now() - started).toBeLessThan(boundMs);
  return outcome;
}

describe('any mutated text gives a value or a ProtocolError, in bounded time', () => {
  const cases = clixmlCases().filter((c) => c.clixml.length < 20_000);
  const seeds = fc.array(fc.tuple(fc.nat(20_000), fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 });

  test('CLIXML', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...cases), seeds, (c, s) => {
        const text = mutate(c.clixml, s);
        outcomes.add(
          valueOrProtocolError(() => {
            const values = c.document ? deserializeDocument(text).values : [deserialize(text)];
            for (const value of values) {
              displayText(value);
              JSON.stringify(toPlain(value, { maxValues: 10_000 }));
            }
          }),
        );
      }),
      { numRuns: 5000 },
    );
    // The fuzz reaches both ends and many refusals; fewer would mean that it tests one of them.
    expect(outcomes).toContain('value');
    expect([...outcomes].filter((o) => o.startsWith('clixml.')).length).toBeGreaterThan(8);
    expect([...outcomes].every((o) => o === 'value' || o.startsWith('clixml.'))).toBe(true);
  });

  test('and what was read of it can be written and read again, or is too deep to be', () => {
    let written = 0;
    fc.assert(
      fc.property(fc.constantFrom(...cases), seeds, (c, s) => {
        const text = mutate(c.clixml, s);
        let values: PsValue[];
        try {
          values = c.document ? deserializeDocument(text).values : [deserialize(text)];
        } catch {
          return;
        }
        let again: string;
        try {
          again = serializeDocument(values);
        } catch (error) {
          // References can nest objects deeper than elements are nested.
          if (error instanceof UsageError && error.code === 'clixml.depth') return;
          throw error;
        }
        expect(deserializeDocument(again).values).toStrictEqual(values);
        written++;
      }),
      { numRuns: 2000 },
    );
    expect(written).toBeGreaterThan(50);
  });

  test('XML', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...cases), seeds, (c, s) => {
        const text = mutate(c.clixml, s);
        outcomes.add(valueOrProtocolError(() => parseXml(text)));
      }),
      { numRuns: 2000 },
    );
    expect(outcomes).toContain('value');
    expect([...outcomes].every((o) => o === 'value' || o.startsWith('xml.'))).toBe(true);
  });

  test('noise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(valueOrProtocolError(() => deserialize(text))).not.toBe('value');
        valueOrProtocolError(() => parseXml(text));
      }),
      { numRuns: 1000 },
    );
  });

  // The same thing a hundred thousand times over, which must not take the square of it.
  test.each([
    ['open objects', 'clixml.depth', '<Obj RefId="0"><LST>'.repeat(100_000)],
    ['property bags', 'value', `<Obj>${'<MS><I32 N="a">1</I32></MS>'.repeat(100_000)}</Obj>`],
    ['type names', 'value', `<Obj>${'<TN RefId="0"><T>a</T></TN>'.repeat(100_000)}</Obj>`],
    [
      'objects in one object',
      'clixml.element',
      `<Obj>${'<Obj><MS><I32 N="a">1</I32></MS></Obj>'.repeat(100_000)}</Obj>`,
    ],
    ['comments', 'value', `<S>${'<!-- -->'.repeat(100_000)}</S>`],
    ['CDATA sections', 'value', `<S>${'<![CDATA[x]]>'.repeat(100_000)}</S>`],
    ['escapes', 'value', `<S>${'_x0041_'.repeat(100_000)}</S>`],
    ['half escapes', 'value', `<S>${'_x004'.repeat(100_000)}</S>`],
    ['references', 'value', `<S>${'&amp;'.repeat(100_000)}</S>`],
    ['ampersands', 'clixml.entity', `<S>${'&'.repeat(100_000)}</S>`],
    ['digits', 'clixml.value', `<I64>${'9'.repeat(1_000_000)}</I64>`],
    ['zeros', 'clixml.value', `<I64>${'0'.repeat(1_000_000)}x</I64>`],
    ['decimal digits', 'clixml.value', `<D>${'9'.repeat(1_000_000)}</D>`],
    ['digits of a double', 'clixml.value', `<Db>${'9'.repeat(1_000_000)}x</Db>`],
    ['spaces in a number', 'clixml.value', `<I32> 1${' '.repeat(1_000_000)}x</I32>`],
    ['spaces in a duration', 'clixml.value', `<TS> P${' '.repeat(1_000_000)}x</TS>`],
    ['spaces in base64', 'value', `<BA>${'AAAA '.repeat(100_000)}</BA>`],
    ['a long version', 'clixml.value', `<Version>${'1.'.repeat(100_000)}</Version>`],
    ['a long date', 'value', `<DT>2024-01-02T03:04:05.${'1'.repeat(1_000_000)}</DT>`],
    ['tags in an XD', 'clixml.value', `<XD>${'&lt;a&gt;'.repeat(100_000)}</XD>`],
    ['quotes in an XD', 'clixml.value', `<XD>${'&lt;a "'.repeat(100_001)}</XD>`],
    ['open comments in an XD', 'clixml.value', `<XD>${'&lt;!--'.repeat(100_000)}</XD>`],
    ['attributes', 'value', `<S ${'a="b" '.repeat(100_000)}>x</S>`],
    ['space after the root', 'clixml.trailing', `<S>x</S>${' '.repeat(1_000_000)}x`],
    ['comments after the root', 'value', `<S>x</S>${' <!-- -->'.repeat(100_000)}`],
    [
      'references to one object',
      'value',
      `<Obj RefId="0"><LST>${'<Ref RefId="0"/>'.repeat(100_000)}</LST></Obj>`,
    ],
  ])('%s', (_name, outcome, text) => {
    expect(valueOrProtocolError(() => deserialize(text))).toBe(outcome);
    expect(valueOrProtocolError(() => parseXml(text))).toMatch(/^value$|^xml\./);
  });
});
