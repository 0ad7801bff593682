/** Kerberos by Windows' SSPI as a {@link SecurityContext}: single sign-on of whoever is logged on, or a typed password. */
import { ProtocolError, UsageError } from '../../protocol/errors.ts';
import type {
  ContextStep,
  ContextTarget,
  SealedMessage,
  SecurityContext,
} from '../../protocol/auth/security-context.ts';
import { SignInError, type SignInFacts } from '../../protocol/auth/sign-in-error.ts';
import { AES_TYPES, joinToken, outdated, splitToken } from './cfx.ts';
import type { KerberosCredentials } from './credentials.ts';
import type { Acquired, KeptCredential, Lease } from './kept-credential.ts';
import { Turns } from './native.ts';
import { typedName } from './principal.ts';
import { ISC, SEC, type SspiApi, type SspiHandle, type SspiIdentity } from './sspi.ts';
import { BAD_TOKEN, isFailure, sspiError, sspiMessageError } from './sspi-status.ts';

/** Without one of these a server could be anybody, or messages be read, changed or played again. */
const NEEDED = ISC.mutual | ISC.replay | ISC.sequence | ISC.confidential | ISC.integrity;

/** What gets the credentials of one factory. @throws SignInError */
export function sspiCredential(
  api: SspiApi,
  source: KerberosCredentials,
): () => Promise<Acquired<SspiHandle>> {
  return async () => {
    const { status, credential } = await api.acquire(identityOf(source));
    if (isFailure(status)) throw sspiError(status, {});
    // Windows renews the tickets behind a handle by itself.
    return { handle: credential, lifetimeMs: Infinity, release: () => api.freeCredential(credential) };
  };
}

function identityOf(source: KerberosCredentials): SspiIdentity | undefined {
  switch (source.kind) {
    case 'default':
      return undefined;
    case 'cache':
    case 'keytab':
      throw new SignInError('kerberos.no-credentials', 'Windows takes no ticket caches and no keytabs', {
        reason: 'not-supported',
      });
    case 'password': {
      const { user, domain } = typedName(source.userName, source.assumeRealm ?? false);
      const upn = !source.userName.includes('\\') && domain !== undefined;
      return upn
        ? { user: source.userName, domain: '', password: source.password }
        : { user, domain: domain ?? '', password: source.password };
    }
  }
}

/** Gets the service's ticket. @throws SignInError */
export async function createSspiContext(
  api: SspiApi,
  credential: KeptCredential<SspiHandle>,
  target: ContextTarget,
): Promise<SecurityContext> {
  const lease = await credential.lease();
  const context = new SspiContext(api, lease, target);
  try {
    await context.begin();
    return context;
  } catch (error) {
    lease.spoil();
    context.close();
    throw error;
  }
}

class SspiContext implements SecurityContext {
  readonly mechanism = 'kerberos';
  readonly #api: SspiApi;
  readonly #lease: Lease<SspiHandle>;
  readonly #target: ContextTarget;
  readonly #facts: SignInFacts;
  readonly #turns = new Turns();
  #context: SspiHandle | null = null;
  #first: Uint8Array | undefined;
  #signature = 0;
  #trailer = 0;
  #complete = false;
  #broken = false;
  #closed = false;

  constructor(api: SspiApi, lease: Lease<SspiHandle>, target: ContextTarget) {
    this.#api = api;
    this.#lease = lease;
    this.#target = target;
    this.#facts = { principal: `${target.service}/${target.host}` };
  }

