import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { XmlReader } from '../../../../electron/protocol/xml/reader.ts';
import {
  attributeOf,
  find,
  findAll,
  findDeep,
  isElement,
  parseXml,
  textOf,
} from '../../../../electron/protocol/xml/tree.ts';
import type { XmlElement } from '../../../../electron/protocol/xml/tree.ts';
import {
  element,
  escapeAttribute,
  escapeText,
  textElement,
} from '../../../../electron/protocol/xml/writer.ts';

/** Well-formed by XML 1.0 and Namespaces in XML; Python's expat agrees on each. What comes out is told as nested lists. */
const accepted: [string, string, unknown][] = [
  ['an empty element', '<a/>', ['a', {}, '']],
  ['text', '<a>b</a>', ['a', {}, 'b']],
  ['the five entities', '<a>&lt;&gt;&amp;&quot;&apos;</a>', ['a', {}, '<>&"\'']],
  ['numeric references', '<a>&#65;&#x42;&#x1F600;&#13;&#x0000041;</a>', ['a', {}, 'AB\u{1f600}\rA']],
  ['line ends', '<a>1\r\n2\r3\n4</a>', ['a', {}, '1\n2\n3\n4']],
  ['CDATA', '<a>x<![CDATA[<&]]>y</a>', ['a', {}, 'x<&y']],
  ['comments', '<!-- c --><a>x<!-- < & -->y</a><!-- d -->', ['a', {}, 'xy']],
  ['attributes', `<a b="1" c='"'/>`, ['a', { b: '1', c: '"' }, '']],
  ['white space in an attribute', '<a b="1\t2\n3\r\n4&#10;5"/>', ['a', { b: '1 2 3 4\n5' }, '']],
  ['white space in tags', '<a  b = "1" ></a >', ['a', { b: '1' }, '']],
  ['a greater-than sign', '<a b=">">></a>', ['a', { b: '>' }, '>']],
  ['a declaration', '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a/>', ['a', {}, '']],
  ['a byte order mark', '\ufeff<a/>', ['a', {}, '']],
  ['children', '<a>1<b>2</b>3<c/></a>', ['a', {}, '13', ['b', {}, '2'], ['c', {}, '']]],
  ['a default namespace', '<a xmlns="u"><b/></a>', ['{u}a', {}, '', ['{u}b', {}, '']]],
  [
    'a default namespace taken back',
    '<a xmlns="u"><b xmlns=""/><c/></a>',
    ['{u}a', {}, '', ['b', {}, ''], ['{u}c', {}, '']],
  ],
  ['prefixes', '<p:a xmlns:p="u" p:b="1" b="2"/>', ['{u}a', { '{u}b': '1', b: '2' }, '']],
  [
    'a prefix bound again inside',
    '<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:c/></p:a>',
    ['{u}a', {}, '', ['{v}b', {}, ''], ['{u}c', {}, '']],
  ],
  ['the xml prefix', '<a xml:lang="en"/>', ['a', { '{http://www.w3.org/XML/1998/namespace}lang': 'en' }, '']],
  ['names beyond ASCII', '<é·ñ 日="1"/>', ['é·ñ', { 日: '1' }, '']],
];

function expanded(namespace: string, local: string): string {
  return namespace === '' ? local : `{${namespace}}${local}`;
}

function tell(e: XmlElement): unknown {
  return [
    expanded(e.namespace, e.name),
    Object.fromEntries(e.attributes.map((a) => [expanded(a.namespace, a.name), a.value])),
    e.text,
    ...e.children.map(tell),
  ];
}

test.each(accepted)('reads %s', (_what, text, expected) => {
  expect(tell(parseXml(text))).toEqual(expected);
});

