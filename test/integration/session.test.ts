/** A whole interactive session, as a person types it, against the real engine without anything of ours in it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainText } from '../../electron/console/vt.ts';
import type { SessionRegistry } from '../../electron/sessions/registry.ts';
import type { SessionRow } from '../../shared/session.ts';
import type { InputRequest } from '../../shared/terminal.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 77, rows: 24 };

describe.skipIf(noEngine !== undefined)('an interactive session', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let person: Person;
  let registry: SessionRegistry;
  let row: SessionRow;

  beforeEach(async () => {
    way = await overWinRm();
    person = new Person();
    registry = registryFor(serverAt(way.port), person).registry;
    row = await registry.create({ serverId: 'z', size: SIZE, enter: true });
    registry.get(row.id).attach({ write: (items) => void person.saw(items) }, SIZE);
  });
  afterEach(async () => {
    await registry.closeAll();
    await way.close();
  });

  const waiting = (kind: InputRequest['kind']) =>
    person.until(() => (person.request?.kind === kind ? person.request : undefined));
  async function type(text: string, kind: InputRequest['kind'] = 'command'): Promise<void> {
    registry.get(row.id).answer((await waiting(kind)).requestId, text);
  }
  async function run(text: string): Promise<string> {
    const before = person.items.length;
    await type(text);
    await waiting('command');
    return plainText(
      person.items
        .slice(before)
        .map((item) => item.vt)
        .join(''),
    ).replaceAll('\r\n', '\n');
  }

  test('the prompt is what the remote prompt function says, and follows it', async () => {
    expect((await waiting('command')).prompt).toMatch(/^\[Z002\]: PS .+> $/);
    await run('function prompt { "here> " }');
    expect((await waiting('command')).prompt).toBe('[Z002]: here> ');
    await run('function prompt { }');
    expect((await waiting('command')).prompt).toBe('[Z002]: PS>');
  });

  test('a share that denies what this server cannot prove is explained, once, and the command stays the last', async () => {
    // What Get-ChildItem on a share makes where the server has nothing to prove who is asking.
    const make =
      "[Management.Automation.ErrorRecord]::new([UnauthorizedAccessException]::new('no'), 'ItemExistsUnauthorizedAccessError', 'PermissionDenied', $Path)";
    const define = `function Get-Share { [CmdletBinding()] param($Path) $PSCmdlet.WriteError(${make}) }`;
    const denied = (machine: string) => `Get-Share '\\\\${machine}\\finance'`;
    await run(define);
    // Of the engine here, over Basic, which has no double hop.
    expect(await run(denied('fs07'))).not.toContain('double hop');
    await registry.remove(row.id);
    const server = serverAt(way.port, { signIn: { auth: 'ntlm' } });
    const other = registryFor(server, person, undefined, { target: { auth: 'basic' } }).registry;
    registry = other;
    row = await other.create({ serverId: 'z', size: SIZE, enter: true });
    other.get(row.id).attach({ write: (items) => void person.saw(items) }, SIZE);
    await run(define);
    const page = await run(denied('fs07'));
    expect(page).toContain('Z002 may not go on to fs07 as you');
    expect(page).toContain('New-PSDrive S FileSystem \\\\fs07\\finance');
    expect(await run(denied('fs07'))).not.toContain('may not go on');
    expect(await run('1/0')).not.toContain('may not go on');
    expect(await run('(Get-History -Count 1).CommandLine')).toContain('1/0');
  });

  test('objects look as PowerShell formats them, at the width of the terminal', async () => {
    expect(await run('[pscustomobject]@{ Name = "a"; Value = 1 }')).toMatch(
      /Name Value\n---- -----\na {8}1\n/,
    );
    registry.get(row.id).resize({ columns: 40, rows: 24 });
    expect(await run('$host.UI.RawUI.BufferSize.Width')).toContain('\n40\n');
  });

  test('each stream is drawn once, with its prefix and its kind', async () => {
    await run(
      `& { [CmdletBinding()] param() $PSCmdlet.WriteWarning('w'); $PSCmdlet.WriteVerbose('v') } -Verbose; $host.UI.WriteLine('Green', 'Black', 'green')`,
    );
    expect(person.page.match(/WARNING: w/g)).toHaveLength(1);
    expect(person.page.match(/VERBOSE: v/g)).toHaveLength(1);
    expect(person.items.find((item) => item.kind === 'warning')?.vt).toContain('\x1b[33;1mWARNING: w');
    expect(person.items.some((item) => item.vt.includes('\x1b[92;40mgreen'))).toBe(true);
  });

  test('errors are red, terminating or not, and mark the command as failed', async () => {
    for (const line of ['throw "boom"', 'Get-Nothing', '1/0', '$host.EnterNestedPrompt()']) {
      const shown = await run(line);
      expect(person.items.at(-1)?.kind, shown).toBe('error');
      expect(person.items.at(-1)?.vt).toContain('\x1b[31;1m');
      expect(person.commands.at(-1)).toMatchObject({ text: line, state: 'failed' });
    }
    expect(person.page).toContain('boom');
    await run('"fine"');
    expect(person.commands.at(-1)).toMatchObject({ state: 'completed' });
  });

  test('unfinished input goes on at >> under the same command', async () => {
    await type('if ($true) {');
    const more = await waiting('continuation');
    expect(more).toMatchObject({ prompt: '>> ', text: 'if ($true) {' });
    await type('if ($true) {\n"inside"\n}', 'continuation');
    await waiting('command');
    expect(person.page).toMatch(/if \(\$true\) \{\n>> "inside"\n>> \}\ninside\n$/);
    expect(new Set(person.commands.map((command) => command.commandId)).size).toBe(1);
    expect(person.commands.at(-1)?.state).toBe('completed');
  });

  test('Availability is Busy while a command runs and Available again after it', async () => {
    await waiting('command');
    person.rows.length = 0;
    await run('1');
    expect(person.rows.map((changed) => `${changed.state} ${changed.availability}`)).toEqual([
      'Opened Busy',
      'Opened Available',
    ]);
  });

  test('the host asks and the person answers: lines, secrets, choices, credentials, mandatory parameters', async () => {
    await type('"got " + $host.UI.ReadLine()');
    await type('hello', 'line');
    await waiting('command');
    expect(person.page).toContain('\nhello\ngot hello\n');

    await type(
      '$s = $host.UI.ReadLineAsSecureString(); [pscredential]::new("x", $s).GetNetworkCredential().Password.Length',
    );
    await type('s3cret!', 'secret');
    await waiting('command');
    expect(person.page).toContain('\n7\n');

    await type(
      '$host.UI.PromptForChoice("Sure?", "Really?", [System.Management.Automation.Host.ChoiceDescription[]]@("&Yes", "&No"), 1)',
    );
    await type('y', 'line');
    await waiting('command');
    expect(person.page).toContain('Sure?\nReally?\n[Y] Yes  [N] No  [?] Help (default is "N"): y\n0\n');

    await type(
      '$c = $host.UI.PromptForCredential("", "", "ada", ""); $c.UserName + "/" + $c.GetNetworkCredential().Password.Length',
    );
    await type('pa55', 'secret');
    await waiting('command');
    expect(person.page).toContain('\nada/4\n');

    await type(
      'function f { param([Parameter(Mandatory)]$Name, [Parameter(Mandatory)][int]$Age) "$Name is $($Age + 1)" }; f',
    );
    await type('Bob', 'line');
    await type('41', 'line');
    await waiting('command');
    expect(person.page).toContain('\nName: Bob\nAge: 41\nBob is 42\n');
    // What was masked stands nowhere in the page.
    expect(person.page).not.toMatch(/s3cret|pa55/);
  });

  test('Ctrl+C stops the command and keeps the session; at a prompt it keeps what stood there', async () => {
    await type('"started"; while ($true) { }');
    await person.until(
      () => person.page.includes('started\n') && person.rows.at(-1)?.availability === 'Busy',
    );
    registry.get(row.id).interrupt(undefined);
    await waiting('command');
    expect(person.commands.at(-1)?.state).toBe('stopped');
    await type('$host.UI.ReadLine()');
    await waiting('line');
    registry.get(row.id).interrupt('half');
    await waiting('command');
    expect(person.page).toContain('\nhalf^C\n');
    registry.get(row.id).interrupt('Get-Da');
    await person.until(() => person.page.includes('Get-Da^C'));
    expect(await run('"alive"')).toContain('\nalive\n');
  });

  test('progress is shown while it lasts and erased with the command', async () => {
    await run(
      '$host.UI.WriteProgress(1, [System.Management.Automation.ProgressRecord]::new(3, "Copy", "file 1"))',
    );
    expect(person.bars[0]).toMatchObject([{ activityId: 3, activity: 'Copy', status: 'file 1' }]);
    expect(person.bars.at(-1)).toEqual([]);
    expect(person.page).not.toContain('file 1\n');
  });

  test('Tab asks the remote TabExpansion2', async () => {
    await waiting('command');
    const completion = await registry.get(row.id).completions.complete('Invoke-Com', 10);
    expect(completion.matches.map((match) => match.text)).toContain('Invoke-Command');
    expect(completion).toMatchObject({ replacementIndex: 0, replacementLength: 10 });
    expect(await run('"still"')).toContain('\nstill\n');
  });

  test('exit and Exit-PSSession leave, and a session made by entering ends with that', async () => {
    await type('exit');
    await person.until(() => person.gone.includes(row.id));
    expect(person.rows.at(-1)).toMatchObject({ state: 'Closed', entered: false });
    expect(registry.list()).toEqual([]);
  });

  test("history is the server's too: what was typed stands in it, prompts do not", async () => {
    await run('"first"');
    expect(await run('Get-History | ForEach-Object CommandLine')).toMatch(/\n"first"\n$/);
  });

  test('an engine that dies leaves a broken session with a reason, and nobody waiting', async () => {
    await waiting('command');
    way.killEngine();
    await person.until(() => person.rows.at(-1)?.state === 'Broken');
    await person.until(() => person.rows.at(-1)?.entered === false);
    expect(person.rows.at(-1)?.reason?.title).toBeTruthy();
    expect(person.request).toBeNull();
    await expect(registry.get(row.id).invoke('1', SIZE)).rejects.toMatchObject({ name: 'AppFailure' });
  });

  test('a command without entering comes to the page; inside, it is refused', async () => {
    await waiting('command');
    await expect(registry.get(row.id).invoke('1', SIZE)).rejects.toMatchObject({
      error: { code: 'session.busy' },
    });
  });
});
