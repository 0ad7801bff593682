import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { readEnvelope } from '../../../../electron/protocol/wsman/envelope.ts';
import { FAULT, faultName } from '../../../../electron/protocol/wsman/fault-codes.ts';
import {
  encodeFault,
  faultIn,
  readAnswer,
  sameId,
  WsmanFault,
} from '../../../../electron/protocol/wsman/faults.ts';
import { ACTION } from '../../../../electron/protocol/wsman/names.ts';
import { loadRecordings } from '../../../vectors/wsman-recordings.ts';

function recorded(id: string, index: number): string {
  return loadRecordings().find((r) => r.id === id)?.exchanges[index]?.body ?? '';
}

describe('a recorded fault', () => {
  test('of a winrs shell has the provider that failed', () => {
    const fault = faultIn(readEnvelope(recorded('pypsrp-winrs_no_cmd_shell', 3)), 500);
    expect(fault).toMatchObject({
      code: 2147942402,
      codeName: 'FILE_NOT_FOUND',
      role: 'Receiver',
      subcode: 'InternalError',
      machine: 'server2008r2.domain.local',
      httpStatus: 500,
      message: 'The system cannot find the file specified.',
      providerFault: { provider: 'Shell cmd plugin', text: 'The system cannot find the file specified.' },
    });
  });

  test('of WMI has a fault within the fault', () => {
    const fault = faultIn(readEnvelope(recorded('rbwinrm-soap-fault-v2', 0)));
    expect(fault).toMatchObject({
      code: 2150858778,
      subcode: 'CannotProcessFilter',
      machine: 'localhost',
      providerFault: {
        provider: 'WMI Provider',
        code: 2150858778,
        text: 'The specified class does not exist in the given namespace.',
      },
    });
  });

  test('of OMI has no code', () => {
    const fault = faultIn(readEnvelope(recorded('rbwinrm-soap-fault-omi', 0)));
    expect(fault?.code).toBeUndefined();
    expect(fault).toMatchObject({
      role: 'Receiver',
      subcode: 'InternalError',
      message: 'get-instance: instance name parameter is missing',
    });
  });

  test('is what reading the answer throws', () => {
    const body = recorded('gowinrm-operationTimeoutResponse', 0);
    expect(() => readAnswer(body, { action: ACTION.receive }, 500)).toThrow(WsmanFault);
    expect(faultIn(readEnvelope(body))?.is(FAULT.operationTimedOut)).toBe(true);
  });
});

describe('an answer', () => {
  const body = recorded('gowinrm-executeCommandResponse', 0);
  const id = 'F530804C-6D02-4FA9-AE78-1997750594BA';

  test('is read for the request it belongs to', () => {
    expect(readAnswer(body, { action: ACTION.command, messageId: id.toLowerCase() }).header.relatesTo).toBe(
      `uuid:${id}`,
    );
  });

  test('to another action or request is the server’s mistake', () => {
    expect(() => readAnswer(body, { action: ACTION.send })).toThrow(ProtocolError);
    expect(() => readAnswer(body, { action: ACTION.command, messageId: id.replace('F', '0') })).toThrow(
      ProtocolError,
    );
  });
});

test('a written fault says what a recorded one says', () => {
  const theirs = faultIn(readEnvelope(recorded('pypsrp-psrp_receive_failure', 7)));
  const ours = readEnvelope(
    encodeFault(
      { messageId: '11111111-2222-3333-4444-555555555555', relatesTo: 'uuid:A' },
      {
        code: 2150858843,
        role: 'Sender',
        subcode: 'InvalidSelectors',
        message: theirs?.message ?? '',
        machine: '127.0.0.1',
        faultDetail: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors',
      },
    ),
  );
  expect(ours.header.action).toBe('http://schemas.dmtf.org/wbem/wsman/1/wsman/fault');
  expect(Object.entries(faultIn(ours) ?? {})).toEqual(Object.entries(theirs ?? {}));
});

test('a text that XML cannot carry is no reason to fail a second time', () => {
  const message = '\u001b[31mred\u001b[0m \ud800 \0';
  const fault = faultIn(
    readEnvelope(
      encodeFault({ messageId: 'A' }, { message, code: 5, providerFault: { text: message, code: 5 } }),
    ),
  );
  expect(fault?.providerFault?.text).toBe('\ufffd[31mred\ufffd[0m \ufffd \ufffd');
});

test('names of codes are unique', () => {
  const codes = Object.values(FAULT);
  expect(new Set(codes.map((c) => c.code)).size).toBe(codes.length);
  expect(new Set(codes.map((c) => c.name)).size).toBe(codes.length);
  expect(faultName(2150858843)).toBe('WSMAN_UNEXPECTED_SELECTORS');
  expect(faultName(1)).toBeUndefined();
});

test('ids compare without case and prefix', () => {
  expect(sameId('uuid:AB-12', 'urn:uuid:ab-12')).toBe(true);
  expect(sameId('ab-12', 'UUID:AB-12')).toBe(true);
  expect(sameId('ab-12', 'ab-13')).toBe(false);
});
