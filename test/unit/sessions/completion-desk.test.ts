/** Who answers Tab, and when: the session at its prompt, a shell beside it while a command runs, nobody once that is given up. */
import { expect, test } from 'vitest';
import { psEnum, psList, psRecord } from '../../../electron/protocol/clixml/value.ts';
import type { PoolListener, RunspacePool } from '../../../electron/remoting/index.ts';
import { BesideShell } from '../../../electron/sessions/completion-beside.ts';
import type { AppError } from '../../../shared/error.ts';
import { ManualClock } from '../practice-server/manual-clock.ts';
import { openSession, ScriptedPool, SIZE, type ServerPipeline } from './scripted-pool.ts';

/** TabExpansion2's answer: one command in place of the first four characters. */
function answer(pipeline: ServerPipeline, text: string): void {
  pipeline.output(
    psRecord({
      CurrentMatchIndex: -1,
      ReplacementIndex: 0,
      ReplacementLength: 4,
      CompletionMatches: psList([
        psRecord({
          CompletionText: text,
          ListItemText: text,
          ResultType: psEnum('System.Management.Automation.CompletionResultType', 'Command', 2),
          ToolTip: '',
        }),
      ]),
    }),
  );
  pipeline.complete();
}

const NOTHING = { matches: [] };

async function atPrompt() {
  const it = openSession();
  it.session.enter(SIZE);
  const prompt = await it.pool.pipeline('prompt');
  prompt.output('PS C:\\> ');
  prompt.complete();
  const request = await it.person.until(() => it.person.request);
  return { ...it, request };
}

/** A command runs; beside the session shells can be made. */
async function busy(open: (pool: ScriptedPool) => Promise<void> = () => Promise.resolve()) {
  const it = await atPrompt();
  const clock = new ManualClock();
  const made: { pool: ScriptedPool; listener: PoolListener }[] = [];
  const refusal: { error: AppError } = { error: { code: 'fault.quota', title: 'Too many' } };
  it.session.completions.beside = new BesideShell({
    connect: (listener) => {
      const pool = new ScriptedPool(it.person);
      pool.open = () => open(pool);
      made.push({ pool, listener });
      it.person.noticed();
      // What the shell asks of its pool, and no more.
      return pool as unknown as RunspacePool;
    },
    explain: () => refusal.error,
    clock,
  });
  it.session.answer(it.request.requestId, 'Start-Long');
  const command = await it.pool.pipeline('Start-Long');
  const shell = (nth: number) => it.person.until(() => made[nth]?.pool);
  return { ...it, clock, made, shell, refusal, command };
}

test('Tab between Ctrl+C and the next prompt waits for that, and is answered then', async () => {
  const { session, pool, person, request } = await atPrompt();
  session.interrupt('half a line');
  const next = await pool.pipeline('prompt', 1);
  let settled = false;
  const completion = session.completions.complete('Get-', 4).finally(() => (settled = true));
  // The prompt is being fetched, and nothing else is asked meanwhile.
  await person.until(() => person.request === null);
  expect(pool.pipelines.map(({ spec }) => spec.commands[0]?.text)).not.toContain('TabExpansion2');
  expect(settled).toBe(false);
  next.output('PS C:\\> ');
  next.complete();
  answer(await pool.pipeline('TabExpansion2'), 'Get-Date');
  expect(await completion).toMatchObject({ matches: [{ text: 'Get-Date' }] });
  expect(person.request?.requestId).not.toBe(request.requestId);
});

test('Tab while the first prompt is on its way waits as well, and Escape ends the waiting', async () => {
  const { session, pool, person } = openSession();
  session.enter(SIZE);
  const prompt = await pool.pipeline('prompt');
  const completion = session.completions.complete('Get-', 4);
  await session.completions.giveUp();
  expect(await completion).toMatchObject(NOTHING);
  const older = session.completions.complete('Get-', 4);
  const newer = session.completions.complete('Set-', 4);
  expect(await older).toMatchObject(NOTHING);
  prompt.complete();
  answer(await pool.pipeline('TabExpansion2'), 'Set-Item');
  expect(await newer).toMatchObject({ matches: [{ text: 'Set-Item' }] });
  expect(person.request).not.toBeNull();
});

test('whoever waits for a prompt that never comes, because the session ends, is told', async () => {
  const { session, pool } = openSession();
  session.enter(SIZE);
  await pool.pipeline('prompt');
  const completion = session.completions.complete('Get-', 4);
  session.poolChanged('Broken', new Error('gone'));
  expect(await completion).toMatchObject(NOTHING);
});

test('Tab while Ctrl+C stops a command waits for the prompt after it, and asks no other shell', async () => {
  const { session, pool, person, made, command } = await busy();
  session.interrupt('');
  await person.until(() => command.stops > 0);
  const completion = session.completions.complete('Get-', 4, true);
  command.stopped();
  const prompt = await pool.pipeline('prompt', 1);
  prompt.complete();
  answer(await pool.pipeline('TabExpansion2'), 'Get-Date');
  expect(await completion).toMatchObject({ matches: [{ text: 'Get-Date' }] });
  expect(made).toHaveLength(0);
});

