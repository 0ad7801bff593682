/**
 * Node's TLS without a network: bytes are put in and taken out. CredSSP speaks TLS inside the tokens of HTTP ([MS-CSSP] 3.1.5), so that no
 * socket may come into it.
 *
 * Node encrypts and decrypts in the thread that calls, and reports within the same turn of the event loop or the next few: so "nothing
 * more comes" is a number of turns without anything, and never a time.
 */
import { constants } from 'node:crypto';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { systemCode } from '../errors.ts';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';

/** Turns of the event loop without anything new, after which nothing new comes. One or two is what Node takes. */
const QUIET_TURNS = 4;

/** Plaintext encrypted in one go, about a millisecond's worth: the main thread has others to serve between. A multiple of a record's. */
const SLICE = 16 * 16_384;

/** Buffers of its own would make Node's streams wait for somebody to read; everything here is taken out at once. */
const UNBOUNDED = 2 ** 30;

/** Holds what TLS would send, and hands it what came. */
class Wire extends Duplex {
  #written: Uint8Array[] = [];

  constructor() {
    super({ readableHighWaterMark: UNBOUNDED, writableHighWaterMark: UNBOUNDED });
  }

  /** How many pieces wait to be taken. */
  get size(): number {
    return this.#written.length;
  }

  takeAll(): Uint8Array {
    const all = Buffer.concat(this.#written);
    this.#written = [];
    return all;
  }

  override _read(): void {
    // Pushed from outside.
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#written.push(chunk);
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: () => void): void {
    for (const { chunk } of chunks) this.#written.push(chunk);
    done();
  }
}

export interface MemoryTlsOptions {
  readonly servername?: string;
  readonly minVersion?: tls.SecureVersion;
  readonly maxVersion?: tls.SecureVersion;
}

export interface MemoryTlsSession {
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string;
  /** As OpenSSL names it. */
  readonly cipher: string;
  /** SubjectPublicKeyInfo of the other end, DER. */
  readonly publicKey: Uint8Array;
}

/** The client's end. Calls come one after the other. */
export class MemoryTls {
  readonly #wire = new Wire();
  readonly #socket: tls.TLSSocket;
  #plain: Uint8Array[] = [];
  #plainLength = 0;
  #secure = false;
  #failure: SignInError | undefined;

  constructor(options: MemoryTlsOptions = {}) {
    const how: tls.ConnectionOptions = {
      socket: this.#wire,
      ...(options.servername === undefined ? {} : { servername: options.servername }),
      minVersion: options.minVersion ?? 'TLSv1.2',
      ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
      // A certificate of the server's own making, as Windows has it there: CredSSP proves its key by the log-on inside, and no authority
      // could prove more.
      rejectUnauthorized: false,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    };
    this.#socket = tls.connect(how);
    this.#socket.on('secureConnect', () => {
      this.#secure = true;
    });
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#plain.push(chunk);
      this.#plainLength += chunk.byteLength;
    });
    this.#socket.on('error', (error) => {
      this.#failure ??= failed(systemCode(error) ?? 'unknown');
    });
    this.#socket.on('close', () => {
      this.#failure ??= failed('closed');
    });
    this.#socket.on('end', () => {
      this.#failure ??= failed('closed');
    });
  }

  get secure(): boolean {
    return this.#secure;
  }

  /** Takes what the other end says of the handshake (nothing at first), and gives what to answer; empty where it is over. */
  async handshake(received: Uint8Array | undefined): Promise<Uint8Array> {
    if (received !== undefined) this.#put(received);
    await this.#quiet();
    if (this.#wire.size === 0 && !this.#secure) throw this.#fail('incomplete');
    return this.#wire.takeAll();
  }

  /** Only once secure. */
  session(): MemoryTlsSession {
    const certificate = this.#socket.getPeerX509Certificate();
    if (!this.#secure || certificate === undefined) throw this.#fail('no-certificate');
    return {
      protocol: this.#socket.getProtocol() ?? '',
      cipher: this.#socket.getCipher().name,
      publicKey: certificate.publicKey.export({ type: 'spki', format: 'der' }),
    };
  }

  /** The records that hold this plaintext: one for every 16384 bytes of it. Given to `take` in pieces as they are made. */
  async seal(plain: Uint8Array, take: (records: Uint8Array) => void): Promise<void> {
    for (let at = 0; at < plain.byteLength; at += SLICE) {
      this.#check();
      // oxlint-disable-next-line no-await-in-loop -- one record after the other
      await this.#write(plain.subarray(at, at + SLICE));
      take(this.#wire.takeAll());
    }
  }

  /** The plaintext of these records, which must hold so much; without a number, whatever is there. @throws SignInError */
  async open(records: Uint8Array, expected?: number): Promise<Uint8Array> {
    this.#put(records);
    // As a rule all is there already; a failure or a close is told a turn later.
    if (expected === undefined || this.#plainLength < expected) await this.#quiet();
    this.#check();
    const plain =
      this.#plain.length === 1 && this.#plain[0] !== undefined ? this.#plain[0] : Buffer.concat(this.#plain);
    this.#plain = [];
    this.#plainLength = 0;
    if (expected !== undefined && plain.byteLength !== expected) throw this.#fail('length');
    return plain;
  }

  close(): void {
    this.#failure ??= failed('closed');
    this.#socket.destroy();
    this.#wire.destroy();
    this.#plain = [];
  }

  #write(plain: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const onClose = (): void => reject(this.#fail('closed'));
      this.#socket.once('close', onClose);
      this.#socket.write(plain, (error) => {
        this.#socket.off('close', onClose);
        if (error) reject(this.#fail(systemCode(error) ?? 'unknown'));
        else resolve();
      });
    });
  }

  #put(bytes: Uint8Array): void {
    this.#check();
    this.#wire.push(bytes);
  }

  /** Until nothing has happened for some turns. */
  async #quiet(): Promise<void> {
    let before = '';
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      const now = `${String(this.#secure)} ${String(this.#plainLength)} ${String(this.#wire.size)}`;
      if (now !== before) turns = 0;
      before = now;
      // oxlint-disable-next-line no-await-in-loop -- that is the point
      await new Promise((resolve) => setImmediate(resolve));
      this.#check();
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(reason: string): SignInError {
    this.#failure ??= failed(reason);
    return this.#failure;
  }
}

function failed(reason: string): SignInError {
  return new SignInError('credssp.tls', 'The TLS inside the log-on failed', { reason });
}
