import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { formatDuration, parseDuration } from '../../../../electron/protocol/wsman/duration.ts';

describe('durations', () => {
  test.each([
    // As Windows and PowerShell write them (test/vectors/wsman), and the examples of XML Schema part 2, 3.2.6.
    ['PT20S', 20_000],
    ['PT7200.000S', 7_200_000],
    ['PT2147483.647S', 2_147_483_647],
    ['P0DT0H0M9S', 9_000],
    ['PT1H', 3_600_000],
    ['P1DT2H', 93_600_000],
    ['PT0.5S', 500],
    [' PT5S\n', 5_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    'P',
    'PT',
    'P1DT',
    'PT5',
    '5S',
    'P1Y',
    'P1M',
    '-PT5S',
    'PT5.S',
    'PT-5S',
    'PT1S2H',
    'PT5s',
    'P1H',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(ProtocolError);
  });

  test('refuses more than can be counted, and is not slow about nonsense', () => {
    expect(() => parseDuration(`P${'9'.repeat(9)}DT${'9'.repeat(12)}H`)).toThrow(ProtocolError);
    expect(() => parseDuration(`PT${'1'.repeat(1_000_000)}S`)).toThrow(ProtocolError);
  });

  test.each([
    [20_000, 'PT20S'],
    [0, 'PT0S'],
    [500, 'PT0.500S'],
    [2_147_483_647, 'PT2147483.647S'],
  ])('%i ms is written as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
