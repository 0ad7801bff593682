import { expect, test } from 'vitest';
import { InputCancelled, InputDesk } from '../../../electron/sessions/input-desk.ts';
import type { InputRequest } from '../../../shared/terminal.ts';

function desk() {
  const seen: (InputRequest | null)[] = [];
  return {
    seen,
    desk: new InputDesk(
      (request) => seen.push(request),
      () => 7,
    ),
  };
}

test('a question is announced with where the page stands, answered once, and withdrawn', async () => {
  const { desk: it, seen } = desk();
  const answer = it.ask({ kind: 'line', prompt: 'Name: ' });
  expect(seen).toEqual([{ requestId: 1, kind: 'line', prompt: 'Name: ', afterSeq: 7 }]);
  it.answer(1, 'Ada');
  await expect(answer).resolves.toBe('Ada');
  expect(seen.at(-1)).toBeNull();
  expect(() => it.answer(1, 'again')).toThrow(/no longer waits/);
});

test('an answer to an older question is refused and loses nothing of the newer one', async () => {
  const { desk: it } = desk();
  const first = it.ask({ kind: 'line', prompt: 'a' });
  const second = it.ask({ kind: 'line', prompt: 'b' });
  await expect(first).rejects.toBeInstanceOf(InputCancelled);
  expect(() => it.answer(1, 'x')).toThrow();
  it.answer(2, 'y');
  await expect(second).resolves.toBe('y');
});

test('Ctrl+C cancels with what stood on the line, and says whether anything waited', async () => {
  const { desk: it } = desk();
  const answer = it.ask({ kind: 'command', prompt: '> ' });
  expect(it.cancel('Get-Da')).toBe(true);
  await expect(answer).rejects.toMatchObject({ name: 'InputCancelled', text: 'Get-Da', byPerson: true });
  expect(it.cancel()).toBe(false);
});

test('a question whose asker is gone is withdrawn', async () => {
  const { desk: it, seen } = desk();
  const abort = new AbortController();
  const answer = it.ask({ kind: 'secret', prompt: 'Pin: ' }, abort.signal);
  abort.abort();
  await expect(answer).rejects.toMatchObject({ name: 'InputCancelled', byPerson: false });
  expect(seen.at(-1)).toBeNull();
  await expect(it.ask({ kind: 'line', prompt: '' }, abort.signal)).rejects.toBeInstanceOf(InputCancelled);
});

test('a question of one who is gone already takes nobody’s place', async () => {
  const { desk: it } = desk();
  const command = it.ask({ kind: 'command', prompt: '> ' });
  const late = it.ask({ kind: 'line', prompt: 'Name: ' }, AbortSignal.abort());
  await expect(late).rejects.toBeInstanceOf(InputCancelled);
  expect(it.request).toMatchObject({ kind: 'command', requestId: 1 });
  it.answer(1, 'Get-Date');
  await expect(command).resolves.toBe('Get-Date');
});
