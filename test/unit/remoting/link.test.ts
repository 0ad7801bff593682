/** Attempts after a failure: how soon, how often, how long, and what is told of them. */
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../electron/protocol/errors.ts';
import type { Interruption } from '../../../electron/remoting/connection.ts';
import { failedOnTheWay, Link, LinkLostError, wasNeverSent } from '../../../electron/remoting/link.ts';
import { TransportError, type TransportErrorCode } from '../../../electron/transport/errors.ts';
import { ManualClock } from '../practice-server/manual-clock.ts';

const RESET = new TransportError('connect.reset', 'cut');

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class Line {
  readonly clock = new ManualClock();
  readonly told: (Interruption | 'resumed')[] = [];
  readonly link: Link;
  readonly over = new AbortController();

  constructor(more: { windowMs?: number } = {}) {
    this.link = new Link({
      clock: this.clock,
      random: () => 0,
      onInterrupted: (interruption) => this.told.push(interruption),
      onResumed: () => this.told.push('resumed'),
      ...more,
    });
  }

  /** When the next attempt after a failure is due, from now on. */
  async dueAfter(reason: Error = RESET): Promise<number> {
    const began = this.clock.now();
    const wait = { isOver: false };
    const waiting = this.link.failed(reason, this.over.signal).finally(() => {
      wait.isOver = true;
    });
    waiting.catch(() => undefined);
    await turn();
    while (!wait.isOver) {
      this.clock.advance(50);
      // oxlint-disable-next-line no-await-in-loop -- turn after turn
      await turn();
    }
    await waiting;
    return this.clock.now() - began;
  }
}

describe('a line that fails', () => {
  test('is tried again at once, without a word, then after waits that double up to ten seconds', async () => {
    const line = new Line();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) waits.push(await line.dueAfter());
    expect(waits[0]).toBeLessThanOrEqual(50);
    expect(waits.slice(1)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(line.told).toHaveLength(7);
    expect(line.told[0]).toMatchObject({ error: RESET, attempts: 1, retryInMs: 500 });
    expect(line.told[2]).toMatchObject({ attempts: 3, retryInMs: 2000 });
    line.link.succeeded();
    expect(line.told.at(-1)).toBe('resumed');
    expect(line.link.isInterrupted).toBe(false);
  });

  test('that works at the first attempt was no interruption', async () => {
    const line = new Line();
    await line.dueAfter();
    line.link.succeeded();
    expect(line.told).toEqual([]);
  });

  test('is given up when the window has passed, with the last reason, and never later than that', async () => {
    const line = new Line({ windowMs: 5_000 });
    const waits: number[] = [];
    let lost: unknown;
    while (lost === undefined) {
      try {
        waits.push(await line.dueAfter());
      } catch (error) {
        lost = error;
      }
    }
    expect(lost).toBeInstanceOf(LinkLostError);
    expect((lost as LinkLostError).cause).toBe(RESET);
    expect(line.clock.now()).toBeGreaterThanOrEqual(5_000);
    expect(line.clock.now()).toBeLessThanOrEqual(5_100);
    // The last wait ends with the window, so that there is an attempt at its end.
    expect(waits.slice(1)).toEqual([500, 1000, 2000, 1450]);
    expect(line.told.map((each) => each !== 'resumed' && each.giveUpInMs)).toEqual([4950, 4450, 3450, 1450]);
  });

  test('makes one series of attempts for all who wait', async () => {
    const line = new Line();
    const due: number[] = [];
    const wait = async (): Promise<void> => {
      await line.link.failed(RESET, line.over.signal);
      due.push(line.clock.now());
      await line.link.failed(RESET, line.over.signal);
      due.push(line.clock.now());
    };
    const all = Promise.all([wait(), wait(), wait()]);
    for (let i = 0; i < 100; i++) {
      line.clock.advance(10);
      await turn();
    }
    await all;
    expect(new Set(due).size).toBe(2);
    expect(line.told).toHaveLength(1);
  });

  test('is tried at once by who will not wait, and lets go of who gives up', async () => {
    const line = new Line();
    await line.dueAfter();
    const first = line.link.failed(RESET, line.over.signal);
    line.link.retryNow();
    await first;
    expect(line.clock.now()).toBeLessThanOrEqual(50);
    const second = line.link.failed(RESET, line.over.signal);
    const ready = line.link.ready(line.over.signal);
    const reason = new Error('left');
    line.over.abort(reason);
    await expect(second).rejects.toBe(reason);
    await expect(ready).rejects.toBe(reason);
    await expect(line.link.failed(RESET, line.over.signal)).rejects.toBe(reason);
  });

  test('that was given up begins anew', async () => {
    const line = new Line();
    await line.dueAfter();
    await line.dueAfter();
    line.link.reset();
    expect(line.link.isInterrupted).toBe(false);
    expect(await line.dueAfter()).toBeLessThanOrEqual(50);
    expect(line.told.filter((each) => each === 'resumed')).toEqual([]);
  });

  test.each<TransportErrorCode>([
    'tls.changed',
    'tls.untrusted',
    'signin.rejected',
    'signin.no-common-scheme',
  ])('for a reason that waiting does not mend is not tried again: %s', async (code) => {
    const line = new Line();
    const error = new TransportError(code, 'no');
    const failed = line.link.failed(error, line.over.signal);
    await expect(failed).rejects.toMatchObject({ name: 'LinkLostError', cause: error });
    expect(line.told).toEqual([]);
  });

  test('is told from one that answers', () => {
    const codes: TransportErrorCode[] = [
      'connect.refused',
      'connect.reset',
      'timeout',
      'http.status',
      'http.not-winrm',
    ];
    for (const code of codes) expect(failedOnTheWay(new TransportError(code, 'x'))).toBe(true);
    expect(failedOnTheWay(new ProtocolError('xml.syntax', 'x'))).toBe(true);
    expect(failedOnTheWay(new TransportError('closed', 'x'))).toBe(false);
    expect(failedOnTheWay(new Error('x'))).toBe(false);
    expect(wasNeverSent(new TransportError('connect.refused', 'x', { facts: { sent: false } }))).toBe(true);
    expect(wasNeverSent(RESET)).toBe(false);
  });
});

test('a thousand lines do not knock at the same moment', async () => {
  const due = new Set<number>();
  for (const random of [0, 0.25, 0.5, 0.99]) {
    const clock = new ManualClock();
    const link = new Link({
      clock,
      random: () => random,
      onInterrupted: ({ retryInMs }) => void due.add(retryInMs),
      onResumed: () => undefined,
    });
    const { signal } = new AbortController();
    const first = link.failed(RESET, signal);
    clock.advance(0);
    await first;
    void link.failed(RESET, signal);
  }
  expect([...due]).toEqual([500, 475, 450, 401]);
});
