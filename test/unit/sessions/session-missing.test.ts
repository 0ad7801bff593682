/** What a page and a row say of output that did not come. */
import { expect, test } from 'vitest';
import { openSession, SIZE } from './scripted-pool.ts';

const LATER = { commands: [{ text: 'later' }] };

test('what is missing is said in its place, and the row says so until the next command', async () => {
  const { session, pool, person } = openSession();
  void session.invoke('first', SIZE);
  const first = await pool.pipeline('first');
  first.output('before');
  first.lost(4n, 6n);
  first.output('after');
  first.complete();
  await person.until(() => session.row.availability === 'Available');
  expect(person.page).toMatch(/before[^]*3 messages of the server are missing here\.[^]*after/);
  expect(session.row.missed).toBe(3);
  void session.invoke('second', SIZE);
  await pool.pipeline('second');
  expect(session.row.missed).toBeUndefined();
});

test('what a killed run may have shown is not said to be lost; what is lost after it is', async () => {
  const { session, pool, person } = openSession({
    left: {
      by: 'earlier-run',
      shellId: 'A',
      pipelines: new Map([['p0', { startedAt: 0, readUpTo: 7n }]]),
    },
  });
  pool.run(LATER);
  const run = pool.pipelines[0];
  if (run === undefined) throw new Error('There is no pipeline.');
  void session.follow(run.run);
  run.lost(8n, 8n);
  run.output('eight');
  await person.until(() => person.page.includes('eight'));
  expect(person.page).toContain(
    '1 message from when PSDeck ended is missing here; it may have shown it then.',
  );
  expect(session.row.missed).toBeUndefined();
  run.lost(10n, 11n);
  run.complete();
  await person.until(() => session.row.missed === 2);
  expect(person.page).toContain('2 messages of the server are missing here.');
});

test('a command that was taken over has run since it began, so that its end is news however soon it comes', async () => {
  const { session, pool, person } = openSession({
    left: { by: 'earlier-run', shellId: 'A', pipelines: new Map([['p0', { startedAt: 400_000 }]]) },
  });
  pool.run(LATER);
  const run = pool.pipelines[0];
  if (run === undefined) throw new Error('There is no pipeline.');
  void session.follow(run.run);
  run.complete();
  await person.until(() => person.commands.at(-1)?.state === 'completed');
  expect(person.commands.at(-1)?.duration).toBe(600_000);
});
