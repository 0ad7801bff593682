import { expect, test } from 'vitest';
import { consoleProgram } from '../../../electron/sessions/console-programs.ts';
import { WorldTime } from '../../simulation/chance.ts';
import { openSession, SIZE } from './scripted-pool.ts';

test.each([
  ['vim notes.txt', 'vim'],
  ['C:\\Tools\\Vim.EXE notes.txt', 'vim'],
  ['cd /etc; nano hosts', 'nano'],
  ['python', 'python'],
  ['python setup.py', undefined],
  ['cmd /c dir', undefined],
  ['cmd', 'cmd'],
  ['ssh web01', 'ssh'],
  ['ssh web01 uptime', undefined],
  ['Get-Content vim.log', undefined],
  ['"vim"', undefined],
])('%s: %s', (line, program) => {
  expect(consoleProgram(line)).toBe(program);
});

async function typed(line: string) {
  const time = new WorldTime();
  const it = openSession({ clock: time });
  it.session.enter(SIZE);
  const prompt = await it.pool.pipeline('prompt');
  prompt.output('PS> ');
  prompt.complete();
  const request = await it.person.until(() => it.person.request);
  it.session.answer(request.requestId, line);
  const command = await it.pool.pipeline(line);
  const pass = (ms: number): void => {
    const until = time.now() + ms;
    while (time.step(until));
  };
  return { ...it, command, pass };
}

test('a console program that says nothing is told from a slow command, once', async () => {
  const { person, pass } = await typed('vim notes.txt');
  pass(1_000);
  expect(person.page).not.toContain('console');
  pass(10_000);
  await person.until(() => person.page.includes('vim seems to need a console'));
  expect(person.page.match(/seems to need/g)).toHaveLength(1);
});

test('one that says something, or ends, is not spoken of', async () => {
  const { person, pass, command } = await typed('python');
  command.output('usage');
  await person.until(() => person.page.includes('usage'));
  pass(10_000);
  command.complete();
  await person.until(() => person.rows.at(-1)?.availability === 'Available');
  pass(10_000);
  expect(person.page).not.toContain('console');
});
