import { describe, expect, test } from 'vitest';
import { helpText } from '../../../electron/cli/help.ts';
import { COMMANDS, parseCommandLine, readParameter } from '../../../electron/cli/options.ts';
import { Problem } from '../../../electron/cli/problem.ts';

const parse = (...args: string[]) => parseCommandLine(args).invocation;

const SIGN_IN_OPTIONS = [
  '--auth',
  '--forbid-ntlm',
  '--allow-ntlm-over-http',
  '--allow-plain-basic',
  '--spn',
  '--delegate',
  '--ticket-cache',
  '--keytab',
  '--credssp-older',
  '--cert',
  '--cert-key',
  '--proxy',
];

function refusal(...args: string[]): Problem {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

describe('the command line', () => {
  test('invoke with everything', () => {
    const fingerprint = 'ab'.repeat(32);
    expect(
      // prettier-ignore
      parseCommandLine([
        'invoke', '--server', 'srv', '--port', '1234', '--http', '-u', 'CORP\\ada', '--auth', 'Basic',
        '--configuration', 'PowerShell.7', '--ca', 'ca.pem', '--fingerprint', fingerprint,
        '--allow-plain-basic', '--timeout', '5', '--password-stdin', '--command', 'Get-Item',
        '--arg', 'one', '--param', 'Force', '--arg', 'two', '--param', 'Depth:=3', '--format', 'CSV',
        '--input', '--width', '80', '--details', '--proxy', 'http://ada@proxy.example:3128/',
        '--spn', 'WSMAN/alias', '--forbid-ntlm', '--delegate', '--ticket-cache', 'FILE:/tmp/cc', '--keytab', 'ada.keytab',
      ]),
    ).toEqual({
      details: true,
      invocation: {
        kind: 'invoke',
        server: {
          server: 'srv',
          port: 1234,
          https: false,
          user: 'CORP\\ada',
          configuration: 'PowerShell.7',
          caFile: 'ca.pem',
          fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
          auth: 'basic',
          allowPlainBasic: true,
          allowNtlmOverHttp: false,
          forbidNtlm: true,
          delegate: true,
          spn: { service: 'WSMAN', host: 'alias' },
          cache: 'FILE:/tmp/cc',
          keytab: 'ada.keytab',
          credSspOlder: false,
          certificateFile: undefined,
          certificateKeyFile: undefined,
          proxy: 'ada@proxy.example:3128',
          timeoutMs: 5000,
          passwordStdin: true,
        },
        source: { kind: 'command', text: 'Get-Item' },
        arguments: [
          { kind: 'positional', text: 'one' },
          { kind: 'named', name: 'Force', value: undefined },
          { kind: 'positional', text: 'two' },
          { kind: 'named', name: 'Depth', value: { kind: 'json', text: '3' } },
        ],
        input: 'auto',
        format: 'csv',
        width: 80,
      },
    });
  });

  test('HTTPS unless HTTP is asked for, and the port is left to it', () => {
    expect(parse('enter', '--server', 'srv')).toMatchObject({
      kind: 'enter',
      server: { https: true, port: undefined },
    });
  });

  test('--input stands alone or says what comes', () => {
    const input = (...args: string[]) => parse('invoke', '-s', 'srv', '--script', '1', ...args);
    expect(input('--input', '--format', 'json')).toMatchObject({ input: 'auto', format: 'json' });
    expect(input('--input', 'clixml')).toMatchObject({ input: 'clixml' });
    expect(input('--input=text')).toMatchObject({ input: 'text' });
    expect(input()).toMatchObject({ input: undefined });
  });

  test('a parameter is text, JSON or a switch; only its first sign counts', () => {
    expect(readParameter('Path=a=b:=c')).toEqual({ name: 'Path', value: { kind: 'text', text: 'a=b:=c' } });
    expect(readParameter('-Path=')).toEqual({ name: 'Path', value: { kind: 'text', text: '' } });
    expect(readParameter('Id:=[1,2]')).toEqual({ name: 'Id', value: { kind: 'json', text: '[1,2]' } });
    expect(readParameter('Force')).toEqual({ name: 'Force', value: undefined });
  });

  test('winrs passes one line on, whatever stands in it', () => {
    expect(parse('winrs', '-s', 'srv', '--', 'ping', '-n', '1', '--password', 'x')).toMatchObject({
      line: 'ping -n 1 --password x',
    });
  });

  test.each([
    ['--password', 'x'],
    ['--password=x'],
    ['-password', 'x'],
    ['--Pass', 'x'],
    ['--passwd=x'],
    ['-pw', 'x'],
  ])('a password is refused with the reason, and does not show: %s', (...args) => {
    const problem = refusal('test', '--server', 'srv', ...args);
    expect(problem.exit).toBe(2);
    expect(problem.message).toMatch(/process list/);
    expect(problem.cure).toMatch(/PSDECK_PASSWORD/);
  });

  test.each([
    [['dance'], /no command "dance"/],
    [['--server', 'srv'], /command comes first/],
    [['invoke', '--script', '1'], /--server is missing/],
    [['invoke', '-s', 'srv'], /one of --script, --file and --command/],
    [['invoke', '-s', 'srv', '--script', '1', '--file', 'x'], /only one/],
    [
      ['invoke', '-s', 'srv', '--script', '1', '--format', 'xml'],
      /--format is one of table, json, clixml, csv/,
    ],
    [['invoke', '-s', 'srv', '--script', '1', '--param', '=x'], /neither/],
    [['invoke', '-s', 'srv', '--file', '-', '--input'], /takes all of stdin/],
    [['invoke', '-s', 'srv', '--script', '1', 'stray'], /"stray" stands alone/],
    [['test', '-s', 'https://srv'], /a name or an address/],
    [['test', '-s', 'srv', '--port', '70000'], /from 1 to 65535/],
    [['test', '-s', 'srv', '--port', '0x10'], /from 1 to 65535/],
    [['test', '-s', 'srv', '--http', '--https'], /exclude each other/],
    [
      ['test', '-s', 'srv', '--auth', 'digest'],
      /one of negotiate, kerberos, ntlm, basic, credssp, certificate/,
    ],
    [['test', '-s', 'srv', '--auth', 'certificate'], /needs --cert FILE/],
    [['test', '-s', 'srv', '--keytab', 'ada.keytab'], /needs --user/],
    [['test', '-s', 'srv', '--cert', 'ada.pfx'], /goes with --auth certificate/],
    [['test', '-s', 'srv', '--http', '--auth', 'certificate', '--cert', 'ada.pfx'], /over HTTPS only/],
    [['test', '-s', 'srv', '--spn', 'HTTP/z002@CORP'], /SERVICE\/HOST/],
    [['test', '-s', 'srv', '--proxy', 'proxy.example'], /HOST:PORT/],
    [['test', '-s', 'srv', '--proxy', 'ada:secret@proxy.example:1'], /no password/],
    [['test', '-s', 'srv', '--fingerprint', 'AA:BB'], /SHA-256/],
    [['test', '-s', 'srv', '--nonsense'], /--nonsense/],
    [['winrs', '-s', 'srv'], /needs a command/],
    [['convert'], /--to is missing/],
    [['convert', '--to', 'json', '--server', 'srv'], /--server/],
  ])('%j is wrong usage', (args, message) => {
    const problem = refusal(...args);
    expect(problem.message).toMatch(message);
    expect(problem.exit).toBe(2);
  });

  test('a password in the address of a proxy does not show', () => {
    const { message, cure } = refusal('test', '-s', 'srv', '--proxy', 'http://ada:hunter2@proxy:1');
    expect(`${message}${cure ?? ''}`).not.toContain('hunter2');
  });

  test('a principal is a service and a host, or the host alone', () => {
    const spn = (text: string) => parse('test', '-s', 'srv', '--spn', text);
    expect(spn('alias.corp.example')).toMatchObject({ server: { spn: { host: 'alias.corp.example' } } });
    expect(parse('test', '-s', 'srv', '--proxy', 'system')).toMatchObject({ server: { proxy: 'system' } });
    expect(parse('test', '-s', 'srv', '--proxy', '[::1]:3128')).toMatchObject({
      server: { proxy: '[::1]:3128' },
    });
  });

  test('help and version', () => {
    expect(parse()).toEqual({ kind: 'help', command: undefined });
    expect(parse('help', 'enter')).toEqual({ kind: 'help', command: 'enter' });
    expect(parse('invoke', '--help')).toEqual({ kind: 'help', command: 'invoke' });
    expect(parse('--version')).toEqual({ kind: 'version' });
  });

  test.each(COMMANDS)('the help of %s names its options', (command) => {
    const text = helpText(command);
    expect(text).toMatch(new RegExp(`^Usage: psdeck ${command} `));
    if (command !== 'convert') {
      for (const option of ['--fingerprint', ...SIGN_IN_OPTIONS]) expect(text).toContain(option);
    }
    expect(helpText(undefined)).toContain(`  ${command} `);
  });
});
