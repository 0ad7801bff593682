import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOutputFlow } from '../../../electron/ipc/output-flow.ts';
import type { OutputItem } from '../../../shared/terminal.ts';

/** A clock that moves only when told. */
function fakeTimers() {
  let pending: { fire: () => void; ms: number } | undefined;
  return {
    setTimer(fire: () => void, ms: number) {
      const mine = { fire, ms };
      expect(pending).toBeUndefined();
      pending = mine;
      return () => {
        if (pending === mine) pending = undefined;
      };
    },
    fire() {
      const due = pending;
      pending = undefined;
      due?.fire();
      return due !== undefined;
    },
    get delay() {
      return pending?.ms;
    },
  };
}

function item(seq: number, vt: string, kind: OutputItem['kind'] = 'output', commandId = 1): OutputItem {
  return { seq, commandId, kind, vt };
}

function setUp(highWater = 100, lowWater = 40) {
  const timers = fakeTimers();
  const sent: OutputItem[][] = [];
  const flow = createOutputFlow({
    send: (items) => sent.push(items),
    setTimer: (fire, ms) => timers.setTimer(fire, ms),
    highWater,
    lowWater,
    flushMs: 5,
  });
  return { flow, timers, sent };
}

/** A flow with patience, whose end comes when told. */
function impatient() {
  const sent: OutputItem[][] = [];
  const told: string[] = [];
  let end: (() => void) | undefined;
  const flow = createOutputFlow({
    send: (items) => sent.push(items),
    setTimer: (fire) => {
      fire();
      return () => undefined;
    },
    highWater: 100,
    lowWater: 40,
    patience: {
      after: (fire) => {
        told.push('waits');
        end = fire;
        return () => {
          end = undefined;
        };
      },
      leftBehind: () => told.push('behind'),
    },
  });
  return { flow, sent, told, patient: () => end !== undefined, atItsEnd: () => end?.() };
}

