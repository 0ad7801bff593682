/** Objects as text and text as objects. */
import { readdirSync, readFileSync } from 'node:fs';
import { EOL } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { convert } from '../../../electron/cli/convert.ts';
import { formatterOf, table } from '../../../electron/cli/formats.ts';
import { fromJson } from '../../../electron/cli/from-json.ts';
import { readObjects } from '../../../electron/cli/input.ts';
import type { Format, InputFormat } from '../../../electron/cli/options.ts';
import { Problem } from '../../../electron/cli/problem.ts';
import { Stdin } from '../../../electron/cli/stdin.ts';
import { deserialize } from '../../../electron/protocol/clixml/deserialize.ts';
import { toPlain } from '../../../electron/protocol/clixml/plain.ts';
import { serialize } from '../../../electron/protocol/clixml/serialize.ts';
import { psList, PsPrimitive, psRecord, type PsValue } from '../../../electron/protocol/clixml/value.ts';

interface Vector {
  readonly id: string;
  readonly clixml: string;
  readonly document?: boolean;
  readonly refuse?: boolean;
}

const FOLDER = join(import.meta.dirname, '../../vectors/clixml');
const VECTORS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => (JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { cases: Vector[] }).cases);

function written(format: Exclude<Format, 'table'>, ...values: PsValue[]): string {
  const formatter = formatterOf(format);
  return values.map((value) => formatter.add(value)).join('') + formatter.end();
}

function stdinOf(text: string, size = Infinity): Stdin {
  const bytes = Buffer.from(text, 'utf8');
  const chunks: Buffer[] = [];
  const step = Math.min(size, Math.max(1, bytes.length));
  for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
  return new Stdin(Readable.from(chunks));
}

async function read(text: string, format: InputFormat, size?: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readObjects(stdinOf(text, size), format)) values.push(toPlain(value));
  return values;
}

describe('csv', () => {
  // As ConvertTo-Csv of PowerShell 7 writes the same objects.
  test('everything is quoted but null, quotes are doubled', () => {
    expect(
      written(
        'csv',
        psRecord({
          a: 1,
          b: 'x,"y',
          c: null,
          d: 'line\ntwo',
          e: new PsPrimitive('Db', 1.5),
          f: true,
          g: '',
          h: psList([1, 2]),
        }),
      ),
    ).toBe(`"a","b","c","d","e","f","g","h"${EOL}"1","x,""y",,"line\ntwo","1.5","True","","1 2"${EOL}`);
  });

  test('the first object says which columns there are; names have no case', () => {
    expect(written('csv', psRecord({ A: 1, b: 2 }), psRecord({ B: 4, a: 3, c: 5 }), psRecord({ b: 6 }))).toBe(
      ['"A","b"', '"1","2"', '"3","4"', ',"6"', ''].join(EOL),
    );
  });

  test('values without properties are a column of their own', () => {
    expect(written('csv', 'one', 2)).toBe(['"Value"', '"one"', '"2"', ''].join(EOL));
  });
});

describe('json', () => {
  test('an object a line', () => {
    expect(written('json', psRecord({ a: 'x\ny', b: psList([1, 2n]) }), null, 'text')).toBe(
      '{"a":"x\\ny","b":[1,2]}\nnull\n"text"\n',
    );
  });

  test('numbers become what ConvertFrom-Json makes of them, digit for digit', () => {
    expect(serialize(fromJson('2147483647'))).toBe('<I32>2147483647</I32>');
    expect(serialize(fromJson('-2147483648'))).toBe('<I32>-2147483648</I32>');
    expect(serialize(fromJson('2147483648'))).toBe('<I64>2147483648</I64>');
    expect(serialize(fromJson('9223372036854775807'))).toBe('<I64>9223372036854775807</I64>');
    expect(serialize(fromJson('9223372036854775808'))).toBe('<D>9223372036854775808</D>');
    expect(serialize(fromJson('1.5'))).toBe('<Db>1.5</Db>');
    expect(serialize(fromJson('1e3'))).toBe('<Db>1000</Db>');
  });

  test('objects are PSCustomObject, and any name is only a name', () => {
    const value = deserialize(serialize(fromJson('{"__proto__":{"a":[]},"toString":null}')));
    expect(JSON.stringify(toPlain(value))).toBe('{"__proto__":{"a":[]},"toString":null}');
    expect(serialize(value)).toContain('<T>System.Management.Automation.PSCustomObject</T>');
  });

  test('names that differ in case alone, or are empty, are keys of a dictionary', () => {
    for (const json of ['{"a":1,"A":2}', '{"":1}']) {
      expect(serialize(fromJson(json))).toContain('<T>System.Collections.Hashtable</T>');
      expect(JSON.stringify(toPlain(deserialize(serialize(fromJson(json)))))).toBe(json);
    }
  });

  test('what is no JSON is refused with the reason', () => {
    expect(() => fromJson('{"a":')).toThrow(Problem);
    expect(() => fromJson('['.repeat(200_000))).toThrow(Problem);
    expect(() => fromJson('['.repeat(200_000) + ']'.repeat(200_000))).toThrow(Problem);
  });
});

