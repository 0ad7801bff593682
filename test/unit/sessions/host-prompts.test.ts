import { expect, test } from 'vitest';
import {
  choiceMenu,
  promptForChoice,
  promptForChoices,
  promptForCredential,
  promptForFields,
  splitLabel,
  type Dialogue,
} from '../../../electron/sessions/host-prompts.ts';

/** A person who types these answers; what they saw is kept, prompts included. */
function person(...answers: string[]): { dialogue: Dialogue; saw: string[] } {
  const saw: string[] = [];
  return {
    saw,
    dialogue: {
      say: (text) => {
        saw.push(text);
        return Promise.resolve();
      },
      ask: (prompt, secret) => {
        saw.push(secret === true ? `${prompt}(masked)` : prompt);
        const answer = answers.shift();
        return answer === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(answer);
      },
    },
  };
}

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
    ['Name', { kind: 'text', text: 'Bob' }],
    ['Age', { kind: 'text', text: '42' }],
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
  expect(answers.get('Id')).toEqual({ kind: 'list', items: ['a', 'b'] });
  expect(saw).toEqual(['Id[0]: ', 'Id[1]: ', 'Id[2]: ']);
});

test('secure strings are masked, credentials ask for both parts', async () => {
  const { dialogue, saw } = person('s3cret', 'ada', 'pw');
  const answers = await promptForFields(dialogue, '', '', [
    field('Pin', 'System.Security.SecureString'),
    field('Who', 'System.Management.Automation.PSCredential'),
  ]);
  expect(answers.get('Pin')).toEqual({ kind: 'secret', text: 's3cret' });
  expect(answers.get('Who')).toEqual({ kind: 'credential', userName: 'ada', password: 'pw' });
  expect(saw).toEqual(['Pin: (masked)', 'Who', 'User: ', 'Password for user ada: (masked)']);
});

test('!? shows the help and asks again; !! stands for one !', async () => {
  const { dialogue, saw } = person('!?', '!!x');
  const answers = await promptForFields(dialogue, '', '', [field('Name', 'System.String', 'Your name')]);
  expect(answers.get('Name')).toEqual({ kind: 'text', text: '!x' });
  expect(saw).toEqual(['(Type !? for Help.)', 'Name: ', 'Your name', 'Name: ']);
});

test('a credential request names the computer that asks', async () => {
  const { dialogue, saw } = person('pw');
  const given = await promptForCredential(dialogue, {
    caption: '',
    message: 'Who are you',
    userName: 'admin',
    computerName: 'Z002',
  });
  expect(given).toEqual({ userName: 'admin', password: 'pw' });
  expect(saw.join('\n')).toContain('Z002');
  expect(saw.at(-1)).toBe('Password for user admin: (masked)');
});

const YES_NO = [
  { label: '&Yes', helpMessage: 'do it' },
  { label: '&No', helpMessage: 'leave it' },
];

test("the choice line is PowerShell's", () => {
  expect(choiceMenu(YES_NO, [1])).toBe('[Y] Yes  [N] No  [?] Help (default is "N")');
  expect(choiceMenu([{ label: 'Other', helpMessage: '' }], [])).toBe('Other  [?] Help');
  expect(splitLabel('Yes to &All')).toEqual({ key: 'A', name: 'Yes to All' });
});

test.each([
  ['y', 0],
  ['YES', 0],
  ['n', 1],
  ['', 1],
])('answering %j chooses %i', async (text, chosen) => {
  const { dialogue } = person(text);
  await expect(promptForChoice(dialogue, 'Sure?', 'Really?', YES_NO, 1)).resolves.toBe(chosen);
});

test('a wrong choice asks again, ? explains, and no default means no empty answer', async () => {
  const { dialogue, saw } = person('x', '', '?', 'y');
  await expect(promptForChoice(dialogue, '', '', YES_NO, -1)).resolves.toBe(0);
  expect(saw.filter((line) => line.startsWith('[Y]'))).toHaveLength(4);
  expect(saw).toContain('Y - do it');
});

test('several choices until an empty line, defaults where there is none', async () => {
  const { dialogue } = person('n', 'y', '');
  await expect(promptForChoices(dialogue, '', '', YES_NO, [])).resolves.toEqual([1, 0]);
  await expect(promptForChoices(person('').dialogue, '', '', YES_NO, [0])).resolves.toEqual([0]);
});
