/**
 * NTLM as a client ([MS-NLMP] 3.1): version 2 of the protocol only, always with a MIC, with sign, seal and 128 bits.
 *
 * Departures: LMv2 is never sent, not even to servers that tell no time; no connectionless mode.
 */
import { ProtocolError, UsageError } from '../../errors.ts';
import type { AuthCrypto } from '../crypto.ts';
import { channelBindingHash } from '../channel-binding.ts';
import { hmacMd5 } from '../md5.ts';
import type {
  ContextStep,
  ContextTarget,
  SealedMessage,
  SecurityContext,
  SecurityContextFactory,
} from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import { encodeAuthenticate, type Authenticate } from './authenticate.ts';
import { decodeChallenge, type Challenge } from './challenge.ts';
import { utf16, type NtlmVersion } from './fields.ts';
import { has, missingFlags, NTLM_FLAG } from './flags.ts';
import { ntHash, ntowfV2, rc4k, respond } from './keys.ts';
import { encodeNegotiate } from './negotiate.ts';
import { NtlmSession } from './session.ts';
import {
  AV,
  AV_FLAG_MIC,
  avFlags,
  avValue,
  encodeTargetInfo,
  fileTime,
  uint32Bytes,
  type AvPair,
} from './target-info.ts';

export interface NtlmAccount {
  readonly user: string;
  /** As typed: its case matters. Empty for a user principal name, or where the server is to find the account. */
  readonly domain: string;
  readonly password: string;
}

export interface NtlmClientOptions extends NtlmAccount {
  /** Told to the server, and written into its log. Empty by default. */
  readonly workstation?: string;
  readonly crypto: AuthCrypto;
  readonly target: ContextTarget;
  /** For debugging at the other end only ([MS-NLMP] 2.2.2.10). */
  readonly version?: NtlmVersion;
}

const WANTED =
  NTLM_FLAG.unicode |
  NTLM_FLAG.oem |
  NTLM_FLAG.requestTarget |
  NTLM_FLAG.sign |
  NTLM_FLAG.seal |
  NTLM_FLAG.ntlm |
  NTLM_FLAG.alwaysSign |
  NTLM_FLAG.extendedSessionSecurity |
  NTLM_FLAG.key128 |
  NTLM_FLAG.keyExchange |
  NTLM_FLAG.key56;

/** Servers know nothing of ours; zeros, as other implementations beside Windows send. */
const VERSION: NtlmVersion = { major: 0, minor: 0, build: 0 };

const LM_NONE = new Uint8Array(24);
const MIC_NONE = new Uint8Array(16);

export function createNtlmContext(options: NtlmClientOptions): SecurityContext {
  return new NtlmClient(options);
}

/** For {@link SecurityContextFactory}: NTLM needs nothing but the account, and so is always there. */
export function ntlmFactory(
  account: NtlmAccount,
  crypto: AuthCrypto,
  workstation = '',
): SecurityContextFactory {
  return (target) => createNtlmContext({ ...account, crypto, target, workstation });
}

class NtlmClient implements SecurityContext {
  readonly mechanism = 'ntlm';
  readonly #options: Omit<NtlmClientOptions, 'password'>;
  /** {@link ntowfV2}: all that is kept of the password, and only until it was used. */
  readonly #key: Uint8Array;
  #negotiate: Uint8Array | undefined;
  #session: NtlmSession | undefined;
  #closed = false;

  constructor({ password, ...options }: NtlmClientOptions) {
    this.#options = options;
    const hash = ntHash(password);
    this.#key = ntowfV2(hash, options.user, options.domain);
    hash.fill(0);
  }

