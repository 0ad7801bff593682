import fc from 'fast-check';
import { expect, test } from 'vitest';
import { missedBetween, seenTogether } from '../../../electron/sessions/gaps.ts';
import { ObjectLedger } from '../../../electron/protocol/psrp/object-ledger.ts';

function ledgerOf(ids: Iterable<number>): ObjectLedger {
  const ledger = new ObjectLedger();
  for (const id of ids) ledger.add(BigInt(id));
  return ledger;
}

const seenOf = (ids: Iterable<number>) => {
  const { highest, missing } = ledgerOf(ids);
  return highest === undefined ? undefined : { highest, missing };
};

test('what came to neither run is counted, whatever is lost and in whatever order the rest comes', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      (before, now) => {
        const first = now.at(-1);
        const seen = seenOf(before);
        fc.pre(first !== undefined && seen !== undefined);
        const expected = Array.from({ length: first }, (_, at) => at + 1).filter(
          (id) => BigInt(id) > seen.highest && id < first && !now.includes(id),
        );
        expect(missedBetween(seen, BigInt(first), ledgerOf(now))).toBe(expected.length);
      },
    ),
  );
});

test('what two runs have seen together has no hole but what came to neither', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      (before, now) => {
        const seen = seenOf(before);
        const { highest, missing } = seenTogether(seen, ledgerOf(now));
        const top = Math.max(...before, ...now);
        expect(highest).toBe(BigInt(top));
        const lowest = Math.min(...before);
        const known = (id: number): boolean =>
          before.includes(id) || (now.includes(id) && BigInt(id) > (seen?.highest ?? 0n));
        const holes = Array.from({ length: top }, (_, at) => at + 1).filter(
          (id) => id > lowest && !known(id),
        );
        const told = missing.flatMap(([from, to]) =>
          Array.from({ length: Number(to - from) + 1 }, (_, at) => Number(from) + at),
        );
        expect(told).toEqual(holes);
      },
    ),
  );
});

test('a server that counts anew has lost nothing', () => {
  expect(missedBetween({ highest: 500n, missing: [] }, 7n, ledgerOf([3, 4, 7]))).toBe(0);
});
