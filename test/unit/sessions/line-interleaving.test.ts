/** Questions asked at the line and a command typed at it, in every order in which a server may answer them. */
import { expect, test } from 'vitest';
import { errorRecord } from '../../../electron/protocol/psrp/error-record.ts';
import { Pending } from './pending.ts';
import { openSession, SIZE } from './scripted-pool.ts';

const TAB = 'TabExpansion2';

async function atPrompt() {
  const pending = new Pending();
  const it = openSession({ clock: pending.clock });
  it.session.enter(SIZE);
  await answerPrompt(it);
  const request = await it.person.until(() => it.person.request);
  return {
    ...it,
    request,
    pending,
    ask: (text: string) => it.session.completions.complete(text, text.length),
  };
}

async function answerPrompt({ pool }: { pool: ReturnType<typeof openSession>['pool'] }, nth = 0) {
  const prompt = await pool.pipeline('prompt', nth);
  prompt.output('PS> ');
  prompt.complete();
}

/** What the page says once the command has ended and the next prompt stands there. */
async function said({ pool, person }: ReturnType<typeof openSession>): Promise<string> {
  await answerPrompt({ pool }, 1);
  await person.until(() => person.request);
  return person.page;
}

test('a completion that does not stop in time, and answers late, leaves the command and its page alone', async () => {
  const it = await atPrompt();
  const held = it.ask('Get-Slow -A ');
  const asked = await it.pool.pipeline(TAB);
  it.session.answer(it.request.requestId, 'echo here');
  await it.person.until(() => asked.stops > 0);
  // The server says nothing, and the line does not wait for ever.
  await it.pending.fire(500);
  const line = await it.pool.pipeline('echo here');
  asked.output('late');
  line.output('here');
  asked.stopped();
  line.complete();
  expect((await held).matches).toEqual([]);
  expect(await said(it)).toBe('[Z002]: PS> echo here\nhere\n');
});

test('Ctrl+C before a command could begin, because a completion is still being stopped, keeps it from beginning', async () => {
  const it = await atPrompt();
  const held = it.ask('Get-Slow -A ');
  const asked = await it.pool.pipeline(TAB);
  it.session.answer(it.request.requestId, 'echo here');
  await it.person.until(() => asked.stops > 0);
  it.session.interrupt(undefined);
  await it.pending.fire(500);
  expect(await said(it)).toBe('[Z002]: PS> echo here\n');
  expect(it.pool.pipelines.map(({ spec }) => spec.commands[0]?.text)).not.toContain('echo here');
  expect(it.person.commands.at(-1)).toMatchObject({ text: 'echo here', state: 'stopped' });
  asked.stopped();
  await held;
});

test('one that ends while the command runs, and one that ends after it, are no part of it', async () => {
  for (const late of [false, true]) {
    const it = await atPrompt();
    const held = it.ask('Get-Slow -A ');
    const asked = await it.pool.pipeline(TAB);
    it.session.answer(it.request.requestId, 'echo here');
    await it.pending.fire(500);
    const line = await it.pool.pipeline('echo here');
    if (!late) asked.complete();
    line.output('here');
    line.complete();
    const page = await said(it);
    asked.complete();
    await held;
    expect(page).toBe('[Z002]: PS> echo here\nhere\n');
    expect(it.person.page).toBe(page);
  }
});

test('a newer question that waits for the older to stop is not sent any more once a command was typed', async () => {
  const it = await atPrompt();
  const slow = it.ask('Get-Slow -A ');
  const asked = await it.pool.pipeline(TAB);
  const newer = it.ask('Get-Com');
  await it.person.until(() => asked.stops > 0);
  it.session.answer(it.request.requestId, 'echo here');
  await it.person.until(() => asked.stops > 1);
  asked.stopped();
  const line = await it.pool.pipeline('echo here');
  line.output('here');
  line.complete();
  expect((await slow).matches).toEqual([]);
  expect((await newer).matches).toEqual([]);
  expect(await said(it)).toBe('[Z002]: PS> echo here\nhere\n');
  // It would have run behind the command, and the prompt behind it.
  expect(it.pool.pipelines.filter(({ spec }) => spec.commands[0]?.text === TAB)).toHaveLength(1);
});

