/** SPNEGO as a server (RFC 4178 4, [MS-SPNG] 3.3): takes the first mechanism of the client's list that there is. NTLM may also come alone. */
import { ProtocolError, UsageError } from '../../errors.ts';
import { isNtlmMessage } from '../ntlm/fields.ts';
import type { AcceptedIdentity, AcceptingContext, ContextStep, SealedMessage } from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import { mechanismOf, type MechanismName } from './client.ts';
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeNegTokenResp,
  NEG_STATE,
  type NegTokenResp,
} from './tokens.ts';

export interface AcceptingMechanism {
  readonly name: MechanismName;
  readonly create: () => AcceptingContext;
}

export function createSpnegoAcceptor(mechanisms: readonly AcceptingMechanism[]): AcceptingContext {
  return new SpnegoAcceptor(mechanisms);
}

class SpnegoAcceptor implements AcceptingContext {
  readonly #mechanisms: readonly AcceptingMechanism[];
  #context: AcceptingContext | undefined;
  #mechTypes: Uint8Array | undefined;
  #micNeeded = false;
  #complete = false;

  constructor(mechanisms: readonly AcceptingMechanism[]) {
    this.#mechanisms = mechanisms;
  }

  get mechanism(): MechanismName {
    return this.#chosen().mechanism;
  }

  get identity(): AcceptedIdentity | undefined {
    return this.#complete ? this.#context?.identity : undefined;
  }

  async step(token: Uint8Array | undefined): Promise<ContextStep> {
    if (token === undefined) throw new UsageError('spnego.order', 'The client begins');
    if (this.#complete) throw new ProtocolError('spnego.late', 'A token after the log-on was over');
    if (isNtlmMessage(token)) return this.#raw(token);
    const step = this.#context === undefined ? await this.#first(token) : await this.#next(token);
    this.#complete = step.complete;
    return step;
  }

  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#chosen().sign(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void | Promise<void> {
    return this.#chosen().verify(message, signature);
  }

  seal(message: Uint8Array): SealedMessage | Promise<SealedMessage> {
    return this.#chosen().seal(message);
  }

  unseal(message: SealedMessage): Uint8Array | Promise<Uint8Array> {
    return this.#chosen().unseal(message);
  }

  close(): void {
    this.#context?.close();
  }

  #chosen(): AcceptingContext {
    if (this.#context === undefined) throw new UsageError('spnego.order', 'The log-on has not begun');
    return this.#context;
  }

  async #raw(token: Uint8Array): Promise<ContextStep> {
    const ntlm = this.#mechanisms.find(({ name }) => name === 'ntlm');
    if (ntlm === undefined || this.#mechTypes !== undefined) {
      throw new ProtocolError('spnego.token', 'NTLM where SPNEGO was spoken');
    }
    this.#context ??= ntlm.create();
    const step = await this.#context.step(token);
    this.#complete = step.complete;
    return step;
  }

  async #first(token: Uint8Array): Promise<ContextStep> {
    const { mechTypes, mechTypesDer, mechToken } = decodeNegTokenInit(token);
    this.#mechTypes = mechTypesDer;
    for (const [place, oid] of mechTypes.entries()) {
      const mechanism = this.#mechanisms.find(({ name }) => name === mechanismOf(oid));
      if (mechanism === undefined) continue;
      this.#context = mechanism.create();
      // The token is for the first of the list (RFC 4178 4.2.1).
      this.#micNeeded = place > 0;
      if (place === 0 && mechToken !== undefined) return this.#feed({ token: mechToken }, oid);
      return {
        token: encodeNegTokenResp({
          state: place > 0 ? NEG_STATE.requestMic : NEG_STATE.acceptIncomplete,
          mechanism: oid,
        }),
        complete: false,
      };
    }
    throw new SignInError('signin.no-mechanism', 'None of the mechanisms offered is here', {
      offered: mechTypes,
    });
  }

  #next(token: Uint8Array): Promise<ContextStep> {
    if (this.#mechTypes === undefined)
      throw new ProtocolError('spnego.token', 'SPNEGO where NTLM was spoken');
    const message = decodeNegTokenResp(token);
    if (message.state === NEG_STATE.reject) throw rejected(this.mechanism);
    return this.#feed(message);
  }

  async #feed(message: NegTokenResp, first?: string): Promise<ContextStep> {
    const context = this.#chosen();
    if (message.token === undefined) throw new ProtocolError('spnego.stalled', 'Nothing for the mechanism');
    const { token, complete } = await context.step(message.token);
    const common = {
      ...(first === undefined ? {} : { mechanism: first }),
      ...(token === undefined ? {} : { token }),
    };
    if (!complete) {
      return { token: encodeNegTokenResp({ state: NEG_STATE.acceptIncomplete, ...common }), complete: false };
    }
    const mechListMic = await this.#exchangeMics(message.mechListMic);
    return {
      token: encodeNegTokenResp({
        state: NEG_STATE.acceptCompleted,
        ...common,
        ...(mechListMic === undefined ? {} : { mechListMic }),
      }),
      complete: true,
    };
  }

  /** RFC 4178 5: theirs is checked, and ours goes back. */
  async #exchangeMics(theirs: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const context = this.#chosen();
    if (theirs === undefined || this.#mechTypes === undefined) {
      if (this.#micNeeded) throw new ProtocolError('spnego.mic', 'The list of mechanisms is not signed');
      return undefined;
    }
    await context.verify(this.#mechTypes, theirs);
    context.resetCipher?.('receiving');
    const ours = await context.sign(this.#mechTypes);
    context.resetCipher?.('sending');
    return ours;
  }
}

function rejected(mechanism: MechanismName): SignInError {
  return new SignInError('signin.rejected', 'The client gives the log-on up', { mechanism });
}
