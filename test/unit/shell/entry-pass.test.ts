import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEntryPass } from '../../../electron/shell/entry-pass.ts';

describe('entry pass', () => {
  test('a token lets one browser in, once; its cookie stays good', () => {
    const pass = createEntryPass(5123, randomBytes);
    const token = pass.newToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    const cookie = pass.exchange(token);
    expect(cookie).toMatch(/^[\w-]{43}$/);
    expect(cookie).not.toBe(token);
    expect(pass.exchange(token)).toBeUndefined();
    expect(pass.admits(`psdeck-5123=${cookie!}`)).toBe(true);
    expect(pass.admits(`other=1; psdeck-5123=${cookie!}; more=2`)).toBe(true);
    expect(pass.admits(`psdeck-5124=${cookie!}`)).toBe(false);
    expect(pass.admits(`psdeck-5123=${token}`)).toBe(false);
    for (const header of [undefined, '', ';', 'psdeck-5123', 'psdeck-5123=', 'psdeck-5123=x']) {
      expect(pass.admits(header)).toBe(false);
    }
  });

  test('knows nothing of another run', () => {
    const [one, two] = [createEntryPass(1, randomBytes), createEntryPass(1, randomBytes)];
    const cookie = one.exchange(one.newToken())!;
    expect(two.admits(`psdeck-1=${cookie}`)).toBe(false);
    expect(two.exchange(one.newToken())).toBeUndefined();
  });

  test('keeps few unused tokens, the newest', () => {
    const pass = createEntryPass(1, randomBytes);
    const tokens = Array.from({ length: 9 }, () => pass.newToken());
    expect(pass.exchange(tokens[0]!)).toBeUndefined();
    expect(pass.exchange(tokens[1]!)).toBeDefined();
    expect(pass.exchange(tokens[8]!)).toBeDefined();
  });
});
