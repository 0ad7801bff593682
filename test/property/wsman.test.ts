import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import {
  decodeCommandRequest,
  decodeCommandResponse,
  encodeCommandRequest,
} from '../../electron/protocol/wsman/command.ts';
import { decodeConnectResponse } from '../../electron/protocol/wsman/connect.ts';
import {
  decodeCreateRequest,
  decodeCreateResponse,
  encodeCreateRequest,
} from '../../electron/protocol/wsman/create.ts';
import { formatDuration, parseDuration } from '../../electron/protocol/wsman/duration.ts';
import { decodeEnumerateResponse, decodePullResponse } from '../../electron/protocol/wsman/enumerate.ts';
import { readEnvelope, type RequestContext } from '../../electron/protocol/wsman/envelope.ts';
import { encodeFault, faultIn, readAnswer, WsmanFault } from '../../electron/protocol/wsman/faults.ts';
import { decodeGetConfigResponse, decodeGetShellResponse } from '../../electron/protocol/wsman/get.ts';
import { decodePutConfigResponse } from '../../electron/protocol/wsman/put.ts';
import { decodeIdentifyResponse } from '../../electron/protocol/wsman/identify.ts';
import { ACTION } from '../../electron/protocol/wsman/names.ts';
import { decodeReceiveResponse, encodeReceiveResponse } from '../../electron/protocol/wsman/receive.ts';
import { decodeRequest } from '../../electron/protocol/wsman/requests.ts';
import { decodeSendRequest, encodeSendRequest } from '../../electron/protocol/wsman/send.ts';
import { payloadCapacity } from '../../electron/protocol/wsman/size.ts';
import { loadRecordings } from '../vectors/wsman-recordings.ts';

/** Text that XML can carry; line ends as a parser leaves them. */
const text = fc
  .string({ unit: 'binary' })
  // oxlint-disable-next-line no-control-regex -- what XML 1.0 forbids
  .map((s) => s.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, ''));
const name = text.map((s) => `n${s.trim()}`);
const guid = fc.uuid().map((s) => s.toUpperCase());
const bytes = fc.uint8Array({ maxLength: 2000 });

const context: fc.Arbitrary<RequestContext> = fc.record({
  to: fc.webUrl(),
  messageId: guid,
  sessionId: guid,
  maxEnvelopeSize: fc.integer({ min: 8192, max: 10_000_000 }),
  operationTimeoutMs: fc.integer({ min: 0, max: 2 ** 31 }),
  locale: fc.constantFrom('en-US', 'de-DE', 'zh-Hant-TW'),
});

