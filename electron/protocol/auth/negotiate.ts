/** `Negotiate` and `Kerberos` over HTTP (RFC 4559 4, [MS-WSMV] 2.2.9.1): tokens in headers, bodies sealed. */
import { ProtocolError, UsageError } from '../errors.ts';
import type { AuthMove, AuthPeer, HttpAuthenticator, SealedBody } from './authenticator.ts';
import { tlsServerEndPoint } from './channel-binding.ts';
import type { AuthCrypto } from './crypto.ts';
import { decodeSealed, encodeSealed, SESSION_PROTOCOL } from './mime.ts';
import type { ContextTarget } from './security-context.ts';
import { SignInError } from './sign-in-error.ts';
import { createBareContext } from './spnego/bare.ts';
import {
  createSpnegoContext,
  type Mechanism,
  type NegotiatingContext,
  type Negotiation,
} from './spnego/client.ts';

export interface NegotiateOptions {
  /** Best first. For the scheme `Kerberos`: only that. */
  readonly mechanisms: readonly Mechanism[];
  readonly crypto: AuthCrypto;
  /** Default `Negotiate`. */
  readonly scheme?: 'Negotiate' | 'Kerberos';
  /** Tokens of the first mechanism as they are, without SPNEGO; always so with the scheme `Kerberos`. */
  readonly bare?: boolean;
  /** Default: over HTTP, and over HTTPS not, as Windows does. Over HTTP it is not to be turned off. */
  readonly encrypt?: boolean;
  /** Of the service principal name; default `HTTP`. */
  readonly service?: string;
  /** Of the service principal name; default: the server's name. */
  readonly host?: string;
  /** Let the server act for the user elsewhere (Kerberos). */
  readonly delegate?: boolean;
}

export interface SignInReport extends Negotiation {
  readonly scheme: 'Negotiate' | 'Kerberos';
  /** Bodies are sealed by the mechanism. */
  readonly encrypted: boolean;
  /** The log-on is bound to the TLS connection. */
  readonly channelBound: boolean;
}

export interface NegotiateAuthenticator extends HttpAuthenticator {
  describe(): SignInReport;
}

/** A token68 (RFC 9110 11.2). What is longer than the header limit of any server is none. */
const TOKEN = /^[A-Za-z0-9+/]{0,131072}={0,2}$/;

export function createNegotiateAuthenticator(
  peer: AuthPeer,
  options: NegotiateOptions,
): NegotiateAuthenticator {
  const sealing = !peer.https || (options.encrypt ?? false);
  const authenticator = new Negotiate(peer, options, sealing);
  if (!sealing) return authenticator;
  return Object.assign(authenticator, {
    wrap: (body: Uint8Array) => authenticator.seal(body),
    unwrap: (contentType: string, body: Uint8Array) => authenticator.unseal(contentType, body),
  });
}

class Negotiate implements NegotiateAuthenticator {
  readonly scheme: 'Negotiate' | 'Kerberos';
  readonly scope = 'connection';
  readonly revealsSecret = false;
  readonly #options: NegotiateOptions;
  readonly #target: ContextTarget;
  readonly #encrypted: boolean;
  #context: NegotiatingContext | undefined;

  constructor(peer: AuthPeer, options: NegotiateOptions, encrypted: boolean) {
    const { scheme = 'Negotiate', service = 'HTTP', host = bareHost(peer.host), delegate } = options;
    this.scheme = scheme;
    this.#options = options;
    this.#encrypted = encrypted;
    this.#target = {
      service,
      host,
      ...(peer.certificate === undefined
        ? {}
        : { channelBinding: tlsServerEndPoint(peer.certificate, options.crypto) }),
      ...(delegate === undefined ? {} : { delegate }),
    };
  }

  describe(): SignInReport {
    const { mechanism, passedOver, chosenByServer } = this.#context?.describe() ?? {
      mechanism: undefined,
      passedOver: [],
      chosenByServer: false,
    };
    return {
      scheme: this.scheme,
      mechanism,
      passedOver,
      chosenByServer,
      encrypted: this.#encrypted,
      channelBound: this.#target.channelBinding !== undefined,
    };
  }

  start(): Promise<AuthMove> {
    this.close();
    const { mechanisms, bare = this.scheme === 'Kerberos' } = this.#options;
    const [first] = mechanisms;
    if (first === undefined) throw new UsageError('signin.no-mechanism', 'No mechanism to sign in with');
    this.#context = bare
      ? createBareContext(first, this.#target)
      : createSpnegoContext(mechanisms, this.#target);
    return this.#step(undefined);
  }

  async step(challenge: string): Promise<AuthMove> {
    try {
      if (!TOKEN.test(challenge))
        throw new ProtocolError('signin.token', 'What the server sends is no token');
      return await this.#step(Buffer.from(challenge, 'base64'));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new SignInError(
        'signin.server-not-proved',
        `The server's half of the log-on does not hold: ${error.message}`,
        {
          reason: error.code,
        },
      );
    }
  }

  finish(): void {
    this.#begun().finish();
  }

  close(): void {
    this.#context?.close();
  }

  async seal(body: Uint8Array): Promise<SealedBody> {
    const { header, data } = await this.#begun().seal(body);
    return encodeSealed(this.#protocol(), [{ length: body.length, header, data }]);
  }

  /** Plain text in UTF-8, whichever the server wrote. */
  async unseal(contentType: string, body: Uint8Array): Promise<Uint8Array> {
    const context = this.#begun();
    const sealed = decodeSealed(contentType, body, this.#protocol(), ({ length }) => length);
    const pieces: Uint8Array[] = [];
    for (const { header, data, length } of sealed.parts) {
      // One after the other, as their numbers demand.
      // oxlint-disable-next-line no-await-in-loop
      const plain = await context.unseal({ header, data });
      if (plain.length !== length) {
        throw new ProtocolError('sealed.length', 'Another length than was said', {
          length,
          was: plain.length,
        });
      }
      pieces.push(plain);
    }
    const [only] = pieces;
    const plain = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    return /charset\s*=\s*"?utf-?16/i.test(sealed.contentType)
      ? Buffer.from(new TextDecoder('utf-16le').decode(plain), 'utf8')
      : plain;
  }

  async #step(token: Uint8Array | undefined): Promise<AuthMove> {
    const context = this.#begun();
    const { token: next } = await context.step(token);
    if (next === undefined) return { kind: 'done' };
    return {
      kind: 'header',
      value: `${this.scheme} ${Buffer.from(next).toString('base64')}`,
      complete: context.canSeal,
    };
  }

  #protocol(): string {
    return this.scheme === 'Kerberos' ? SESSION_PROTOCOL.kerberos : SESSION_PROTOCOL.negotiate;
  }

  #begun(): NegotiatingContext {
    if (this.#context === undefined) throw new UsageError('signin.order', 'The log-on has not begun');
    return this.#context;
  }
}

/** Without the brackets and the zone of an IPv6 address. */
function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
}
