import { describe, expect, test } from 'vitest';
import { deserialize } from '../../../../electron/protocol/clixml/deserialize.ts';
import { serialize } from '../../../../electron/protocol/clixml/serialize.ts';
import { PsPrimitive } from '../../../../electron/protocol/clixml/value.ts';
import type { PsValue } from '../../../../electron/protocol/clixml/value.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import {
  HOST_METHODS,
  decodeHostResult,
  encodeHostResult,
  hostMethodName,
  readHostCall,
  writeHostCall,
} from '../../../../electron/protocol/psrp/host-call.ts';
import type { HostCall, HostMethodName } from '../../../../electron/protocol/psrp/host-call.ts';
import { decodeHostCall, encodeHostCall } from '../../../../electron/protocol/psrp/messages/host-call.ts';
import { decodeHostResponse } from '../../../../electron/protocol/psrp/messages/host-response.ts';
import { meaningOf } from '../../../vectors/psrp-meaning.ts';
import { readSession, readVectors, sessionFiles } from '../../../vectors/psrp-vectors.ts';
import type { RecordedMessage } from '../../../vectors/psrp-vectors.ts';

const recorded = [
  ...(readVectors('messages-by-type.json') as { messages: RecordedMessage[] }).messages,
  ...[...sessionFiles('oop-'), ...sessionFiles('wsman-')].flatMap((file) => readSession(file).messages),
].filter((message) => message.data !== null);

const calls = recorded.filter(({ messageTypeName }) => messageTypeName.endsWith('_HOST_CALL'));
const responses = recorded.filter(({ messageTypeName }) => messageTypeName.endsWith('_HOST_RESPONSE'));
const methodOf = (data: string | null): string =>
  /<ToString>(\w+)<\/ToString>(?=<I32>|<\/Obj>)/.exec(data ?? '')?.[1] ?? '';

/** The recorded call of a method that has arguments to show. */
function recordedCall(method: HostMethodName): HostCall {
  const found = calls.find(({ data }) => methodOf(data) === method);
  if (found === undefined) throw new Error(`no recording of ${method}`);
  return readHostCall(decodeHostCall(deserialize(found.data ?? '')), undefined);
}

test('the table has the 56 methods, numbered from 1', () => {
  const ids = Object.values(HOST_METHODS).map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: 56 }, (_, i) => i + 1));
  for (const [name, { id }] of Object.entries(HOST_METHODS)) expect(hostMethodName(id)).toBe(name);
});

test('names and numbers are those of every recorded call, and so is whether it is awaited', () => {
  const seen = new Set<string>();
  for (const { data } of calls) {
    const message = decodeHostCall(deserialize(data ?? ''));
    expect(hostMethodName(message.methodId)).toBe(message.methodName);
    const { result } = HOST_METHODS[hostMethodName(message.methodId)];
    expect([message.methodName, message.callId === -100n]).toEqual([
      message.methodName,
      result === undefined,
    ]);
    seen.add(message.methodName);
  }
  expect(seen.size).toBeGreaterThanOrEqual(40);
});

test('every recorded call reads, and writes again to the same meaning', () => {
  const same: [unknown, unknown][] = [];
  for (const { data } of calls) {
    const value = deserialize(data ?? '');
    const call = readHostCall(decodeHostCall(value), undefined);
    const again = deserialize(
      serialize(encodeHostCall(writeHostCall(call.method, call.args as never, call.callId))),
    );
    expect(readHostCall(decodeHostCall(again), undefined)).toEqual(call);
    // Two things are written otherwise than some write them: a .NET array as a list, no help as an empty one.
    const otherwise = call.method !== 'SetBufferContents2' && /"mal"|<Nil N="helpMessage"/.test(data ?? '');
    if (!otherwise) same.push([meaningOf(again), meaningOf(value)]);
  }
  expect(same.length).toBeGreaterThan(70);
  for (const [ours, theirs] of same) expect(ours).toEqual(theirs);
});

test('every recorded result reads, and writes again to the same meaning', () => {
  const seen = new Set<string>();
  for (const { data } of responses) {
    const response = decodeHostResponse(deserialize(data ?? ''));
    const method = hostMethodName(response.methodId);
    if (response.error !== undefined || response.result === undefined) continue;
    seen.add(method);
    const result = decodeHostResult(method, response.result);
    expect([method, meaningOf(encodeHostResult(method, result as never))]).toEqual([
      method,
      meaningOf(response.result),
    ]);
  }
  expect(seen.size).toBeGreaterThanOrEqual(15);
});

