/** One mechanism without SPNEGO: its tokens go as they are (the `Kerberos` scheme; NTLM in `Negotiate`). */
import { UsageError } from '../../errors.ts';
import type { ContextStep, ContextTarget, SealedMessage, SecurityContext } from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import type { Mechanism, MechanismName, NegotiatingContext, Negotiation } from './client.ts';

export function createBareContext(mechanism: Mechanism, target: ContextTarget): NegotiatingContext {
  return new BareContext(mechanism, target);
}

class BareContext implements NegotiatingContext {
  readonly mechanism: MechanismName;
  readonly #mechanism: Mechanism;
  readonly #target: ContextTarget;
  #context: SecurityContext | undefined;
  #complete = false;

  constructor(mechanism: Mechanism, target: ContextTarget) {
    this.mechanism = mechanism.name;
    this.#mechanism = mechanism;
    this.#target = target;
  }

  get canSeal(): boolean {
    return this.#complete;
  }

  describe(): Negotiation {
    return { mechanism: this.mechanism, passedOver: [], chosenByServer: false };
  }

  async step(token: Uint8Array | undefined): Promise<ContextStep> {
    this.#context ??= await this.#mechanism.create(this.#target);
    const step = await this.#context.step(token);
    this.#complete = step.complete;
    return step;
  }

  finish(): void {
    if (this.#complete) return;
    throw new SignInError(
      'signin.server-not-proved',
      'The server accepts without proving that it knows the account',
      {
        mechanism: this.mechanism,
      },
    );
  }

  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#begun().sign(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void | Promise<void> {
    return this.#begun().verify(message, signature);
  }

  seal(message: Uint8Array): SealedMessage | Promise<SealedMessage> {
    return this.#begun().seal(message);
  }

  unseal(message: SealedMessage): Uint8Array | Promise<Uint8Array> {
    return this.#begun().unseal(message);
  }

  close(): void {
    this.#context?.close();
  }

  #begun(): SecurityContext {
    if (this.#context === undefined) throw new UsageError('spnego.order', 'The log-on has not begun');
    return this.#context;
  }
}
