/** Every recorded WSMan exchange through our client codecs: our requests mean what the recorded ones mean, and answers hold what they hold. */
import { expect, test } from 'vitest';
import { readEnvelope, type Envelope, type RequestContext } from '../../electron/protocol/wsman/envelope.ts';
import { faultIn, WsmanFault } from '../../electron/protocol/wsman/faults.ts';
import { decodeRequest, type WsmanRequest } from '../../electron/protocol/wsman/requests.ts';
import { encodeCreateRequest, decodeCreateResponse } from '../../electron/protocol/wsman/create.ts';
import { encodeCommandRequest, decodeCommandResponse } from '../../electron/protocol/wsman/command.ts';
import { encodeSendRequest } from '../../electron/protocol/wsman/send.ts';
import { encodeReceiveRequest, decodeReceiveResponse } from '../../electron/protocol/wsman/receive.ts';
import { encodeSignalRequest } from '../../electron/protocol/wsman/signal.ts';
import { encodeDeleteRequest } from '../../electron/protocol/wsman/delete.ts';
import { encodeDisconnectRequest } from '../../electron/protocol/wsman/disconnect.ts';
import { encodeReconnectRequest } from '../../electron/protocol/wsman/reconnect.ts';
import { encodeConnectRequest, decodeConnectResponse } from '../../electron/protocol/wsman/connect.ts';
import {
  decodeEnumerateResponse,
  encodeEnumerateRequest,
  encodePullRequest,
} from '../../electron/protocol/wsman/enumerate.ts';
import {
  decodeGetConfigResponse,
  decodeGetShellResponse,
  encodeGetRequest,
} from '../../electron/protocol/wsman/get.ts';
import { encodeIdentifyRequest } from '../../electron/protocol/wsman/identify.ts';
import { bareId } from '../../electron/protocol/wsman/faults.ts';
import { loadRecordings, type RecordedExchange } from './wsman-recordings.ts';
import { meaning } from './wsman-meaning.ts';

function encode(decoded: WsmanRequest, context: RequestContext): string {
  switch (decoded.kind) {
    case 'create':
      return encodeCreateRequest(context, decoded.request);
    case 'command':
      return encodeCommandRequest(context, decoded.request);
    case 'send':
      return encodeSendRequest(context, decoded.request);
    case 'receive':
      return encodeReceiveRequest(context, decoded.request);
    case 'signal':
      return encodeSignalRequest(context, decoded.request);
    case 'delete':
      return encodeDeleteRequest(context, decoded.request);
    case 'disconnect':
      return encodeDisconnectRequest(context, decoded.request);
    case 'reconnect':
      return encodeReconnectRequest(context, decoded.request);
    case 'connect':
      return encodeConnectRequest(context, decoded.request);
    case 'enumerate':
      return encodeEnumerateRequest(context, decoded.request);
    case 'pull':
      return encodePullRequest(context, decoded.request);
    case 'get':
      return encodeGetRequest(context, decoded.request);
    case 'identify':
      return encodeIdentifyRequest();
    case 'put':
      throw new Error('No recording has a Put; test/unit/protocol/wsman/put.test.ts holds it against the specification.');
    case 'unknown':
      throw new Error(`No recorded request should be unknown: ${decoded.action ?? 'no action'}`);
  }
}

function contextOf({ header }: Envelope): RequestContext {
  return {
    to: header.to ?? '',
    messageId: bareId(header.messageId ?? ''),
    sessionId: bareId(header.sessionId ?? '00000000-0000-0000-0000-000000000000'),
    maxEnvelopeSize: header.maxEnvelopeSize ?? 0,
    operationTimeoutMs: header.operationTimeoutMs ?? 0,
    ...(header.locale === undefined ? {} : { locale: header.locale }),
  };
}

/** Base64 of all streams and XML payloads of a body, in order, found without our decoders. */
function payloads(body: string): string[] {
  const pattern = /<(?:\w+:)?(?:Stream|creationXml|connectXml|connectResponseXml)\b[^>]*?(?:\/>|>([^<]*)<)/g;
  return [...body.matchAll(pattern)].map((m) => m[1] ?? '');
}

const recordings = loadRecordings();

test('the recordings are there', () => {
  expect(recordings.length).toBe(58);
  expect(recordings.flatMap((r) => r.exchanges).length).toBe(751);
});

