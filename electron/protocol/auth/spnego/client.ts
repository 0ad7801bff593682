/**
 * SPNEGO as a client (RFC 4178 4, [MS-SPNG] 3.2): offers the mechanisms there are, best first, with the first token of the best, and follows
 * the server's choice.
 *
 * Departures: with NTLM the MIC of the list is always sent, as Windows does, and not only where the standard asks for it.
 */
import { ProtocolError, UsageError } from '../../errors.ts';
import { isNtlmMessage } from '../ntlm/fields.ts';
import type {
  ContextStep,
  ContextTarget,
  SealedMessage,
  SecurityContext,
  SecurityContextFactory,
} from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import {
  decodeNegTokenResp,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  NEG_STATE,
  OID,
  type NegTokenResp,
} from './tokens.ts';

export type MechanismName = SecurityContext['mechanism'];

export interface Mechanism {
  readonly name: MechanismName;
  readonly create: SecurityContextFactory;
}

/** How a log-on came to its mechanism, for people. */
export interface Negotiation {
  /** The one in use, or tried last. */
  readonly mechanism: MechanismName | undefined;
  /** Better ones that could not serve, and why. */
  readonly passedOver: readonly { readonly mechanism: MechanismName; readonly error: SignInError }[];
  /** The server preferred `mechanism` to a better one that we had. */
  readonly chosenByServer: boolean;
}

export interface NegotiatingContext extends SecurityContext {
  /** The mechanism is done and sealing possible, though the other end's last word may still come. */
  readonly canSeal: boolean;
  /**
   * The other end accepted without another token.
   * @throws SignInError `signin.server-not-proved` where one was needed.
   */
  finish(): void;
  describe(): Negotiation;
}

/** `mechanisms`: best first. */
export function createSpnegoContext(
  mechanisms: readonly Mechanism[],
  target: ContextTarget,
): NegotiatingContext {
  return new SpnegoClient(mechanisms, target);
}

export function oidOf(mechanism: MechanismName): string {
  return mechanism === 'kerberos' ? OID.kerberos : OID.ntlm;
}

export function mechanismOf(oid: string): MechanismName | undefined {
  if (oid === OID.ntlm) return 'ntlm';
  return oid === OID.kerberos || oid === OID.microsoftKerberos ? 'kerberos' : undefined;
}

/** A mechanism at work. */
interface Current {
  readonly name: MechanismName;
  readonly context: SecurityContext;
  complete: boolean;
}

class SpnegoClient implements NegotiatingContext {
  readonly #mechanisms: readonly Mechanism[];
  readonly #target: ContextTarget;
  readonly #passedOver: { mechanism: MechanismName; error: SignInError }[] = [];
  #offered: readonly Mechanism[] = [];
  #current: Current | undefined;
  /** NTLM without SPNEGO around it, where the server answered so. */
  #raw = false;
  #answers = 0;
  #chosenByServer = false;
  #micNeeded = false;
  #micSent = false;
  #micSeen = false;
  #over = false;

  constructor(mechanisms: readonly Mechanism[], target: ContextTarget) {
    this.#mechanisms = mechanisms;
    this.#target = target;
  }

  get mechanism(): MechanismName {
    return this.#context().name;
  }

  get canSeal(): boolean {
    return this.#current?.complete ?? false;
  }

