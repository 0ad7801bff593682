import { describe, expect, test } from 'vitest';
import { PsObject, type PsValue } from '../../../electron/protocol/clixml/value.ts';
import { CommandCompletions } from '../../../electron/sessions/completion-from-commands.ts';

/** Get-Command of a JEA endpoint, as it comes over the wire. */
function command(name: string, parameters: readonly string[] = []): PsObject {
  return new PsObject({
    typeNames: ['Selected.System.Management.Automation.FunctionInfo'],
    extended: [
      ['Name', name],
      ['CommandType', new PsObject({ text: 'Function', base: 2 })],
      [
        'Parameters',
        new PsObject({
          container: { kind: 'DCT', entries: parameters.map((each): [PsValue, PsValue] => [each, null]) },
        }),
      ],
    ],
  });
}

const asked: (string | undefined)[] = [];
const ask = (name: string | undefined) => {
  asked.push(name);
  return Promise.resolve(
    name === undefined
      ? [command('Restart-Spooler'), command('Get-Help'), command('Get-Command')]
      : [command(name, ['Name', 'Force', 'Verbose', 'ErrorAction'])],
  );
};

describe('completion out of Get-Command', () => {
  test('names a command, its parameters without the common ones, and asks for each once', async () => {
    const completions = new CommandCompletions();
    const names = async (text: string) =>
      (await completions.complete(text, text.length, ask)).matches.map((match) => match.text);
    expect(await names('get-')).toEqual(['Get-Command', 'Get-Help']);
    expect(await names('')).toEqual(['Get-Command', 'Get-Help', 'Restart-Spooler']);
    expect(await names('Get-Help x | Res')).toEqual(['Restart-Spooler']);
    expect(await names('Restart-Spooler -')).toEqual(['-Force', '-Name']);
    expect(await names('Restart-Spooler -Name x -F')).toEqual(['-Force']);
    expect(await names('Restart-Spooler va')).toEqual([]);
    expect(asked).toEqual([undefined, 'Restart-Spooler']);
    expect(await completions.complete('  get-c', 7, ask)).toMatchObject({
      replacementIndex: 2,
      replacementLength: 5,
      source: 'commands',
    });
  });
});
