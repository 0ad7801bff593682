import { describe, expect, test } from 'vitest';
import { excerpt, fromSocketError, systemCode, TransportError } from '../../../electron/transport/errors.ts';

function failed(code: string): Error {
  return Object.assign(new Error('some text'), { code });
}

describe('a failed socket', () => {
  test.each([
    ['ENOTFOUND', 'connect.name-not-found'],
    ['EAI_AGAIN', 'connect.name-not-found'],
    ['ECONNREFUSED', 'connect.refused'],
    ['ETIMEDOUT', 'connect.timeout'],
    ['EHOSTUNREACH', 'connect.unreachable'],
    ['ENETUNREACH', 'connect.unreachable'],
    ['ECONNRESET', 'connect.reset'],
    ['EPIPE', 'connect.reset'],
    ['EWHATEVER', 'connect.reset'],
  ])('%s is %s', (systemName, code) => {
    const error = fromSocketError(failed(systemName), { host: 'z002', port: 5985 });
    expect(error.code).toBe(code);
    expect(error.facts).toEqual({ host: 'z002', port: 5985, systemCode: systemName });
  });

  test('on several addresses is judged by the one that says most', () => {
    const both = new AggregateError([failed('ENETUNREACH'), failed('ECONNREFUSED')]);
    expect(fromSocketError(both, {}).code).toBe('connect.refused');
    expect(fromSocketError(new AggregateError([failed('EHOSTUNREACH')]), {}).code).toBe(
      'connect.unreachable',
    );
    expect(fromSocketError(new AggregateError([]), {}).code).toBe('connect.reset');
  });

  test('is not judged twice', () => {
    const first = new TransportError('tls.failed', 'No TLS');
    expect(fromSocketError(first, { host: 'x' })).toBe(first);
  });

  test('without a code has none', () => {
    expect(systemCode('text')).toBeUndefined();
    expect(systemCode(null)).toBeUndefined();
    expect(systemCode({ code: 5 })).toBeUndefined();
  });
});

test('an excerpt has the words of a page, and few of them', () => {
  expect(excerpt('<html><head><style>h1 { color: red }</style></head><h1>Bad\n  Gateway</h1>')).toBe(
    'Bad Gateway',
  );
  expect(excerpt('x'.repeat(100_000))).toHaveLength(200);
});
