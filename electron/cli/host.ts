/** The host that the server calls: a terminal, or files in its place. */
import { consoleColours, STYLE } from '../console/vt.ts';
import type { PsPrimitive } from '../protocol/clixml/value.ts';
import {
  encodeHostResult,
  type HostCall,
  type HostMethodName,
  type HostResult,
} from '../protocol/psrp/host-call.ts';
import { interactiveHost, type HostInfo } from '../protocol/psrp/host-info.ts';
import type { HostCallOutcome, PSHost } from '../remoting/index.ts';
import {
  promptForChoice,
  promptForChoices,
  promptForCredential,
  promptForFields,
  type Dialogue,
} from './prompts.ts';
import type { Terminal } from './terminal.ts';

export interface ConsoleHostOptions {
  readonly terminal: Terminal;
  readonly computerName: string;
  /** Where Write-Host and formatted output go: stderr, where stdout is for data. */
  readonly textTo: 'out' | 'err';
  readonly width: number | undefined;
  /** Whether stdin may answer questions: not where objects come from there. */
  readonly mayAsk: boolean;
  readonly secure: (text: string) => Promise<PsPrimitive<'SS'>>;
  /** Exit-PSSession, or `exit` in a script. */
  readonly leave: (exitCode: number) => void;
}

const NOTHING: HostCallOutcome = { kind: 'value', value: undefined };

export class ConsoleHost implements PSHost {
  readonly #options: ConsoleHostOptions;
  /** An error was drawn: the command failed, though its pipeline may have completed. */
  drewErrors = false;
  /** Anything was drawn. */
  drew = false;
  /** What is written is a terminating error that the server formats as any other object. */
  errorPass = false;

  constructor(options: ConsoleHostOptions) {
    this.#options = options;
  }

  /** Sent with every pipeline, so that tables follow the terminal's width. */
  get info(): HostInfo {
    const size = this.#size;
    return interactiveHost({
      foregroundColor: 7,
      backgroundColor: 0,
      cursorPosition: { x: 0, y: 0 },
      windowPosition: { x: 0, y: 0 },
      cursorSize: 25,
      bufferSize: size,
      windowSize: size,
      maxWindowSize: size,
      maxPhysicalWindowSize: size,
      windowTitle: '',
    });
  }

  get #size(): { width: number; height: number } {
    const { width, height } = this.#options.terminal.size;
    return { width: this.#options.width ?? width, height };
  }

  async error(text: string): Promise<void> {
    this.drewErrors = true;
    await this.#line(text, STYLE.error);
  }

  async call(call: HostCall, signal: AbortSignal): Promise<HostCallOutcome> {
    switch (call.method) {
      case 'Write1':
        return await this.#text(call.args.text);
      case 'Write2':
        return await this.#text(
          call.args.text,
          consoleColours(call.args.foregroundColor, call.args.backgroundColor),
        );
      case 'WriteLine1':
        return await this.#text('\n');
      case 'WriteLine2':
        return await this.#text(`${call.args.text}\n`);
      case 'WriteLine3':
        return await this.#text(
          `${call.args.text}\n`,
          consoleColours(call.args.foregroundColor, call.args.backgroundColor),
        );
      case 'WriteErrorLine':
        await this.error(call.args.text);
        return NOTHING;
      case 'WriteWarningLine':
        return await this.#line(`WARNING: ${call.args.text}`, STYLE.warning);
      case 'WriteVerboseLine':
        return await this.#line(`VERBOSE: ${call.args.text}`, STYLE.verbose);
      case 'WriteDebugLine':
        return await this.#line(`DEBUG: ${call.args.text}`, STYLE.debug);
      case 'PopRunspace':
        this.#options.leave(0);
        return NOTHING;
      case 'SetShouldExit':
        this.#options.leave(call.args.exitCode);
        return NOTHING;
      case 'PushRunspace':
        await this.error('A session cannot be entered from inside another.');
        return NOTHING;
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
        return answer(call.method, this.#size);
      case 'GetCursorPosition':
      case 'GetWindowPosition':
        return answer(call.method, { x: 0, y: 0 });
      case 'GetCursorSize':
        return answer(call.method, 25);
      case 'GetForegroundColor':
        return answer(call.method, 7);
      case 'GetBackgroundColor':
        return answer(call.method, 0);
      case 'GetKeyAvailable':
      case 'GetIsRunspacePushed':
        return answer(call.method, false);
      case 'GetInstanceId':
      case 'GetRunspace':
      case 'GetBufferContents':
      case 'EnterNestedPrompt':
        return refuse(`${call.method} is not available here.`);
      case 'ReadLine':
      case 'ReadLineAsSecureString':
      case 'ReadKey':
      case 'Prompt':
      case 'PromptForCredential1':
      case 'PromptForCredential2':
      case 'PromptForChoice':
      case 'PromptForChoiceMultipleSelection':
        return this.#options.mayAsk
          ? await this.#ask(call, signal)
          : refuse('Nobody can be asked: stdin holds the input.');
      default:
        // Colours, cursor, screen contents, progress: nothing that a stream of text has, and nobody waits for an answer.
        return NOTHING;
    }
  }

  async #ask(call: HostCall, signal: AbortSignal): Promise<HostCallOutcome> {
    const { terminal, computerName, secure } = this.#options;
    const dialogue: Dialogue = {
      computerName,
      secure,
      say: async (text) => {
        await this.#text(`${text}\n`);
      },
      ask: (prompt, secret = false) => terminal.ask(prompt, { secret, signal }),
    };
    switch (call.method) {
      case 'ReadLine':
        return answer(call.method, await dialogue.ask(''));
      case 'ReadLineAsSecureString':
        return answer(call.method, await secure(await dialogue.ask('', true)));
      case 'ReadKey': {
        const character = (await terminal.key()).charAt(0);
        const code = character.toUpperCase().charCodeAt(0);
        return answer(call.method, {
          virtualKeyCode: /^[A-Za-z0-9 \r\b\t\x1b]$/.test(character) ? code : 0,
          character,
          controlKeyState: 0,
          keyDown: true,
        });
      }
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
        return NOTHING;
    }
  }

  async #text(text: string, sgr = ''): Promise<HostCallOutcome> {
    this.drew = true;
    if (this.errorPass) await this.#options.terminal.show(text, STYLE.error, 'err');
    else await this.#options.terminal.show(text, sgr, this.#options.textTo);
    return NOTHING;
  }

  async #line(text: string, sgr: string): Promise<HostCallOutcome> {
    this.drew = true;
    await this.#options.terminal.show(`${text}\n`, sgr, 'err');
    return NOTHING;
  }
}

function answer<M extends HostMethodName>(method: M, result: HostResult<M>): HostCallOutcome {
  return { kind: 'value', value: encodeHostResult(method, result) };
}

function refuse(message: string): HostCallOutcome {
  return {
    kind: 'error',
    error: {
      message,
      category: 'NotImplemented',
      exceptionTypes: ['System.Management.Automation.PSNotImplementedException', 'System.Exception'],
    },
  };
}