const refused: [string, string, string, number | undefined][] = [
  ['nothing', '', 'xml.truncated', 0],
  ['only a comment', '<!-- c -->', 'xml.truncated', 10],
  ['text before the root', 'x<a/>', 'xml.root', 0],
  ['text after the root', '<a/>x', 'xml.root', 4],
  ['two roots', '<a/><b/>', 'xml.root', 4],
  ['CDATA outside the root', '<![CDATA[x]]><a/>', 'xml.root', 0],
  ['a DTD', '<!DOCTYPE a><a/>', 'xml.dtd', 0],
  ['a DTD with entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'xml.dtd', 0],
  ['a processing instruction', '<?p i?><a/>', 'xml.processing-instruction', 0],
  ['one inside', '<a><?p i?></a>', 'xml.processing-instruction', 3],
  ['a late declaration', ' <?xml version="1.0"?><a/>', 'xml.processing-instruction', 1],
  ['version 1.1', '<?xml version="1.1"?><a/>', 'xml.declaration', 0],
  ['another entity', '<a>&nbsp;</a>', 'xml.entity', 3],
  ['an entity of the prototype', '<a>&constructor;</a>', 'xml.entity', 3],
  ['a bare ampersand', '<a>b & c</a>', 'xml.entity', 5],
  ['a reference to a control', '<a>&#1;</a>', 'xml.entity', 3],
  ['a reference to a surrogate', '<a>&#xD800;</a>', 'xml.entity', 3],
  ['a reference past Unicode', '<a>&#x110000;</a>', 'xml.entity', 3],
  ['a reference without digits', '<a>&#;</a>', 'xml.entity', 3],
  ['one in an attribute', '<a b="x&y;"/>', 'xml.entity', 7],
  ['a control character', '<a>\u0008</a>', 'xml.character', 3],
  ['a lone surrogate', '<a>\udc00</a>', 'xml.character', 3],
  ['a non-character', '<a>\ufffe</a>', 'xml.character', 3],
  ['an unclosed element', '<a><b></b>', 'xml.truncated', 10],
  ['a wrong end tag', '<a></b>', 'xml.mismatch', 3],
  ['an end tag with more', '<a></ab>', 'xml.mismatch', 3],
  ['an end tag of another prefix', '<p:a xmlns:p="u" xmlns:q="u"></q:a>', 'xml.mismatch', 29],
  ['an end tag first', '</a>', 'xml.mismatch', 0],
  ['an attribute twice', '<a b="1" b="2"/>', 'xml.duplicate-attribute', 9],
  [
    'an attribute twice by namespace',
    '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
    'xml.duplicate-attribute',
    35,
  ],
  ['a namespace twice', '<a xmlns="u" xmlns="v"/>', 'xml.duplicate-attribute', 13],
  ['an unknown prefix', '<p:a/>', 'xml.namespace', 0],
  ['an unknown prefix of an attribute', '<a p:b="1"/>', 'xml.namespace', 3],
  ['a prefix after its element', '<a><b xmlns:p="u"/><p:c/></a>', 'xml.namespace', 19],
  ['a prefix taken back', '<a xmlns:p=""/>', 'xml.namespace', 3],
  ['the xmlns prefix bound', '<a xmlns:xmlns="u"/>', 'xml.namespace', 3],
  ['the xml prefix bound elsewhere', '<a xmlns:xml="u"/>', 'xml.namespace', 3],
  ['an attribute without value', '<a b/>', 'xml.syntax', 4],
  ['an attribute without quotes', '<a b=1/>', 'xml.syntax', 5],
  ['no space between attributes', '<a b="1"c="2"/>', 'xml.syntax', 8],
  ['a less-than sign in an attribute', '<a b="<"/>', 'xml.syntax', 6],
  ['an element without name', '<>x</>', 'xml.syntax', 1],
  ['a name that begins with a digit', '<1/>', 'xml.syntax', 1],
  ['a name with two colons', '<a:b:c xmlns:a="u"/>', 'xml.syntax', 4],
  ['two hyphens in a comment', '<a><!-- a -- b --></a>', 'xml.syntax', 10],
  ['the end of CDATA in text', '<a>]]></a>', 'xml.syntax', 3],
  ['an unclosed comment', '<a><!-- b', 'xml.truncated', 3],
  ['an unclosed CDATA', '<a><![CDATA[b', 'xml.truncated', 3],
  ['an unclosed tag', '<a b="1"', 'xml.truncated', 8],
  ['other markup', '<a><!ELEMENT b></a>', 'xml.syntax', 3],
];

function refusal(read: () => unknown): ProtocolError {
  try {
    read();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

test.each(refused)('refuses %s', (_what, text, code, offset) => {
  const error = refusal(() => parseXml(text));
  expect([error.code, error.offset]).toEqual([code, offset]);
});

describe('every cut of a text is refused', () => {
  const texts = accepted.map(([what, text]) => [what, text] as const);
  test.each(texts)('%s', (_what, text) => {
    // Up to the end of the root; comments and white space may follow it.
    const end = text.lastIndexOf('>', text.includes('<!-- d') ? text.indexOf('<!-- d') - 1 : undefined);
    for (let i = 0; i < end; i++) expect(refusal(() => parseXml(text.slice(0, i))).code).toMatch(/^xml\./);
  });
});

describe('bounds', () => {
  test.each([
    ['depth', { maxDepth: 3 }, '<a><b><c/></b></a>', '<a><b><c><d/></c></b></a>'],
    ['elements', { maxElements: 3 }, '<a><b/><b/></a>', '<a><b/><b/><b/></a>'],
    ['attributes', { maxAttributes: 2 }, '<a b="1" xmlns="u"/>', '<a b="1" xmlns="u" c="2"/>'],
    ['size', { maxLength: 4 }, '<a/>', '<ab/>'],
  ])('%s', (what, limits, good, bad) => {
    expect(parseXml(good, limits).name).toBe('a');
    expect(refusal(() => parseXml(bad, limits)).code).toBe(`xml.${what}`);
  });

  test('a hundred thousand open elements neither recurse nor take long', () => {
    expect(refusal(() => parseXml('<a>'.repeat(100_000))).code).toBe('xml.depth');
    const deep = `${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}`;
    const reader = new XmlReader(deep, { maxDepth: 100_000 });
    let events = 0;
    while (reader.next() !== 'eof') events++;
    expect(events).toBe(100_000);
  });
});

test('the reader tells where each event begins and how deep it is', () => {
  const reader = new XmlReader('<a>x<b c="1"/></a>');
  const seen: unknown[] = [];
  for (let event = reader.next(); event !== 'eof'; event = reader.next()) {
    seen.push([event, event === 'text' ? reader.text : reader.name, reader.offset]);
  }
  expect(seen).toEqual([
    ['start', 'a', 0],
    ['text', 'x', 3],
    ['start', 'b', 4],
    ['end', 'b', 4],
    ['end', 'a', 14],
  ]);
  expect(reader.depth).toBe(0);
  expect(reader.next()).toBe('eof');
});

test('finding in a tree', () => {
  const root = parseXml('<r xmlns:p="u"><a n="1">x</a><p:a p:n="2" n="3">y</p:a><b><a>z</a><d/></b></r>');
  expect(textOf(root, 'a')).toBe('x');
  expect(textOf(root, 'a', 'u')).toBe('y');
  expect(textOf(root, 'z')).toBeUndefined();
  expect(findAll(root, 'a')).toHaveLength(2);
  expect(find(root, 'd')).toBeUndefined();
  expect(findDeep(root, 'd')?.name).toBe('d');
  expect(findDeep(root, 'a')?.text).toBe('x');
  expect(isElement(root, 'r', 'u')).toBe(false);
  const prefixed = find(root, 'a', 'u')!;
  expect([attributeOf(prefixed, 'n'), attributeOf(prefixed, 'n', 'u'), attributeOf(prefixed, 'm')]).toEqual([
    '3',
    '2',
    undefined,
  ]);
});

describe('recorded envelopes', () => {
  const folder = new URL('../../../vectors/wsman/', import.meta.url);
  const bodies = readdirSync(folder).flatMap((file) => {
    const { exchanges } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
      exchanges: { body: string | null }[];
    };
    return exchanges.flatMap(({ body }, i) =>
      body === null || body === '' ? [] : [[`${file} ${i}`, body] as const],
    );
  });

  test('all of them are envelopes with a body', () => {
    expect(bodies.length).toBeGreaterThan(740);
    for (const [where, body] of bodies) {
      const envelope = parseXml(body);
      expect([where, envelope.name, find(envelope, 'Body')?.namespace]).toEqual([
        where,
        expect.stringMatching(/^(?:Envelope|IdentifyResponse)$/),
        envelope.namespace,
      ]);
    }
  });
});

describe('writing', () => {
  test('as the specification has it', () => {
    expect(escapeText('a<b>&"\'\r\n\t')).toBe('a&lt;b&gt;&amp;"\'&#xD;\n\t');
    expect(escapeAttribute('a<b>&"\'\r\n\t')).toBe("a&lt;b&gt;&amp;&quot;'&#xD;&#xA;&#x9;");
    expect(element('a:b', { c: '1"', d: undefined }, textElement('e', '<'), element('f'))).toBe(
      '<a:b c="1&quot;"><e>&lt;</e><f /></a:b>',
    );
  });

  test.each(['\u0000', '\u001f', '\ud800', '\udc00x', '\uffff'])('%j cannot be carried', (text) => {
    expect(() => escapeText(text)).toThrow(UsageError);
    expect(() => escapeAttribute(text)).toThrow(UsageError);
  });

  test('any text and attribute reads back', () => {
    const text = fc
      .string({ unit: 'binary' })
      .map((s) => s.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' '));
    fc.assert(
      fc.property(text, text, (content, value) => {
        const read = parseXml(textElement('a', content, { b: value }));
        expect([read.text, attributeOf(read, 'b')]).toEqual([content, value]);
      }),
    );
  });
});
