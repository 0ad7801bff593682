import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CredentialKeeper } from '../../../electron/credentials/credential-keeper.ts';
import { SealingKey } from '../../../electron/credentials/sealing-key.ts';
import { passwordText } from '../../../electron/remoting/secret.ts';

const CANARY = 'kanarienvogel-7f3a';

test('what is kept comes back as it was, as often as it is asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (typed) => {
      const keeper = new CredentialKeeper();
      keeper.keep('a', { userName: 'CORP\\ada', password: typed });
      for (let i = 0; i < 2; i++) {
        const credential = keeper.get('a');
        expect(credential?.userName).toBe('CORP\\ada');
        // Half a character of UTF-16 has no UTF-8: it is the one thing that cannot be typed.
        expect(credential && passwordText(credential.password)).toBe(typed.toWellFormed());
      }
    }),
  );
});

test('each taker gets memory of their own, and overwriting it harms nobody', () => {
  const secret = new SealingKey().sealText(CANARY);
  const first = secret.take();
  expect(Buffer.from(first).toString()).toBe(CANARY);
  first.fill(0);
  expect(Buffer.from(secret.take()).toString()).toBe(CANARY);
});

test('the same password sealed twice looks different, and neither shows it', () => {
  const key = new SealingKey();
  const bytes = (secret: object) => inspect(secret, { showHidden: true, depth: 9 });
  const [one, two] = [key.sealText(CANARY), key.sealText(CANARY)];
  for (const shown of [bytes(one), JSON.stringify({ one }), String(one), bytes({ one }), bytes(two)]) {
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(Buffer.from(CANARY).toString('hex').slice(0, 8));
  }
});

test('a keeper that is logged shows how many it has and nothing else; what is forgotten is gone', () => {
  const keeper = new CredentialKeeper();
  keeper.keep('a', { userName: 'ada', password: CANARY });
  expect(JSON.stringify(keeper)).toBe('{"servers":1}');
  expect(inspect(keeper, { depth: 9, showHidden: true })).not.toContain(CANARY);
  keeper.forget('a');
  expect(keeper.get('a')).toBeUndefined();
});

test('a sealed credential is kept as it is, and outlives its being forgotten', () => {
  const keeper = new CredentialKeeper();
  const sealed = keeper.seal({ userName: 'ada', password: CANARY });
  keeper.keep('a', sealed);
  expect(keeper.get('a')?.password).toBe(sealed.password);
  // A session that is open goes on signing in its further connections.
  keeper.forget('a');
  expect(passwordText(sealed.password)).toBe(CANARY);
});
