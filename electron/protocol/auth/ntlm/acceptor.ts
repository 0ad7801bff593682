/**
 * NTLM as a server ([MS-NLMP] 3.2) that knows the accounts itself, for the practice server: version 2 only, with 128 bits and extended
 * session security.
 *
 * Departures: no domain controller behind it, no datagrams, no anonymous log-on.
 */
import { ProtocolError, UsageError } from '../../errors.ts';
import { equalBytes } from '../bytes.ts';
import { channelBindingHash } from '../channel-binding.ts';
import type { AuthCrypto } from '../crypto.ts';
import { hmacMd5 } from '../md5.ts';
import type { AcceptedIdentity, AcceptingContext, ContextStep, SealedMessage } from '../security-context.ts';
import { SignInError } from '../sign-in-error.ts';
import { decodeAuthenticate } from './authenticate.ts';
import { encodeChallenge } from './challenge.ts';
import { utf16, type NtlmVersion } from './fields.ts';
import { has, missingFlags, NTLM_FLAG } from './flags.ts';
import { ntowfV2, rc4k } from './keys.ts';
import { decodeNegotiate } from './negotiate.ts';
import { NtlmSession } from './session.ts';
import { AV, AV_FLAG_MIC, avFlags, avValue, decodeTargetInfo, fileTime, type AvPair } from './target-info.ts';

/** What the server says of itself. */
export interface NtlmServerNames {
  /** NetBIOS name of the machine. */
  readonly computer: string;
  /** NetBIOS name of its domain, or of the machine. */
  readonly domain: string;
  readonly dnsComputer?: string;
}

export interface NtlmAcceptorOptions {
  /** The NT hash ({@link ntHash}) of an account, undefined for none. The names are as the client wrote them. */
  readonly lookup: (user: string, domain: string) => Uint8Array | undefined;
  readonly names: NtlmServerNames;
  readonly crypto: AuthCrypto;
  /** Of the TLS connection; a client that binds to another is refused. */
  readonly channelBinding?: Uint8Array;
  /** Refuse clients that bind to none. */
  readonly requireChannelBinding?: boolean;
  readonly version?: NtlmVersion;
}

/** What we agree to of what a client offers. */
const KNOWN =
  NTLM_FLAG.unicode |
  NTLM_FLAG.requestTarget |
  NTLM_FLAG.sign |
  NTLM_FLAG.seal |
  NTLM_FLAG.ntlm |
  NTLM_FLAG.alwaysSign |
  NTLM_FLAG.extendedSessionSecurity |
  NTLM_FLAG.key128 |
  NTLM_FLAG.keyExchange |
  NTLM_FLAG.key56;

/** NTProofStr and the fixed part of NTLMv2_CLIENT_CHALLENGE ([MS-NLMP] 2.2.2.7), before the pairs. */
const PROOF = 16;
const CLIENT_CHALLENGE = 28;

export function createNtlmAcceptor(options: NtlmAcceptorOptions): AcceptingContext {
  return new NtlmAcceptor(options);
}

class NtlmAcceptor implements AcceptingContext {
  readonly mechanism = 'ntlm';
  readonly #options: NtlmAcceptorOptions;
  #first:
    | { readonly negotiate: Uint8Array; readonly challenge: Uint8Array; readonly nonce: Uint8Array }
    | undefined;
  #session: NtlmSession | undefined;
  #identity: AcceptedIdentity | undefined;

  constructor(options: NtlmAcceptorOptions) {
    this.#options = options;
  }

  get identity(): AcceptedIdentity | undefined {
    return this.#identity;
  }

