/** Values of [MS-NLMP] 4.2 and RFC 1320, as pyspnego's tests have them. */
import { expect, test } from 'vitest';
import { channelBindingHash } from '../../electron/protocol/auth/channel-binding.ts';
import { md4 } from '../../electron/protocol/auth/md4.ts';
import { hmacMd5, md5 } from '../../electron/protocol/auth/md5.ts';
import { ntHash, ntowfV2, rc4k, respond, sessionKey } from '../../electron/protocol/auth/ntlm/keys.ts';
import { Direction } from '../../electron/protocol/auth/ntlm/session.ts';
import { decodeTargetInfo, encodeTargetInfo, type AvPair } from '../../electron/protocol/auth/ntlm/target-info.ts';
import { Rc4 } from '../../electron/protocol/auth/rc4.ts';
import { utf16 } from '../../electron/protocol/auth/ntlm/fields.ts';
import { fromHex, ntlmCases, toHex, type Hex, type PrimitiveCase } from './ntlm-vectors.ts';

const cases = ntlmCases<PrimitiveCase>('primitives');

const bytes = (value: unknown): Uint8Array => fromHex((value as Hex).hex);

/** NTLMv1, LM, and session keys of less than 128 bits or without extended session security: what PSDeck refuses, and so does not have. */
function isRefused(c: PrimitiveCase): boolean {
  const flags = flagsOf(c);
  const weak = flags !== undefined && ((flags & 0x80000) === 0 || (flags & 0x2000_0000) === 0);
  switch (c.function) {
    case 'compute_response_v1':
    case 'lmowfv1':
      return true;
    case 'ntowfv1':
      // A hash typed in place of a password.
      return (c.args as string[])[0]?.includes(':') ?? false;
    case 'sealkey':
      return weak;
    case 'signkey':
    case 'sign':
    case 'seal':
      return flags !== undefined && (flags & 0x80000) === 0;
    default:
      return false;
  }
}

function flagsOf(c: PrimitiveCase): number | undefined {
  const given = Array.isArray(c.args) ? (c.args as unknown[])[0] : (c.args as { flags: unknown }).flags;
  return typeof given === 'number' ? given : undefined;
}

function sideOf(c: PrimitiveCase): 'client' | 'server' {
  const usage = (c.args as unknown[])[2] ?? c.kwargs?.['usage'];
  return usage === 'accept' ? 'server' : 'client';
}

function answer(c: PrimitiveCase): unknown {
  const args = c.args as unknown[];
  switch (c.function) {
    case 'md4':
      return { hex: toHex(md4(bytes(args[0]))) };
    case 'hmac_md5':
      return { hex: toHex(hmacMd5(bytes(args[0]), bytes(args[1]))) };
    case 'rc4k':
      return { hex: toHex(rc4k(bytes(args[0]), bytes(args[1]))) };
    case 'ntowfv1':
      return { hex: toHex(ntHash(args[0] as string)) };
    case 'signkey':
      return { hex: toHex(sessionKey('sign', bytes(args[1]), sideOf(c))) };
    case 'sealkey':
      return { hex: toHex(sessionKey('seal', bytes(args[1]), sideOf(c))) };
    case 'compute_response_v2': {
      const [key, serverChallenge, clientChallenge, time, info] = args as [Hex, Hex, Hex, { packedHex: string }, object];
      const pairs = Object.entries(info as Readonly<Record<string, string | Hex>>)
        .filter(([id]) => id !== '0')
        .map(([id, value]): AvPair => ({ id: Number(id), value: typeof value === 'string' ? utf16(value) : bytes(value) }));
      const { response, sessionBaseKey } = respond({
        key: bytes(key),
        serverChallenge: bytes(serverChallenge),
        clientChallenge: bytes(clientChallenge),
        time: fromHex(time.packedHex),
        targetInfo: encodeTargetInfo(pairs.toSorted((a, b) => b.id - a.id)),
      });
      // The second is LMv2, which is never sent.
      return [{ hex: toHex(response) }, (c.result as Hex[])[1], { hex: toHex(sessionBaseKey) }];
    }
    case 'sign':
    case 'seal': {
      const given = c.args as { flags: number; rc4KeyHex: string; signKeyHex: string; dataHex: string };
      const direction = new Direction(fromHex(given.signKeyHex), fromHex(given.rc4KeyHex), (given.flags & 0x4000_0000) !== 0);
      const data = fromHex(given.dataHex);
      if (c.function === 'sign') return { hex: toHex(direction.signature(data)) };
      const sealed = direction.crypt(data);
      return [{ hex: toHex(sealed) }, { hex: toHex(direction.signature(data)) }];
    }
    default:
      throw new Error(`A function without a test: ${c.function}`);
  }
}

test.each(cases.filter((c) => !isRefused(c)))('$id', (c) => {
  expect(answer(c)).toEqual(c.result);
});

test('what is left out is what is refused', () => {
  expect(new Set(cases.filter(isRefused).map(({ id }) => id.replace(/-\d+$/, '')))).toEqual(
    new Set(['compute_response_v1', 'lmowfv1', 'ntowfv1', 'sealkey', 'seal', 'sign', 'signkey']),
  );
});

/** [MS-NLMP] 4.2.4.1.1. */
test('NTOWFv2 minds the case of the domain, and not that of the user', () => {
  const hash = ntHash('Password');
  expect(toHex(ntowfV2(hash, 'User', 'Domain'))).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  expect(toHex(ntowfV2(hash, 'uSER', 'Domain'))).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  expect(toHex(ntowfV2(hash, 'User', 'DOMAIN'))).not.toBe('0c868a403bfd7a93a3001ef22ef02e3f');
});

test('target information of [MS-NLMP] 4.2.4 reads back', () => {
  const info = fromHex('02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000');
  expect(decodeTargetInfo(info).map(({ id, value }) => [id, Buffer.from(value).toString('utf16le')])).toEqual([
    [2, 'Domain'],
    [1, 'Server'],
  ]);
});

interface BindingCase {
  readonly id: string;
  readonly applicationDataHex: string | null;
  readonly packedHex: string;
  readonly md5Hex: string;
}

test.each(ntlmCases<BindingCase>('channel-bindings'))('channel bindings $id', (c) => {
  expect(toHex(md5(fromHex(c.packedHex)))).toBe(c.md5Hex);
  // TLS has no addresses in its bindings; the one with addresses is of another use.
  if (c.id !== 'cbt-ms') expect(toHex(channelBindingHash(fromHex(c.applicationDataHex ?? '')))).toBe(c.md5Hex);
});

/** RFC 6229 2: keystreams of 128-bit keys at several offsets. */
test('RC4 is RC4 far into its stream, whatever pieces it is taken in', () => {
  const key = fromHex('0102030405060708090a0b0c0d0e0f10');
  const whole = new Rc4(key).apply(new Uint8Array(4112));
  expect(toHex(whole.subarray(0, 16))).toBe('9ac7cc9a609d1ef7b2932899cde41b97');
  expect(toHex(whole.subarray(4096, 4112))).toBe('a36a4c301ae8ac13610ccbc12256cacc');
  const pieces = new Rc4(key);
  const joined: Uint8Array[] = [];
  for (let at = 0, n = 1; at < 4112; at += n, n = (n % 13) + 1) joined.push(pieces.apply(new Uint8Array(Math.min(n, 4112 - at))));
  expect(toHex(Buffer.concat(joined))).toBe(toHex(whole));
});
