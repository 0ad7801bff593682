/**
 * Sealed bodies of WS-Management over HTTP ([MS-WSMV] 2.2.9.1): `multipart/encrypted`, and with more than one part
 * `multipart/x-multi-encrypted` (CredSSP). What follows the headers is read by its length: a delimiter in ciphertext is only chance.
 *
 * Departures of all implementations from MIME (RFC 2046): part headers begin with a tab, no blank line stands before the content, and the
 * last delimiter follows the ciphertext without a line's end.
 */
import { ProtocolError } from '../errors.ts';
import type { SealedBody } from './authenticator.ts';
import { viewOf } from './bytes.ts';

/** By the scheme of the log-on, whichever mechanism SPNEGO chose. */
export const SESSION_PROTOCOL = {
  negotiate: 'application/HTTP-SPNEGO-session-encrypted',
  kerberos: 'application/HTTP-Kerberos-session-encrypted',
  credssp: 'application/HTTP-CredSSP-session-encrypted',
} as const;

export interface SealedPart {
  /** What `Length` says: the plain text with its padding. */
  readonly length: number;
  readonly header: Uint8Array;
  readonly data: Uint8Array;
}

export interface SealedParts {
  /** Of the plain text, with its charset. */
  readonly contentType: string;
  readonly parts: readonly SealedPart[];
}

/** What a part's data is measured by. */
export interface PartStart {
  readonly length: number;
  readonly headerLength: number;
  /** The header and everything after it to the end of the body. */
  readonly bytes: Uint8Array;
}

const BOUNDARY = 'Encrypted Boundary';
const PLAIN_TYPE = 'application/soap+xml;charset=UTF-8';

/** Signatures have 16 bytes, Kerberos headers 60 to 72, TLS trailers below 100. */
const MAX_HEADER = 1024;

/** Two lines of less than 100 characters each in all that we know. */
const MAX_LINE = 512;
const MAX_LINES = 8;

/** CredSSP cuts at 16 kB ([MS-WSMV] 2.2.9.1.3); 8 MB, more than any body may have, are 512 of these. */
const MAX_PARTS = 1024;

export function encodeSealed(protocol: string, parts: readonly SealedPart[]): SealedBody {
  const kind = parts.length > 1 ? 'multipart/x-multi-encrypted' : 'multipart/encrypted';
  const pieces: Uint8Array[] = [];
  for (const { length, header, data } of parts) {
    const head = Buffer.from(
      `--${BOUNDARY}\r\n\tContent-Type: ${protocol}\r\n\tOriginalContent: type=${PLAIN_TYPE};Length=${length}\r\n` +
        `--${BOUNDARY}\r\n\tContent-Type: application/octet-stream\r\n\0\0\0\0`,
      'latin1',
    );
    head.writeUInt32LE(header.length, head.length - 4);
    pieces.push(head, header, data);
  }
  pieces.push(Buffer.from(`--${BOUNDARY}--\r\n`, 'latin1'));
  return {
    contentType: `${kind};protocol="${protocol}";boundary="${BOUNDARY}"`,
    body: Buffer.concat(pieces),
  };
}

/** Whether a body of this type is a sealed one. */
export function isSealedType(contentType: string): boolean {
  return /^multipart\/(?:x-multi-)?encrypted\b/i.test(contentType.trimStart());
}

/** @throws ProtocolError for a body that is not of this shape and this protocol. */
export function decodeSealed(
  contentType: string,
  body: Uint8Array,
  protocol: string,
  dataLength: (part: PartStart) => number,
): SealedParts {
  if (!isSealedType(contentType)) throw new ProtocolError('sealed.type', 'Not a sealed body');
  const named = parameter(contentType, 'protocol');
  if (named?.toLowerCase() !== protocol.toLowerCase()) {
    throw new ProtocolError('sealed.protocol', 'Sealed with another protocol than this log-on');
  }
  return new SealedReader(body, parameter(contentType, 'boundary') ?? BOUNDARY, protocol, dataLength).read();
}

/** A parameter of a Content-Type, quoted or not (RFC 9110 5.6.6). */
function parameter(contentType: string, name: string): string | undefined {
  const m = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(contentType);
  return m?.[1] ?? m?.[2];
}

class SealedReader {
  readonly #body: Buffer;
  readonly #view: DataView;
  readonly #boundary: string;
  readonly #protocol: string;
  readonly #dataLength: (part: PartStart) => number;
  #at = 0;

