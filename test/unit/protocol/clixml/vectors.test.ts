/** Every CLIXML vector: what .NET accepts reads as what it means, what .NET refuses is refused. */
import { describe, expect, test } from 'vitest';
import type { ClixmlDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { deserialize, deserializeDocument } from '../../../../electron/protocol/clixml/deserialize.ts';
import { serialize, serializeDocument } from '../../../../electron/protocol/clixml/serialize.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import type { ClixmlCase } from './vectors.ts';
import { clixmlCases, describeValue, renumber } from './vectors.ts';

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

test('the vectors are there', () => {
  expect(accepted.length).toBeGreaterThan(480);
  expect(refused.length).toBeGreaterThan(38);
});
