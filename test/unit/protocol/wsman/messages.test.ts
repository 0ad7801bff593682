import { describe, expect, test } from 'vitest';
import { ProtocolError, UsageError } from '../../../../electron/protocol/errors.ts';
import { encodeCommandRequest, encodePipelineRequest } from '../../../../electron/protocol/wsman/command.ts';
import { decodeConnectResponse, encodeConnectResponse } from '../../../../electron/protocol/wsman/connect.ts';
import { decodeCreateResponse, encodeCreateRequest } from '../../../../electron/protocol/wsman/create.ts';
import {
  decodeDisconnectRequest,
  encodeDisconnectRequest,
  encodeDisconnectResponse,
} from '../../../../electron/protocol/wsman/disconnect.ts';
import { decodePullResponse, encodePullResponse } from '../../../../electron/protocol/wsman/enumerate.ts';
import {
  optionValue,
  readEnvelope,
  selectorValue,
  type RequestContext,
} from '../../../../electron/protocol/wsman/envelope.ts';
import {
  decodeIdentifyResponse,
  encodeIdentifyRequest,
  stackVersion,
} from '../../../../electron/protocol/wsman/identify.ts';
import { RESOURCE } from '../../../../electron/protocol/wsman/names.ts';
import { decodeReceiveResponse } from '../../../../electron/protocol/wsman/receive.ts';
import { encodeReconnectResponse } from '../../../../electron/protocol/wsman/reconnect.ts';
import { loadRecordings } from '../../../vectors/wsman-recordings.ts';
import { meaning } from '../../../vectors/wsman-meaning.ts';
import { decodeRequest } from '../../../../electron/protocol/wsman/requests.ts';
import { encodeSendRequest } from '../../../../electron/protocol/wsman/send.ts';
import { payloadCapacity } from '../../../../electron/protocol/wsman/size.ts';

const context: RequestContext = {
  to: 'https://z002.corp.example:5986/wsman',
  messageId: '5ED4B621-4727-4C0B-BEFF-B716D064A64B',
  sessionId: '239B2148-D2B8-4AC9-BD9A-97492F00F486',
  maxEnvelopeSize: 153600,
  operationTimeoutMs: 20_000,
};
const SHELL = '908EA449-5553-4150-8A78-020057C8772A';

describe('headers', () => {
  test('are found under any prefix, in any order, with or without a prefix on mustUnderstand', () => {
    const { header } = readEnvelope(`<?xml version="1.0" encoding="utf-8"?>
      <q:Envelope xmlns:q="http://www.w3.org/2003/05/soap-envelope" xmlns="http://schemas.xmlsoap.org/ws/2004/08/addressing">
        <q:Header>
          <Unknown xmlns="urn:x" mustUnderstand="1"/>
          <Other xmlns="urn:x" q:mustUnderstand="true"/>
          <Harmless xmlns="urn:x"/>
          <o:OptionSet xmlns:o="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><o:Option Name="WinRS_CodePage" MustComply="1">65001</o:Option></o:OptionSet>
          <o:SelectorSet xmlns:o="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><o:Selector Name="shellid"> ${SHELL} </o:Selector></o:SelectorSet>
          <MessageID> uuid:1 </MessageID>
          <Action>urn:do</Action>
        </q:Header>
        <q:Body/>
      </q:Envelope>`);
    expect(header).toMatchObject({
      action: 'urn:do',
      messageId: 'uuid:1',
      notUnderstood: ['Unknown', 'Other'],
    });
    expect(optionValue(header, 'WINRS_CODEPAGE')).toBe('65001');
    expect(header.options[0]?.mustComply).toBe(true);
    expect(selectorValue(header, 'ShellId')).toBe(SHELL);
  });

  test.each([
    ['not XML', 'PSDeck'],
    ['HTML', '<html><body/></html>'],
    ['SOAP 1.1', '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'],
    ['no body', '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/></e:Envelope>'],
    [
      'a DTD',
      '<!DOCTYPE x [<!ENTITY a "b">]><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>',
    ],
  ])('refuses %s', (_what, text) => {
    expect(() => readEnvelope(text)).toThrow(ProtocolError);
  });

  test('of a request leave out nothing a server wants to understand', () => {
    const { header } = readEnvelope(
      encodePipelineRequest(context, {
        resourceUri: 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell',
        shellId: SHELL,
        commandId: '17F850F9-52AA-477F-B6EE-868C72E7AB70',
        data: Uint8Array.of(1, 2, 3),
      }),
    );
    expect(header).toMatchObject({
      to: context.to,
      messageId: `uuid:${context.messageId}`,
      sessionId: `uuid:${context.sessionId}`,
      replyTo: 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous',
      maxEnvelopeSize: 153600,
      operationTimeoutMs: 20_000,
      locale: 'en-US',
      notUnderstood: [],
    });
  });
});

test('what XML cannot carry is our own mistake', () => {
  const request = { resourceUri: RESOURCE.cmd, shellId: SHELL, arguments: [] };
  expect(() => encodeCommandRequest(context, { ...request, command: 'echo \0' })).toThrow(UsageError);
  expect(() => encodeCommandRequest(context, { ...request, command: '\ud800' })).toThrow(UsageError);
});

