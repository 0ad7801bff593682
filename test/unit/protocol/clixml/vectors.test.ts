/** Every CLIXML vector: what .NET accepts reads as what it means, what .NET refuses is refused. */
import { describe, expect, test } from 'vitest';
import type { ClixmlDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { deserialize, deserializeDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { serialize, serializeDocument } from '../../../../electron/protocol/clixml/serialize.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import type { ClixmlCase } from './vectors.ts';
import { clixmlCases, describeValue, psrpMessages, renumber } from './vectors.ts';

function read(c: ClixmlCase): ClixmlDocument {
  return c.document
    ? deserializeDocument(c.clixml)
    : { values: [deserialize(c.clixml)], streams: [undefined] };
}

function told(document: ClixmlDocument): unknown[] {
  const seen = new Map();
  return document.values.map((v) => describeValue(v, seen));
}

const cases = clixmlCases();
const accepted = cases.filter((c) => !c.refuse);
const refused = cases.filter((c) => c.refuse);

describe('accepted vectors', () => {
  test.each(accepted.map((c) => [c.id, c] as const))('%s', (_id, c) => {
    const document = read(c);
    expect(told(document)).toEqual(renumber(c.expected!));
    expect(document.streams.map((s) => s ?? null)).toEqual(c.streams ?? document.values.map(() => null));
  });
});

describe('refused vectors', () => {
  test.each(refused.map((c) => [c.id, c] as const))('%s', (_id, c) => {
    let error: unknown;
    try {
      read(c);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).code).toMatch(/^clixml\.[a-z-]+$/);
    expect((error as ProtocolError).offset).toBeTypeOf('number');
  });
});

describe('writing an accepted vector again keeps its meaning', () => {
  test.each(accepted.map((c) => [c.id, c] as const))('%s', (_id, c) => {
    const document = read(c);
    const again = c.document
      ? deserializeDocument(serializeDocument(document.values, document.streams))
      : { values: [deserialize(serialize(document.values[0]!))], streams: [undefined] };
    expect(told(again)).toEqual(told(document));
    expect(again.streams).toEqual(document.streams);
  });
});

/**
 * What a client of Python wrote among the recordings: RefId before N, and `<S />`. It means the same (see above), but it is not how
 * PowerShell writes.
 */
const notByPowerShell = /RefId="\d+" N=|^<S \/>$/;

describe('PowerShell 2.0 to 7.6 wrote the same, character for character', () => {
  const written = accepted.filter((c) => /^(pwsh|winps)\./.test(c.id) && !notByPowerShell.test(c.clixml));

  test.each(written.map((c) => [c.id, c] as const))('%s', (_id, c) => {
    const { values } = read(c);
    const [ours, theirs] = c.document
      ? // Documents were written with line ends and indentation between elements.
        [serializeDocument(values), c.clixml.replace(/>\r?\n\s*</g, '><').trim()]
      : [serialize(values[0]!), c.clixml];
    expect(ours).toBe(theirs);
  });

  test('there are many', () => expect(written.length).toBeGreaterThan(220));
});

describe('the messages of recorded PSRP sessions', () => {
  const messages = psrpMessages();

  test.each(messages.map((m) => [m.id, m] as const))('%s', (_id, m) => {
    const value = deserialize(m.data);
    expect([describeValue(value, new Map())]).toEqual(renumber([m.expected]));
    const again = deserialize(serialize(value));
    expect(describeValue(again, new Map())).toEqual(describeValue(value, new Map()));
  });

  test('there are many', () => expect(messages.length).toBeGreaterThan(500));
});

test('the vectors are there', () => {
  expect(accepted.length).toBeGreaterThan(480);
  expect(refused.length).toBeGreaterThan(38);
});