  begin(): Promise<void> {
    return this.#turns.run(async () => {
      const { status, token } = await this.#init(undefined);
      if (isFailure(status)) throw sspiError(status, this.#facts);
      this.#first = token;
    });
  }

  step(token: Uint8Array | undefined): Promise<ContextStep> {
    return this.#turns.run(async () => {
      this.#check(!this.#complete);
      const first = this.#first;
      if (first !== undefined) {
        if (token !== undefined) throw new UsageError('kerberos.order', 'The first token was not asked for');
        this.#first = undefined;
        return { token: first, complete: false };
      }
      if (token === undefined) throw new UsageError('kerberos.order', 'The log-on has begun already');
      const step = await this.#init(token);
      if (isFailure(step.status)) {
        throw this.#fail(
          BAD_TOKEN.has(step.status) ? sspiMessageError(step.status) : sspiError(step.status, this.#facts),
        );
      }
      const complete = step.status !== SEC.continueNeeded;
      if (complete) await this.#judge(step.flags);
      this.#complete = complete;
      return step.token.length === 0 ? { complete } : { token: step.token, complete };
    });
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return this.#turns.run(async () => {
      const context = this.#ready();
      const { status, signature } = await this.#api.sign(context, message, this.#signature);
      if (status !== SEC.ok) throw this.#fail(sspiError(status, this.#facts));
      return signature;
    });
  }

  verify(message: Uint8Array, signature: Uint8Array): Promise<void> {
    return this.#turns.run(async () => {
      const status = await this.#api.verify(this.#ready(), message, signature);
      if (status !== SEC.ok) throw this.#fail(sspiMessageError(status));
    });
  }

  seal(message: Uint8Array): Promise<SealedMessage> {
    return this.#turns.run(async () => {
      const context = this.#ready();
      const { status, header, data } = await this.#api.encrypt(context, message, this.#trailer);
      if (status !== SEC.ok) throw this.#fail(sspiError(status, this.#facts));
      try {
        // Rotated as WinRM wants it already: this checks that it is so.
        return splitToken(joinToken({ header, data }), message.length);
      } catch (error) {
        throw this.#fail(error instanceof ProtocolError ? outdated(this.#facts) : error);
      }
    });
  }

  unseal(message: SealedMessage): Promise<Uint8Array> {
    return this.#turns.run(async () => {
      const context = this.#ready();
      try {
        joinToken(message);
      } catch (error) {
        throw this.#fail(error);
      }
      const opened = await this.#api.decrypt(context, message.header, message.data);
      if (opened.status !== SEC.ok) throw this.#fail(sspiMessageError(opened.status));
      if (!opened.sealed) {
        throw this.#fail(new ProtocolError('kerberos.not-sealed', 'The service signs where it has to seal'));
      }
      return opened.message;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#turns.run(() => {
      if (this.#context !== null) this.#api.deleteContext(this.#context);
      this.#context = null;
      this.#lease.release();
      return Promise.resolve();
    });
  }

  async #init(token: Uint8Array | undefined): Promise<Awaited<ReturnType<SspiApi['initContext']>>> {
    const { service, host, channelBinding, delegate } = this.#target;
    const step = await this.#api.initContext({
      credential: this.#lease.handle,
      context: this.#context,
      target: `${service}/${host}`,
      flags: NEEDED | (delegate === true ? ISC.delegate : 0),
      bindings: channelBinding,
      token,
    });
    this.#context = step.context;
    return step;
  }

  /** What was agreed on. @throws SignInError */
  async #judge(flags: number): Promise<void> {
    this.#lease.release();
    if ((flags & ISC.mutual) === 0) {
      throw this.#fail(
        new SignInError('signin.server-not-proved', 'The server did not prove who it is', this.#facts),
      );
    }
    if ((flags & NEEDED) !== NEEDED) {
      throw this.#fail(
        new SignInError('signin.not-encrypted', 'Kerberos agreed on no encryption', this.#facts),
      );
    }
    const context = this.#context;
    if (context === null) throw new UsageError('kerberos.order', 'A log-on without a context');
    const keyType = await this.#api.keyType(context);
    if (keyType !== undefined && !AES_TYPES.has(keyType)) throw this.#fail(outdated(this.#facts, keyType));
    const { status, signature, trailer } = await this.#api.sizes(context);
    if (status !== SEC.ok) throw this.#fail(sspiError(status, this.#facts));
    this.#signature = signature;
    this.#trailer = trailer;
  }

  #fail(error: unknown): unknown {
    this.#broken = true;
    return error;
  }

  #ready(): SspiHandle {
    this.#check(this.#complete);
    if (this.#context === null) throw new UsageError('kerberos.closed', 'The log-on is over');
    return this.#context;
  }

  #check(inOrder: boolean): void {
    if (this.#closed) throw new UsageError('kerberos.closed', 'The log-on is over');
    if (this.#broken) throw new UsageError('kerberos.broken', 'The log-on failed before');
    if (!inOrder) throw new UsageError('kerberos.order', 'That is not the time for it');
  }
}
