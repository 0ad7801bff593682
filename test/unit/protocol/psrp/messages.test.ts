/** What each message's fields are called and mean, from messages as the specification and .NET write them. */
import { expect, test } from 'vitest';
import { PsObject, PsPrimitive } from '../../../../electron/protocol/clixml/value.ts';
import { CODECS, decodeBody } from '../../../../electron/protocol/psrp/codecs.ts';
import type { MessageBodies } from '../../../../electron/protocol/psrp/codecs.ts';
import { applicationArguments } from '../../../../electron/protocol/psrp/application-arguments.ts';
import { errorRecord } from '../../../../electron/protocol/psrp/error-record.ts';
import { interactiveHost } from '../../../../electron/protocol/psrp/host-info.ts';
import { informationalRecord } from '../../../../electron/protocol/psrp/informational-record.ts';
import { decodeMessage } from '../../../../electron/protocol/psrp/message.ts';
import type { MessageName } from '../../../../electron/protocol/psrp/message.ts';
import { meaningOf } from '../../../vectors/psrp-meaning.ts';
import { readSession } from '../../../vectors/psrp-vectors.ts';
import { capability, hostCall, pipelineState, poolState, rawMessage } from './endpoint.ts';

const ms = (inner: string): string => `<Obj RefId="0"><MS>${inner}</MS></Obj>`;
const enumeration = (name: string, value: number): string =>
  `<Obj RefId="1" N="${name}"><ToString>x</ToString><I32>${value}</I32></Obj>`;
const NO_HOST =
  '<Obj RefId="9" N="HostInfo"><MS><B N="_isHostNull">true</B><B N="_isHostUINull">true</B><B N="_isHostRawUINull">true</B><B N="_useRunspaceHost">false</B></MS></Obj>';
const ERROR = `<Obj RefId="3" N="ExceptionAsErrorRecord"><ToString>shown</ToString><MS><Obj N="Exception" RefId="4"><TN RefId="0"><T>Deserialized.System.IO.IOException</T><T>System.Exception</T></TN><Props><S N="Message">inner</S></Props></Obj><Nil N="TargetObject" /><S N="FullyQualifiedErrorId">id</S><I32 N="ErrorCategory_Category">13</I32><S N="ErrorCategory_Activity">act</S><S N="ErrorCategory_Reason">why</S><S N="ErrorCategory_TargetName">tn</S><S N="ErrorCategory_TargetType">tt</S><S N="ErrorCategory_Message">cm</S><S N="ErrorDetails_RecommendedAction">do</S><S N="ErrorDetails_ScriptStackTrace">at x</S></MS></Obj>`;
const error = {
  message: 'inner',
  exceptionType: 'System.IO.IOException',
  fullyQualifiedErrorId: 'id',
  category: {
    name: 'ObjectNotFound',
    activity: 'act',
    reason: 'why',
    targetName: 'tn',
    targetType: 'tt',
    message: 'cm',
  },
  recommendedAction: 'do',
  scriptStackTrace: 'at x',
};
const informational = ms(
  '<S N="InformationalRecord_Message">m</S><B N="InformationalRecord_SerializeInvocationInfo">true</B>',
);
const time = '<DT N="T">2024-01-02T03:04:05Z</DT>';
/** .NET counts 100 ns from the year 1, which is this much before 1970. */
const ticks = BigInt(Date.UTC(2024, 0, 2, 3, 4, 5)) * 10_000n + 621_355_968_000_000_000n;

