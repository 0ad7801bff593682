/** The server's side of `Negotiate` ([MS-WSMV] 2.2.9.1, RFC 4559 4): one log-on a connection, and the bodies sealed with it. */
import { X509Certificate } from 'node:crypto';
import { tlsServerEndPoint } from '../../protocol/auth/channel-binding.ts';
import { decodeSealed, encodeSealed, SESSION_PROTOCOL } from '../../protocol/auth/mime.ts';
import {
  createNtlmAcceptor,
  type NtlmAcceptorOptions,
  type NtlmServerNames,
} from '../../protocol/auth/ntlm/acceptor.ts';
import type { AcceptingContext } from '../../protocol/auth/security-context.ts';
import { SignInError } from '../../protocol/auth/sign-in-error.ts';
import { createSpnegoAcceptor } from '../../protocol/auth/spnego/acceptor.ts';
import type { SealedBody } from '../../protocol/auth/authenticator.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { nodeAuthCrypto } from './auth-crypto.ts';

export interface NegotiateLogin {
  /** The NT hash of an account (`ntHash`), undefined for none. The names are as the client wrote them. */
  readonly lookup: NtlmAcceptorOptions['lookup'];
  /** What the server says of itself; `PSDECK` by default. */
  readonly names?: NtlmServerNames;
  /** Over HTTPS, refuse clients whose log-on is not bound to the TLS connection. */
  readonly requireChannelBinding?: boolean;
}

const NAMES: NtlmServerNames = { computer: 'PSDECK', domain: 'PSDECK' };

/** What a request's header came to. */
export type LoginStep =
  /** Another leg: this goes into `WWW-Authenticate`. */
  | { readonly kind: 'challenge'; readonly value: string }
  /** In; `value` goes into the answer's `WWW-Authenticate` where there is one. */
  | { readonly kind: 'accepted'; readonly value?: string }
  | { readonly kind: 'refused' };

export interface ConnectionLogin {
  /** Who is signed in on this connection. */
  readonly userName: string | undefined;
  /** One leg: what follows `Negotiate` in `Authorization`. */
  step(token: string): Promise<LoginStep>;
  /** @throws ProtocolError; the log-on is over then */
  unseal(contentType: string, body: Uint8Array): Promise<Uint8Array>;
  seal(body: Uint8Array): Promise<SealedBody>;
  close(): void;
}

/** Makes the log-on of each connection. `certificatePem`: the server's own, where it speaks TLS. */
export function loginFactory(
  options: NegotiateLogin,
  certificatePem: string | undefined,
): () => ConnectionLogin {
  const { lookup, names = NAMES, requireChannelBinding = false } = options;
  const ntlm: NtlmAcceptorOptions = {
    lookup,
    names,
    crypto: nodeAuthCrypto,
    requireChannelBinding,
    ...(certificatePem === undefined
      ? {}
      : { channelBinding: tlsServerEndPoint(new X509Certificate(certificatePem).raw, nodeAuthCrypto) }),
  };
  return () =>
    new Login(() => createSpnegoAcceptor([{ name: 'ntlm', create: () => createNtlmAcceptor(ntlm) }]));
}

class Login implements ConnectionLogin {
  readonly #accept: () => AcceptingContext;
  #context: AcceptingContext | undefined;

  constructor(accept: () => AcceptingContext) {
    this.#accept = accept;
  }

  get userName(): string | undefined {
    return this.#context?.identity?.user;
  }

  async step(token: string): Promise<LoginStep> {
    // Whoever is in already and sends a token begins anew.
    if (this.userName !== undefined) this.close();
    this.#context ??= this.#accept();
    try {
      const { token: next, complete } = await this.#context.step(Buffer.from(token, 'base64'));
      const value = next === undefined ? undefined : `Negotiate ${Buffer.from(next).toString('base64')}`;
      if (complete) return { kind: 'accepted', ...(value === undefined ? {} : { value }) };
      if (value !== undefined) return { kind: 'challenge', value };
    } catch (error) {
      if (!(error instanceof ProtocolError) && !(error instanceof SignInError)) throw error;
    }
    this.close();
    return { kind: 'refused' };
  }

  async unseal(contentType: string, body: Uint8Array): Promise<Uint8Array> {
    const context = this.#signedIn();
    try {
      const { parts } = decodeSealed(contentType, body, SESSION_PROTOCOL.negotiate, ({ length }) => length);
      const [part] = parts;
      if (part === undefined || parts.length > 1) throw new ProtocolError('sealed.parts', 'Not one part');
      return await context.unseal(part);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async seal(body: Uint8Array): Promise<SealedBody> {
    const { header, data } = await this.#signedIn().seal(body);
    return encodeSealed(SESSION_PROTOCOL.negotiate, [{ length: body.length, header, data }]);
  }

  close(): void {
    this.#context?.close();
    this.#context = undefined;
  }

  #signedIn(): AcceptingContext {
    if (this.#context === undefined || this.userName === undefined) {
      throw new ProtocolError('sealed.no-login', 'Sealed before anybody signed in');
    }
    return this.#context;
  }
}

/** What follows the scheme in `Authorization`; undefined where it is another scheme or no token. */
export function negotiateToken(header: string): string | undefined {
  return /^Negotiate +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
}
