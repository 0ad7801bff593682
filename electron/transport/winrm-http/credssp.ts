/**
 * CredSSP over HTTP ([MS-WSMV] 2.2.9.1.3, [MS-CSSP]): TLS in the tokens of `Authorization`, a log-on of SPNEGO in that, the password for the
 * server last; then every body in records of the same TLS.
 */
import type { AuthMove, HttpAuthenticator } from '../../protocol/auth/authenticator.ts';
import { CredSspInitiator, type NegotiatedContext } from '../../protocol/auth/credssp/initiator.ts';
import { subjectPublicKey } from '../../protocol/auth/credssp/public-key.ts';
import {
  isRecordStart,
  MAX_RECORD_PLAINTEXT,
  recordEnd,
  splitRecords,
  trailerLength,
} from '../../protocol/auth/credssp/records.ts';
import type { PasswordCredentials } from '../../protocol/auth/credssp/ts-credentials.ts';
import type { AuthCrypto } from '../../protocol/auth/crypto.ts';
import {
  decodeSealed,
  encodeSealed,
  SESSION_PROTOCOL,
  type PartStart,
  type SealedPart,
} from '../../protocol/auth/mime.ts';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import { ProtocolError, UsageError } from '../../protocol/errors.ts';
import { MemoryTls, type MemoryTlsOptions, type MemoryTlsSession } from './credssp-tls.ts';

export interface CredSspAuthenticatorOptions {
  /** SPNEGO with NTLM or Kerberos, made anew for every log-on. Without channel bindings: the TLS inside is bound in a stronger way. */
  readonly context: () => NegotiatedContext | Promise<NegotiatedContext>;
  /** What the server gets to act with. */
  readonly credentials: PasswordCredentials;
  readonly crypto: Pick<AuthCrypto, 'hash' | 'randomBytes'>;
  /** Accept versions 2 to 4, which are broken (CVE-2018-0886). */
  readonly allowOldVersions?: boolean;
  readonly tls?: MemoryTlsOptions;
}

const SCHEME = 'CredSSP';

/** Parts unsealed in one go: about a millisecond's worth, see the slices of sealing. */
const PARTS_A_TURN = 16;

export function createCredSspAuthenticator(options: CredSspAuthenticatorOptions): HttpAuthenticator {
  const logOn = new CredSspLogOn(options);
  return {
    scheme: SCHEME,
    scope: 'connection',
    // The server alone gets it, through TLS whose key is proved.
    revealsSecret: false,
    start: () => logOn.start(),
    step: (challenge) => logOn.step(challenge),
    finish: () => logOn.finish(),
    wrap: async (body) => encodeSealed(SESSION_PROTOCOL.credssp, await logOn.seal(body)),
    unwrap: (contentType, body) => logOn.unseal(contentType, body),
    close: () => logOn.close(),
  };
}

class CredSspLogOn {
  readonly #options: CredSspAuthenticatorOptions;
  #tls: MemoryTls | undefined;
  #session: MemoryTlsSession | undefined;
  #initiator: CredSspInitiator | undefined;

  constructor(options: CredSspAuthenticatorOptions) {
    this.#options = options;
  }

