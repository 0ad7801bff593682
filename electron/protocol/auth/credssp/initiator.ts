/**
 * CredSSP as a client ([MS-CSSP] 3.1.5): SPNEGO in TSRequests, the proof that both ends see the same TLS key, then the password. TLS itself
 * is around this and not in here: plain TSRequests come in and go out.
 */
import { ProtocolError, UsageError } from '../../errors.ts';
import { equalBytes } from '../bytes.ts';
import type { AuthCrypto } from '../crypto.ts';
import type { SecurityContext } from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import { statusName } from './nt-status.ts';
import { FIRST_HASHED_VERSION, NONCE_LENGTH, publicKeyProof } from './public-key.ts';
import { encodeTsCredentials, type PasswordCredentials } from './ts-credentials.ts';
import { decodeTsRequest, encodeTsRequest, type TsRequest } from './ts-request.ts';

/** What we announce. */
const OUR_VERSION = 6;

/** Versions 2 to 4 have no nonce: refused unless somebody says otherwise. */
const OLDEST_SAFE_VERSION = FIRST_HASHED_VERSION;

/** SPNEGO with NTLM takes two, with Kerberos one or two. */
const MAX_NEGO_LEGS = 8;

/** SPNEGO: the part of it that this needs. */
export interface NegotiatedContext extends Pick<SecurityContext, 'step' | 'seal' | 'unseal' | 'close'> {
  /**
   * The mechanism is done, though the other end may still owe its mechListMIC. The token of that step goes together with the first sealed
   * message: Windows takes them in no other way.
   */
  readonly canSeal: boolean;
  /** The other end said no more. @throws SignInError where it owed something. */
  finish(): void;
}

export interface CredSspOptions {
  /** Closed with this. */
  readonly context: NegotiatedContext;
  /** Of the server's TLS certificate: see `subjectPublicKey`. */
  readonly publicKey: Uint8Array;
  readonly credentials: PasswordCredentials;
  readonly crypto: Pick<AuthCrypto, 'hash' | 'randomBytes'>;
  /** Accept versions 2 to 4, which CVE-2018-0886 breaks: whoever stands between can have the server run what he likes. */
  readonly allowOldVersions?: boolean;
}

type State = 'new' | 'negotiating' | 'proving' | 'delivered' | 'failed';
type Event = 'start' | 'tokens' | 'proof' | 'status';

/** Every legal step. Where SPNEGO has just come to its end, `tokens` leads to `proving`; whatever goes wrong leads to `failed`. */
const TRANSITIONS: Readonly<Record<State, Partial<Record<Event, readonly State[]>>>> = {
  new: { start: ['negotiating'] },
  negotiating: { tokens: ['negotiating', 'proving'], status: ['failed'] },
  proving: { proof: ['delivered'], status: ['failed'] },
  delivered: { status: ['failed'] },
  failed: {},
};

export class CredSspInitiator {
  readonly #options: CredSspOptions;
  #state: State = 'new';
  /** Of the server, once it has spoken. */
  #serverVersion: number | undefined;
  #nonce: Uint8Array | undefined;
  #contextComplete = false;
  #legs = 0;

  constructor(options: CredSspOptions) {
    this.#options = options;
  }

  /** The password is on its way: nothing more is expected, but for a refusal. */
  get delivered(): boolean {
    return this.#state === 'delivered';
  }

  /** The version both speak; undefined until the server has spoken. */
  get version(): number | undefined {
    return this.#serverVersion === undefined ? undefined : Math.min(this.#serverVersion, OUR_VERSION);
  }

