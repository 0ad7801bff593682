/** The host that the server calls: a terminal, or files in its place. */
import { answerOfItself, askPerson, asksPerson, hostInfoOf, NOTHING, refuse } from '../console/host-calls.ts';
import type { Dialogue } from '../console/prompts.ts';
import { consoleColours, sanitize, STYLE } from '../console/vt.ts';
import type { PsPrimitive } from '../protocol/clixml/value.ts';
import type { HostCall } from '../protocol/psrp/host-call.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { HostCallOutcome, PSHost } from '../remoting/index.ts';
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
    return hostInfoOf(this.#size, '');
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
      default:
        if (asksPerson(call) && !this.#options.mayAsk)
          return refuse('Nobody can be asked: stdin holds the input.');
        return (
          answerOfItself(call, this.#size) ??
          // Colours, cursor, screen contents, progress: nothing that a stream of text has, and nobody waits for an answer.
          (await askPerson(call, this.#dialogue(signal))) ??
          NOTHING
        );
    }
  }

  #dialogue(signal: AbortSignal): Dialogue {
    const { terminal, computerName, secure } = this.#options;
    return {
      computerName,
      secure,
      say: async (text) => {
        await this.#text(`${text}\n`);
      },
      // The prompt is the server's text, as what it writes is.
      ask: (prompt, secret = false) => terminal.ask(sanitize(prompt), { secret, signal }),
      key: () => terminal.key(),
    };
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
