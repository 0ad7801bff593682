/**
 * The reduced engine's everyday commands, each against what PowerShell 7 answers. The expected texts are PowerShell's documented
 * behaviour, written by hand.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { PowerShell, ProcessConnection, RunspacePool } from '../../electron/remoting/index.ts';
import { noEngine } from './practice.ts';

describe.skipIf(noEngine !== undefined)('on the reduced engine', () => {
  let child: ChildProcess;
  let pool: RunspacePool;
  let folder: string;

  beforeAll(async () => {
    const command = await findEngine({ prefer: 'built' });
    folder = await mkdtemp(join(tmpdir(), 'psdeck-commands-'));
    const started = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'ignore'] });
    child = started;
    const connection = new ProcessConnection({
      kind: 'process',
      computerName: 'localhost',
      input: started.stdout,
      output: started.stdin,
      kill: () => started.kill('SIGKILL'),
    });
    pool = new RunspacePool(connection);
    await pool.open();
    await values(`Set-Location '${folder}'`);
  });
  afterAll(async () => {
    const ended = child === undefined || child.exitCode !== null ? undefined : once(child, 'exit');
    await pool?.close();
    child?.kill('SIGKILL');
    await ended;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function values(script: string): Promise<unknown[]> {
    const { output } = await new PowerShell(pool).addScript(script).invoke().collect();
    return output.map((value) => toPlain(value));
  }

  /** As a person sees it, without the spaces that pad a line and the empty lines around. */
  async function screen(script: string): Promise<string> {
    const [text] = await values(`& { ${script} } | Out-String -Width 120`);
    return String(text)
      .replaceAll('\r\n', '\n')
      .replaceAll(/ +$/gm, '')
      .replaceAll(/^\n+|\n+$/g, '');
  }

  async function errorOf(script: string): Promise<{ id: string; message: string }> {
    const [id, message] = await values(
      `$ErrorActionPreference = 'Stop'; try { ${script} } catch { $_.FullyQualifiedErrorId; $_.Exception.Message }`,
    );
    return { id: String(id), message: String(message) };
  }

  describe('objects', () => {
    test.each([
      ['1..10 | Select-Object -First 2', [1, 2]],
      ['1..10 | Select-Object -Last 2', [9, 10]],
      ['1..10 | Select-Object -Skip 3 -First 2', [4, 5]],
      ['1..5 | Select-Object -SkipLast 3', [1, 2]],
      ['1..5 | Select-Object -Index 0, 3', [1, 4]],
      ['1, 2, 1, 3 | Select-Object -Unique', [1, 2, 3]],
      ['[pscustomobject]@{ a = 1; b = 2; c = 3 } | Select-Object * -ExcludeProperty b', [{ a: 1, c: 3 }]],
      [
        '[pscustomobject]@{ a = 1; b = 2 } | Select-Object b, @{ n = "d"; e = { $_.a * 10 } }',
        [{ b: 2, d: 10 }],
      ],
      ['[pscustomobject]@{ a = 1, 2 } | Select-Object -ExpandProperty a', [1, 2]],
      ['"b", "C", "a" | Sort-Object', ['a', 'b', 'C']],
      ['"b", "C", "a" | Sort-Object -Descending', ['C', 'b', 'a']],
      ['3, 1, 2, 3 | Sort-Object -Unique', [1, 2, 3]],
      ['"aa", "b", "cc", "d" | Sort-Object Length, { -[int][char]$_[0] }', ['d', 'b', 'cc', 'aa']],
      ['1..5 | Sort-Object -Top 2', [1, 2]],
      [
        '"x", "yy", "z" | Group-Object Length | ForEach-Object { "$($_.Name)=$($_.Group)" }',
        ['1=x z', '2=yy'],
      ],
      ['("x", "yy" | Group-Object Length -AsHashTable)[2]', ['yy']],
      [
        '(1..4 | Measure-Object -Sum -Average -Maximum -Minimum).psobject.Properties.Value',
        [4, 2.5, 10, 4, 1, null, null],
      ],
      ['("a b", "c" | Measure-Object -Word).Words', [3]],
      [
        '(2, 4, 4, 4, 5, 5, 7, 9 | Measure-Object -StandardDeviation).StandardDeviation.ToString("n4")',
        ['2.1381'],
      ],
      [
        'Compare-Object 1, 2 2, 3 | ForEach-Object { "$($_.InputObject)$($_.SideIndicator)" }',
        ['3=>', '1<='],
      ],
      ['1, 1, 2, 1 | Get-Unique', [1, 2, 1]],
      ['(New-Object System.Version 1, 2).ToString()', ['1.2']],
      ['(New-Object -TypeName psobject -Property @{ a = 5 }).a', [5]],
      ['([pscustomobject]@{ n = 2 } | Add-Member ScriptProperty Twice { $this.n * 2 } -PassThru).Twice', [4]],
      ['([pscustomobject]@{ n = 2 } | Add-Member x 3 -PassThru).x', [3]],
      ['("" | Get-Member -Name Length).Definition', ['int Length {get;}']],
      ['([math] | Get-Member -Static -Name PI).Definition', ['static double PI {get;}']],
      ['"foo", "bar" | Select-String ba | ForEach-Object Line', ['bar']],
      ['1, 2 | Tee-Object -Variable copy; $copy.Count', [1, 2, 2]],
    ])('%s', async (script, expected) => expect(await values(script)).toEqual(expected));

    test('Select-Object -First ends the commands before it', async () => {
      expect(
        await values('$n = 0; 1..1000000 | ForEach-Object { $n++; $_ } | Select-Object -First 3; $n'),
      ).toEqual([1, 2, 3, 3]);
    });
  });

  describe('files and locations', () => {
    test('a file’s life', async () => {
      expect(
        await values(
          `New-Item -ItemType Directory life | Out-Null; 'one', 'two' | Set-Content life/a.txt; Add-Content life/a.txt three
           (Get-Content life/a.txt -Tail 2) -join ','; (Get-Content life/a.txt -Raw).Length; "$(Get-Content life/a.txt -TotalCount 1)"
           Copy-Item life/a.txt life/b.txt; Move-Item life/b.txt life/c.txt; Rename-Item life/c.txt d.txt
           (Get-ChildItem life -Name) -join ','; (Get-ChildItem life -Filter d*).Name; Test-Path life/c.txt; Test-Path life -PathType Container
           Remove-Item life -Recurse; Test-Path life`.replaceAll('\n', ';'),
        ),
      ).toEqual([
        'two,three',
        process.platform === 'win32' ? 17 : 14,
        'one',
        'a.txt,d.txt',
        'd.txt',
        false,
        true,
        false,
      ]);
    });

    test('locations', async () => {
      expect(
        await values(
          `$from = $PWD.Path; New-Item -ItemType Directory place -Force | Out-Null; Push-Location place; Split-Path -Leaf $PWD; Pop-Location
           $PWD.Path -eq $from; Set-Location place; Set-Location -; $PWD.Path -eq $from; cd; $PWD.Path -eq $HOME; cd $from`.replaceAll(
            '\n',
            ';',
          ),
        ),
      ).toEqual(['place', true, true, true]);
    });

    test.each([
      ['Join-Path a b c', [join('a', 'b', 'c')]],
      [
        'Split-Path -Leaf /x/y.txt; Split-Path -LeafBase /x/y.txt; Split-Path -Extension /x/y.txt',
        ['y.txt', 'y', '.txt'],
      ],
      ['(Get-Item env:PATH).Name; Test-Path env:NO_SUCH_THING', ['PATH', false]],
      ['(Get-PSDrive Env).Provider.Name', ['Environment']],
      ['"x" | Out-File o.txt; "y" | Out-File o.txt -Append; (Get-Content o.txt) -join ","', ['x,y']],
      [
        '"x" > r.txt; (Get-Item r.txt).PSChildName; Get-ChildItem r.* | ForEach-Object Name',
        ['r.txt', 'r.txt'],
      ],
    ])('%s', async (script, expected) => expect(await values(script)).toEqual(expected));
  });

  describe('data', () => {
    test.each([
      ['@{ a = 1 } | ConvertTo-Json -Compress', ['{"a":1}']],
      ['1.0, "é", $null, $true | ConvertTo-Json -Compress', ['[1.0,"é",null,true]']],
      [
        '[ordered]@{ a = 1, @{ b = 2 } } | ConvertTo-Json',
        [['{', '  "a": [', '    1,', '    {', '      "b": 2', '    }', '  ]', '}']],
      ],
      ['("{`"a`":[1,2.5,null],`"d`":`"2020-01-02T03:04:05Z`"}" | ConvertFrom-Json).d.Year', [2020]],
      ['(ConvertFrom-Json "{`"a`":{`"b`":7}}" -AsHashtable).a.b', [7]],
      ['[pscustomobject]@{ a = 1; b = "x""y" } | ConvertTo-Csv', ['"a","b"', '"1","x""y"']],
      ['("a,b`n1,`"x,`ny`"" | ConvertFrom-Csv).b', ['x,\ny']],
      [
        '[pscustomobject]@{ a = 1 } | Export-Csv t.csv; [pscustomobject]@{ a = 2 } | Export-Csv t.csv -Append; (Import-Csv t.csv).a',
        ['1', '2'],
      ],
      ['(1, "x" | Export-Clixml t.xml) ; Import-Clixml t.xml', [1, 'x']],
      [
        '$s = ConvertTo-SecureString secret -AsPlainText; $t = ConvertFrom-SecureString $s -Key (1..16); ConvertTo-SecureString $t -Key (1..16) | ConvertFrom-SecureString -AsPlainText',
        ['secret'],
      ],
    ])('%s', async (script, expected) => {
      const actual = await values(script);
      const lines = actual.map((value) =>
        typeof value === 'string' && value.startsWith('{\n') ? value.split('\n') : value,
      );
      expect(lines).toEqual(expected);
    });
  });

  describe('the session', () => {
    test.each([
      [
        'Set-Variable v 3; $v; (Get-Variable v).Value; Remove-Variable v; Test-Path variable:v',
        [3, 3, false],
      ],
      ['New-Variable fixed 1 -Option ReadOnly -Force; (Get-Variable fixed).Options.ToString()', ['ReadOnly']],
      ['Set-Alias shout Write-Output; shout hey; (Get-Alias shout).Definition', ['hey', 'Write-Output']],
      ['(Get-Alias gci).Definition', ['Get-ChildItem']],
      ['Invoke-Expression "`$q = 4; `$q * 2"; $q', [8, 4]],
      ['(Measure-Command { Start-Sleep -Milliseconds 30 }).TotalMilliseconds -ge 30', [true]],
      ['(Get-Process -Id $PID).Id -eq $PID', [true]],
      ['(Get-Random -Maximum 1), (1..3 | Get-Random -Count 3 | Measure-Object -Sum).Sum', [0, 6]],
      [
        '(Get-Date "2026-11-23 06:07:08").ToString(); Get-Date "2026-11-23" -Format "yyyy/MM"; Get-Date -UnixTimeSeconds 0 -AsUTC -UFormat %F',
        ['11/23/2026 6:07:08 AM', '2026/11', '1970-01-01'],
      ],
      [
        '(New-TimeSpan -Hours 2).TotalMinutes; (Get-Uptime).TotalSeconds -gt 0; (New-Guid).ToString().Length',
        [120, true, 36],
      ],
      [
        '(Get-Verb Get).Group; (Get-PSCallStack)[0].Command; [bool](Get-TimeZone).Id',
        ['Common', '<ScriptBlock>', true],
      ],
      ['(Start-Process sleep 0 -Wait -PassThru).WaitForExit(9000)', [true]],
      ['prompt', [expect.stringMatching(/^PS .*> $/)]],
    ])('%s', async (script, expected) => expect(await values(script)).toEqual(expected));

    test('every stream', async () => {
      const { output, records } = await new PowerShell(pool)
        .addScript(
          'Write-Output o; Write-Host h; Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Information i; Write-Error e; Write-Progress p -Status s -PercentComplete 5',
        )
        .invoke()
        .collect();
      expect(output).toEqual(['o']);
      expect(records.map((record) => record.kind)).toEqual([
        'information',
        'warning',
        'verbose',
        'debug',
        'information',
        'error',
        'progress',
      ]);
    });
  });

  describe('what fails says so as PowerShell does', () => {
    test.each([
      [
        'Get-Item nope',
        'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand',
        /^Cannot find path '.*nope' because it does not exist\.$/,
      ],
      [
        'Get-ChildItem nope',
        'PathNotFound,Microsoft.PowerShell.Commands.GetChildItemCommand',
        /does not exist/,
      ],
      [
        'Set-Location nope',
        'PathNotFound,Microsoft.PowerShell.Commands.SetLocationCommand',
        /does not exist/,
      ],
      ['Get-Content nope', 'PathNotFound,Microsoft.PowerShell.Commands.GetContentCommand', /does not exist/],
      [
        'Get-ChildItem nodrive:',
        'DriveNotFound,Microsoft.PowerShell.Commands.GetChildItemCommand',
        /'nodrive'/,
      ],
      [
        'Get-Process no-such',
        'NoProcessFoundForGivenName,Microsoft.PowerShell.Commands.GetProcessCommand',
        /^Cannot find a process with the name "no-such"/,
      ],
      [
        'Get-Variable no-such',
        'VariableNotFound,Microsoft.PowerShell.Commands.GetVariableCommand',
        /'no-such'/,
      ],
      [
        'New-Object No.Such',
        'TypeNotFound,Microsoft.PowerShell.Commands.NewObjectCommand',
        /^Cannot find type \[No\.Such\]/,
      ],
      [
        '"x" | Select-Object -ExpandProperty nope',
        'ExpandPropertyNotFound,Microsoft.PowerShell.Commands.SelectObjectCommand',
        /"nope"/,
      ],
      ['Write-Error bad', 'Microsoft.PowerShell.Commands.WriteErrorException', /^bad$/],
      [
        '"{" | ConvertFrom-Json',
        'System.ArgumentException,Microsoft.PowerShell.Commands.ConvertFromJsonCommand',
        /^Conversion from JSON failed/,
      ],
      [
        'Get-Date -Month 13',
        'ParameterArgumentValidationError,Microsoft.PowerShell.Commands.GetDateCommand',
        /13/,
      ],
    ])('%s', async (script, id, message) => {
      expect(await errorOf(script)).toEqual({ id, message: expect.stringMatching(message) as string });
    });
  });

  describe('on the screen', () => {
    test('tables, lists and wide lists', async () => {
      const three = '"a", "b", "c" | ForEach-Object { [pscustomobject]@{ Name = $_; Length = $_.Length } }';
      expect(await screen(three)).toBe('Name Length\n---- ------\na         1\nb         1\nc         1');
      expect(await screen(`${three} | Select-Object -First 1 | Format-List`)).toBe('Name   : a\nLength : 1');
      expect(await screen(`${three} | Format-Wide Name -Column 3`)).toMatch(/^a +b +c$/);
      expect(await screen(`${three} | Format-Table @{ l = 'N'; e = 'Name' } -HideTableHeaders`)).toBe(
        'a\nb\nc',
      );
      expect(await screen(`${three} | Select-Object -First 1 | Format-Custom Name`)).toBe(
        'class PSCustomObject\n{\n  Name = a\n}',
      );
    });

    test('dates, files and processes look as everybody knows them', async () => {
      expect(await screen('Get-Date "2026-11-23 06:07:08"')).toBe('Monday, November 23, 2026 6:07:08 AM');
      await values('"x" | Set-Content shown.txt');
      expect(await screen('Get-ChildItem shown.txt')).toMatch(
        process.platform === 'win32'
          ? /Directory: .*\n\nMode +LastWriteTime +Length Name\n[- ]+\n-a--- .* shown\.txt$/
          : /Directory: .*\n\nUnixMode +User Group +LastWriteTime +Size Name\n[- ]+\n-rw.* shown\.txt$/,
      );
      expect(await screen('Get-Process -Id $PID')).toMatch(
        /NPM\(K\) +PM\(M\) +WS\(M\) +CPU\(s\) +Id +SI ProcessName\n/,
      );
    });

    test('Get-Help shows the syntax, and Get-Command the commands', async () => {
      const help = await screen('Get-Help Get-ChildItem');
      expect(help).toMatch(/^NAME\n +Get-ChildItem\n/);
      expect(help).toContain('Get-ChildItem [[-Path] <string[]>] [[-Filter] <string>]');
      expect(await screen('Get-Help Invoke-Command')).toContain(
        'Invoke-Command [-ScriptBlock] <scriptblock>',
      );
      const commands = await screen('Get-Command Get-Ch*, Where-Object');
      expect(commands).toMatch(/CommandType +Name +Version +Source\n/);
      expect(commands).toMatch(/Cmdlet +Get-ChildItem +\S+ +Microsoft\.PowerShell\.Management/);
    });
  });

  test('the topics of remoting, and that this engine is a reduced one', async () => {
    expect(await values('(Get-Help about_Remote*).Name')).toEqual(
      expect.arrayContaining(['about_Remote', 'about_Remote_Requirements', 'about_Remote_Troubleshooting']),
    );
    expect(await screen('Get-Help about_Reduced_Engine')).toMatch(/^TOPIC\n +about_Reduced_Engine\n/);
    expect(await values('(Get-Help about_PSSessions).Synopsis')).toEqual([
      'Persistent connections to other computers.',
    ]);
  });

  describe('completion', () => {
    test.each([
      ['Get-Chi', 'Get-ChildItem'],
      ['Get-ChildItem -Rec', '-Recurse'],
      ['Get-ChildItem -Dir', '-Directory'],
      ['Get-FileHash x -Algorithm SHA5', 'SHA512'],
      ['New-Item -ItemType Dir', 'Directory'],
      ['Set-Location /us', '/usr'],
      ['"" | Sort-Object -Desc', '-Descending'],
    ])('%s', async (text, expected) => {
      // There is no /usr on Windows.
      if (expected === '/usr' && process.platform === 'win32') return;
      const found = await values(
        `(TabExpansion2 -inputScript '${text}' -cursorColumn ${text.length}).CompletionMatches.CompletionText`,
      );
      expect(found).toContain(expected);
    });
  });

  test('commands that the engine’s package leaves out are all ours, and each can be described', async () => {
    const [ours] = await values(
      '@(Get-Command -Module Microsoft.PowerShell.Utility, Microsoft.PowerShell.Management, Microsoft.PowerShell.Security).Count',
    );
    expect(ours).toBeGreaterThanOrEqual(95);
    expect(
      await values(
        `Get-Command -Module Microsoft.PowerShell.Utility, Microsoft.PowerShell.Management, Microsoft.PowerShell.Security |
           Where-Object { -not $_.ParameterSets -or -not (Get-Command $_.Name -Syntax) } | ForEach-Object Name`.replaceAll(
          '\n',
          ' ',
        ),
      ),
    ).toEqual([]);
  });
});