  /** The first TSRequest. */
  async start(): Promise<Uint8Array> {
    this.#require('start');
    return this.#guard(async () => {
      const { token, complete } = await this.#options.context.step(undefined);
      this.#contextComplete = complete;
      if (token === undefined)
        throw new UsageError('credssp.no-token', 'The log-on has nothing to begin with');
      // The version decides on the form of the proof, so that even a context that is complete waits for the server's word.
      this.#advance('start', 'negotiating');
      return encodeTsRequest({ version: OUR_VERSION, negoTokens: [token] });
    });
  }

  /** The server's TSRequest, and the next of ours. @throws ProtocolError, SignInError */
  async receive(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#guard(async () => {
      const request = decodeTsRequest(bytes);
      this.#checkVersion(request.version);
      if (request.errorCode !== undefined && request.errorCode !== 0) {
        this.#require('status');
        throw refusal(request.errorCode);
      }
      return this.#state === 'proving' ? await this.#onProof(request) : await this.#onTokens(request);
    });
  }

  close(): void {
    this.#state = 'failed';
    this.#options.context.close();
  }

  async #onTokens({ negoTokens, pubKeyAuth }: TsRequest): Promise<Uint8Array> {
    this.#require('tokens');
    const { context } = this.#options;
    if (pubKeyAuth !== undefined) throw this.#violation('a proof before ours');
    const [received] = negoTokens ?? [];
    let token: Uint8Array | undefined;
    if (this.#contextComplete) {
      if (received !== undefined && received.length > 0) throw this.#violation('a token too many');
    } else {
      if (received === undefined) throw this.#violation('no token');
      if (++this.#legs > MAX_NEGO_LEGS) throw this.#violation('no end of tokens');
      const step = await context.step(received);
      token = step.token;
      this.#contextComplete = step.complete;
    }
    if (context.canSeal) return this.#prove(token);
    if (token === undefined) throw new UsageError('credssp.no-token', 'The log-on has no answer to a token');
    this.#advance('tokens', 'negotiating');
    return encodeTsRequest({ version: OUR_VERSION, negoTokens: [token] });
  }

  /** [MS-CSSP] 3.1.5, step 3: our last token, if there is one, and the proof. */
  async #prove(token: Uint8Array | undefined): Promise<Uint8Array> {
    const { crypto, publicKey } = this.#options;
    const hashed = (this.version ?? 0) >= FIRST_HASHED_VERSION;
    this.#nonce = hashed ? crypto.randomBytes(NONCE_LENGTH) : undefined;
    const proof = publicKeyProof(crypto, 'Client-To-Server', publicKey, this.#nonce);
    const pubKeyAuth = await this.#seal(proof);
    this.#advance('tokens', 'proving');
    return encodeTsRequest({
      version: OUR_VERSION,
      ...(token === undefined ? {} : { negoTokens: [token] }),
      pubKeyAuth,
      ...(this.#nonce === undefined ? {} : { clientNonce: this.#nonce }),
    });
  }

  /** Steps 4 and 5: the server's proof is checked before the password leaves us. */
  async #onProof({ negoTokens, pubKeyAuth }: TsRequest): Promise<Uint8Array> {
    this.#require('proof');
    const { context, credentials, crypto, publicKey } = this.#options;
    if (pubKeyAuth === undefined) throw this.#violation('no proof');
    const [received] = negoTokens ?? [];
    if (received !== undefined && received.length > 0) {
      if (this.#contextComplete) throw this.#violation('a token too many');
      const step = await context.step(received);
      if (!step.complete || step.token !== undefined) throw this.#violation('a log-on without end');
      this.#contextComplete = true;
    } else if (!this.#contextComplete) {
      context.finish();
      this.#contextComplete = true;
    }
    const expected = publicKeyProof(crypto, 'Server-To-Client', publicKey, this.#nonce);
    const shown = await this.#unseal(pubKeyAuth);
    if (!equalBytes(shown, expected)) {
      throw new SignInError(
        'signin.server-not-proved',
        'The server sees another TLS key than we do: somebody stands between',
        { mechanism: 'credssp' },
      );
    }
    const plain = encodeTsCredentials(credentials);
    const authInfo = await this.#seal(plain);
    plain.fill(0);
    this.#advance('proof', 'delivered');
    return encodeTsRequest({ version: OUR_VERSION, authInfo });
  }

  #checkVersion(version: number): void {
    if (this.#serverVersion !== undefined) {
      if (version !== this.#serverVersion) throw this.#violation('another version than before');
      return;
    }
    const oldest = this.#options.allowOldVersions === true ? 2 : OLDEST_SAFE_VERSION;
    if (version < oldest) {
      throw new SignInError('credssp.version', 'The server speaks an old version of CredSSP only', {
        version,
        oldest,
      });
    }
    this.#serverVersion = version;
  }

  /** A gss token in one piece, without WinRM's split. */
  async #seal(message: Uint8Array): Promise<Uint8Array> {
    const { header, data } = await this.#options.context.seal(message);
    return Buffer.concat([header, data]);
  }

  async #unseal(token: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#options.context.unseal({
        header: token.subarray(0, SIGNATURE_LENGTH),
        data: token.subarray(SIGNATURE_LENGTH),
      });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new SignInError('signin.server-not-proved', 'The proof of the server does not hold', {
        mechanism: 'credssp',
        reason: error.code,
      });
    }
  }

  /** Whatever goes wrong ends it. */
  async #guard<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  #require(event: Event): void {
    if (TRANSITIONS[this.#state][event] === undefined) {
      const facts = { state: this.#state, event };
      throw event === 'start' || this.#state === 'new' || this.#state === 'failed'
        ? new UsageError('credssp.order', 'This is not the time for that step of CredSSP', facts)
        : new ProtocolError('credssp.order', 'The server goes on where CredSSP is over', facts);
    }
  }

  #advance(event: Event, to: State): void {
    this.#require(event);
    if (TRANSITIONS[this.#state][event]?.includes(to) !== true) {
      throw new UsageError('credssp.order', 'No such step of CredSSP', { state: this.#state, event, to });
    }
    this.#state = to;
  }

  #violation(reason: string): ProtocolError {
    return new ProtocolError('credssp.order', 'The server answers with another step of CredSSP', {
      state: this.#state,
      reason,
    });
  }
}

/** NTLM's signature, [MS-NLMP] 2.2.2.9; a Kerberos token may be cut anywhere. */
const SIGNATURE_LENGTH = 16;

function refusal(status: number): SignInError {
  const name = statusName(status);
  return new SignInError('credssp.refused', 'The server refused the log-on', {
    status,
    ...(name === undefined ? {} : { name }),
  });
}