function bodies(
  direction: RecordedExchange['direction'],
): [string, (RecordedExchange & { body: string })[]][] {
  return recordings
    .map(({ id, exchanges }): [string, (RecordedExchange & { body: string })[]] => [
      id,
      exchanges.flatMap((e) =>
        e.direction === direction && e.body !== null ? [{ ...e, body: e.body }] : [],
      ),
    ])
    .filter(([, found]) => found.length > 0);
}

test.each(bodies('request'))('our requests mean what was recorded: %s', (_id, requests) => {
  for (const { body } of requests) {
    const recorded = readEnvelope(body);
    const ours = encode(decodeRequest(recorded), contextOf(recorded));
    expect(meaning(ours)).toEqual(meaning(body));
  }
});

test.each(bodies('response'))('responses hold what was recorded: %s', (_id, responses) => {
  for (const exchange of responses) {
    const envelope = readEnvelope(exchange.body);
    const kind = exchange.action?.trim().split('/').at(-1);
    const fault = faultIn(envelope, exchange.status ?? undefined);
    expect(fault !== undefined).toBe(kind === 'fault');
    if (kind === 'fault') {
      expect(fault).toBeInstanceOf(WsmanFault);
      expect(fault?.code).toBe(
        exchange.wsmanFaultCode === undefined ? undefined : Number(exchange.wsmanFaultCode),
      );
      expect(fault?.subcode).toBe(/<[\w-]+:Subcode>\s*<[\w-]+:Value>\s*\w+:(\w+)/.exec(exchange.body)?.[1]);
      continue;
    }
    const attribute = (name: string): string | undefined =>
      new RegExp(`<(?:\\w+:)?${name}\\b[^>]*>([^<]*)<`).exec(exchange.body)?.[1];
    switch (kind) {
      case 'CreateResponse': {
        const created = decodeCreateResponse(envelope);
        expect(created.shellId).toBe(/Name=["']ShellId["']>([^<]+)</.exec(exchange.body)?.[1]);
        expect(created.shell?.owner).toBe(attribute('Owner'));
        expect(created.shell?.state).toBe(attribute('State'));
        break;
      }
      case 'CommandResponse':
        expect(decodeCommandResponse(envelope).commandId).toBe(attribute('CommandId'));
        break;
      case 'ReceiveResponse': {
        const received = decodeReceiveResponse(envelope);
        expect(received.streams.map((s) => Buffer.from(s.data).toString('base64'))).toEqual(
          payloads(exchange.body),
        );
        const state = /CommandState\/(\w+)/.exec(exchange.body)?.[1];
        expect(received.commandState?.state).toBe(state);
        expect(received.commandState?.exitCode?.toString()).toBe(attribute('ExitCode'));
        break;
      }
      case 'ConnectResponse': {
        const connected = decodeConnectResponse(envelope);
        expect([Buffer.from(connected.connectResponseXml ?? []).toString('base64')]).toEqual(
          payloads(exchange.body),
        );
        break;
      }
      case 'EnumerateResponse': {
        const items = decodeEnumerateResponse(envelope);
        const ids = [...exchange.body.matchAll(/<rsp:ShellId>([^<]+)</g)].map((m) => m[1]);
        expect(items.shells.map((s) => s.shellId)).toEqual(ids);
        expect(items.endOfSequence).toBe(true);
        break;
      }
      case 'GetResponse':
        if (exchange.body.includes('cfg:Config')) {
          const config = decodeGetConfigResponse(envelope);
          expect(config.maxEnvelopeSizeKb?.toString()).toBe(attribute('MaxEnvelopeSizekb'));
          expect(config.maxTimeoutMs?.toString()).toBe(attribute('MaxTimeoutms'));
        } else {
          expect(decodeGetShellResponse(envelope).shellId).toBe(attribute('ShellId'));
          expect(decodeGetShellResponse(envelope).memoryUsed).toBe(attribute('MemoryUsed'));
        }
        break;
      default:
        expect([
          'SendResponse',
          'SignalResponse',
          'DeleteResponse',
          'DisconnectResponse',
          'ReconnectResponse',
        ]).toContain(kind);
        expect(payloads(exchange.body)).toEqual([]);
    }
  }
});