test('while a command runs it says so, and asks another shell only where that is wanted', async () => {
  const { session, made, pool, shell } = await busy();
  expect(await session.completions.complete('Get-', 4)).toMatchObject({ matches: [], busy: true });
  expect(made).toHaveLength(0);
  const completion = session.completions.complete('Get-', 4, true);
  answer(await (await shell(0)).pipeline('TabExpansion2'), 'Get-Date');
  expect(await completion).toMatchObject({ source: 'beside', matches: [{ text: 'Get-Date' }] });
  expect(session.completions.besideShellId).toBe(made[0]?.pool.id);
  // Nothing of it went to the session itself.
  expect(pool.pipelines.map(({ spec }) => spec.commands[0]?.text)).not.toContain('TabExpansion2');
});

test('the other shell is kept for the next question, and goes when nobody has asked for a while', async () => {
  const { session, made, clock, shell } = await busy();
  for (const name of ['Get-One', 'Get-Two']) {
    const completion = session.completions.complete('Get-', 4, true);
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    answer(await (await shell(0)).pipeline('TabExpansion2', name === 'Get-One' ? 0 : 1), name);
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await completion).toMatchObject({ matches: [{ text: name }] });
    clock.advance(100_000);
  }
  expect(made).toHaveLength(1);
  expect(made[0]?.pool.closed).toBe(0);
  clock.advance(20_000);
  expect(made[0]?.pool.closed).toBe(1);
  expect(session.completions.besideShellId).toBeUndefined();
});

test('Escape stops what was asked in the other shell, and whoever waits for its opening waits no more', async () => {
  let opened = (): void => undefined;
  const opening = new Promise<void>((resolve) => (opened = resolve));
  const { session, made, shell } = await busy(() => opening);
  const first = session.completions.complete('Get-', 4, true);
  await session.completions.giveUp();
  expect(await first).toMatchObject(NOTHING);
  opened();
  const second = session.completions.complete('Get-', 4, true);
  const asked = await (await shell(0)).pipeline('TabExpansion2');
  const given = session.completions.giveUp();
  expect(asked.stops).toBe(1);
  asked.stopped();
  await given;
  expect(await second).toMatchObject(NOTHING);
  expect(made).toHaveLength(1);
});

test('a server that allows no other shell is not asked again at once, and the reason is told', async () => {
  const { session, made, clock } = await busy(() => Promise.reject(new Error('quota')));
  const note = 'The server allows you no other shell now: completion waits for the command to end.';
  expect(await session.completions.complete('Get-', 4, true)).toMatchObject({ matches: [], note });
  expect(await session.completions.complete('Get-', 4, true)).toMatchObject({ matches: [], note });
  expect(made).toHaveLength(1);
  clock.advance(60_000);
  await session.completions.complete('Get-', 4, true);
  expect(made).toHaveLength(2);
});

test('help that is asked for before the prompt is there waits for it, and while a command runs comes from the other shell', async () => {
  const opening = openSession();
  opening.session.enter(SIZE);
  const prompt = await opening.pool.pipeline('prompt');
  const help = opening.session.help('Get-Date', undefined, 80);
  prompt.complete();
  const asked = await opening.pool.pipeline('Get-Help');
  asked.output('NAME Get-Date');
  asked.complete();
  expect(await help).toMatchObject({ found: true, text: 'NAME Get-Date' });

  const { session, shell } = await busy();
  const beside = session.help('Get-Date', undefined, 80);
  const other = await (await shell(0)).pipeline('Get-Help');
  other.output('NAME Get-Date, beside');
  other.complete();
  expect(await beside).toMatchObject({ found: true, text: 'NAME Get-Date, beside' });

  const refused = await busy(() => Promise.reject(new Error('quota')));
  await expect(refused.session.help('Get-Date', undefined, 80)).rejects.toMatchObject({
    error: { code: 'session.busy' },
  });
});

test('a password that is refused is never tried again by Tab', async () => {
  const { session, made, clock, refusal } = await busy(() => Promise.reject(new Error('401')));
  refusal.error = { code: 'signin.rejected', title: 'User name or password rejected' };
  expect(await session.completions.complete('Get-', 4, true)).toMatchObject({
    note: 'User name or password rejected: completion waits for the command to end.',
  });
  clock.advance(3_600_000);
  await session.completions.complete('Get-', 4, true);
  expect(made).toHaveLength(1);
});

test('the other shell goes with the session, however that ends', async () => {
  for (const end of ['removed', 'broken', 'disconnected', 'let go'] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one session after the other
    const { session, made, pool, shell } = await busy();
    const completion = session.completions.complete('Get-', 4, true);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await (await shell(0)).pipeline('TabExpansion2');
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (end === 'removed') await session.remove();
    // oxlint-disable-next-line no-await-in-loop -- as above
    else if (end === 'disconnected') await session.disconnect();
    else if (end === 'let go') session.letGo();
    else pool.stateChanged('Broken', new Error('gone'));
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await completion, end).toMatchObject(NOTHING);
    expect(made[0]?.pool.closed, end).toBe(1);
    expect(session.completions.besideShellId, end).toBeUndefined();
  }
});

test('a shell that the server took away is made anew by the next question', async () => {
  const { session, made, shell } = await busy();
  const first = session.completions.complete('Get-', 4, true);
  answer(await (await shell(0)).pipeline('TabExpansion2'), 'Get-Date');
  await first;
  made[0]?.listener.stateChanged?.('Broken', new Error('removed by an administrator'));
  const second = session.completions.complete('Get-', 4, true);
  answer(await (await shell(1)).pipeline('TabExpansion2'), 'Get-Help');
  expect(await second).toMatchObject({ matches: [{ text: 'Get-Help' }] });
});