const CASES: { readonly [N in MessageName]: [string, unknown] } = {
  SESSION_CAPABILITY: [
    capability('2.3').replace('</MS>', '<BA N="TimeZone">AAEC</BA></MS>'),
    {
      protocolVersion: '2.3',
      psVersion: '2.0',
      serializationVersion: '1.1.0.1',
      timeZone: Uint8Array.of(0, 1, 2),
    },
  ],
  INIT_RUNSPACEPOOL: [
    ms(
      `<I32 N="MinRunspaces">2</I32><I32 N="MaxRunspaces">5</I32>${enumeration('PSThreadOptions', 2)}${enumeration('ApartmentState', 1)}${NO_HOST}<Nil N="ApplicationArguments" />`,
    ),
    { minRunspaces: 2, maxRunspaces: 5, threadOptions: 'ReuseThread', apartmentState: 'MTA' },
  ],
  PUBLIC_KEY: [ms('<S N="PublicKey">a</S>'), { publicKey: 'a' }],
  ENCRYPTED_SESSION_KEY: [ms('<S N="EncryptedSessionKey">b</S>'), { encryptedSessionKey: 'b' }],
  PUBLIC_KEY_REQUEST: ['<S />', {}],
  CONNECT_RUNSPACEPOOL: [
    ms('<I32 N="MinRunspaces">2</I32><I32 N="MaxRunspaces">5</I32>'),
    { minRunspaces: 2, maxRunspaces: 5 },
  ],
  SET_MAX_RUNSPACES: [
    ms('<I32 N="MaxRunspaces">5</I32><I64 N="ci">1</I64>'),
    { maxRunspaces: 5, callId: 1n },
  ],
  SET_MIN_RUNSPACES: [
    ms('<I32 N="MinRunspaces">2</I32><I64 N="CI">1</I64>'),
    { minRunspaces: 2, callId: 1n },
  ],
  RUNSPACE_AVAILABILITY: [
    ms('<I64 N="SetMinMaxRunspacesResponse">4</I64><I64 N="ci">9</I64>'),
    { callId: 9n, response: 4n },
  ],
  RUNSPACEPOOL_STATE: [poolState(5).replace('</MS>', `${ERROR}</MS>`), { state: 'Broken', error }],
  CREATE_PIPELINE: [
    ms(
      `<Obj RefId="20" N="PowerShell"><MS><Obj RefId="21" N="Cmds"><LST><Obj RefId="22"><MS><S N="Cmd">Get-X</S><B N="IsScript">false</B><B N="UseLocalScope">true</B>${enumeration('MergeMyResult', 2)}${enumeration('MergeToResult', 1)}${enumeration('MergeError', 8)}<Obj RefId="23" N="Args"><LST><Obj RefId="24"><MS><S N="N">Name</S><I32 N="V">3</I32></MS></Obj><Obj RefId="25"><MS><Nil N="N" /><S N="V">pos</S></MS></Obj></LST></Obj></MS></Obj></LST></Obj><B N="IsNested">true</B><S N="History">h</S><B N="RedirectShellErrorOutputPipe">false</B></MS></Obj><B N="NoInput">false</B>${enumeration('ApartmentState', 0)}${enumeration('RemoteStreamOptions', 3)}<B N="AddToHistory">true</B>${NO_HOST}`,
    ),
    {
      commands: [
        {
          text: 'Get-X',
          isScript: false,
          useLocalScope: true,
          arguments: [
            { name: 'Name', value: 3 },
            { name: undefined, value: 'pos' },
          ],
          merge: { myResult: 'Error', toResult: 'Output', error: 'Null' },
        },
      ],
      isNested: true,
      history: 'h',
      redirectShellErrorOutputPipe: false,
      noInput: false,
      apartmentState: 'STA',
      remoteStreamOptions: 3,
      addToHistory: true,
      hostInfo: { isHostNull: true, isHostUINull: true, isHostRawUINull: true, useRunspaceHost: false },
    },
  ],
  GET_AVAILABLE_RUNSPACES: [ms('<I64 N="ci">7</I64>'), { callId: 7n }],
  USER_EVENT: [
    ms(
      `<I32 N="PSEventArgs.EventIdentifier">3</I32><S N="PSEventArgs.SourceIdentifier">src</S>${time.replace('"T"', '"PSEventArgs.TimeGenerated"')}<S N="PSEventArgs.Sender">who</S><Obj RefId="1" N="PSEventArgs.SourceArgs"><LST><I32>1</I32></LST></Obj><S N="PSEventArgs.MessageData">data</S><S N="PSEventArgs.ComputerName">pc</S><G N="PSEventArgs.RunspaceId">0A1B2C3D-4e5f-6071-8293-a4b5c6d7e8f9</G>`,
    ),
    {
      eventId: 3,
      sourceId: 'src',
      time: { ticks, kind: 'Utc' },
      sender: 'who',
      arguments: [1],
      messageData: 'data',
      computerName: 'pc',
      runspaceId: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
    },
  ],
  APPLICATION_PRIVATE_DATA: [ms('<Nil N="ApplicationPrivateData" />'), { data: undefined }],
  GET_COMMAND_METADATA: [
    ms(
      `<Obj RefId="2" N="Name"><LST><S>a*</S><S>b</S></LST></Obj>${enumeration('CommandType', 8)}<Obj RefId="4" N="Namespace"><LST><S>m</S></LST></Obj><Obj RefId="5" N="ArgumentList"><LST><I32>1</I32></LST></Obj>`,
    ),
    { names: ['a*', 'b'], commandTypes: 8, namespaces: ['m'], argumentList: [1] },
  ],
  RUNSPACEPOOL_INIT_DATA: [
    ms('<I32 N="MinRunspaces">2</I32><I32 N="MaxRunspaces">5</I32>'),
    { minRunspaces: 2, maxRunspaces: 5 },
  ],
  RESET_RUNSPACE_STATE: [ms('<I64 N="ci">8</I64>'), { callId: 8n }],
  RUNSPACEPOOL_HOST_CALL: [
    hostCall(4, 16, '<S>l</S>'),
    { callId: 4n, methodId: 16, methodName: 'x', parameters: ['l'] },
  ],
  RUNSPACEPOOL_HOST_RESPONSE: [
    ms(`<I64 N="ci">4</I64>${enumeration('mi', 11)}<S N="mr">typed</S>`),
    { callId: 4n, methodId: 11, methodName: 'x', result: 'typed' },
  ],
  PIPELINE_INPUT: ['<I64>5</I64>', { value: 5n }],
  END_OF_PIPELINE_INPUT: ['', {}],
  PIPELINE_OUTPUT: ['', { value: null }],
  ERROR_RECORD: [ERROR.replace(' N="ExceptionAsErrorRecord"', ''), error],
  PIPELINE_STATE: [pipelineState(5).replace('</MS>', `${ERROR}</MS>`), { state: 'Failed', error }],
  DEBUG_RECORD: [informational, { message: 'm', hasInvocationInfo: true }],
  VERBOSE_RECORD: [informational, { message: 'm', hasInvocationInfo: true }],
  WARNING_RECORD: [informational, { message: 'm', hasInvocationInfo: true }],
  PROGRESS_RECORD: [
    ms(
      `<S N="Activity">a</S><I32 N="ActivityId">1</I32><S N="StatusDescription">s</S><S N="CurrentOperation">c</S><I32 N="ParentActivityId">2</I32><I32 N="PercentComplete">30</I32>${enumeration('Type', 1)}<I32 N="SecondsRemaining">4</I32>`,
    ),
    {
      activity: 'a',
      activityId: 1,
      statusDescription: 's',
      currentOperation: 'c',
      parentActivityId: 2,
      percentComplete: 30,
      type: 'Completed',
      secondsRemaining: 4,
    },
  ],
  INFORMATION_RECORD: [
    ms(
      `<S N="MessageData">i</S><S N="Source">so</S>${time.replace('"T"', '"TimeGenerated"')}<Obj RefId="1" N="Tags"><LST><S>PSHOST</S></LST></Obj><S N="User">u</S><S N="Computer">pc</S><U32 N="ProcessId">12</U32>`,
    ),
    {
      messageData: 'i',
      source: 'so',
      time: { ticks, kind: 'Utc' },
      tags: ['PSHOST'],
      user: 'u',
      computer: 'pc',
      processId: 12,
    },
  ],
  PIPELINE_HOST_CALL: [hostCall(-100, 15), { callId: -100n, methodId: 15, methodName: 'x', parameters: [] }],
  PIPELINE_HOST_RESPONSE: [
    ms(`<I64 N="ci">4</I64>${enumeration('mi', 11)}${ERROR.replace('ExceptionAsErrorRecord', 'me')}`),
    { callId: 4n, methodId: 11, methodName: 'x', error },
  ],
};

