import { expect, test } from 'vitest';
import { Turns } from '../../../electron/sessions/turns.ts';
import { WorldTime } from '../../simulation/chance.ts';

function starting() {
  const time = new WorldTime();
  const turns = new Turns({ clock: time, most: 2, longestMs: 1000 });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    ends,
    come: (name: string, key = 'z') =>
      void turns.take(key).then((end) => {
        begun.push(name);
        ends.set(name, end);
      }),
    settled: () => new Promise<void>((resolve) => setImmediate(resolve)),
    pass: (ms: number) => {
      const until = time.now() + ms;
      while (time.step(until));
    },
  };
}

test('so many at a time, the others in their order, and another key does not wait for them', async () => {
  const { begun, ends, come, settled } = starting();
  for (const name of ['a', 'b', 'c', 'd']) come(name);
  come('other', 'y');
  await settled();
  expect(begun).toEqual(['a', 'b', 'other']);
  ends.get('b')?.();
  ends.get('b')?.();
  await settled();
  expect(begun).toEqual(['a', 'b', 'other', 'c']);
  ends.get('a')?.();
  ends.get('c')?.();
  ends.get('other')?.();
  await settled();
  come('e');
  come('f');
  await settled();
  expect(begun).toEqual(['a', 'b', 'other', 'c', 'd', 'e']);
});

test('one that never ends keeps nobody waiting for long, and counts once', async () => {
  const { begun, ends, come, settled, pass } = starting();
  for (const name of ['a', 'b', 'c', 'd', 'e']) come(name);
  await settled();
  pass(1000);
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  ends.get('a')?.();
  ends.get('b')?.();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});
