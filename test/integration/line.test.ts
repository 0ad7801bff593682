/** What the line asks a session for, against the real engine without anything of ours in it: completion, help, and a history that stays true. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainText } from '../../electron/console/vt.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { Session } from '../../electron/sessions/session.ts';
import type { SessionRow } from '../../shared/session.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 77, rows: 24 };

describe.skipIf(noEngine !== undefined)('what the line asks for', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let person: Person;
  let registry: SessionRegistry;
  let row: SessionRow;
  let session: Session;

  beforeEach(async () => {
    way = await overWinRm();
    person = new Person();
    registry = registryFor(serverAt(way.port), person).registry;
    row = await registry.create({ serverId: 'z', size: SIZE, enter: true });
    session = registry.get(row.id);
    session.attach({ write: (items) => void person.saw(items) }, SIZE);
    await prompt();
  });
  afterEach(async () => {
    await registry.closeAll();
    await way.close();
  });

  const prompt = () => person.until(() => (person.request?.kind === 'command' ? person.request : undefined));
  async function run(text: string): Promise<string> {
    const before = person.items.length;
    session.answer((await prompt()).requestId, text);
    await prompt();
    const said = person.items.slice(before).map((item) => item.vt);
    return plainText(said.join('')).replaceAll('\r\n', '\n');
  }
  const texts = async (text: string, cursor = text.length) =>
    (await session.completions.complete(text, cursor)).matches.map((match) => match.text);

  test('completions are the session’s own, quoted as PowerShell quotes, with their types', async () => {
    await run('$variableOfMine = 1; function Get-Thing { param([switch]$Loud, [string]$Name) }');
    expect(await texts('$variableOf')).toEqual(['$variableOfMine']);
    expect(await session.completions.complete('Get-Thing -L', 12)).toMatchObject({
      replacementIndex: 10,
      replacementLength: 2,
      matches: [{ text: '-Loud', kind: 'ParameterName', toolTip: '[switch] Loud' }],
    });
    await run('${two words of mine} = 2');
    expect(await texts('$two')).toEqual(['${two words of mine}']);
    expect(await texts('if ($true) {\n  Get-Thing -N')).toEqual(['-Name']);
  });

  test('the newest question is the one that is answered, and what was given up does not hold up a command', async () => {
    await run(
      'function Get-Slow { param([ArgumentCompleter({ foreach ($i in 1..100) { [Threading.Thread]::Sleep(10) } })]$A) }',
    );
    const slow = session.completions.complete('Get-Slow -A ', 12);
    const quick = session.completions.complete('Get-Com', 7);
    expect((await slow).matches).toEqual([]);
    expect((await quick).matches.map((match) => match.text)).toContain('Get-Command');
    const given = session.completions.complete('Get-Slow -A ', 12);
    await session.completions.giveUp();
    expect((await given).matches).toEqual([]);
    const held = session.completions.complete('Get-Slow -A ', 12);
    expect(await run('"still " + "here"')).toContain('still here');
    expect((await held).matches).toEqual([]);
  });

  test('Get-History holds what was typed and nothing that was asked beside it', async () => {
    await run('1 + 1');
    await texts('Get-Com');
    await session.help('Get-Command', undefined, 80);
    await run('if ($true) {\n  2\n}');
    const said = await run("(Get-History).CommandLine -join '|'");
    expect(said).toContain('1 + 1|if ($true) {\n  2\n}');
    expect(said).not.toContain('TabExpansion2|');
    expect(said).not.toContain('Get-Help|');
  });

  test('help is what the server says, also where it cannot write it as text', async () => {
    // This engine has no Out-String, as a JEA endpoint has none: the help object itself is read.
    await run(
      'function Get-Helped {\n<#\n.SYNOPSIS\nDoes a thing that helps.\n.PARAMETER Deep\nHow deep it goes.\n#>\nparam($Deep) }',
    );
    const help = await session.help('Get-Helped', undefined, 80);
    expect(help).toMatchObject({ title: 'Get-Helped', found: true });
    expect(help.text).toContain('Does a thing that helps.');
    // With it, the whole page as PowerShell formats it.
    await run(
      'function Out-String { param([switch]$Stream, $Width, [Parameter(ValueFromPipeline)]$InputObject) process { "page of $($InputObject.Name) at $Width" } }',
    );
    expect((await session.help('Get-Helped', undefined, 66)).text).toBe('page of Get-Helped at 66');
    expect(await session.help('Get-NothingAtAll', undefined, 80)).toMatchObject({ found: false });
  });

  test('where there is no TabExpansion2 and no language, commands and parameters still complete', async () => {
    await run('function Restart-Printer { param($Name, [switch]$Now) }');
    await run(
      'Remove-Item function:TabExpansion2 -ErrorAction Ignore; [void]$ExecutionContext.SessionState.InvokeProvider.Item.Remove("function:TabExpansion2", $true)',
    );
    await run('$ExecutionContext.SessionState.LanguageMode = "NoLanguage"');
    const completion = await session.completions.complete('Restart-Pri', 11);
    expect(completion.source).toBe('commands');
    expect(completion.matches.map((match) => match.text)).toEqual(['Restart-Printer']);
    expect(await texts('Restart-Printer -N')).toEqual(['-Name', '-Now']);
  });
});