describe('arguments by name', () => {
  test('PromptForChoice', () => {
    // psrp/oop-host_input.json
    const found = readSession('oop-host_input.json').messages.find(
      ({ data }) => methodOf(data) === 'PromptForChoice',
    );
    const call = readHostCall(decodeHostCall(deserialize(found?.data ?? '')), 'p');
    expect(call).toEqual({
      method: 'PromptForChoice',
      methodId: 26,
      callId: 1n,
      void: false,
      pipelineId: 'p',
      args: {
        caption: 'cap',
        message: 'msg',
        choices: [
          { label: '&Yes', helpMessage: '' },
          { label: '&No', helpMessage: '' },
        ],
        defaultChoice: 0,
      },
    });
  });

  test('PromptForChoiceMultipleSelection with its .NET array', () => {
    const found = readSession('oop-host_input.json').messages.find(
      ({ data }) => methodOf(data) === 'PromptForChoiceMultipleSelection',
    );
    const call = readHostCall(decodeHostCall(deserialize(found?.data ?? '')), undefined);
    expect(call.args).toMatchObject({ defaultChoices: [1, 2] });
  });

  test('Prompt', () => {
    const found = readSession('oop-host_input.json').messages.find(({ data }) => methodOf(data) === 'Prompt');
    const call = readHostCall(decodeHostCall(deserialize(found?.data ?? '')), undefined);
    expect(call.args).toMatchObject({
      caption: 'cap',
      fields: [
        { name: 'Name', label: '&Name', parameterTypeName: 'String', helpMessage: 'help', isMandatory: true },
      ],
    });
  });

  test('Write2, SetBufferContents1, WriteProgress', () => {
    expect(recordedCall('Write2').args).toEqual({ foregroundColor: 1, backgroundColor: 15, text: 'write' });
    expect(recordedCall('SetBufferContents1').args).toEqual({
      rectangle: { left: 0, top: 0, right: 10, bottom: 10 },
      fill: { character: 'a', foregroundColor: 15, backgroundColor: 0, bufferCellType: 0 },
    });
    expect(recordedCall('WriteProgress').args).toMatchObject({
      record: { activityId: 1, percentComplete: -1 },
    });
  });

  test('SetBufferContents2 has rows', () => {
    const call = recordedCall('SetBufferContents2');
    if (call.method !== 'SetBufferContents2') throw new Error('another call');
    const { contents } = call.args;
    expect(contents.length).toBeGreaterThan(1);
    expect(new Set(contents.map((row) => row.length)).size).toBe(1);
    expect(contents[0]?.[0]).toEqual({
      character: 'a',
      foregroundColor: 15,
      backgroundColor: 0,
      bufferCellType: 0,
    });
  });
});

describe('results', () => {
  test.each([
    ['ReadLine', 'typed', 'typed'],
    ['PromptForChoice', 1, 1],
    ['GetKeyAvailable', true, true],
    ['GetInstanceId', POOL(), new PsPrimitive('G', POOL())],
    ['GetVersion', '1.2.3', new PsPrimitive('Version', '1.2.3')],
  ] as const)('%s', (method, result, wire) => {
    expect(encodeHostResult(method, result as never)).toEqual(wire);
    expect(decodeHostResult(method, wire as PsValue)).toEqual(result);
  });

  test('a credential', () => {
    const password = new PsPrimitive('SS', 'UABhAHMAcwDpAHcAbwByAGQA');
    const encoded = encodeHostResult('PromptForCredential2', { userName: 'dom\\user2', password });
    const found = readSession('oop-host_input.json').messages.find(
      ({ messageTypeName, data }) =>
        messageTypeName === 'PIPELINE_HOST_RESPONSE' && methodOf(data) === 'PromptForCredential2',
    );
    const { result } = decodeHostResponse(deserialize(found?.data ?? ''));
    expect(encoded).toEqual(result);
  });
});

function POOL(): string {
  return '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
}

test("an argument of another type is the server's violation, for every method that has arguments", () => {
  for (const [name, { id, args }] of Object.entries(HOST_METHODS)) {
    if (Object.keys(args).length === 0 || name === 'PushRunspace') continue;
    const parameters = Object.keys(args).map(() => new PsPrimitive('TS', 1n));
    expect(() => readHostCall({ callId: 1n, methodId: id, methodName: name, parameters }, undefined)).toThrow(
      ProtocolError,
    );
  }
});

function cells(mae: string, mal: string): PsValue {
  return deserialize(
    `<Obj RefId="0"><MS><Obj N="mae" RefId="1"><LST>${mae}</LST></Obj><Obj N="mal" RefId="2"><LST>${mal}</LST></Obj></MS></Obj>`,
  );
}

test('a rectangle of cells whose lengths do not fit, or cost more than they bring, is refused', () => {
  for (const mal of ['<I32>2</I32><I32>2</I32>', '<I32>-1</I32><I32>-1</I32>', '<I32>1</I32>', '']) {
    expect(() => decodeHostResult('GetBufferContents', cells('<S>x</S>', mal))).toThrow(ProtocolError);
  }
  expect(decodeHostResult('GetBufferContents', cells('', '<I32>2147483647</I32><I32>0</I32>'))).toEqual([]);
});
