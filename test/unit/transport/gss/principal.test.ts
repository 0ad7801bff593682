import { expect, test } from 'vitest';
import { principalName, typedName } from '../../../../electron/transport/gss/principal.ts';

const OWN = { defaultRealm: 'CONTOSO.TEST', assumeRealm: false };

test.each([
  ['ada@contoso.test', 'ada@CONTOSO.TEST'],
  ['ada@CONTOSO.TEST', 'ada@CONTOSO.TEST'],
  ['contoso.test\\ada', 'ada@CONTOSO.TEST'],
  ['CONTOSO\\ada', 'ada@CONTOSO.TEST'],
  ['contoso\\ada', 'ada@CONTOSO.TEST'],
  ['CONTO\\ada', 'ada@CONTO'],
  ['FABRIKAM\\ada', 'ada@FABRIKAM'],
  ['ada@mail@contoso.test', 'ada\\@mail@CONTOSO.TEST'],
  ['CONTOSO\\svc/backup', 'svc\\/backup@CONTOSO.TEST'],
])('%s is %s', (typed, principal) => {
  expect(principalName(typed, OWN)).toBe(principal);
});

test('a name without a domain is of no realm, unless told', () => {
  expect(() => principalName('ada', OWN)).toThrow(/any realm/);
  expect(() => principalName('ada@', OWN)).toThrow(/any realm/);
  expect(principalName('ada', { ...OWN, assumeRealm: true })).toBe('ada');
});

test.each(['.\\ada', '\\ada', 'CONTOSO\\'])('%s is in no realm at all', (typed) => {
  expect(() => typedName(typed, true)).toThrow(expect.objectContaining({ code: 'kerberos.no-credentials' }));
});

test('without a default realm a short name stays what it is', () => {
  expect(principalName('CONTOSO\\ada', { defaultRealm: undefined, assumeRealm: false })).toBe('ada@CONTOSO');
});
