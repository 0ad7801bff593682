import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEntryPass } from '../../../electron/shell/entry-pass.ts';

const REFUSED = [undefined, '', ';', 'psdeck-5123', 'psdeck-5123=', 'psdeck-5123=x'];

/** A pass whose clock stands until it is moved. */
function setUp(port = 5123) {
  let now = 1000;
  const pass = createEntryPass(port, randomBytes, () => now);
  return { pass, later: (ms: number) => (now += ms) };
}

describe('entry pass', () => {
  test('a token lets one browser in, once; its cookie stays good', () => {
    const { pass } = setUp();
    const token = pass.newToken('printed');
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(pass.use(token)).toBe('printed');
    expect(pass.use(token)).toBeUndefined();
    const cookie = pass.newCookie();
    expect(cookie).toMatch(/^[\w-]{43}$/);
    expect(pass.admits(`psdeck-5123=${cookie}`)).toBe(true);
    expect(pass.admits(`other=1; psdeck-5123=${cookie}; more=2`)).toBe(true);
    expect(pass.admits(`psdeck-5124=${cookie}`)).toBe(false);
    expect(pass.admits(`psdeck-5123=${token}`)).toBe(false);
    for (const header of REFUSED) expect(pass.admits(header)).toBe(false);
  });

  test('knows nothing of another run', () => {
    const [one, two] = [setUp(1).pass, setUp(1).pass];
    expect(two.admits(`psdeck-1=${one.newCookie()}`)).toBe(false);
    expect(two.use(one.newToken('printed'))).toBeUndefined();
  });

  test('keeps few unused tokens, the newest, and those that were printed apart from those that were handed over', () => {
    const { pass } = setUp();
    const printed = Array.from({ length: 9 }, () => pass.newToken('printed'));
    for (let i = 0; i < 9; i++) pass.newToken('handed');
    expect(pass.use(printed[0]!)).toBeUndefined();
    expect(pass.use(printed[1]!)).toBe('printed');
    expect(pass.use(printed[8]!)).toBe('printed');
  });

  test('a token on a command line is good for two minutes, one that was printed until it is used', () => {
    const { pass, later } = setUp();
    const printed = pass.newToken('printed');
    const [soon, late] = [pass.newToken('handed'), pass.newToken('handed')];
    later(120_000);
    expect(pass.use(soon)).toBe('handed');
    later(1);
    expect(pass.use(late)).toBeUndefined();
    later(1e9);
    expect(pass.use(printed)).toBe('printed');
  });
});