test.each(Object.keys(CASES) as MessageName[])('%s', (name) => {
  const [data, expected] = CASES[name];
  expect(decodeBody(decodeMessage(rawMessage(name, data))).body).toMatchObject(expected as object);
});

test("the message of an error is its details' where the command gave some", () => {
  const data = ERROR.replace(' N="ExceptionAsErrorRecord"', '').replace(
    '<Nil N="TargetObject" />',
    '<S N="ErrorDetails_Message">better</S>',
  );
  expect(decodeBody(decodeMessage(rawMessage('ERROR_RECORD', data))).body).toMatchObject({
    message: 'better',
  });
});

test('several statements: ExtraCmds holds them all', () => {
  const body: MessageBodies['CREATE_PIPELINE'] = {
    commands: [{ text: 'a' }, { text: 'b', endOfStatement: true }, { text: 'c', isScript: true }],
  };
  const value = CODECS.CREATE_PIPELINE.encode(body, '2.4');
  const powerShell = value instanceof PsObject ? value.get('PowerShell') : undefined;
  if (!(powerShell instanceof PsObject)) throw new Error('no PowerShell');
  const texts = (list: unknown): unknown =>
    (list as PsObject).items?.map((command) => (command as PsObject).get('Cmd'));
  expect(texts(powerShell.get('Cmds'))).toEqual(['a', 'b']);
  const extra = (powerShell.get('ExtraCmds') as PsObject).items?.map((each) =>
    texts((each as PsObject).get('Cmds')),
  );
  expect(extra).toEqual([['a', 'b'], ['c']]);
  expect(CODECS.CREATE_PIPELINE.decode(value).commands.map((c) => [c.text, c.endOfStatement])).toEqual([
    ['a', undefined],
    ['b', true],
    ['c', undefined],
  ]);
});

