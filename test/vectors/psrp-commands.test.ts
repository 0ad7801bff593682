/** What a recorded Windows server told of its commands, as we read it. */
import { expect, test } from 'vitest';
import { deserialize } from '../../electron/protocol/clixml/deserialize.ts';
import { decodeCommandMetadata, decodeCommandMetadataCount } from '../../electron/protocol/psrp/command-metadata.ts';
import { readSession } from './psrp-vectors.ts';

test('the commands of a recorded server, with their parameters', () => {
  const { messages } = readSession('wsman-psrp_get_command_metadata.json');
  const outputs = messages.filter(({ messageTypeName, sender }) => sender === 'server' && messageTypeName === 'PIPELINE_OUTPUT');
  const [count, ...commands] = outputs.map(({ data }) => deserialize(data ?? ''));
  expect(decodeCommandMetadataCount(count ?? null)).toBe(3);
  const [session, file, option] = commands.slice(0, 3).map((value) => decodeCommandMetadata(value));
  expect(session).toMatchObject({
    name: 'New-PSSession',
    kind: 'Cmdlet',
    module: 'Microsoft.PowerShell.Core',
    helpUri: 'https://go.microsoft.com/fwlink/?LinkID=135237',
    resolvedName: undefined,
    outputTypes: ['System.Management.Automation.Runspaces.PSSession'],
  });
  const parameter = (name: string) => session?.parameters.find((each) => each.name === name);
  expect(parameter('ComputerName')).toEqual({
    name: 'ComputerName',
    type: 'System.String[]',
    aliases: ['Cn'],
    isSwitch: false,
    isDynamic: false,
  });
  expect(parameter('EnableNetworkAccess')).toMatchObject({ isSwitch: true });
  // As many as the recording has keys.
  const keys = (outputs[1]?.data ?? '').match(/N="Key">[^<]+<\/S><Obj N="Value"/g) ?? [];
  expect(session?.parameters.map(({ name }) => name)).toEqual(keys.map((key) => /N="Key">([^<]+)</.exec(key)?.[1]));
  expect(file).toMatchObject({ name: 'New-PSSessionConfigurationFile', outputTypes: [] });
  expect(option?.name).toBe('New-PSSessionOption');
});

test.each([null, 'text', 1])('what is no command is refused: %s', (value) => {
  expect(() => decodeCommandMetadata(value)).toThrow(expect.objectContaining({ code: 'psrp.data.not-an-object' }));
  expect(() => decodeCommandMetadataCount(value)).toThrow(expect.objectContaining({ code: 'psrp.data.not-an-object' }));
});
