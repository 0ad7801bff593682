import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../../electron/remoting/event-queue.ts';

test('whatever is pushed comes out once and in order, however the two sides interleave', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 100 }),
      async (weights, bound) => {
        const queue = new EventQueue<number>(bound);
        const produced = (async () => {
          for (const [index, weight] of weights.entries()) await queue.push(index, weight);
          queue.end();
        })();
        const got: number[] = [];
        for (;;) {
          const item = await queue.next();
          if (item === undefined) break;
          got.push(item);
        }
        await produced;
        expect(got).toEqual(weights.map((_, index) => index));
      },
    ),
  );
});

test('the producer waits above the bound and goes on once half is taken', async () => {
  const queue = new EventQueue<string>(10);
  expect(queue.push('a', 6)).toBeUndefined();
  const wait = queue.push('b', 6);
  expect(wait).toBeInstanceOf(Promise);
  await queue.next();
  await queue.next();
  await wait;
  expect(queue.push('c', 1)).toBeUndefined();
});

test('an end with a failure is seen after what was held', async () => {
  const queue = new EventQueue<string>(10);
  void queue.push('a', 1);
  queue.end(new Error('cut'));
  await expect(queue.next()).resolves.toBe('a');
  await expect(queue.next()).rejects.toThrow('cut');
});

test('ending, unbinding and discarding each free a waiting producer', async () => {
  for (const free of ['end', 'unbind', 'discard'] as const) {
    const queue = new EventQueue<number>(1);
    const wait = queue.push(1, 5);
    queue[free]();
    await wait;
  }
});

test('a consumer that waits is woken by the next item and by the end', async () => {
  const queue = new EventQueue<number>(10);
  const first = queue.next();
  void queue.push(1, 1);
  await expect(first).resolves.toBe(1);
  const second = queue.next();
  queue.end();
  await expect(second).resolves.toBeUndefined();
});

test('a producer that is not held back is spared above the bound, but for what must come', async () => {
  const queue = new EventQueue<string>(10);
  void queue.push('held', 8);
  const waiting = queue.push('more', 8);
  const refused: string[] = [];
  queue.shed(
    (item) => item !== 'must',
    (item) => refused.push(item),
  );
  await waiting;
  for (const item of ['spared', 'must', 'spared, too']) expect(queue.push(item, 8)).toBeUndefined();
  expect(refused).toEqual(['spared', 'spared, too']);
  // Once there is room, all is taken again.
  for (const item of ['held', 'more', 'must']) expect(await queue.next()).toBe(item);
  void queue.push('taken', 8);
  expect(await queue.next()).toBe('taken');
});
