import { expect, test } from 'vitest';
import {
  choiceMenu,
  promptForChoice,
  promptForChoices,
  promptForCredential,
  promptForFields,
} from '../../../electron/console/prompts.ts';
import { PsObject, PsPrimitive } from '../../../electron/protocol/clixml/value.ts';
import { person } from './person.ts';

const field = (name: string, type = 'System.String', helpMessage = '') => ({
  name,
  label: `&${name}`,
  helpMessage,
  parameterTypeFullName: type,
});

test('mandatory parameters are asked for one by one, as PowerShell words it', async () => {
  const { dialogue, saw } = person('Bob', '42');
  const answers = await promptForFields(
    dialogue,
    'cmdlet f at command pipeline position 1',
    'Supply values for the following parameters:',
    [field('Name'), field('Age', 'System.Int32')],
  );
  expect([...answers]).toEqual([
    ['Name', 'Bob'],
    ['Age', '42'],
  ]);
  expect(saw).toEqual([
    '\ncmdlet f at command pipeline position 1',
    'Supply values for the following parameters:',
    'Name: ',
    'Age: ',
  ]);
});

test('array parameters go on until an empty line', async () => {
  const { dialogue, saw } = person('a', 'b', '');
  const answers = await promptForFields(dialogue, '', '', [field('Id', 'System.String[]')]);
  const list = answers.get('Id');
  expect(list).toBeInstanceOf(PsObject);
  expect(list instanceof PsObject && list.items).toEqual(['a', 'b']);
  expect(saw).toEqual(['Id[0]: ', 'Id[1]: ', 'Id[2]: ']);
});

test('secure strings are masked, credentials ask for both parts', async () => {
  const { dialogue, saw } = person('s3cret', 'ada', 'pw');
  const answers = await promptForFields(dialogue, '', '', [
    field('Pin', 'System.Security.SecureString'),
    field('Who', 'System.Management.Automation.PSCredential'),
  ]);
  expect(answers.get('Pin')).toEqual(new PsPrimitive('SS', 'sealed(s3cret)'));
  const who = answers.get('Who');
  expect(who instanceof PsObject && [who.get('UserName'), who.get('Password')]).toEqual([
    'ada',
    new PsPrimitive('SS', 'sealed(pw)'),
  ]);
  expect(saw).toEqual(['Pin: (masked)', 'Who', 'User: ', 'Password for user ada: (masked)']);
});

test('!? shows the help and asks again; !! stands for one !', async () => {
  const { dialogue, saw } = person('!?', '!!x');
  const answers = await promptForFields(dialogue, '', '', [field('Name', 'System.String', 'Your name')]);
  expect(answers.get('Name')).toBe('!x');
  expect(saw).toEqual(['(Type !? for Help.)', 'Name: ', 'Your name', 'Name: ']);
});

test('a credential request names the computer that asks', async () => {
  const { dialogue, saw } = person('pw');
  const given = await promptForCredential(dialogue, {
    caption: '',
    message: 'Who are you',
    userName: 'admin',
  });
  expect(given).toEqual({ userName: 'admin', password: new PsPrimitive('SS', 'sealed(pw)') });
  expect(saw.join('\n')).toContain('Z002');
  expect(saw.at(-1)).toBe('Password for user admin: (masked)');
});

const YES_NO = [
  { label: '&Yes', helpMessage: 'do it' },
  { label: '&No', helpMessage: 'leave it' },
];

const BARE = { caption: '', message: '', choices: YES_NO };

test("the choice line is PowerShell's", () => {
  expect(choiceMenu(YES_NO, [1])).toBe('[Y] Yes  [N] No  [?] Help (default is "N")');
  expect(choiceMenu([{ label: 'Other', helpMessage: '' }], [])).toBe('Other  [?] Help');
  expect(choiceMenu([{ label: 'Yes to &All', helpMessage: '' }], [0])).toBe(
    '[A] Yes to All  [?] Help (default is "A")',
  );
});

test.each([
  ['y', 0],
  ['YES', 0],
  ['n', 1],
  ['', 1],
])('answering %j chooses %i', async (text, chosen) => {
  const { dialogue } = person(text);
  await expect(
    promptForChoice(dialogue, { caption: 'Sure?', message: 'Really?', choices: YES_NO, defaultChoice: 1 }),
  ).resolves.toBe(chosen);
});

test('a wrong choice asks again, ? explains, and no default means no empty answer', async () => {
  const { dialogue, saw } = person('x', '', '?', 'y');
  await expect(promptForChoice(dialogue, { ...BARE, defaultChoice: -1 })).resolves.toBe(0);
  expect(saw.filter((line) => line.startsWith('[Y]'))).toHaveLength(4);
  expect(saw).toContain('Y - do it');
});

test('several choices until an empty line, defaults where there is none', async () => {
  const { dialogue } = person('n', 'y', '');
  await expect(promptForChoices(dialogue, { ...BARE, defaultChoices: [] })).resolves.toEqual([1, 0]);
  await expect(promptForChoices(person('').dialogue, { ...BARE, defaultChoices: [0] })).resolves.toEqual([0]);
});