  async start(): Promise<AuthMove> {
    this.close();
    this.#tls = new MemoryTls(this.#options.tls);
    return move(await this.#tls.handshake(undefined));
  }

  async step(challenge: string): Promise<AuthMove> {
    const tls = this.#ready();
    if (this.#initiator === undefined && tls.secure) {
      // What answers our last word of a TLS 1.3 handshake: session tickets, or nothing where the server gives none. A refusal looks like
      // nothing as well, and is told again to the next leg.
      const left = challenge === '' ? new Uint8Array() : await tls.handshake(decodeToken(challenge));
      if (left.byteLength > 0)
        throw new ProtocolError('credssp.tls', 'The handshake goes on where it was over');
      return this.#say(await this.#begin(tls));
    }
    const received = decodeToken(challenge);
    if (this.#initiator !== undefined) {
      const request = await tls.open(received);
      // After its last word a server may still say something of TLS alone, such as a ticket.
      if (request.byteLength === 0 && this.#initiator.delivered) return { kind: 'done' };
      return this.#say(await this.#initiator.receive(request));
    }
    const answer = await tls.handshake(received);
    return answer.byteLength > 0
      ? { ...move(answer), mayBeUnanswered: tls.secure }
      : this.#say(await this.#begin(tls));
  }

  /** The service says that all is well: only after we have seen its proof, and it has our password. */
  finish(): void {
    if (this.#initiator?.delivered === true) return;
    throw new SignInError(
      'signin.server-not-proved',
      'The server accepts without proving that it knows the account',
      { mechanism: 'credssp' },
    );
  }

  /** One part for every record. An empty body is none: TLS has no way to say nothing. */
  async seal(body: Uint8Array): Promise<SealedPart[]> {
    const tls = this.#ready();
    if (this.#session === undefined || this.#initiator?.delivered !== true) throw notSignedIn();
    const { protocol, cipher } = this.#session;
    const parts: SealedPart[] = [];
    let at = 0;
    await tls.seal(body, (records) => {
      for (const record of splitRecords(records)) {
        const length = Math.min(MAX_RECORD_PLAINTEXT, body.byteLength - at);
        at += length;
        const trailer = trailerLength(protocol, cipher, length);
        parts.push({ length, header: record.subarray(0, trailer), data: record.subarray(trailer) });
      }
    });
    // What the length of each part rests on.
    if (parts.length !== Math.ceil(body.byteLength / MAX_RECORD_PLAINTEXT)) {
      throw new UsageError('credssp.records', 'TLS made other records than of 16384 bytes', {
        records: parts.length,
      });
    }
    return parts;
  }

  async unseal(contentType: string, body: Uint8Array): Promise<Uint8Array> {
    const tls = this.#ready();
    if (isEmptySealed(body)) return new Uint8Array();
    const { parts } = decodeSealed(contentType, body, SESSION_PROTOCOL.credssp, recordsLength);
    const plain: Uint8Array[] = [];
    for (const [i, { header, data, length }] of parts.entries()) {
      // They stand next to each other in the body; the cut between them means nothing to TLS.
      const records = new Uint8Array(header.buffer, header.byteOffset, header.byteLength + data.byteLength);
      // oxlint-disable-next-line no-await-in-loop -- the records are numbered
      plain.push(await tls.open(records, length));
      // oxlint-disable-next-line no-await-in-loop -- so that others get their turn
      if (i % PARTS_A_TURN === PARTS_A_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return plain.length === 1 && plain[0] !== undefined ? plain[0] : Buffer.concat(plain);
  }

  close(): void {
    this.#initiator?.close();
    this.#tls?.close();
    this.#initiator = undefined;
    this.#session = undefined;
    this.#tls = undefined;
  }

  async #begin(tls: MemoryTls): Promise<Uint8Array> {
    const { context, credentials, crypto, allowOldVersions } = this.#options;
    this.#session = tls.session();
    this.#initiator = new CredSspInitiator({
      context: await context(),
      publicKey: subjectPublicKey(this.#session.publicKey),
      credentials,
      crypto,
      ...(allowOldVersions === undefined ? {} : { allowOldVersions }),
    });
    return this.#initiator.start();
  }

  async #say(request: Uint8Array): Promise<AuthMove> {
    const records: Uint8Array[] = [];
    await this.#ready().seal(request, (more) => records.push(more));
    request.fill(0);
    return move(Buffer.concat(records));
  }

  #ready(): MemoryTls {
    if (this.#tls === undefined) throw notSignedIn();
    return this.#tls;
  }
}

function notSignedIn(): UsageError {
  return new UsageError('credssp.not-signed-in', 'The CredSSP log-on has not come to its end');
}

/** Never the last word for sure: even after the password the server may refuse, and then says why in a token of its own. */
function move(token: Uint8Array): Extract<AuthMove, { kind: 'header' }> {
  return { kind: 'header', value: `${SCHEME} ${Buffer.from(token).toString('base64')}`, complete: false };
}

function decodeToken(challenge: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(challenge)) {
    throw new ProtocolError('credssp.base64', 'A CredSSP token that is no base64', {
      length: challenge.length,
    });
  }
  return Buffer.from(challenge, 'base64');
}

/** Nothing in the body says how long a part is, but the headers of its TLS records do. */
function recordsLength({ bytes, headerLength }: PartStart): number {
  let at = 0;
  while (isRecordStart(bytes[at])) at = recordEnd(bytes, at);
  return at - headerLength;
}

/** Only the last delimiter: how an empty body is written where each record is a part. */
function isEmptySealed(body: Uint8Array): boolean {
  // A boundary has 70 characters at most (RFC 2046 5.1.1).
  return body.byteLength < 80 && /^--[^\r\n]+--(?:\r\n)?$/.test(Buffer.from(body).toString('latin1'));
}
