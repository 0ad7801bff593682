/** Leaving a session while something runs in it. */
import { expect, test } from 'vitest';
import type { RunspacePool } from '../../../electron/remoting/index.ts';
import { WorldTime } from '../../simulation/chance.ts';
import { openSession, ScriptedPool, SIZE } from './scripted-pool.ts';

async function running(change: Parameters<typeof openSession>[0] = {}) {
  const it = openSession(change);
  it.session.enter(SIZE);
  const prompt = await it.pool.pipeline('prompt');
  prompt.output('PS C:\\> ');
  prompt.complete();
  const request = await it.person.until(() => it.person.request);
  it.session.answer(request.requestId, 'long');
  const command = await it.pool.pipeline('long');
  return { ...it, command };
}

test('Exit leaves what runs to itself in a session that stays, and whoever enters again joins it', async () => {
  const { session, person, command } = await running();
  await session.exit();
  expect(command.stops).toBe(0);
  expect(session.row).toMatchObject({ entered: false, availability: 'Busy', state: 'Opened' });
  session.enter(SIZE);
  command.output('late');
  command.complete();
  await person.until(() => person.page.includes('late'));
  expect(session.row.entered).toBe(true);
});

test('Exit stops what runs in a session that ends with it', async () => {
  const { session, person, command, finished } = await running({ endsOnExit: true });
  const left = session.exit();
  await person.until(() => command.stops > 0);
  command.stopped();
  await left;
  await person.until(() => finished.length > 0);
});

test('a command that does not stop is said not to, and a second Ctrl+C leaves it', async () => {
  const time = new WorldTime();
  const { session, person, command } = await running({ clock: time });
  session.interrupt(undefined);
  await person.until(() => command.stops > 0);
  expect(person.page).not.toContain('has not stopped');
  const until = time.now() + 10_000;
  while (time.step(until));
  await person.until(() => person.page.includes('Z002 has not stopped the command yet.'));
  expect(session.row.entered).toBe(true);
  session.interrupt(undefined);
  expect(session.row).toMatchObject({ entered: false, availability: 'Busy' });
  expect(command.stops).toBe(1);
  // Whoever comes back begins anew.
  session.enter(SIZE);
  session.interrupt(undefined);
  expect(session.row.entered).toBe(true);
});

test('a command that stops in time is not spoken of, and the next Ctrl+C is a new one', async () => {
  const time = new WorldTime();
  const { session, person, pool, command } = await running({ clock: time });
  session.interrupt(undefined);
  await person.until(() => command.stops > 0);
  command.stopped();
  await pool.pipeline('prompt', 1);
  const until = time.now() + 10_000;
  while (time.step(until));
  session.interrupt(undefined);
  expect(person.page).not.toContain('has not stopped');
  expect(session.row.entered).toBe(true);
});

test('a command that was told to stop is not spoken of any more once its session is disconnected', async () => {
  const time = new WorldTime();
  const { session, person, pool, command } = await running({ clock: time });
  session.interrupt(undefined);
  await person.until(() => command.stops > 0);
  await session.disconnect();
  const until = time.now() + 10_000;
  while (time.step(until));
  expect(person.page).not.toContain('has not stopped');
  pool.stateChanged('Connecting');
  pool.stateChanged('Opened');
  session.enter(SIZE);
  // Asked once more, and not left at once.
  session.interrupt(undefined);
  expect(session.row.entered).toBe(true);
});

test('a command that goes on, in a session that another client had meanwhile, is not said to have failed', async () => {
  const { session, person, command } = await running();
  command.output('one');
  await person.until(() => person.page.includes('one\n'));
  await session.disconnect();
  session.poolChanged('Connecting', undefined);
  session.forsake();
  const next = new ScriptedPool(person);
  session.adopt(next as unknown as RunspacePool);
  session.poolChanged('Opened', undefined);
  await person.until(() => session.row.availability === 'Available');
  expect(person.page).toBe('[Z002]: PS C:\\> long\none\n');
  await person.until(() => person.commands.at(-1)?.state === 'stopped');
});