const answer = (content: string): string =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Body>${content}</s:Body></s:Envelope>`;

describe('values from a peer', () => {
  test.each(['!', 'AAA', 'AAAA=', 'A===', '====', 'AA-_'])('base64 %j is refused', (text) => {
    const body = answer(
      `<rsp:ReceiveResponse><rsp:Stream Name="stdout">${text}</rsp:Stream></rsp:ReceiveResponse>`,
    );
    expect(() => decodeReceiveResponse(readEnvelope(body))).toThrow(ProtocolError);
  });

  test('base64 over several lines is read', () => {
    const body = answer(
      '<rsp:ReceiveResponse><rsp:Stream Name="stdout">VGhl\r\n IGVu\n\tZA==\n</rsp:Stream></rsp:ReceiveResponse>',
    );
    const [stream] = decodeReceiveResponse(readEnvelope(body)).streams;
    expect(Buffer.from(stream?.data ?? []).toString()).toBe('The end');
  });

  test('a shell without an id is refused', () => {
    const body = answer('<x:ResourceCreated xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"/>');
    expect(() => decodeCreateResponse(readEnvelope(body))).toThrow(ProtocolError);
  });

  test('an exit code as Windows writes it for a crash is a signed number', () => {
    const body = answer(
      '<rsp:ReceiveResponse><rsp:CommandState CommandId="A" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done"><rsp:ExitCode>-1073741510</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>',
    );
    expect(decodeReceiveResponse(readEnvelope(body)).commandState).toEqual({
      commandId: 'A',
      state: 'Done',
      exitCode: -1073741510,
    });
  });
});

test('Disconnect carries how long and how', () => {
  const request = {
    resourceUri: 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell',
    shellId: SHELL,
    idleTimeoutMs: 60_000,
    bufferMode: 'Drop',
  } as const;
  const text = encodeDisconnectRequest(context, request);
  expect(text).toContain('<rsp:IdleTimeOut>PT60S</rsp:IdleTimeOut><rsp:BufferMode>Drop</rsp:BufferMode>');
  expect(decodeDisconnectRequest(readEnvelope(text))).toEqual(request);
});

test('answers to Connect, Disconnect and Reconnect mean what the recorded ones mean', () => {
  const recording = loadRecordings().find((r) => r.id === 'pypsrp-psrp_disconnect_runspaces');
  const of = (name: string): string =>
    recording?.exchanges.find((e) => e.action?.endsWith(`/${name}`))?.body ?? '';
  const reply = { messageId: context.messageId, relatesTo: `uuid:${context.messageId}` };
  const theirs = decodeConnectResponse(readEnvelope(of('ConnectResponse')));
  expect(theirs.connectResponseXml?.byteLength).toBe(375);
  const pairs = [
    [encodeConnectResponse(reply, theirs), of('ConnectResponse')],
    [encodeDisconnectResponse(reply), of('DisconnectResponse')],
    [encodeReconnectResponse(reply), of('ReconnectResponse')],
  ] as const;
  for (const [ours, recorded] of pairs) {
    expect(meaning(ours).body).toEqual(meaning(recorded).body);
    expect(readEnvelope(ours).header.action).toBe(readEnvelope(recorded).header.action);
  }
});

test('Pull has its items in the namespace of WS-Enumeration', () => {
  const text = encodePullResponse(
    { messageId: context.messageId },
    { context: '', shells: [], commands: [{ commandId: 'C', shellId: SHELL }], endOfSequence: true },
  );
  expect(text).toContain('<n:Items><rsp:Command>');
  expect(decodePullResponse(readEnvelope(text))).toMatchObject({
    commands: [{ commandId: 'C' }],
    endOfSequence: true,
  });
});

describe('Identify', () => {
  test('has no addressing headers (DSP0226 11)', () => {
    const envelope = readEnvelope(encodeIdentifyRequest());
    expect(decodeRequest(envelope)).toEqual({ kind: 'identify' });
    expect(envelope.header.action).toBeUndefined();
  });

  test('of Windows Server 2022, as it is published', () => {
    const identity = decodeIdentifyResponse(
      readEnvelope(
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><wsmid:IdentifyResponse><wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor><wsmid:ProductVersion>OS: 10.0.20348 SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>',
      ),
    );
    expect(identity.productVendor).toBe('Microsoft Corporation');
    expect(stackVersion(identity.productVersion)).toBe(3);
    expect(stackVersion('OS: 0.0.0 SP: 0.0 Stack:1.0')).toBe(1);
    expect(stackVersion(undefined)).toBeUndefined();
  });
});

function send(data: Uint8Array): string {
  return encodeSendRequest(context, {
    resourceUri: 'http://schemas.microsoft.com/powershell/Größe',
    shellId: SHELL,
    streams: [{ name: 'stdin', commandId: SHELL, data }],
  });
}

describe('sizes', () => {
  test.each([153_600, 512_000, 9_000])(
    'a full payload fits into %i bytes, and little is left over',
    (max) => {
      const room = payloadCapacity(max, send(new Uint8Array()));
      const size = Buffer.byteLength(send(new Uint8Array(room)));
      expect(size).toBeLessThanOrEqual(max);
      expect(size).toBeGreaterThan(max - 300);
    },
  );

  test('nothing fits where the skeleton is too large already', () => {
    expect(payloadCapacity(100, 'x'.repeat(100))).toBe(0);
  });

  test('the skeleton of Create counts its options and names', () => {
    const skeleton = encodeCreateRequest(context, {
      resourceUri: 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell',
      shellId: SHELL,
      name: 'a <name> & more',
      inputStreams: ['stdin', 'pr'],
      outputStreams: ['stdout'],
      creationXml: new Uint8Array(),
      protocolVersion: '2.3',
    });
    expect(skeleton).toContain('a &lt;name&gt; &amp; more');
    expect(skeleton).toContain('Name="protocolversion" MustComply="true"');
  });
});
