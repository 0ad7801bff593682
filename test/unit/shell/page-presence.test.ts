import { describe, expect, test } from 'vitest';
import { createPagePresence } from '../../../electron/shell/page-presence.ts';

function setUp() {
  let due: { fire: () => void; ms: number } | undefined;
  let gone = 0;
  const presence = createPagePresence({
    onGone: () => (gone += 1),
    setTimer(fire, ms) {
      const mine = { fire, ms };
      due = mine;
      return () => {
        if (due === mine) due = undefined;
      };
    },
    graceMs: 60_000,
  });
  return {
    presence,
    pass() {
      const now = due;
      due = undefined;
      now?.fire();
      return now?.ms;
    },
    gone: () => gone,
  };
}

describe('page presence', () => {
  test('a reload is not an end', () => {
    const { presence, pass, gone } = setUp();
    expect(pass()).toBeUndefined();
    const leave = presence.arrived();
    leave();
    presence.arrived();
    expect(pass()).toBeUndefined();
    expect(gone()).toBe(0);
  });

  test('the last of several pages that stays away is one, told once', () => {
    const { presence, pass, gone } = setUp();
    const [one, two] = [presence.arrived(), presence.arrived()];
    one();
    one();
    expect(pass()).toBeUndefined();
    two();
    expect(pass()).toBe(60_000);
    expect(gone()).toBe(1);
    presence.arrived()();
    expect(pass()).toBe(60_000);
    expect(gone()).toBe(2);
  });

  test('nothing is told once it was stopped', () => {
    const { presence, pass, gone } = setUp();
    const leave = presence.arrived();
    presence.arrived()();
    presence.stop();
    leave();
    expect(pass()).toBeUndefined();
    expect(gone()).toBe(0);
  });
});
