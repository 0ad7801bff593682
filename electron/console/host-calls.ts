/**
 * The host calls that every host of ours answers alike: what it says of itself, and what it asks the person ([MS-PSRP] 2.2.3.17). What is
 * written is drawn by each in its own way.
 */
import {
  encodeHostResult,
  type HostCall,
  type HostMethodName,
  type HostResult,
} from '../protocol/psrp/host-call.ts';
import { interactiveHost, type HostInfo } from '../protocol/psrp/host-info.ts';
import type { HostCallOutcome } from '../protocol/psrp/pool-options.ts';
import { keyInfoOf } from './key-info.ts';
import {
  promptForChoice,
  promptForChoices,
  promptForCredential,
  promptForFields,
  type Dialogue,
} from './prompts.ts';

/** Of the window, in characters. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

/** ConsoleColor's Gray on Black; what the terminal makes of them is its own business. */
const FOREGROUND = 7;
const BACKGROUND = 0;
/** Per cent of a cell, as Windows' console has it. */
const CURSOR_SIZE = 25;
const ORIGIN = { x: 0, y: 0 };

/** Carried out, and nobody waits for a value. */
export const NOTHING: HostCallOutcome = { kind: 'value', value: undefined };

/** What the server answers size, colour and title questions from; sent with every pipeline, so that tables follow the terminal's width. */
export function hostInfoOf(size: WindowSize, title: string): HostInfo {
  return interactiveHost({
    foregroundColor: FOREGROUND,
    backgroundColor: BACKGROUND,
    cursorPosition: ORIGIN,
    windowPosition: ORIGIN,
    cursorSize: CURSOR_SIZE,
    bufferSize: size,
    windowSize: size,
    maxWindowSize: size,
    maxPhysicalWindowSize: size,
    windowTitle: title,
  });
}

/** The answer to a call that asks the host about itself, refusals included; undefined for every other call. */
export function answerOfItself(call: HostCall, size: WindowSize): HostCallOutcome | undefined {
  switch (call.method) {
    case 'GetName':
      return answer(call.method, 'PSDeck');
    case 'GetVersion':
      return answer(call.method, '1.0');
    case 'GetCurrentCulture':
    case 'GetCurrentUICulture':
      return answer(call.method, 'en-US');
    case 'GetWindowTitle':
      return answer(call.method, '');
    case 'GetBufferSize':
    case 'GetWindowSize':
    case 'GetMaxWindowSize':
    case 'GetMaxPhysicalWindowSize':
      return answer(call.method, size);
    case 'GetCursorPosition':
    case 'GetWindowPosition':
      return answer(call.method, ORIGIN);
    case 'GetCursorSize':
      return answer(call.method, CURSOR_SIZE);
    case 'GetForegroundColor':
      return answer(call.method, FOREGROUND);
    case 'GetBackgroundColor':
      return answer(call.method, BACKGROUND);
    case 'GetKeyAvailable':
    case 'GetIsRunspacePushed':
      return answer(call.method, false);
    case 'GetInstanceId':
    case 'GetRunspace':
    case 'GetBufferContents':
    case 'EnterNestedPrompt':
      return refuse(`${call.method} is not available in a remote session.`);
    default:
      return undefined;
  }
}

const QUESTIONS: ReadonlySet<HostMethodName> = new Set<HostMethodName>([
  'ReadLine',
  'ReadLineAsSecureString',
  'ReadKey',
  'Prompt',
  'PromptForCredential1',
  'PromptForCredential2',
  'PromptForChoice',
  'PromptForChoiceMultipleSelection',
]);

/** Whether somebody has to be there to answer. */
export function asksPerson(call: HostCall): boolean {
  return QUESTIONS.has(call.method);
}

/** The answer to a call that asks the person; undefined for every other call. Rejects where the person cancels. */
export async function askPerson(call: HostCall, dialogue: Dialogue): Promise<HostCallOutcome | undefined> {
  switch (call.method) {
    case 'ReadLine':
      return answer(call.method, await dialogue.ask(''));
    case 'ReadLineAsSecureString':
      return answer(call.method, await dialogue.secure(await dialogue.ask('', true)));
    case 'ReadKey':
      return answer(call.method, keyInfoOf(await dialogue.key()));
    case 'Prompt': {
      const { caption, message, fields } = call.args;
      return answer(call.method, await promptForFields(dialogue, caption, message, fields));
    }
    case 'PromptForCredential1':
    case 'PromptForCredential2':
      return answer(call.method, await promptForCredential(dialogue, call.args));
    case 'PromptForChoice':
      return answer(call.method, await promptForChoice(dialogue, call.args));
    case 'PromptForChoiceMultipleSelection':
      return answer(call.method, await promptForChoices(dialogue, call.args));
    default:
      return undefined;
  }
}

/** The server sees it as what a host of PowerShell's own throws that cannot do something. */
export function refuse(message: string): HostCallOutcome {
  return {
    kind: 'error',
    error: {
      message,
      category: 'NotImplemented',
      exceptionTypes: ['System.Management.Automation.PSNotImplementedException', 'System.Exception'],
    },
  };
}

function answer<M extends HostMethodName>(method: M, result: HostResult<M>): HostCallOutcome {
  return { kind: 'value', value: encodeHostResult(method, result) };
}
