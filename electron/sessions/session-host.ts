/** The host that a session's server calls: draws what is written into the page, and asks the person what it is asked. */
import { setImmediate } from 'node:timers/promises';
import { answerOfItself, askPerson, NOTHING } from '../console/host-calls.ts';
import type { PageText } from '../console/page-text.ts';
import {
  debugLine,
  errorLine,
  hostWrite,
  noticeLine,
  verboseLine,
  warningLine,
} from '../console/page-text.ts';
import type { Dialogue } from '../console/prompts.ts';
import { piecesOf } from '../console/pieces.ts';
import type { ProgressUpdate } from '../console/progress.ts';
import { plainText, titleOf } from '../console/vt.ts';
import type { PsPrimitive } from '../protocol/clixml/value.ts';
import type { HostCall } from '../protocol/psrp/host-call.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { Rectangle } from '../protocol/psrp/host-values.ts';
import type { HostCallOutcome, PSHost } from '../remoting/index.ts';
import type { TerminalSize } from '../../shared/terminal.ts';
import { InputCancelled, type InputDesk } from './input-desk.ts';

export interface SessionHostOptions {
  readonly computerName: string;
  readonly desk: InputDesk;
  readonly size: () => TerminalSize;
  readonly info: () => HostInfo;
  /** A promise where the writer must wait. */
  readonly write: (texts: readonly PageText[]) => Promise<void> | undefined;
  /** What was answered, as it stands in the page. */
  readonly echo: (prompt: string, answer: string) => Promise<void> | undefined;
  readonly progress: (update: ProgressUpdate) => void;
  readonly title: (title: string) => void;
  /** Exit-PSSession, or `exit` in a script. */
  readonly leave: () => void;
  /** A typed secret as the wire carries it for this session. */
  readonly secure: (text: string) => Promise<PsPrimitive<'SS'>>;
}

/** What a masked answer shows in the page: always as long, so that the page does not tell a password's length. */
const MASK = '********';

export class SessionHost implements PSHost {
  readonly #options: SessionHostOptions;
  /** Whether anything was drawn since the error pass began: a formatted error that drew nothing must be drawn otherwise. */
  drew = false;
  /** Whether the command wrote errors: it then failed, though its pipeline completed. */
  drewErrors = false;
  #errorPass = false;

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  get info(): HostInfo {
    return this.#options.info();
  }

  /** What is written until {@link endErrorPass} is a terminating error that the server formats as any other object: it is an error all the same. */
  beginErrorPass(): void {
    this.#errorPass = true;
    this.drew = false;
  }

  endErrorPass(): void {
    this.#errorPass = false;
  }

  async write(texts: readonly PageText[]): Promise<void> {
    if (texts.length === 0) return;
    this.drew = true;
    if (texts.some((text) => text.kind === 'error')) this.drewErrors = true;
    await this.#options.write(texts);
  }

  async call(call: HostCall, signal: AbortSignal): Promise<HostCallOutcome> {
    switch (call.method) {
      case 'Write1':
        return await this.#text(call.args.text, false);
      case 'Write2':
        return await this.#text(call.args.text, false, call.args.foregroundColor, call.args.backgroundColor);
      case 'WriteLine1':
        return await this.#text('', true);
      case 'WriteLine2':
        return await this.#text(call.args.text, true);
      case 'WriteLine3':
        return await this.#text(call.args.text, true, call.args.foregroundColor, call.args.backgroundColor);
      case 'WriteErrorLine':
        return await this.#drawn([errorLine(call.args.text)]);
      case 'WriteWarningLine':
        return await this.#drawn([warningLine(call.args.text)]);
      case 'WriteVerboseLine':
        return await this.#drawn([verboseLine(call.args.text)]);
      case 'WriteDebugLine':
        return await this.#drawn([debugLine(call.args.text)]);
      case 'WriteProgress': {
        const { record, sourceId } = call.args;
        this.#options.progress({
          source: String(sourceId),
          activityId: record.activityId,
          parentId: record.parentActivityId,
          activity: plainText(record.activity),
          status: plainText(record.statusDescription ?? ''),
          operation: plainText(record.currentOperation ?? ''),
          percent: record.percentComplete,
          secondsRemaining: record.secondsRemaining,
          completed: record.type === 'Completed',
        });
        return NOTHING;
      }
      case 'SetWindowTitle':
        this.#options.title(call.args.title);
        return NOTHING;
      case 'SetBufferContents1':
        // Clear-Host fills the whole buffer, told by a rectangle of -1; anything else would need a screen, and the page is none.
        return isWholeBuffer(call.args.rectangle)
          ? await this.#drawn([{ kind: 'output', vt: CLEAR }])
          : NOTHING;
      case 'PopRunspace':
      case 'SetShouldExit':
        this.#options.leave();
        return NOTHING;
      case 'PushRunspace':
        return await this.#drawn([
          noticeLine(
            'A session cannot be entered from inside another. Open the other server in PSDeck instead.',
          ),
        ]);
      default: {
        const { columns, rows } = this.#options.size();
        return (
          answerOfItself(call, { width: columns, height: rows }) ??
          (await askPerson(call, this.#dialogue(signal))) ??
          // Colours, cursor, scrolling, key buffer, application notes: a page has none of them, and nobody waits for an answer.
          NOTHING
        );
      }
    }
  }

  #dialogue(signal: AbortSignal): Dialogue {
    const { computerName, desk, secure } = this.#options;
    return {
      computerName,
      secure,
      say: async (text) => {
        await this.write([hostWrite(text, true)]);
      },
      ask: async (prompt, secret = false) => {
        let text: string;
        try {
          text = await desk.ask({ kind: secret ? 'secret' : 'line', prompt }, signal);
        } catch (error) {
          // What was asked stays in the page, as a console leaves it.
          if (error instanceof InputCancelled && error.byPerson) {
            await this.#options.echo(prompt, secret ? '^C' : `${error.text}^C`);
          }
          throw error;
        }
        await this.#options.echo(prompt, secret ? MASK : text);
        return text;
      },
      key: () => desk.ask({ kind: 'key', prompt: '' }, signal),
    };
  }

  /** Long text goes piece by piece, and others get their turn in between: one session's flood must not hold up another's Enter. */
  async #text(
    text: string,
    newline: boolean,
    foreground?: number,
    background?: number,
  ): Promise<HostCallOutcome> {
    const title = titleOf(text);
    if (title !== undefined) this.#options.title(plainText(title));
    if (this.#errorPass) return await this.#drawn([errorLine(text)]);
    let left = text.length;
    for (const piece of piecesOf(text)) {
      left -= piece.length;
      await this.write([hostWrite(piece, newline && left === 0, foreground, background)]);
      if (left > 0) await setImmediate();
    }
    return NOTHING;
  }

  async #drawn(texts: readonly PageText[]): Promise<HostCallOutcome> {
    await this.write(texts);
    return NOTHING;
  }
}

/** Home, clear the screen, clear the scrollback. */
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';

function isWholeBuffer(rectangle: Rectangle): boolean {
  return rectangle.left === -1 && rectangle.top === -1 && rectangle.right === -1 && rectangle.bottom === -1;
}
