import { expect, test } from 'vitest';
import { Page } from '../../../electron/sessions/page.ts';
import type { OutputItem } from '../../../shared/terminal.ts';

const out = (vt: string) => ({ kind: 'output' as const, vt });

test('what is attached later sees what was shown, then everything after, each piece once and in order', async () => {
  const page = new Page();
  await page.append(1, [out('a'), out('b')]);
  const seen: OutputItem[] = [];
  const snapshot = page.attach({ write: (items) => void seen.push(...items) });
  await page.append(1, [out('c')]);
  await page.append(2, [out('d')]);
  expect(snapshot.items.map((item) => item.vt).join('')).toBe('ab');
  expect(seen.map((item) => item.vt)).toEqual(['c', 'd']);
  const numbers = [...snapshot.items, ...seen].map((item) => item.seq);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(seen[0]?.seq).toBe(snapshot.seq + 1);
});

test('a writer waits for the slowest terminal and for no other reason', async () => {
  const page = new Page();
  expect(page.append(1, [out('x')])).toBeUndefined();
  let release = (): void => undefined;
  page.attach({ write: () => undefined });
  const slow = { write: () => new Promise<void>((resolve) => (release = resolve)) };
  page.attach(slow);
  let went = false;
  const wait = page.append(1, [out('y')])?.then(() => (went = true));
  await Promise.resolve();
  expect(went).toBe(false);
  release();
  await wait;
  expect(went).toBe(true);
  page.detach(slow);
  expect(page.append(1, [out('z')])).toBeUndefined();
});

test('the oldest is dropped beyond the bound, and that is said', async () => {
  const page = new Page(1000);
  for (let i = 0; i < 200; i++) await page.append(i + 1, [out(`line ${String(i)}\r\n`)]);
  const { items, truncated } = page.attach({ write: () => undefined });
  expect(truncated).toBe(true);
  expect(items.reduce((sum, item) => sum + item.vt.length, 0)).toBeLessThanOrEqual(1000);
  expect(items.at(-1)?.vt).toBe('line 199\r\n');
});

test('one piece larger than the bound keeps its end, and what was already handed out is untouched', async () => {
  const page = new Page(100);
  const seen: OutputItem[] = [];
  page.attach({ write: (items) => void seen.push(...items) });
  await page.append(1, [out('x'.repeat(500) + 'END')]);
  expect(seen[0]?.vt.length).toBe(503);
  expect(page.attach({ write: () => undefined }).items[0]?.vt.endsWith('END')).toBe(true);
  expect(page.attach({ write: () => undefined }).items[0]?.vt.length).toBeLessThanOrEqual(100);
});

test('text that came letter by letter is kept in few pieces, by command and kind, in order', () => {
  const page = new Page();
  for (let i = 0; i < 100_000; i++) void page.append(1, [out(String(i % 10))]);
  void page.append(1, [{ kind: 'error', vt: 'bad' }]);
  void page.append(2, [out('next')]);
  const snapshot = page.attach({ write: () => undefined });
  void page.append(2, [out(' more')]);
  expect(snapshot.items.length).toBeLessThan(20);
  expect(snapshot.items.map((item) => item.vt).join('')).toBe(`${'0123456789'.repeat(10_000)}badnext`);
  expect(snapshot.items.slice(-2)).toMatchObject([
    { seq: 100_001, commandId: 1, kind: 'error', vt: 'bad' },
    { seq: 100_002, commandId: 2, kind: 'output', vt: 'next' },
  ]);
  expect(snapshot.seq).toBe(100_002);
});