// The engine's own words, and its exception's types, as they came: once in 4,000 commands that were sent while a completion was being stopped.
const NOT_BEGUN = errorRecord({
  message:
    'The pipeline was not run because a pipeline is already running. Pipelines cannot be run concurrently.',
  exceptionTypes: [
    'System.Management.Automation.PSInvalidOperationException',
    'System.InvalidOperationException',
    'System.SystemException',
  ],
  category: 'InvalidOperation',
  fullyQualifiedErrorId: 'InvalidOperation',
});
const failed = { state: 'Failed', error: NOT_BEGUN.raw, errorText: NOT_BEGUN.message } as const;

test('a command that the server did not begin, as a question was not out of its way, is sent again when that is', async () => {
  const it = await atPrompt();
  const held = it.ask('Get-Slow -A ');
  const asked = await it.pool.pipeline(TAB);
  it.session.answer(it.request.requestId, 'echo here');
  await it.pending.fire(500);
  const refused = await it.pool.pipeline('echo here');
  refused.run.end(failed);
  expect(it.pool.pipelines.filter(({ spec }) => spec.commands[0]?.text === 'echo here')).toHaveLength(1);
  asked.stopped();
  // The engine may say so a little before it has a place for another.
  (await it.pool.pipeline('echo here', 1)).run.end(failed);
  await it.pending.fire(50);
  const line = await it.pool.pipeline('echo here', 2);
  line.output('here');
  line.complete();
  expect((await held).matches).toEqual([]);
  expect(await said(it)).toBe('[Z002]: PS> echo here\nhere\n');
  expect(it.person.commands.at(-1)).toMatchObject({ text: 'echo here', state: 'completed' });
});

test('one that is never begun is tried some times, and then shows why', async () => {
  const it = await atPrompt();
  const held = it.ask('Get-Slow -A ');
  const asked = await it.pool.pipeline(TAB);
  it.session.answer(it.request.requestId, 'echo here');
  asked.stopped();
  await held;
  const waits = [0, 50, 100, 200, 400, 800];
  for (const [nth, wait] of waits.entries()) {
    (await it.pool.pipeline('echo here', nth)).run.end(failed);
    if (wait > 0) await it.pending.fire(wait);
  }
  (await it.pool.pipeline('echo here', waits.length)).run.end(failed);
  (await it.pool.pipeline('Out-Default')).complete();
  await it.person.until(() => it.person.page.includes('cannot be run concurrently'));
});

test('the same failure of a command with nothing in its way, or of one that wrote something, is shown and not tried again', async () => {
  for (const wrote of [false, true]) {
    const it = await atPrompt();
    if (wrote) {
      void it.ask('Get-Slow -A ');
      await it.pool.pipeline(TAB);
    }
    it.session.answer(it.request.requestId, 'echo here');
    if (wrote) await it.pending.fire(500);
    const line = await it.pool.pipeline('echo here');
    if (wrote) line.output('begun');
    line.run.end(failed);
    // The error is formatted by the server.
    (await it.pool.pipeline('Out-Default')).complete();
    await it.person.until(() => it.person.page.includes('cannot be run concurrently'));
    expect(it.pool.pipelines.filter(({ spec }) => spec.commands[0]?.text === 'echo here')).toHaveLength(1);
  }
});

test('a question that is given up before it was sent is not sent', async () => {
  const it = await atPrompt();
  const given = it.ask('Get-Slow -A ');
  await it.session.completions.giveUp();
  expect((await given).matches).toEqual([]);
  expect(it.pool.pipelines.some(({ spec }) => spec.commands[0]?.text === TAB)).toBe(false);
});

test('of three questions in a row only the newest is sent after the one that runs', async () => {
  const it = await atPrompt();
  const first = it.ask('a');
  const asked = await it.pool.pipeline(TAB);
  const [second, third] = [it.ask('b'), it.ask('c')];
  await it.person.until(() => asked.stops > 0);
  asked.stopped();
  const newest = await it.pool.pipeline(TAB, 1);
  expect(newest.spec.commands[0]?.arguments?.[0]?.value).toBe('c');
  newest.complete();
  for (const each of [first, second, third]) expect((await each).matches).toEqual([]);
  expect(it.pool.pipelines.filter(({ spec }) => spec.commands[0]?.text === TAB)).toHaveLength(2);
});
