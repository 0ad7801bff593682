import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeptCredential } from '../../../../electron/transport/gss/kept-credential.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function counting(lifetimeMs: number): { kept: KeptCredential<number>; made: () => number; freed: number[] } {
  let made = 0;
  const freed: number[] = [];
  const kept = new KeptCredential(() => {
    const handle = ++made;
    return Promise.resolve({ handle, lifetimeMs, release: () => void freed.push(handle) });
  });
  return { kept, made: () => made, freed };
}

test('log-ons at the same time share one, and it is given back when nobody came for a minute', async () => {
  const { kept, freed } = counting(Infinity);
  const leases = await Promise.all(Array.from({ length: 8 }, () => kept.lease()));
  expect(new Set(leases.map(({ handle }) => handle))).toEqual(new Set([1]));
  for (const lease of leases.slice(1)) lease.release();
  await vi.advanceTimersByTimeAsync(60_000);
  // One of them is at it still.
  expect(freed).toEqual([]);
  leases[0]?.release();
  leases[0]?.release();
  expect(freed).toEqual([1]);
  expect((await kept.lease()).handle).toBe(2);
});

test('tickets that end within five minutes are replaced', async () => {
  const { kept, freed } = counting(10 * 60_000);
  (await kept.lease()).release();
  for (let minute = 0; minute < 5; minute++) {
    // Each within a minute of the last, so that it is kept.
    vi.advanceTimersByTime(59_000);
    // oxlint-disable-next-line no-await-in-loop
    const lease = await kept.lease();
    expect(lease.handle).toBe(1);
    lease.release();
  }
  vi.advanceTimersByTime(59_000);
  expect((await kept.lease()).handle).toBe(2);
  expect(freed).toEqual([1]);
});

test('tickets that are over at once are used once', async () => {
  const { kept, made } = counting(0);
  const lease = await kept.lease();
  expect(lease.handle).toBeGreaterThan(0);
  expect(made()).toBeLessThanOrEqual(2);
});

test('what did not serve is not used again', async () => {
  const { kept, freed } = counting(Infinity);
  const bad = await kept.lease();
  bad.spoil();
  bad.release();
  const next = await kept.lease();
  expect(next.handle).toBe(2);
  // Late news about the first says nothing about the second.
  bad.spoil();
  expect((await kept.lease()).handle).toBe(2);
  await Promise.resolve();
  expect(freed).toEqual([1]);
});

test('a failure is told to everybody who waits, and forgotten', async () => {
  let fail = true;
  const kept = new KeptCredential(() =>
    fail
      ? Promise.reject(new Error('no tickets'))
      : Promise.resolve({ handle: 1, lifetimeMs: Infinity, release: () => undefined }),
  );
  const both = await Promise.allSettled([kept.lease(), kept.lease()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fail = false;
  expect((await kept.lease()).handle).toBe(1);
});
