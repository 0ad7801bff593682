/** The NTLM vectors as they stand in their files. */
import { readFileSync } from 'node:fs';

export interface Hex {
  readonly hex: string;
}

export interface PrimitiveCase {
  readonly id: string;
  readonly function: string;
  readonly args: unknown;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly result: unknown;
}

export interface MessageCase {
  readonly id: string;
  readonly function: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
}

export interface SealedStep {
  readonly sender: 'client' | 'server';
  readonly sequence: number;
  readonly plainHex: string;
  readonly headerHex: string;
  readonly sealedHex: string;
}

export interface SessionCase {
  readonly id: string;
  readonly protocol: 'ntlm' | 'negotiate';
  readonly username: string;
  readonly password: string;
  readonly service: string;
  readonly hostname: string;
  readonly workstation: string;
  readonly tokens: readonly {
    readonly sender: 'client' | 'server';
    readonly hex: string;
    readonly ntlmType?: string;
    readonly ntlmOffset?: number;
    readonly serverChallengeHex?: string;
    readonly clientChallengeHex?: string;
    readonly encryptedSessionKeyHex?: string;
  }[];
  readonly sessionKeyHex: string;
  readonly channelBindings?: { readonly applicationDataHex: string };
  readonly wrapWinrm: readonly SealedStep[];
  readonly httpBody: { readonly plain: string; readonly contentType: string; readonly bodyHex: string };
  readonly keys: Readonly<Record<'clientSignKeyHex' | 'serverSignKeyHex' | 'clientSealKeyHex' | 'serverSealKeyHex', string>>;
}

/** The cases of a file of test/vectors/ntlm. */
export function ntlmCases<T>(file: string): T[] {
  const url = new URL(`ntlm/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { cases: T[] }).cases;
}

export function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