  step(token: Uint8Array | undefined): ContextStep {
    if (token === undefined) throw new UsageError('ntlm.order', 'The client begins');
    if (this.#session !== undefined)
      throw new ProtocolError('ntlm.late', 'A token after the NTLM log-on was over');
    const first = this.#first;
    if (first === undefined) return { token: this.#challenge(token), complete: false };
    // One try: what was computed for one nonce must not be tried again.
    this.#first = undefined;
    this.#authenticate(first, token);
    return { complete: true };
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
    this.#session?.close();
  }

  #ready(): NtlmSession {
    if (this.#session === undefined) throw new UsageError('ntlm.order', 'The NTLM log-on is not complete');
    return this.#session;
  }

  /** [MS-NLMP] 3.2.5.1.1. */
  #challenge(token: Uint8Array): Uint8Array {
    const { crypto, names, version } = this.#options;
    const { flags: asked } = decodeNegotiate(token);
    // Clients that only sign in ask for no sealing. Names in the client's code page serve where they are ASCII, and all others fail.
    const missing = missingFlags(asked | NTLM_FLAG.sign | NTLM_FLAG.seal | NTLM_FLAG.unicode);
    if (missing.length > 0)
      throw new SignInError('ntlm.weak', 'The client cannot do what safe NTLM needs', { missing });
    const nonce = crypto.randomBytes(8);
    const challenge = encodeChallenge({
      flags:
        (asked & KNOWN) |
        (has(asked, NTLM_FLAG.unicode) ? 0 : NTLM_FLAG.oem) |
        NTLM_FLAG.targetInfo |
        NTLM_FLAG.targetTypeServer |
        (asked & NTLM_FLAG.version),
      serverChallenge: nonce,
      targetName: names.computer,
      targetInfo: [
        text(AV.computerName, names.computer),
        text(AV.domainName, names.domain),
        ...(names.dnsComputer === undefined ? [] : [text(AV.dnsComputerName, names.dnsComputer)]),
        { id: AV.timestamp, value: fileTime(crypto.now()) },
      ],
      ...(version === undefined ? {} : { version }),
    });
    this.#first = { negotiate: token.slice(), challenge, nonce };
    return challenge;
  }

  /** [MS-NLMP] 3.2.5.1.2. */
  #authenticate(
    first: { negotiate: Uint8Array; challenge: Uint8Array; nonce: Uint8Array },
    token: Uint8Array,
  ): void {
    const message = decodeAuthenticate(token);
    const { ntResponse, user, domain } = message;
    // NTLMv1 has 24 bytes; nobody is nobody.
    if (user === '' || ntResponse.length < PROOF + CLIENT_CHALLENGE + 4) throw rejected();
    const hash = this.#options.lookup(user, domain);
    // An account that does not exist costs the same work.
    const key = ntowfV2(hash ?? this.#options.crypto.randomBytes(16), user, domain);
    const proof = hmacMd5(key, first.nonce, ntResponse.subarray(PROOF));
    const right = equalBytes(proof, ntResponse.subarray(0, PROOF));
    if (!right || hash === undefined) throw rejected();
    const pairs = decodeTargetInfo(ntResponse.subarray(PROOF + CLIENT_CHALLENGE));
    const exportedKey = this.#exportedKey(hmacMd5(key, proof), message.encryptedSessionKey, message.flags);
    if ((avFlags(pairs) & AV_FLAG_MIC) !== 0) {
      const { mic, withoutMic } = message;
      if (mic === undefined || withoutMic === undefined) {
        throw new ProtocolError('ntlm.mic', 'A message said to have a MIC has none');
      }
      if (!equalBytes(mic, hmacMd5(exportedKey, first.negotiate, first.challenge, withoutMic)))
        throw rejected();
    }
    const channelBound = this.#checkBinding(pairs);
    this.#identity = { user, domain, channelBound };
    this.#session = new NtlmSession(exportedKey, 'server', has(message.flags, NTLM_FLAG.keyExchange));
    exportedKey.fill(0);
    key.fill(0);
  }

  #exportedKey(sessionBaseKey: Uint8Array, encrypted: Uint8Array, flags: number): Uint8Array {
    if (!has(flags, NTLM_FLAG.keyExchange)) return sessionBaseKey;
    if (encrypted.length !== 16) {
      throw new ProtocolError('ntlm.key', 'A session key of another length', { length: encrypted.length });
    }
    return rc4k(sessionBaseKey, encrypted);
  }

  /** [MS-NLMP] 3.2.5.1.2: zeros, or none at all, are a client that binds to nothing. */
  #checkBinding(pairs: readonly AvPair[]): boolean {
    const { channelBinding, requireChannelBinding = false } = this.#options;
    const given = avValue(pairs, AV.channelBindings);
    const bound = given !== undefined && given.some((byte) => byte !== 0);
    if (channelBinding === undefined) return false;
    if (bound ? !equalBytes(given, channelBindingHash(channelBinding)) : requireChannelBinding)
      throw rejected();
    return bound;
  }
}

function rejected(): SignInError {
  return new SignInError('signin.rejected', 'The log-on is not right', { mechanism: 'ntlm' });
}

function text(id: number, value: string): AvPair {
  return { id, value: utf16(value) };
}