describe('convert', () => {
  const good = VECTORS.filter((vector) => vector.refuse !== true);
  const bad = VECTORS.filter((vector) => vector.refuse === true);

  test('there are vectors of both kinds', () => {
    expect(good.length).toBeGreaterThan(100);
    expect(bad.length).toBeGreaterThan(10);
  });

  test.each(good.map((vector) => [vector.id, vector] as const))(
    '%s keeps its JSON there and back',
    (_id, { clixml }) => {
      const json = convert(clixml, 'json');
      expect(convert(convert(json, 'clixml'), 'json')).toBe(json);
    },
  );

  test.each(bad.map((vector) => [vector.id, vector] as const))(
    '%s is refused as wrong input',
    (_id, { clixml }) => {
      expect(() => convert(clixml, 'json')).toThrow(expect.objectContaining({ name: 'Problem', exit: 2 }));
    },
  );

  test('what went to another stream does not pass for output', () => {
    const text = `#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S S="Error">no</S><S>yes</S></Objs>`;
    expect(convert(text, 'json')).toBe('{"stream":"Error","value":"no"}\n"yes"\n');
  });

  test('a document over many lines, or one on each line; a list stays a list', () => {
    expect(convert(convert('{\n "a": [1,\n 2]\n}', 'clixml'), 'json')).toBe('{"a":[1,2]}\n');
    expect(convert(convert('[1,2]\n[3]\n', 'clixml'), 'json')).toBe('[1,2]\n[3]\n');
    expect(() => convert('1\n2\nx\n', 'clixml')).toThrow(
      expect.objectContaining({ why: expect.stringMatching(/^Line 3/) as string }),
    );
    expect(convert('', 'json')).toBe('');
  });
});

describe('objects from stdin', () => {
  test.each<[InputFormat, string, unknown[]]>([
    ['auto', '{"a":1}\n\n{"a":2}\r\n', [{ a: 1 }, { a: 2 }]],
    ['auto', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ['auto', '[\n1,\n"two"\n]\n', [1, 'two']],
    ['auto', '[1]\n[2]\n', [[1], [2]]],
    ['auto', '[1,2]\n\n\n', [1, 2]],
    ['auto', '\n\n5', [5]],
    ['auto', '\uFEFF{"ä":"€"}\n', [{ ä: '€' }]],
    ['auto', '', []],
    [
      'auto',
      '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\n<S>a</S><I32>2</I32></Objs>',
      ['a', 2],
    ],
    ['auto', '<S>alone</S>\n', ['alone']],
    ['text', 'one\r\n\nthree', ['one', '', 'three']],
    ['jsonl', '[1]\n"x"\n', [[1], 'x']],
    ['json', '[1,"x"]\n', [1, 'x']],
  ])('%s: %j, at every cut', async (format, text, expected) => {
    for (const size of [1, 2, 3, 7, Infinity]) expect(await read(text, format, size)).toEqual(expected);
  });

  test.each<[InputFormat, string]>([
    ['auto', 'hello\n'],
    ['auto', '<Objs'],
    ['jsonl', '1\n{\n'],
    ['clixml', '[1]'],
  ])('%s: %j is refused', async (format, text) => {
    await expect(read(text, format)).rejects.toThrow(Problem);
  });

  test('a password on the first line leaves the rest', async () => {
    const stdin = stdinOf('päss word\r\n1\n2\n', 3);
    expect(await stdin.line()).toBe('päss word');
    expect(await stdin.rest()).toBe('1\n2\n');
  });
});

test('a table is as wide as its widest cells', () => {
  expect(
    table(
      ['Id', 'State'],
      [
        ['long one', 'x'],
        ['b', 'Connected'],
      ],
    ),
  ).toBe(['Id        State', '--------  ---------', 'long one  x', 'b         Connected', ''].join('\n'));
});
