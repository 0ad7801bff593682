/** GSS-API (RFC 2743, RFC 2744) as far as we need it, with values in place of memory: what {@link ./gssapi.ts} does with the real library. */
import type { Pointer } from './native.ts';

export interface GssStatus {
  /** RFC 2744 3.9.1: errors in the upper half, what else there is to say in the lower. */
  readonly major: number;
  /** The mechanism's own code. */
  readonly minor: number;
}

/** RFC 2744 3.9.1. */
export const MAJOR = {
  errors: 0xffff0000,
  continueNeeded: 1,
  /** Duplicate, old, out of sequence, gap. */
  sequence: 0x1e,
  badName: 2 << 16,
  badBindings: 4 << 16,
  badSignature: 6 << 16,
  noCredential: 7 << 16,
  noContext: 8 << 16,
  defectiveToken: 9 << 16,
  defectiveCredential: 10 << 16,
  credentialsExpired: 11 << 16,
  contextExpired: 12 << 16,
} as const;

/** RFC 2744 Appendix A. */
export const FLAG = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidential: 16,
  integrity: 32,
} as const;

export interface InitStep extends GssStatus {
  readonly context: Pointer;
  readonly token: Uint8Array;
  readonly flags: number;
}

export interface GssApi {
  readonly flavour: 'mit' | 'heimdal' | 'macos';
  /** `service`: `HTTP@host` (GSS_C_NT_HOSTBASED_SERVICE); `principal`: `user@REALM`. */
  importName(text: string, type: 'service' | 'principal'): Promise<GssStatus & { readonly name: Pointer }>;
  /** The name as the mechanism spells it, with the default realm where it had none. */
  canonicalName(name: Pointer): Promise<GssStatus & { readonly text: string }>;
  /**
   * The user's own tickets; of `name` if given. `store`: other places (`ccache`, `client_keytab`); undefined `credential` where the library
   * knows no such thing.
   */
  acquire(
    name: Pointer,
    store: Readonly<Record<string, string>>,
  ): Promise<(GssStatus & { readonly credential: Pointer; readonly lifetime: number }) | undefined>;
  /** Asks the key distribution centre now; the tickets are in memory, and gone with the credential. */
  acquireWithPassword(
    name: Pointer,
    password: Uint8Array,
  ): Promise<GssStatus & { readonly credential: Pointer; readonly lifetime: number }>;
  initContext(step: {
    readonly credential: Pointer;
    readonly context: Pointer;
    readonly target: Pointer;
    readonly flags: number;
    readonly bindings: Uint8Array | undefined;
    readonly token: Uint8Array | undefined;
  }): Promise<InitStep>;
  /** Encryption type of the key that seals (RFC 3961 8); undefined where the library does not tell. */
  keyType(context: Pointer): Promise<number | undefined>;
  wrap(
    context: Pointer,
    message: Uint8Array,
  ): Promise<GssStatus & { readonly token: Uint8Array; readonly sealed: boolean }>;
  unwrap(
    context: Pointer,
    token: Uint8Array,
  ): Promise<GssStatus & { readonly message: Uint8Array; readonly sealed: boolean }>;
  getMic(context: Pointer, message: Uint8Array): Promise<GssStatus & { readonly token: Uint8Array }>;
  verifyMic(context: Pointer, message: Uint8Array, token: Uint8Array): Promise<GssStatus>;
  /** In the library's words. */
  describe(status: GssStatus): string;
  releaseName(name: Pointer): void;
  releaseCredential(credential: Pointer): void;
  deleteContext(context: Pointer): void;
}

/** How long a credential lasts that does not end (GSS_C_INDEFINITE). */
export const INDEFINITE = 0xffffffff;
