import { describe, expect, test } from 'vitest';
import { PsObject } from '../../../electron/protocol/clixml/value.ts';
import { decodeErrorRecord, type ErrorRecord } from '../../../electron/protocol/psrp/error-record.ts';
import { ERROR_CATEGORIES } from '../../../electron/protocol/psrp/enums.ts';
import { canHopOn, doubleHopLines, secondHop } from '../../../electron/sessions/double-hop.ts';
import { HopWatch } from '../../../electron/sessions/hop-watch.ts';

const server = {
  name: 'Z002',
  address: 'z002.corp.example',
  port: 5985,
  https: false,
  userName: 'CORP\\ada',
  configuration: 'Microsoft.PowerShell',
  auth: 'negotiate',
} as const;

interface Shape {
  readonly id?: string;
  readonly category?: (typeof ERROR_CATEGORIES)[number];
  readonly exception?: string;
  readonly hresult?: number;
  readonly target?: string;
}

/** As Windows PowerShell 5.1 writes them into the stream; the words are in the server's language and count for nothing. */
function record(shape: Shape): ErrorRecord {
  const exception = new PsObject({
    typeNames: [`Deserialized.${shape.exception ?? 'System.Exception'}`, 'Deserialized.System.Object'],
    extended: [
      ['Message', 'Der Zugriff wurde verweigert'],
      ['HResult', (shape.hresult ?? 0x80131501) | 0],
    ],
  });
  return decodeErrorRecord(
    new PsObject({
      typeNames: ['Deserialized.System.Management.Automation.ErrorRecord', 'Deserialized.System.Object'],
      extended: [
        ['Exception', exception],
        ['TargetObject', shape.target ?? null],
        ['FullyQualifiedErrorId', shape.id ?? ''],
        ['ErrorCategory_Category', ERROR_CATEGORIES.indexOf(shape.category ?? 'NotSpecified')],
        ['ErrorCategory_TargetName', shape.target ?? ''],
      ],
    }),
  );
}

describe('a second hop that is refused', () => {
  test.each<[string, Shape, object]>([
    [
      'Get-ChildItem on a share',
      {
        id: 'ItemExistsUnauthorizedAccessError,Microsoft.PowerShell.Commands.GetChildItemCommand',
        category: 'PermissionDenied',
        exception: 'System.UnauthorizedAccessException',
        hresult: 0x80070005,
        target: '\\\\fs07\\finance\\2026',
      },
      { machine: 'fs07', way: 'share', share: '\\\\fs07\\finance' },
    ],
    [
      'the same with the provider before the path',
      {
        exception: 'System.IO.IOException',
        hresult: 0x80070520,
        category: 'ReadError',
        target: 'Microsoft.PowerShell.Core\\FileSystem::\\\\fs07.corp.example\\c$',
      },
      { machine: 'fs07.corp.example', way: 'share' },
    ],
    [
      'a session inside the session',
      { id: 'AccessDenied,PSSessionOpenFailed', category: 'OpenError', target: 'SQL02' },
      { machine: 'SQL02', way: 'remoting' },
    ],
    [
      'a session where no logon session is left',
      { id: '1312,PSSessionOpenFailed', category: 'OpenError', target: 'sql02' },
      { machine: 'sql02', way: 'remoting' },
    ],
    [
      'a session whose client found no credentials',
      { id: '-2144108387,PSSessionOpenFailed', category: 'OpenError', target: 'sql02' },
      { machine: 'sql02', way: 'remoting' },
    ],
  ])('%s', (_what, shape, hop) => {
    expect(secondHop(record(shape), server)).toMatchObject(hop);
  });

  test.each<[string, Shape]>([
    ['a local file', { category: 'PermissionDenied', target: 'C:\\Windows\\System32\\config' }],
    ['a share of its own', { category: 'PermissionDenied', target: '\\\\Z002\\c$' }],
    ['a share of its own, in full', { category: 'PermissionDenied', target: '\\\\z002.corp.example\\c$' }],
    ['a session to itself', { id: 'AccessDenied,PSSessionOpenFailed', target: 'localhost' }],
    ['a share that is not there', { category: 'ObjectNotFound', target: '\\\\fs07\\nothing' }],
    ['a machine that is not there', { id: 'NetworkPathNotFound,PSSessionOpenFailed', target: 'sql02' }],
    ['a wrong password for the second machine', { id: '1326,PSSessionOpenFailed', target: 'sql02' }],
    ['a device', { category: 'PermissionDenied', target: '\\\\.\\PhysicalDrive0' }],
    ['a name with an escape sequence in it', { category: 'PermissionDenied', target: '\\\\a\u001b[2J\\c$' }],
    ['a share with one', { category: 'PermissionDenied', target: '\\\\fs07\\\u001b[2J' }],
    ['no target', { category: 'PermissionDenied' }],
  ])('%s is none', (_what, shape) => {
    expect(secondHop(record(shape), server)).toBeUndefined();
  });

  test('whoever handed their password over has no double hop', () => {
    expect(canHopOn({ ...server, auth: 'credssp' })).toBe(true);
    expect(canHopOn({ ...server, auth: 'basic' })).toBe(true);
    expect(canHopOn(server)).toBe(false);
  });

  test('each way on is told with its command, for the machines it is about', () => {
    const share = doubleHopLines({ machine: 'fs07', way: 'share', share: '\\\\fs07\\finance' }, server).join(
      '\n',
    );
    expect(share).toContain(
      'Set-ADComputer FS07 -PrincipalsAllowedToDelegateToAccount (Get-ADComputer Z002)',
    );
    expect(share).toContain('New-PSDrive S FileSystem \\\\fs07\\finance -Credential (Get-Credential)');
    expect(share).toContain('Enable-WSManCredSSP -Role Server -Force');
    expect(share).toMatch(/CredSSP.*gets your password/);
    const remoting = doubleHopLines({ machine: 'sql02', way: 'remoting' }, server).join('\n');
    expect(remoting).toContain('Invoke-Command sql02 -Credential (Get-Credential)');
  });
});

describe('the watch', () => {
  function watch(answers: (ErrorRecord[] | undefined)[], more: object = {}) {
    const said: string[] = [];
    let asked = 0;
    const it = new HopWatch({
      server: { ...server, ...more },
      page: {
        append: (_id, texts) => {
          said.push(...texts.map((text) => text.vt));
          return Promise.resolve();
        },
      },
      quiet: { recentErrors: () => Promise.resolve(answers[asked++]) },
      host: { info: {} as never },
      pool: () => ({}) as never,
      isOpen: () => true,
    });
    return { it, said, asked: () => asked };
  }
  const denied = record({ category: 'PermissionDenied', target: '\\\\fs07\\finance' });

  test('tells of each machine once', async () => {
    const { it, said } = watch([
      [denied],
      [denied],
      [record({ category: 'PermissionDenied', target: '\\\\fs08\\a' })],
    ]);
    for (let i = 0; i < 3; i++) await it.look(i);
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('fs08');
  });

  test('does not ask again where no scripts are run, and not at all where there is no hop', async () => {
    const jea = watch([undefined, [denied]]);
    await jea.it.look(1);
    await jea.it.look(2);
    expect([jea.asked(), jea.said]).toEqual([1, []]);
    const trusted = watch([[denied]], { auth: 'credssp' });
    await trusted.it.look(1);
    expect([trusted.asked(), trusted.said]).toEqual([0, []]);
  });
});
