/** What a session does when its server does not do what was expected of it. */
import { expect, test } from 'vitest';
import { openSession, SIZE } from './scripted-pool.ts';

test('Ctrl+C gives up a prompt function that does not return', async () => {
  const { session, pool, person } = openSession();
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  session.interrupt(undefined);
  await person.until(() => prompt.stops > 0);
  prompt.stopped();
  expect(await person.until(() => person.request)).toMatchObject({ kind: 'command', prompt: '[Z002]: PS>' });
});

test('a session whose prompt does not return can be left', async () => {
  const { session, pool, person } = openSession();
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  const left = session.exit();
  await person.until(() => prompt.stops > 0);
  prompt.stopped();
  await left;
  await person.until(() => person.rows.at(-1)?.entered === false);
  expect(person.rows.at(-1)?.state).toBe('Opened');
});
