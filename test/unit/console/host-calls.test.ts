import { describe, expect, test } from 'vitest';
import { answerOfItself, askPerson, asksPerson } from '../../../electron/console/host-calls.ts';
import { keyInfoOf } from '../../../electron/console/key-info.ts';
import { PsObject, PsPrimitive, type PsValue } from '../../../electron/protocol/clixml/value.ts';
import {
  decodeHostResult,
  HOST_METHODS,
  type HostCall,
  type HostMethodName,
} from '../../../electron/protocol/psrp/host-call.ts';
import type { HostCallOutcome } from '../../../electron/protocol/psrp/pool-options.ts';
import { person } from './person.ts';

const SIZE = { width: 77, height: 24 };

function call(method: HostMethodName, args: object = {}): HostCall {
  // What reads host calls is tested elsewhere; these are made as they come out of it.
  return { method, args, callId: 1n, void: false, pipelineId: undefined } as unknown as HostCall;
}

function valueOf(outcome: HostCallOutcome | undefined): PsValue | undefined {
  if (outcome?.kind !== 'value') throw new Error(`no value: ${String(outcome?.kind)}`);
  return outcome.value;
}

describe('what a host says of itself', () => {
  test('its sizes are those of the window', () => {
    for (const method of ['GetBufferSize', 'GetWindowSize', 'GetMaxWindowSize'] as const)
      expect(decodeHostResult(method, valueOf(answerOfItself(call(method), SIZE)))).toEqual(SIZE);
  });

  test.each(['GetRunspace', 'GetBufferContents', 'EnterNestedPrompt', 'GetInstanceId'] as const)(
    '%s is refused as PowerShell refuses what a host cannot do',
    (method) => {
      expect(answerOfItself(call(method), SIZE)).toMatchObject({
        kind: 'error',
        error: {
          message: `${method} is not available in a remote session.`,
          category: 'NotImplemented',
        },
      });
    },
  );

  test('every call that waits for a value gets one, or is a question, or is refused', async () => {
    const { dialogue } = person();
    for (const [name, method] of Object.entries(HOST_METHODS)) {
      if (method.result === undefined) continue;
      const asked = call(name as HostMethodName);
      const answered = answerOfItself(asked, SIZE) !== undefined;
      expect({ name, answered: answered || asksPerson(asked) }).toEqual({ name, answered: true });
      expect(answered && asksPerson(asked)).toBe(false);
      if (answered) expect(await askPerson(asked, dialogue)).toBeUndefined();
    }
  });
});

describe('what a host asks', () => {
  test('a line, and one that is not shown', async () => {
    const { dialogue, saw } = person('hello', 's3cret');
    expect(valueOf(await askPerson(call('ReadLine'), dialogue))).toBe('hello');
    expect(valueOf(await askPerson(call('ReadLineAsSecureString'), dialogue))).toEqual(
      new PsPrimitive('SS', 'sealed(s3cret)'),
    );
    expect(saw).toEqual(['', '(masked)']);
  });

  test('a key', async () => {
    const outcome = await askPerson(call('ReadKey', { options: 0 }), person('A').dialogue);
    expect(decodeHostResult('ReadKey', valueOf(outcome))).toEqual(keyInfoOf('A'));
  });

  test('a credential, its password sealed', async () => {
    const outcome = await askPerson(
      call('PromptForCredential1', { caption: '', message: '', userName: undefined }),
      person('ada', 'pw').dialogue,
    );
    const value = valueOf(outcome);
    expect(value instanceof PsObject && value.get('Password')).toEqual(new PsPrimitive('SS', 'sealed(pw)'));
  });

  test('choices, by number', async () => {
    const choices = [
      { label: '&Yes', helpMessage: '' },
      { label: '&No', helpMessage: '' },
    ];
    const question = { caption: '', message: '', choices };
    const one = call('PromptForChoice', { ...question, defaultChoice: 0 });
    expect(valueOf(await askPerson(one, person('n').dialogue))).toBe(1);
    const several = call('PromptForChoiceMultipleSelection', { ...question, defaultChoices: [] });
    const outcome = await askPerson(several, person('n', 'y', '').dialogue);
    expect(decodeHostResult('PromptForChoiceMultipleSelection', valueOf(outcome))).toEqual([1, 0]);
  });

  test('where the person cancels, whoever asked hears of it', async () => {
    await expect(askPerson(call('ReadLine'), person().dialogue)).rejects.toThrow('asked too often');
  });
});

// Virtual key codes: winuser.h; control key states: wincon.h.
describe('a key press', () => {
  test.each([
    ['a', 65, 'a', 0],
    ['A', 65, 'A', 0x10],
    ['7', 55, '7', 0],
    [' ', 32, ' ', 0],
    ['\r', 13, '\r', 0],
    ['\x7f', 8, '\b', 0],
    ['\x1b', 27, '\x1b', 0],
    ['\x01', 65, '\x01', 0x08],
    ['\x1b[D', 37, '', 0],
    ['\x1b[24~', 123, '', 0],
    ['\u20ac', 0, '\u20ac', 0],
  ])('%j is the key %i', (text, virtualKeyCode, character, controlKeyState) => {
    expect(keyInfoOf(text)).toEqual({ virtualKeyCode, character, controlKeyState, keyDown: true });
  });
});