test.each([
  ['2.1', ['mergemyresult', 'mergeprevious', 'mergetoresult']],
  [
    '2.2',
    [
      'mergedebug',
      'mergeerror',
      'mergemyresult',
      'mergeprevious',
      'mergetoresult',
      'mergeverbose',
      'mergewarning',
    ],
  ],
  [
    '2.3',
    [
      'mergedebug',
      'mergeerror',
      'mergeinformation',
      'mergemyresult',
      'mergeprevious',
      'mergetoresult',
      'mergeverbose',
      'mergewarning',
    ],
  ],
] as const)('merge instructions of protocol %s', (version, names) => {
  const text = JSON.stringify(
    meaningOf(CODECS.CREATE_PIPELINE.encode({ commands: [{ text: 'x' }] }, version)),
  );
  const found = [...text.matchAll(/"(merge\w+)"/g)].map(([, name]) =>
    name?.replace('previousresults', 'previous'),
  );
  expect(new Set(found)).toEqual(new Set(names));
});

test('flags are named as .NET names them', () => {
  const textOf = (options: number): unknown => {
    const value = CODECS.CREATE_PIPELINE.encode(
      { commands: [{ text: 'x' }], remoteStreamOptions: options },
      '2.4',
    );
    const flags = value instanceof PsObject ? value.get('RemoteStreamOptions') : undefined;
    return flags instanceof PsObject ? [flags.text, flags.base] : undefined;
  };
  expect(textOf(15)).toEqual(['AddInvocationInfo', 15]);
  expect(textOf(0)).toEqual(['0', 0]);
  expect(textOf(3)).toEqual(['AddInvocationInfoToErrorRecord, AddInvocationInfoToWarningRecord', 3]);
  expect(textOf(16)).toEqual(['16', 16]);
});

test('a host with everything says what the recorded one said', () => {
  // psrp/oop-host_input.json
  const init = readSession('oop-host_input.json').messages.find(
    (m) => m.messageTypeName === 'INIT_RUNSPACEPOOL',
  );
  const recorded = decodeBody(decodeMessage(Buffer.from(init?.rawHex ?? '', 'hex')));
  if (recorded.name !== 'INIT_RUNSPACEPOOL') throw new Error('another message');
  const host = interactiveHost({
    foregroundColor: 7,
    backgroundColor: 0,
    cursorPosition: { x: 1, y: 2 },
    windowPosition: { x: 0, y: 0 },
    cursorSize: 25,
    bufferSize: { width: 120, height: 3000 },
    windowSize: { width: 120, height: 50 },
    maxWindowSize: { width: 120, height: 60 },
    maxPhysicalWindowSize: { width: 200, height: 100 },
    windowTitle: 'vector host',
  });
  expect(recorded.body.hostInfo).toEqual(host);
  expect(
    meaningOf(
      applicationArguments({ psVersion: '7.6.9', os: 'Debian GNU/Linux 12 (bookworm)', platform: 'Unix' }),
    ),
  ).toEqual(meaningOf(recorded.body.applicationArguments));
});

test('records of our own read as what they are', () => {
  const made = errorRecord({
    message: 'no console',
    category: 'NotImplemented',
    fullyQualifiedErrorId: 'NoConsole',
    exceptionTypes: ['System.NotImplementedException'],
    targetObject: new PsPrimitive('By', 1),
  });
  expect(made).toMatchObject({
    message: 'no console',
    exceptionType: 'System.NotImplementedException',
    fullyQualifiedErrorId: 'NoConsole',
    category: { name: 'NotImplemented', reason: 'NotImplementedException' },
  });
  expect(made.raw.isOfType('System.Management.Automation.ErrorRecord')).toBe(true);
  const warning = informationalRecord('Warning', 'careful');
  expect(CODECS.WARNING_RECORD.decode(CODECS.WARNING_RECORD.encode(warning, '2.4'))).toEqual(warning);
  expect(warning.raw.isOfType('System.Management.Automation.WarningRecord')).toBe(true);
});