  describe(): Negotiation {
    return {
      mechanism: this.#current?.name,
      passedOver: [...this.#passedOver],
      chosenByServer: this.#chosenByServer,
    };
  }

  async step(token: Uint8Array | undefined): Promise<ContextStep> {
    if (this.#over) throw new ProtocolError('spnego.late', 'A token after the log-on was over');
    if (token === undefined) return { token: await this.#begin(), complete: false };
    const current = this.#context();
    this.#answers++;
    if (this.#raw || (this.#answers === 1 && current.name === 'ntlm' && isNtlmMessage(token))) {
      this.#raw = true;
      const step = await current.context.step(token);
      current.complete = step.complete;
      this.#over = step.complete;
      return step;
    }
    return this.#answer(decodeNegTokenResp(token));
  }

  finish(): void {
    const { complete } = this.#context();
    if (!complete || (this.#micNeeded && !this.#micSeen)) throw notProved();
    this.#over = true;
  }

  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#context().context.sign(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void | Promise<void> {
    return this.#context().context.verify(message, signature);
  }

  seal(message: Uint8Array): SealedMessage | Promise<SealedMessage> {
    return this.#context().context.seal(message);
  }

  unseal(message: SealedMessage): Uint8Array | Promise<Uint8Array> {
    return this.#context().context.unseal(message);
  }

  close(): void {
    this.#over = true;
    this.#current?.context.close();
  }

  #context(): Current {
    if (this.#current === undefined) throw new UsageError('spnego.order', 'The log-on has not begun');
    return this.#current;
  }

  /** The first mechanism that gets as far as a token; those after it are offered too. */
  async #begin(): Promise<Uint8Array> {
    if (this.#current !== undefined) throw new UsageError('spnego.order', 'The log-on has begun already');
    for (const [i, mechanism] of this.#mechanisms.entries()) {
      const mechToken = await this.#tryFirst(mechanism);
      if (mechToken === undefined) continue;
      this.#offered = this.#mechanisms.slice(i);
      return encodeNegTokenInit({ mechTypes: this.#mechTypes(), mechToken });
    }
    // The best one's reason is the one to act on.
    throw (
      this.#passedOver[0]?.error ??
      new SignInError('signin.no-mechanism', 'There is no mechanism to sign in with')
    );
  }

  async #tryFirst(mechanism: Mechanism): Promise<Uint8Array | undefined> {
    try {
      return await this.#open(mechanism);
    } catch (error) {
      // A password known to be wrong is not tried once more with the next: it would count twice towards a lockout.
      if (!(error instanceof SignInError) || error.code === 'kerberos.wrong-password') throw error;
      this.#passedOver.push({ mechanism: mechanism.name, error });
      return undefined;
    }
  }

  async #open({ name, create }: Mechanism): Promise<Uint8Array> {
    const context = await create(this.#target);
    try {
      const { token, complete } = await context.step(undefined);
      if (token === undefined)
        throw new UsageError('spnego.first-token', 'A mechanism that does not begin', { name });
      this.#current = { name, context, complete };
      return token;
    } catch (error) {
      context.close();
      throw error;
    }
  }

  #mechTypes(): string[] {
    return this.#offered.map(({ name }) => oidOf(name));
  }

  async #answer(answer: NegTokenResp): Promise<ContextStep> {
    if (answer.state === NEG_STATE.reject) {
      throw new SignInError('signin.rejected', 'The server rejects the log-on', {
        mechanism: this.mechanism,
      });
    }
    if (answer.state === NEG_STATE.requestMic) this.#micNeeded = true;
    const mechanism = await this.#chosen(answer);
    const token = mechanism.switched ?? (await this.#advance(answer));
    if (!this.#context().complete) {
      if (token === undefined || answer.state === NEG_STATE.acceptCompleted) {
        throw new ProtocolError('spnego.early', 'The server ends before the mechanism does');
      }
      return this.#reply(token, undefined);
    }
    if (answer.mechListMic !== undefined && mechanism.switched === undefined)
      await this.#check(answer.mechListMic);
    if (answer.state === NEG_STATE.acceptCompleted) {
      if (token !== undefined)
        throw new ProtocolError('spnego.early', 'The server ends before the mechanism does');
      this.finish();
      return { complete: true };
    }
    if (this.#micSent)
      throw new ProtocolError('spnego.endless', 'The server wants more when nothing is left to say');
    return this.#reply(token, await this.#micWanted(token));
  }

  /** Which mechanism goes on: ours, or another of the list with its first token. */
  async #chosen(answer: NegTokenResp): Promise<{ readonly switched?: Uint8Array }> {
    const { mechanism: oid } = answer;
    if (oid === undefined) return {};
    const current = this.#context();
    const name = mechanismOf(oid);
    if (name === current.name) return {};
    const wanted = this.#offered.find((mechanism) => mechanism.name === name);
    if (wanted === undefined || this.#answers > 1 || answer.token !== undefined) {
      throw new ProtocolError('spnego.mechanism', 'The server chose what was not offered', {
        mechanism: oid,
      });
    }
    current.context.close();
    this.#chosenByServer = true;
    // RFC 4178 5: or else somebody between us could have taken the better ones off the list.
    this.#micNeeded = true;
    return { switched: await this.#open(wanted) };
  }

  async #advance(answer: NegTokenResp): Promise<Uint8Array | undefined> {
    const current = this.#context();
    if (current.complete) {
      if (answer.token === undefined || answer.token.length === 0) return undefined;
      throw new ProtocolError('spnego.late', 'A token after the mechanism was done');
    }
    if (answer.token === undefined) {
      throw new ProtocolError('spnego.stalled', 'The server leaves out what the mechanism waits for');
    }
    const { token, complete } = await current.context.step(answer.token);
    current.complete = complete;
    return token;
  }

  async #micWanted(token: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const { name, context } = this.#context();
    // With nothing else to say it is what the server waits for.
    if (!this.#micNeeded && name !== 'ntlm' && token !== undefined) return undefined;
    const mic = await context.sign(encodeMechTypes(this.#mechTypes()));
    context.resetCipher?.('sending');
    this.#micSent = true;
    return mic;
  }

  async #check(mic: Uint8Array): Promise<void> {
    const { context } = this.#context();
    await context.verify(encodeMechTypes(this.#mechTypes()), mic);
    context.resetCipher?.('receiving');
    this.#micSeen = true;
  }

  #reply(token: Uint8Array | undefined, mechListMic: Uint8Array | undefined): ContextStep {
    return {
      token: encodeNegTokenResp({
        state: NEG_STATE.acceptIncomplete,
        ...(token === undefined ? {} : { token }),
        ...(mechListMic === undefined ? {} : { mechListMic }),
      }),
      complete: false,
    };
  }
}

function notProved(): SignInError {
  return new SignInError(
    'signin.server-not-proved',
    'The server accepts without proving that it knows the account',
  );
}
