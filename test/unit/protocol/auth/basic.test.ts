import { describe, expect, test } from 'vitest';
import { basicHeader, parseBasicHeader } from '../../../../electron/protocol/auth/basic.ts';
import { challengeFor, parseChallenges } from '../../../../electron/protocol/auth/challenge.ts';
import { UsageError } from '../../../../electron/protocol/errors.ts';

describe('Basic', () => {
  test.each([
    // RFC 7617 2 and 2.1.
    ['Aladdin', 'open sesame', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['test', '123£', 'Basic dGVzdDoxMjPCow=='],
  ])('%s', (user, password, header) => {
    expect(basicHeader(user, password)).toBe(header);
    expect(parseBasicHeader(header)).toEqual({ userName: user, password });
  });

  test('a colon belongs to the password only', () => {
    expect(() => basicHeader('a:b', 'c')).toThrow(UsageError);
    expect(parseBasicHeader(basicHeader('a', 'b:c'))).toEqual({ userName: 'a', password: 'b:c' });
  });

  test.each(['', 'Basic', 'Basic ', 'Basic ?', 'Negotiate QTpC', 'Basic QUI='])(
    '%j is no log-on',
    (header) => {
      expect(parseBasicHeader(header)).toBeUndefined();
    },
  );
});

describe('challenges', () => {
  test.each<[readonly string[], [string, string][]]>([
    // As Windows sends them: a header each.
    [
      ['Negotiate', 'Kerberos', 'Basic realm="WSMAN"', 'CredSSP'],
      [
        ['Negotiate', ''],
        ['Kerberos', ''],
        ['Basic', 'realm="WSMAN"'],
        ['CredSSP', ''],
      ],
    ],
    // RFC 9110 11.6.1: schemes and parameters in one header.
    [
      ['Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\", now"'],
      [
        ['Basic', 'realm="simple"'],
        ['Newauth', 'realm="apps", type=1, title="Login to \\"apps\\", now"'],
      ],
    ],
    [['Negotiate TlRMTVNTUAACAAAA=='], [['Negotiate', 'TlRMTVNTUAACAAAA==']]],
    [[''], []],
  ])('%j', (headers, expected) => {
    expect(parseChallenges(headers).map((c) => [c.scheme, c.value])).toEqual(expected);
  });

  test('a scheme is found in any case', () => {
    const challenges = parseChallenges(['negotiate abc', 'Basic realm="x"']);
    expect(challengeFor(challenges, 'Negotiate')).toBe('abc');
    expect(challengeFor(challenges, 'Kerberos')).toBeUndefined();
  });

  test('a list without end is cut', () => {
    expect(
      parseChallenges([Array.from({ length: 10_000 }, (_, i) => `S${i}`).join(',')]).length,
    ).toBeLessThan(100);
  });
});
