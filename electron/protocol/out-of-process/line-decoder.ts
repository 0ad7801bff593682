/** Bytes in, lines out: the reading half of the out-of-process transport. See packet.ts for what a line is. */
import { ProtocolError } from '../errors.ts';
import { decodeLine } from './packet.ts';
import type { Line } from './packet.ts';

/**
 * PowerShell fragments at 32 KB, which is 43,692 characters of base64 and about 44,000 bytes of line. 1 MiB leaves room for a peer that
 * fragments twenty times as coarsely, and bounds what a peer that never ends its line can make us hold.
 */
export const MAX_LINE_BYTES = 1024 * 1024;

/** Text lines are for people to read in a diagnosis: a screen line's worth is enough, a megabyte of them is not. */
const MAX_TEXT_CHARACTERS = 1024;

const LINE_FEED = 10;

/**
 * Cuts a byte stream into lines and reads each. Bytes may come cut anywhere. After a ProtocolError the stream has no meaning any more:
 * every further call throws the same error.
 */
export class LineDecoder {
  readonly #maxLineBytes: number;
  /** The unfinished line. Kept as pieces, so that a long line that comes in small pieces costs linear time. */
  #pieces: Uint8Array[] = [];
  #held = 0;
  #first = true;
  #failure: ProtocolError | undefined;

  constructor(maxLineBytes = MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Yields lazily, so that what preceded a violation is delivered before it throws. Exhaust it before the next call.
   * @throws ProtocolError `oop.*`
   */
  *push(bytes: Uint8Array): Generator<Line, void, undefined> {
    let from = 0;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const end = bytes.indexOf(LINE_FEED, from);
      const stop = end < 0 ? bytes.length : end;
      if (this.#held + stop - from > this.#maxLineBytes) {
        throw this.#fail(
          new ProtocolError('oop.line-length', 'A line is longer than any packet', {
            limit: this.#maxLineBytes,
          }),
        );
      }
      if (end < 0) {
        if (stop > from) {
          // A copy, because the caller may use its buffer again.
          this.#pieces.push(bytes.slice(from));
          this.#held += stop - from;
        }
        return;
      }
      const line = this.#read(bytes.subarray(from, end));
      if (line !== undefined) yield line;
      from = end + 1;
    }
  }

  /** The stream ended. What is left over is a line that was cut off: reported as text, since it may be a dying program's last words. */
  end(): Line | undefined {
    if (this.#failure !== undefined || this.#held === 0) return undefined;
    const text = toText(this.#take(new Uint8Array(0))).trim();
    return text === '' ? undefined : { kind: 'Text', text: text.slice(0, MAX_TEXT_CHARACTERS) };
  }

  #read(tail: Uint8Array): Line | undefined {
    let bytes = this.#take(tail);
    // .NET writers may begin a stream with a byte order mark.
    if (this.#first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    this.#first = false;
    try {
      const line = decodeLine(toText(bytes));
      return line?.kind === 'Text' ? { kind: 'Text', text: line.text.slice(0, MAX_TEXT_CHARACTERS) } : line;
    } catch (error) {
      throw error instanceof ProtocolError ? this.#fail(error) : error;
    }
  }

  #take(tail: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return tail;
    const whole = Buffer.concat([...this.#pieces, tail], this.#held + tail.length);
    this.#pieces = [];
    this.#held = 0;
    return whole;
  }

  #fail(error: ProtocolError): ProtocolError {
    this.#failure = error;
    this.#pieces = [];
    this.#held = 0;
    return error;
  }
}

/** Packets are ASCII; the rest is somebody's text, in UTF-8 as likely as not. Never fails. */
function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