describe('what is written is read', () => {
  test('Create', () => {
    const request = fc.record(
      {
        resourceUri: fc.constant('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd'),
        shellId: guid,
        name,
        inputStreams: fc.constant(['stdin', 'pr']),
        outputStreams: fc.constant(['stdout', 'stderr']),
        idleTimeoutMs: fc.nat(),
        lifetimeMs: fc.nat(),
        workingDirectory: name,
        environment: fc.array(fc.record({ name, value: text }), { minLength: 1, maxLength: 5 }),
        creationXml: bytes,
        protocolVersion: fc.constant('2.3'),
        noProfile: fc.boolean(),
        codePage: fc.nat(65001),
      },
      { requiredKeys: ['resourceUri', 'inputStreams', 'outputStreams'] },
    );
    fc.assert(
      fc.property(context, request, (c, r) => {
        const envelope = readEnvelope(encodeCreateRequest(c, r));
        const { creationXml, ...rest } = decodeCreateRequest(envelope);
        expect({ ...rest, ...(creationXml && { creationXml: new Uint8Array(creationXml) }) }).toEqual(r);
        expect(envelope.header).toMatchObject({
          to: c.to,
          maxEnvelopeSize: c.maxEnvelopeSize,
          operationTimeoutMs: c.operationTimeoutMs,
          locale: c.locale,
        });
      }),
    );
  });

  test('Command, with any text in command and arguments', () => {
    fc.assert(
      fc.property(
        context,
        guid,
        text,
        fc.array(text, { maxLength: 4 }),
        fc.boolean(),
        (c, shellId, command, args, skip) => {
          const request = { resourceUri: 'urn:r', shellId, command, arguments: args, skipCmdShell: skip };
          expect(decodeCommandRequest(readEnvelope(encodeCommandRequest(c, request)))).toEqual(request);
        },
      ),
    );
  });

  test('Send and Receive, with any bytes', () => {
    const chunk = fc.record({ name: fc.constantFrom('stdin', 'pr', 'stdout'), commandId: guid, data: bytes });
    fc.assert(
      fc.property(
        context,
        guid,
        fc.array(chunk, { maxLength: 5 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
        (c, id, streams, exitCode) => {
          const sent = decodeSendRequest(
            readEnvelope(encodeSendRequest(c, { resourceUri: 'urn:r', shellId: id, streams })),
          );
          expect(sent.streams.map((s) => ({ ...s, data: new Uint8Array(s.data) }))).toEqual(streams);
          const response = { streams, commandState: { commandId: id, state: 'Done', exitCode } } as const;
          const received = decodeReceiveResponse(
            readEnvelope(encodeReceiveResponse({ messageId: id }, response)),
          );
          expect(received.streams.map((s) => ({ ...s, data: new Uint8Array(s.data) }))).toEqual(streams);
          expect(received.commandState).toEqual(response.commandState);
        },
      ),
    );
  });

  test('a fault, with any text', () => {
    fc.assert(
      fc.property(
        guid,
        name,
        fc.nat(),
        fc.constantFrom('TimedOut', 'ActionNotSupported', 'CannotProcessFilter'),
        (id, message, code, subcode) => {
          const fault = faultIn(
            readEnvelope(
              encodeFault(
                { messageId: id },
                {
                  message,
                  code,
                  subcode,
                  role: 'Receiver',
                  providerFault: { provider: 'p', text: message, code: 5 },
                },
              ),
            ),
          );
          expect(fault).toMatchObject({
            message,
            code,
            subcode,
            role: 'Receiver',
            providerFault: { text: message, code: 5 },
          });
        },
      ),
    );
  });

  test('durations', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  test('a payload of the size that was reckoned never makes the envelope too large', () => {
    fc.assert(
      fc.property(context, guid, fc.integer({ min: 2048, max: 200_000 }), (c, id, max) => {
        const make = (data: Uint8Array): string =>
          encodeSendRequest(c, {
            resourceUri: 'urn:r',
            shellId: id,
            streams: [{ name: 'stdin', commandId: id, data }],
          });
        const room = payloadCapacity(max, make(new Uint8Array()));
        const size = room === 0 ? 0 : Buffer.byteLength(make(new Uint8Array(room)));
        expect(size).toBeLessThanOrEqual(max);
      }),
    );
  });
});

const DECODERS: readonly ((xml: string) => unknown)[] = [
  (xml) => decodeRequest(readEnvelope(xml)),
  (xml) => faultIn(readEnvelope(xml)),
  (xml) => readAnswer(xml, { action: ACTION.receive, messageId: 'x' }, 200),
  ...[
    decodeCreateResponse,
    decodeCommandResponse,
    decodeReceiveResponse,
    decodeConnectResponse,
    decodeEnumerateResponse,
    decodePullResponse,
    decodeGetConfigResponse,
    decodePutConfigResponse,
    decodeGetShellResponse,
    decodeIdentifyResponse,
  ].map((decode) => (xml: string) => decode(readEnvelope(xml))),
];

/** Invariant: any text is a message, a fault, or a ProtocolError; never another exception, and never without end. */
function outcome(xml: string): unknown {
  for (const decode of DECODERS) {
    try {
      decode(xml);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof WsmanFault)) return error;
    }
  }
  return undefined;
}

describe('any text is a message, a fault or a ProtocolError', () => {
  const bodies = loadRecordings()
    .flatMap((r) => r.exchanges)
    .flatMap((e) => (e.body !== null && e.body.length < 6000 ? [e.body] : []));

  test('text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (xml) => {
        expect(outcome(xml)).toBeUndefined();
      }),
    );
  });

  test('recordings cut short, with parts exchanged, repeated and replaced', () => {
    expect(bodies.length).toBeGreaterThan(300);
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.constantFrom(...bodies),
        place,
        place,
        place,
        fc.oneof(
          fc.constantFrom('', '<', '>', '&#0;', '"', '<![CDATA[', '<rsp:Shell>', '-1', '\ud800'),
          fc.string(),
        ),
        (one, two, a, b, c, inserted) => {
          const [from, to] = [a, b].map((p) => Math.floor(p * one.length)).toSorted((x, y) => x - y);
          const other = Math.floor(c * two.length);
          expect(outcome(one.slice(0, from) + inserted + one.slice(to))).toBeUndefined();
          expect(outcome(one.slice(0, from) + two.slice(other, other + 200) + one.slice(to))).toBeUndefined();
          expect(outcome(one.slice(0, to))).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  test('values replaced one at a time, where the XML stays well-formed', () => {
    const value = fc.constantFrom(
      '',
      '-1',
      '99999999999999999999',
      'PT',
      'true',
      'A===',
      'uuid:',
      '1e9',
      '\u00e9'.repeat(10_000),
    );
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), value, (body, which, replacement) => {
        const values = [...body.matchAll(/(?<=>)[^<>]+(?=<)|(?<==")[^"<>]*(?=")/g)];
        const chosen = values[which % Math.max(values.length, 1)];
        if (chosen === undefined) return;
        expect(
          outcome(body.slice(0, chosen.index) + replacement + body.slice(chosen.index + chosen[0].length)),
        ).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