async function settled(promise: Promise<void> | undefined): Promise<boolean> {
  let done = false;
  void promise?.then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe('output flow', () => {
  test('joins what comes within a few ms, side by side and of one kind, under the last number', () => {
    const { flow, timers, sent } = setUp();
    expect(flow.write([item(1, 'a')])).toBeUndefined();
    void flow.write([item(2, 'b'), item(3, 'c', 'error')]);
    void flow.write([item(4, 'd', 'error', 2)]);
    expect(sent).toEqual([]);
    expect(timers.delay).toBe(5);
    timers.fire();
    expect(sent).toEqual([[item(2, 'ab'), item(3, 'c', 'error'), item(4, 'd', 'error', 2)]]);
  });

  test('stops at the high-water mark, holds what comes after, and goes on below the low one', async () => {
    const { flow, timers, sent } = setUp();
    const first = flow.write([item(1, 'x'.repeat(100))]);
    expect(first).toBeInstanceOf(Promise);
    timers.fire();
    expect(sent).toHaveLength(1);
    const second = flow.write([item(2, 'y')]);
    expect(timers.fire()).toBe(false);
    flow.ack(59);
    expect(sent).toHaveLength(1);
    expect(await settled(first)).toBe(false);
    flow.ack(1);
    expect(sent).toEqual([[item(1, 'x'.repeat(100))], [item(2, 'y')]]);
    expect(await settled(first)).toBe(false);
    flow.ack(1);
    expect(await settled(first)).toBe(true);
    expect(await settled(second)).toBe(true);
    expect(flow.write([item(3, 'z')])).toBeUndefined();
  });

  test('a reset drops what a snapshot now holds, forgets what was sent, and lets writers go on', async () => {
    const { flow, timers, sent } = setUp();
    const waiting = flow.write([item(1, 'x'.repeat(150))]);
    timers.fire();
    void flow.write([item(2, 'held')]);
    flow.reset();
    expect(await settled(waiting)).toBe(true);
    expect(timers.fire()).toBe(false);
    expect(flow.write([item(3, 'after')])).toBeUndefined();
    timers.fire();
    expect(sent.flat().map((piece) => piece.seq)).toEqual([1, 3]);
  });

  test('an acknowledgement from before a reset opens no allowance', () => {
    const { flow, timers } = setUp();
    void flow.write([item(1, 'x'.repeat(100))]);
    timers.fire();
    flow.reset();
    flow.ack(100);
    expect(flow.write([item(2, 'y'.repeat(99))])).toBeUndefined();
    expect(flow.write([item(3, 'z')])).toBeInstanceOf(Promise);
  });

  test('a closed flow sends nothing, holds nothing and keeps nobody waiting', async () => {
    const { flow, timers, sent } = setUp();
    const waiting = flow.write([item(1, 'x'.repeat(100))]);
    flow.close();
    expect(await settled(waiting)).toBe(true);
    expect(timers.fire()).toBe(false);
    expect(flow.write([item(2, 'x'.repeat(1000))])).toBeUndefined();
    flow.ack(5);
    expect(sent).toEqual([]);
  });

  test('a long write leaves in several messages, in order', () => {
    const { flow, timers, sent } = setUp(10_000_000, 1000);
    const items = Array.from({ length: 10 }, (_, n) => item(n + 1, 'q'.repeat(100_000), 'output', n));
    void flow.write(items);
    timers.fire();
    expect(sent.length).toBeGreaterThan(4);
    expect(sent.flat()).toEqual(items);
  });

  test('nothing is lost, doubled or reordered, and what is held stays bounded, whatever the order of events', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('write' as const),
        pieces: fc.array(
          fc.record({
            vt: fc.string({ maxLength: 60 }),
            kind: fc.constantFrom('output', 'error', 'warning'),
            commandId: fc.integer({ min: 0, max: 2 }),
          }),
          { maxLength: 5 },
        ),
      }),
      fc.record({ kind: fc.constant('tick' as const) }),
      fc.record({ kind: fc.constant('ack' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const { flow, timers, sent } = setUp();
        const written: OutputItem[] = [];
        let waiting: Promise<void> | undefined;
        let free = true;
        let acked = 0;
        let largest = 0;
        const sentChars = () => sent.flat().reduce((sum, piece) => sum + piece.vt.length, 0);
        for (const event of steps) {
          if (event.kind === 'write' && free) {
            const pieces = event.pieces.map((piece, n) => ({ ...piece, seq: written.length + n + 1 }));
            written.push(...pieces);
            largest = Math.max(
              largest,
              pieces.reduce((sum, piece) => sum + piece.vt.length, 0),
            );
            waiting = flow.write(pieces);
            if (waiting !== undefined) {
              free = false;
              void waiting.then(() => (free = true));
            }
          } else if (event.kind === 'tick') timers.fire();
          else if (event.kind === 'ack') {
            const chars = Math.floor((sentChars() - acked) * event.share);
            acked += chars;
            flow.ack(chars);
          }
          await Promise.resolve();
          const total = written.reduce((sum, piece) => sum + piece.vt.length, 0);
          expect(total - acked).toBeLessThan(100 + largest);
        }
        // The renderer draws the rest.
        for (let guard = 0; guard < 10_000 && (timers.fire() || acked < sentChars()); guard += 1) {
          const chars = sentChars() - acked;
          acked += chars;
          flow.ack(chars);
        }
        await waiting;
        const got = sent.flat();
        expect(got.map((piece) => piece.vt).join('')).toBe(written.map((piece) => piece.vt).join(''));
        expect(got.every((piece, n) => n === 0 || piece.seq > (got[n - 1]?.seq ?? 0))).toBe(true);
        // Each piece stands under the command, kind and number it was written with.
        const lastOf = new Map(written.map((piece) => [piece.seq, piece]));
        let from = 0;
        for (const piece of got) {
          const covered = written.slice(from, piece.seq);
          expect(covered.map((each) => each.vt).join('')).toBe(piece.vt);
          expect(
            covered.every((each) => each.kind === piece.kind && each.commandId === piece.commandId),
          ).toBe(true);
          expect(lastOf.has(piece.seq)).toBe(true);
          from = piece.seq;
        }
        expect(from).toBe(written.length);
      }),
    );
  });
});

describe('patience with a renderer that draws nothing', () => {
  test('begins when writers wait, and ends when it has drawn what it got', async () => {
    const { flow, told, patient } = impatient();
    void flow.write([item(1, 'x'.repeat(99))]);
    expect(patient()).toBe(false);
    const waiting = flow.write([item(2, 'y')]);
    expect(patient()).toBe(true);
    flow.ack(100);
    expect(patient()).toBe(false);
    expect(await settled(waiting)).toBe(true);
    expect(told).toEqual(['waits']);
  });

  test('begins anew with everything that is drawn', async () => {
    const { flow, told, patient } = impatient();
    const waiting = flow.write([item(1, 'x'.repeat(100))]);
    for (let i = 0; i < 5; i++) flow.ack(10);
    expect(told).toEqual(Array.from({ length: 6 }, () => 'waits'));
    expect(patient()).toBe(true);
    expect(await settled(waiting)).toBe(false);
  });

  test('at its end writers go on, nothing more is sent or held, and it is told once', async () => {
    const { flow, sent, told, atItsEnd } = impatient();
    const waiting = flow.write([item(1, 'x'.repeat(100))]);
    void flow.write([item(2, 'held')]);
    atItsEnd();
    expect(await settled(waiting)).toBe(true);
    expect(flow.write([item(3, 'z'.repeat(1000))])).toBeUndefined();
    flow.ack(1100);
    expect(sent).toEqual([[item(1, 'x'.repeat(100))]]);
    expect(told).toEqual(['waits', 'behind']);
  });

  test('is over with the flow', () => {
    const { flow, told, patient } = impatient();
    void flow.write([item(1, 'x'.repeat(100))]);
    flow.close();
    expect(patient()).toBe(false);
    expect(told).toEqual(['waits']);
  });
});
