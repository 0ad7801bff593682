import { expect, test } from 'vitest';
import { PsObject } from '../../../electron/protocol/clixml/value.ts';
import { commandsOfLine } from '../../../electron/sessions/line-as-commands.ts';

/** Statements of commands of words; a list as an array. */
function plain(line: string): unknown {
  return commandsOfLine(line)?.map((commands) =>
    commands.map(({ text, arguments: args = [] }) => [
      text,
      ...args.map(({ name, value }) => {
        const said = value instanceof PsObject ? value.items : value;
        return name === undefined ? said : { [name]: said };
      }),
    ]),
  );
}

test.each<[string, unknown]>([
  ['gcm', [[['gcm']]]],
  ['Get-Room -Name large', [[['Get-Room', { '-Name': null }, 'large']]]],
  ['Get-Room -Name:large', [[['Get-Room', { '-Name:': 'large' }]]]],
  ['Get-Room -Force:$true', [[['Get-Room', { '-Force:': true }]]]],
  ['Get-Room \'it\'\'s\' "a ""b"""', [[['Get-Room', "it's", 'a "b"']]]],
  ['Get-Room 5 -1 2.5 1kb 5000000000', [[['Get-Room', 5, -1, '2.5', '1kb', '5000000000']]]],
  ['Get-Process a,b,c -Id 1, 2', [[['Get-Process', ['a', 'b', 'c'], { '-Id': null }, [1, 2]]]]],
  [
    'Get-Process p* | Select-Object Name -First 1',
    [
      [
        ['Get-Process', 'p*'],
        ['Select-Object', 'Name', { '-First': null }, 1],
      ],
    ],
  ],
  ['Get-A; Get-B # and no more', [[['Get-A']], [['Get-B']]]],
  ["& 'Get-A' if", [[['Get-A', 'if']]]],
])('%s is commands and constants', (line, statements) => {
  expect(plain(line)).toEqual(statements);
});

test.each([
  '',
  '# nothing',
  '1 + 1',
  '"text"',
  '$x = 1',
  'Get-A $x',
  'Get-A "$x"',
  'Get-A "a`tb"',
  'Get-A (1)',
  'Get-A { 1 }',
  'Get-A @(1)',
  'Get-A @x',
  'Get-A a"b"c',
  'Get-A > file',
  'Get-A 2>&1',
  'Get-A && Get-B',
  'Get-A &',
  '. Get-A',
  'Get-A --% -x',
  'Get-A -- -x',
  'foreach ($x in 1) { Get-A }',
  'Get-A |',
  '1 | Get-A',
  'Get-A | { 1 }',
])('%s is more, or less, and stays a script', (line) => {
  expect(plain(line)).toBeUndefined();
});