  constructor(body: Uint8Array, boundary: string, protocol: string, dataLength: (part: PartStart) => number) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#view = viewOf(body);
    this.#boundary = boundary;
    this.#protocol = protocol.toLowerCase();
    this.#dataLength = dataLength;
  }

  read(): SealedParts {
    const parts: SealedPart[] = [];
    let contentType = PLAIN_TYPE;
    while (!this.#delimiter()) {
      if (parts.length >= MAX_PARTS)
        throw new ProtocolError('sealed.parts', 'Too many parts', { limit: MAX_PARTS });
      const original = this.#partHeaders();
      contentType = original.contentType;
      parts.push(this.#content(original.length));
    }
    if (parts.length === 0) throw new ProtocolError('sealed.parts', 'No part');
    return { contentType, parts };
  }

  /** Goes past a delimiter, which some services write with a space in it; whether it was the last. */
  #delimiter(): boolean {
    const start = this.#at;
    const known = [`--${this.#boundary}`, `-- ${this.#boundary}`].find(
      (text) => this.#body.toString('latin1', start, start + text.length) === text,
    );
    if (known === undefined)
      throw new ProtocolError('sealed.delimiter', 'No delimiter where one has to be', { offset: start });
    this.#at += known.length;
    const after = this.#line();
    if (after === '--') return true;
    if (after !== '')
      throw new ProtocolError('sealed.delimiter', 'A delimiter that goes on', { offset: start });
    return false;
  }

  /** Without its end, CR LF. */
  #line(): string {
    const start = this.#at;
    // The body may end with the last delimiter.
    const limit = Math.min(this.#body.length, start + MAX_LINE);
    for (let i = start; i < limit; i++) {
      if (this.#body[i] !== 0x0a) continue;
      this.#at = i + 1;
      return this.#body.toString('latin1', start, i).replace(/\r$/, '');
    }
    if (this.#body.length - start <= 2) {
      this.#at = this.#body.length;
      return this.#body.toString('latin1', start);
    }
    throw new ProtocolError('sealed.line', 'A line without an end', { offset: start });
  }

  /** Up to the delimiter before the content, and past the headers of that. */
  #partHeaders(): { length: number; contentType: string } {
    let length: number | undefined;
    let contentType = PLAIN_TYPE;
    let named = false;
    for (let lines = 0; this.#body[this.#at] !== 0x2d; lines++) {
      if (lines >= MAX_LINES)
        throw new ProtocolError('sealed.headers', 'Too many headers', { offset: this.#at });
      const [, name = '', value = ''] = /^\s*([\w-]+)\s*:\s*(.*)$/.exec(this.#line()) ?? [];
      if (name.toLowerCase() === 'content-type') named = value.trim().toLowerCase() === this.#protocol;
      if (name.toLowerCase() !== 'originalcontent') continue;
      // Nine digits are more than any body, and a safe number.
      length = Number(/;\s*Length\s*=\s*(\d{1,9})\s*$/i.exec(value)?.[1] ?? NaN);
      contentType = /^type\s*=\s*(.*?)\s*;\s*Length\s*=/i.exec(value)?.[1] ?? PLAIN_TYPE;
    }
    if (!named)
      throw new ProtocolError('sealed.protocol', 'A part of another protocol', { offset: this.#at });
    if (length === undefined || Number.isNaN(length)) {
      throw new ProtocolError('sealed.length', 'A part without a length', { offset: this.#at });
    }
    if (this.#delimiter())
      throw new ProtocolError('sealed.cut', 'A part without content', { offset: this.#at });
    if (!/^\s*content-type\s*:\s*application\/octet-stream\s*$/i.test(this.#line())) {
      throw new ProtocolError('sealed.headers', 'A content of another type', { offset: this.#at });
    }
    return { length, contentType };
  }

  #content(length: number): SealedPart {
    const start = this.#at + 4;
    if (start > this.#body.length)
      throw new ProtocolError('sealed.cut', 'It ends within a part', { offset: this.#at });
    const headerLength = this.#view.getUint32(this.#at, true);
    if (headerLength > MAX_HEADER || start + headerLength > this.#body.length) {
      throw new ProtocolError('sealed.header', 'A signature beyond the end', {
        offset: this.#at,
        length: headerLength,
      });
    }
    const dataLength = this.#dataLength({ length, headerLength, bytes: this.#body.subarray(start) });
    const end = start + headerLength + dataLength;
    if (!Number.isInteger(dataLength) || dataLength < 0 || end > this.#body.length) {
      throw new ProtocolError('sealed.cut', 'It ends within a part', { offset: start, length: dataLength });
    }
    this.#at = end;
    return {
      length,
      header: this.#body.subarray(start, start + headerLength),
      data: this.#body.subarray(start + headerLength, end),
    };
  }
}