  step(token: Uint8Array | undefined): ContextStep {
    if (this.#closed) throw new UsageError('ntlm.over', 'The NTLM log-on was closed');
    if (this.#session !== undefined)
      throw new ProtocolError('ntlm.late', 'A token after the NTLM log-on was over');
    if (token === undefined) {
      const { version = VERSION } = this.#options;
      this.#negotiate = encodeNegotiate({ flags: WANTED, domain: '', workstation: '', version });
      return { token: this.#negotiate, complete: false };
    }
    if (this.#negotiate === undefined) throw new UsageError('ntlm.order', 'The first step has no token');
    return { token: this.#authenticate(this.#negotiate, token), complete: true };
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#ready().sign(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void {
    this.#ready().verify(message, signature);
  }

  seal(message: Uint8Array): SealedMessage {
    return this.#ready().seal(message);
  }

  unseal(message: SealedMessage): Uint8Array {
    return this.#ready().unseal(message);
  }

  resetCipher(direction: 'sending' | 'receiving'): void {
    this.#ready().resetCipher(direction);
  }

  close(): void {
    this.#closed = true;
    this.#key.fill(0);
    this.#session?.close();
  }

  #ready(): NtlmSession {
    if (this.#session === undefined) throw new UsageError('ntlm.order', 'The NTLM log-on is not complete');
    return this.#session;
  }

  /** [MS-NLMP] 3.1.5.1.2. */
  #authenticate(negotiate: Uint8Array, token: Uint8Array): Uint8Array {
    const { user, domain, workstation = '', crypto, version = VERSION } = this.#options;
    const challenge = decodeChallenge(token);
    // The server chooses from what we offered, and no more.
    const flags =
      challenge.flags & (WANTED | NTLM_FLAG.targetInfo | NTLM_FLAG.targetTypeServer | NTLM_FLAG.version);
    const missing = missingFlags(challenge.flags);
    if (missing.length > 0) {
      throw new SignInError('ntlm.weak', 'The server cannot do what safe NTLM needs', { missing });
    }
    const info = challenge.targetInfo ?? [];
    const clientChallenge = crypto.randomBytes(8);
    const { response, sessionBaseKey } = respond({
      key: this.#key,
      serverChallenge: challenge.serverChallenge,
      clientChallenge,
      time: timeOf(info) ?? fileTime(crypto.now()),
      targetInfo: encodeTargetInfo(this.#ourInfo(info)),
    });
    const exchange = has(flags, NTLM_FLAG.keyExchange);
    const exportedKey = exchange ? crypto.randomBytes(16) : sessionBaseKey;
    const message: Authenticate = {
      flags,
      user,
      domain,
      workstation,
      lmResponse: LM_NONE,
      ntResponse: response,
      encryptedSessionKey: exchange ? rc4k(sessionBaseKey, exportedKey) : new Uint8Array(),
      version,
    };
    const mic = hmacMd5(exportedKey, negotiate, token, encodeAuthenticate({ ...message, mic: MIC_NONE }));
    this.#session = new NtlmSession(exportedKey, 'client', exchange);
    for (const secret of [this.#key, sessionBaseKey, exportedKey]) secret.fill(0);
    return encodeAuthenticate({ ...message, mic });
  }

  /** The server's pairs, and ours: that there is a MIC, which service we mean, which TLS connection we are on. */
  #ourInfo(info: readonly AvPair[]): AvPair[] {
    const { target } = this.#options;
    const ours: number[] = [AV.flags, AV.targetName, AV.channelBindings];
    return [
      ...info.filter(({ id }) => !ours.includes(id)),
      ...(target.channelBinding === undefined
        ? []
        : [{ id: AV.channelBindings, value: channelBindingHash(target.channelBinding) }]),
      { id: AV.targetName, value: utf16(`${target.service}/${target.host}`) },
      { id: AV.flags, value: uint32Bytes(avFlags(info) | AV_FLAG_MIC) },
    ];
  }
}

function timeOf(info: NonNullable<Challenge['targetInfo']>): Uint8Array | undefined {
  const time = avValue(info, AV.timestamp);
  return time?.length === 8 ? time : undefined;
}
