/** Kerberos by GSS-API as a {@link SecurityContext}: one log-on, then signing and sealing, one call at a time. */
import { ProtocolError, UsageError } from '../../protocol/errors.ts';
import type {
  ContextStep,
  ContextTarget,
  SealedMessage,
  SecurityContext,
} from '../../protocol/auth/security-context.ts';
import { SignInError, type SignInFacts } from '../../protocol/auth/sign-in-error.ts';
import { AES_TYPES, joinToken, outdated, splitToken } from './cfx.ts';
import { FLAG, MAJOR, type GssApi, type InitStep } from './gss-api.ts';
import { isError, isErrorToken, messageError, refusal, signInError } from './gss-status.ts';
import type { KeptCredential } from './kept-credential.ts';
import { Turns, type Pointer } from './native.ts';

/** Without one of these a server could be anybody, or messages be read, changed or played again. */
const NEEDED = FLAG.mutual | FLAG.replay | FLAG.sequence | FLAG.confidential | FLAG.integrity;

/** Gets the service's ticket. @throws SignInError */
export async function createGssContext(
  api: GssApi,
  credential: KeptCredential<Pointer>,
  target: ContextTarget,
): Promise<SecurityContext> {
  const principal = `${target.service}/${target.host}`;
  const lease = await credential.lease();
  try {
    return await begin(api, lease.handle, target, principal);
  } catch (error) {
    // The tickets may be what was wrong.
    lease.spoil();
    throw error;
  } finally {
    lease.release();
  }
}

async function begin(
  api: GssApi,
  credential: Pointer,
  target: ContextTarget,
  principal: string,
): Promise<SecurityContext> {
  const imported = await api.importName(`${target.service}@${target.host}`, 'service');
  if (isError(imported)) throw signInError(api, imported, { principal });
  const context = new GssContext(api, target, imported.name, { principal });
  try {
    await context.begin(credential);
    return context;
  } catch (error) {
    context.close();
    throw error;
  }
}

class GssContext implements SecurityContext {
  readonly mechanism = 'kerberos';
  readonly #api: GssApi;
  readonly #target: ContextTarget;
  readonly #facts: SignInFacts;
  readonly #turns = new Turns();
  #name: Pointer;
  #context: Pointer = null;
  #first: Uint8Array | undefined;
  #complete = false;
  #broken = false;
  #closed = false;

  constructor(api: GssApi, target: ContextTarget, name: Pointer, facts: SignInFacts) {
    this.#api = api;
    this.#target = target;
    this.#name = name;
    this.#facts = facts;
  }

  begin(credential: Pointer): Promise<void> {
    return this.#turns.run(async () => {
      const step = await this.#init(credential, undefined);
      if (isError(step)) throw signInError(this.#api, step, this.#facts);
      this.#first = step.token;
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
      return this.#answer(token);
    });
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return this.#turns.run(async () => {
      this.#check(this.#complete);
      const made = await this.#api.getMic(this.#context, message);
      if (isError(made)) throw this.#fail(signInError(this.#api, made, this.#facts));
      return made.token;
    });
  }

  verify(message: Uint8Array, signature: Uint8Array): Promise<void> {
    return this.#turns.run(async () => {
      this.#check(this.#complete);
      const status = await this.#api.verifyMic(this.#context, message, signature);
      if (isError(status) || (status.major & MAJOR.sequence) !== 0)
        throw this.#fail(messageError(this.#api, status));
    });
  }

  seal(message: Uint8Array): Promise<SealedMessage> {
    return this.#turns.run(async () => {
      this.#check(this.#complete);
      const made = await this.#api.wrap(this.#context, message);
      if (isError(made)) throw this.#fail(signInError(this.#api, made, this.#facts));
      if (!made.sealed) throw this.#fail(notConfidential());
      try {
        return splitToken(made.token, message.length);
      } catch (error) {
        throw this.#fail(error);
      }
    });
  }

  unseal(message: SealedMessage): Promise<Uint8Array> {
    return this.#turns.run(async () => {
      this.#check(this.#complete);
      let token: Uint8Array;
      try {
        token = joinToken(message);
      } catch (error) {
        throw this.#fail(error);
      }
      const opened = await this.#api.unwrap(this.#context, token);
      // A repeated or a lost message is a success with a remark; to us it is the end.
      if (isError(opened) || (opened.major & MAJOR.sequence) !== 0)
        throw this.#fail(messageError(this.#api, opened));
      if (!opened.sealed) {
        throw this.#fail(new ProtocolError('kerberos.not-sealed', 'The service signs where it has to seal'));
      }
      return opened.message;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // After what the library is busy with: it must not lose the context under its hands.
    void this.#turns.run(() => {
      this.#api.deleteContext(this.#context);
      this.#context = null;
      this.#forgetName();
      return Promise.resolve();
    });
  }

  async #answer(token: Uint8Array): Promise<ContextStep> {
    const step = await this.#init(null, token);
    if (isError(step)) {
      throw this.#fail(
        isErrorToken(token) ? refusal(this.#api, step, this.#facts) : messageError(this.#api, step),
      );
    }
    const complete = (step.major & MAJOR.continueNeeded) === 0;
    if (complete) await this.#judge(step.flags);
    this.#complete = complete;
    return step.token.length === 0 ? { complete } : { token: step.token, complete };
  }

  async #init(credential: Pointer, token: Uint8Array | undefined): Promise<InitStep> {
    const { channelBinding, delegate } = this.#target;
    const step = await this.#api.initContext({
      credential,
      context: this.#context,
      target: this.#name,
      flags: NEEDED | (delegate === true ? FLAG.delegate : 0),
      bindings: channelBinding,
      token,
    });
    this.#context = step.context;
    return step;
  }

  /** What was agreed on. @throws SignInError */
  async #judge(flags: number): Promise<void> {
    this.#forgetName();
    if ((flags & FLAG.mutual) === 0) {
      throw this.#fail(
        new SignInError('signin.server-not-proved', 'The server did not prove who it is', this.#facts),
      );
    }
    if ((flags & NEEDED) !== NEEDED) throw this.#fail(notConfidential());
    const keyType = await this.#api.keyType(this.#context);
    if (keyType !== undefined && !AES_TYPES.has(keyType)) throw this.#fail(outdated(this.#facts, keyType));
  }

  #forgetName(): void {
    this.#api.releaseName(this.#name);
    this.#name = null;
  }

  /** The numbers of the two sides no longer agree after any failure. */
  #fail(error: unknown): unknown {
    this.#broken = true;
    return error;
  }

  #check(inOrder: boolean): void {
    if (this.#closed) throw new UsageError('kerberos.closed', 'The log-on is over');
    if (this.#broken) throw new UsageError('kerberos.broken', 'The log-on failed before');
    if (!inOrder) throw new UsageError('kerberos.order', 'That is not the time for it');
  }
}

function notConfidential(): SignInError {
  return new SignInError('signin.not-encrypted', 'Kerberos agreed on no encryption');
}
