/** What a session does when its server does not do what was expected of it. */
import { expect, test } from 'vitest';
import { openSession, SIZE } from './scripted-pool.ts';

async function atPrompt(change: { endsOnExit?: boolean } = {}) {
  const it = openSession(change);
  it.session.enter(SIZE);
  const prompt = await it.pool.pipeline('prompt');
  prompt.output('PS C:\\> ');
  prompt.complete();
  const request = await it.person.until(() => it.person.request);
  return { ...it, request };
}

test('Ctrl+C gives up a prompt function that does not return', async () => {
  const { session, pool, person } = openSession();
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  session.interrupt(undefined);
  await person.until(() => prompt.stops > 0);
  prompt.stopped();
  expect(await person.until(() => person.request)).toMatchObject({ kind: 'command', prompt: '[Z002]: PS>' });
});

test('Ctrl+C pressed again while the prompt comes leaves the prompt alone', async () => {
  const { session, pool, person } = await atPrompt();
  session.interrupt('');
  const prompt = await pool.pipeline('prompt', 1);
  session.interrupt('');
  prompt.output('PS C:\\> ');
  prompt.complete();
  const request = await person.until(() => person.request);
  expect(request).toMatchObject({ kind: 'command', prompt: '[Z002]: PS C:\\> ' });
  expect(prompt.stops).toBe(0);
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

test('a session that the server closes is left, asks for nothing more, and says so', async () => {
  const { session, person } = await atPrompt({ endsOnExit: true });
  session.poolChanged('Closed', undefined);
  await person.until(() => person.rows.at(-1)?.entered === false);
  expect(person.rows.at(-1)).toMatchObject({
    state: 'Closed',
    availability: 'None',
    reason: { code: 'session.closed-by-server' },
  });
  expect(person.request).toBeNull();
  expect(person.page).toContain('Z002 closed the session');
});

test('a session that a person removes is not said to have been closed by the server', async () => {
  const { session, person } = await atPrompt();
  const removed = session.remove();
  session.poolChanged('Closed', undefined);
  await removed;
  expect(person.rows.at(-1)).toMatchObject({ state: 'Closed' });
  expect(person.rows.some((row) => row.reason !== undefined)).toBe(false);
  expect(person.page).not.toContain('closed the session');
});

test('what broke the session is told once, also in the middle of a command', async () => {
  const { session, pool, person, request } = await atPrompt();
  session.answer(request.requestId, 'Get-Everything');
  const command = await pool.pipeline('Get-Everything');
  const reason = new Error('the line was cut');
  session.poolChanged('Broken', reason);
  command.run.fail(reason);
  await person.until(() => person.rows.at(-1)?.entered === false);
  expect(person.commands.at(-1)).toMatchObject({ text: 'Get-Everything', state: 'failed' });
  expect(person.page.match(/The session on Z002 ended/g)).toHaveLength(1);
});

test('two commands without entering do not run into each other', async () => {
  const { session, pool } = openSession();
  const first = session.invoke('1', SIZE);
  await expect(session.invoke('2', SIZE)).rejects.toMatchObject({ error: { code: 'session.busy' } });
  expect(() => session.enter(SIZE)).toThrow(/runs a command/);
  (await pool.pipeline('1')).complete();
  await expect(first).resolves.toMatchObject({ text: '1', state: 'completed' });
});

test('Tab does not get in between Enter and the command', async () => {
  const { session, pool, person, request } = await atPrompt();
  let drawn = (): void => undefined;
  const slow = new Promise<void>((resolve) => {
    drawn = resolve;
  });
  session.attach({ write: () => slow }, SIZE);
  session.answer(request.requestId, 'Get-Date');
  await person.until(() => person.rows.at(-1)?.availability === 'Busy');
  await expect(session.completions.complete('Get-', 4)).resolves.toMatchObject({ matches: [] });
  drawn();
  (await pool.pipeline('Get-Date')).complete();
  expect(pool.pipelines.map(({ spec }) => spec.commands[0]?.text)).not.toContain('TabExpansion2');
});

test('a completion that does not stop holds the command up for a moment only', async () => {
  const { session, pool, person, request } = await atPrompt();
  const completion = session.completions.complete('Get-', 4);
  const stuck = await pool.pipeline('TabExpansion2');
  session.answer(request.requestId, 'Get-Date');
  (await pool.pipeline('Get-Date')).complete();
  expect(stuck.stops).toBeGreaterThan(0);
  await person.until(() => person.commands.at(-1)?.state === 'completed');
  stuck.stopped();
  await completion;
});

test('whoever enters again while the session is being left stays in it', async () => {
  const { session, pool, person } = openSession({ endsOnExit: true });
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  const left = session.exit();
  session.enter(SIZE);
  prompt.stopped();
  await left;
  expect(await person.until(() => person.request)).toMatchObject({ kind: 'command' });
  expect(session.row.entered).toBe(true);
});

test('an object that comes without having been formatted cannot command the terminal', async () => {
  const { session, pool, person, request } = await atPrompt();
  session.answer(request.requestId, 'x');
  const command = await pool.pipeline('x');
  command.output('a\x1b[6n\x05b\x1b]52;c;aGk=\x07');
  command.complete();
  await person.until(() => person.commands.at(-1)?.state === 'completed');
  expect(person.items.at(-1)?.vt).toBe('ab\r\n');
});

test('a prompt function that never stops talking is cut short', async () => {
  const { session, pool, person } = openSession();
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  for (let i = 0; i < 100; i++) prompt.output('x'.repeat(1000));
  await person.until(() => prompt.stops > 0);
  prompt.stopped();
  const request = await person.until(() => person.request);
  expect(request.prompt).toMatch(/^\[Z002\]: x+$/);
  expect(request.prompt.length).toBeLessThan(20_000);
});
