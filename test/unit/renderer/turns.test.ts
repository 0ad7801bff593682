import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTurn } from '../../../renderer/features/terminal/turns.ts';

let tasks: (() => void)[];

beforeEach(() => {
  tasks = [];
  vi.useFakeTimers();
  vi.stubGlobal('scheduler', { postTask: (task: () => void) => tasks.push(task) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('one piece a turn, in order, and what a piece brings about comes behind the others', () => {
  const done: string[] = [];
  inTurn(() => {
    done.push('first');
    inTurn(() => done.push('its next'));
  });
  inTurn(() => done.push('second'));
  expect(done).toEqual([]);
  tasks.shift()?.();
  expect(done).toEqual(['first']);
  tasks.shift()?.();
  expect(done).toEqual(['first', 'second']);
  tasks.shift()?.();
  expect(done).toEqual(['first', 'second', 'its next']);
  expect(tasks).toEqual([]);
});

test('where the window is never idle a turn comes all the same, once', () => {
  const done: string[] = [];
  inTurn(() => done.push('first'));
  vi.advanceTimersToNextTimer();
  expect(done).toEqual(['first']);
  tasks.shift()?.();
  expect(done).toEqual(['first']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a browser without priorities takes turns by timers', () => {
  vi.unstubAllGlobals();
  const done: string[] = [];
  inTurn(() => done.push('first'));
  inTurn(() => done.push('second'));
  vi.runAllTimers();
  expect(done).toEqual(['first', 'second']);
});
