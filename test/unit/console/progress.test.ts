import { expect, test } from 'vitest';
import { ProgressBoard, type ProgressUpdate } from '../../../electron/console/progress.ts';

function update(change: Partial<ProgressUpdate> = {}): ProgressUpdate {
  return {
    source: '0',
    activityId: 0,
    parentId: -1,
    activity: 'Copy',
    status: 'file 1',
    operation: '',
    percent: 30,
    secondsRemaining: -1,
    completed: false,
    ...change,
  };
}

test('a bar appears, moves and is erased when completed', () => {
  const board = new ProgressBoard();
  expect(board.apply(update())).toBe(true);
  board.apply(update({ percent: 60, status: 'file 2' }));
  expect(board.bars).toEqual([
    {
      activityId: 0,
      parentId: -1,
      activity: 'Copy',
      status: 'file 2',
      operation: '',
      percent: 60,
      secondsRemaining: -1,
    },
  ]);
  expect(board.apply(update({ completed: true }))).toBe(true);
  expect(board.bars).toEqual([]);
});

test('completing what is not shown changes nothing', () => {
  expect(new ProgressBoard().apply(update({ completed: true }))).toBe(false);
});

test('children go with their parent', () => {
  const board = new ProgressBoard();
  board.apply(update({ activityId: 1 }));
  board.apply(update({ activityId: 2, parentId: 1 }));
  board.apply(update({ activityId: 3, parentId: 2 }));
  board.apply(update({ activityId: 9 }));
  board.apply(update({ activityId: 1, completed: true }));
  expect(board.bars.map((bar) => bar.activityId)).toEqual([9]);
});

test('a script that never completes its bars does not grow memory', () => {
  const board = new ProgressBoard();
  for (let i = 0; i < 10_000; i++) board.apply(update({ activityId: i }));
  expect(board.bars.length).toBeLessThanOrEqual(32);
  expect(board.bars.at(-1)?.activityId).toBe(9999);
});

test('percentages out of range are brought into it', () => {
  const board = new ProgressBoard();
  board.apply(update({ percent: 250 }));
  board.apply(update({ activityId: 1, percent: -50 }));
  expect(board.bars.map((bar) => bar.percent)).toEqual([100, -1]);
});
