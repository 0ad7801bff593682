/** Single messages: NTLM's three (those of [MS-NLMP] 4.2 among them), SPNEGO's two, and sealed HTTP bodies. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeSealed, encodeSealed, SESSION_PROTOCOL } from '../../electron/protocol/auth/mime.ts';
import { decodeAuthenticate, encodeAuthenticate } from '../../electron/protocol/auth/ntlm/authenticate.ts';
import { decodeChallenge, encodeChallenge } from '../../electron/protocol/auth/ntlm/challenge.ts';
import { utf16, type NtlmVersion } from '../../electron/protocol/auth/ntlm/fields.ts';
import { decodeNegotiate, encodeNegotiate } from '../../electron/protocol/auth/ntlm/negotiate.ts';
import { AV, type AvPair } from '../../electron/protocol/auth/ntlm/target-info.ts';
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  type NegState,
} from '../../electron/protocol/auth/spnego/tokens.ts';
import { fromHex, ntlmCases, toHex, type Hex, type MessageCase } from './ntlm-vectors.ts';

const hexOf = (bytes: Uint8Array | undefined): Hex | null => (bytes === undefined ? null : { hex: toHex(bytes) });
const orNull = (text: string): string | null => (text === '' ? null : text);
const fieldOf = (value: unknown): Uint8Array => (value === null ? new Uint8Array() : fromHex((value as Hex).hex));

function versionOf(text: unknown): { version: NtlmVersion } | object {
  if (typeof text !== 'string') return {};
  const [major = 0, minor = 0, build = 0] = text.split('.').map(Number);
  return { version: { major, minor, build } };
}

/** All that there are have the revision 15 of NTLMSSP_REVISION_W2K3. */
function versionText(version: NtlmVersion | undefined): string | null {
  return version === undefined ? null : `${version.major}.${version.minor}.${version.build}.15`;
}

function pairsOf(info: unknown): { targetInfo: AvPair[] } | object {
  if (info === null) return {};
  const { avPairs } = info as { avPairs: [number, string | Hex][] };
  return {
    targetInfo: avPairs
      .filter(([id]) => id !== AV.end)
      .map(([id, value]): AvPair => ({ id, value: typeof value === 'string' ? utf16(value) : fieldOf(value) })),
  };
}

function pack({ function: name, args }: MessageCase): Uint8Array {
  const text = (key: string): string => (args[key] as string | null) ?? '';
  const common = { flags: args['flags'] as number, ...versionOf(args['version']) };
  if (name === 'Negotiate.pack') {
    return encodeNegotiate({ ...common, domain: text('domain_name'), workstation: text('workstation') });
  }
  if (name === 'Challenge.pack') {
    return encodeChallenge({
      ...common,
      serverChallenge: fieldOf(args['server_challenge']),
      targetName: text('target_name'),
      ...pairsOf(args['target_info']),
    });
  }
  return encodeAuthenticate({
    ...common,
    domain: text('domain_name'),
    user: text('user_name'),
    workstation: text('workstation'),
    lmResponse: fieldOf(args['lm_challenge_response']),
    ntResponse: fieldOf(args['nt_challenge_response']),
    encryptedSessionKey: fieldOf(args['encrypted_random_session_key']),
    mic: fieldOf(args['mic']),
  });
}

function unpack({ function: name, args }: MessageCase): unknown {
  const bytes = fromHex(args['hex'] as string);
  if (name === 'Negotiate.unpack') {
    const message = decodeNegotiate(bytes);
    return {
      flags: message.flags,
      domain_name: orNull(message.domain),
      workstation: orNull(message.workstation),
      version: versionText(message.version),
    };
  }
  if (name === 'Challenge.unpack') {
    const message = decodeChallenge(bytes);
    return {
      flags: message.flags,
      target_name: orNull(message.targetName),
      server_challenge: hexOf(message.serverChallenge),
      target_info:
        message.targetInfo === undefined
          ? null
          : {
              avPairs: [
                ...message.targetInfo.map(({ id, value }) => [id, Buffer.from(value).toString('utf16le')]),
                [AV.end, { hex: '' }],
              ],
            },
      version: versionText(message.version),
    };
  }
  const message = decodeAuthenticate(bytes);
  const field = (value: Uint8Array): Hex | null => (value.length === 0 ? null : hexOf(value));
  return {
    flags: message.flags,
    domain_name: orNull(message.domain),
    workstation: orNull(message.workstation),
    version: versionText(message.version),
    lm_challenge_response: field(message.lmResponse),
    nt_challenge_response: field(message.ntResponse),
    user_name: orNull(message.user),
    encrypted_random_session_key: field(message.encryptedSessionKey),
    mic: hexOf(message.mic),
  };
}

const messages = ntlmCases<MessageCase>('messages');

test.each(messages.filter((c) => c.function.endsWith('.unpack')))('$id', (c) => {
  expect(unpack(c)).toEqual(c.result);
});

test.each(messages.filter((c) => c.function.endsWith('.pack')))('$id', (c) => {
  expect(toHex(pack(c))).toBe(c.result['hex']);
});

interface SpnegoCase {
  readonly id: string;
  readonly hex: string;
  readonly mechTypes?: readonly string[];
  readonly expected: Readonly<Record<string, unknown>>;
}

describe('SPNEGO', () => {
  const cases = ntlmCases<SpnegoCase>('spnego');

  test.each(cases.filter((c) => c.expected['type'] === 'NegTokenInit'))('$id', (c) => {
    const token = decodeNegTokenInit(fromHex(c.hex));
    expect({
      type: 'NegTokenInit',
      mech_types: token.mechTypes,
      req_flags: null,
      mech_token: hexOf(token.mechToken),
      hint_name: hexOf(token.hintName),
      hint_address: hexOf(token.hintAddress),
      mech_list_mic: hexOf(token.mechListMic),
    }).toEqual(c.expected);
    // Hints are for servers that speak first, which we are not.
    if (token.hintName === undefined) expect(toHex(encodeNegTokenInit(token))).toBe(c.hex);
  });

  test.each(cases.filter((c) => c.expected['type'] === 'NegTokenResp'))('$id', (c) => {
    const token = decodeNegTokenResp(fromHex(c.hex));
    expect({
      type: 'NegTokenResp',
      neg_state: token.state ?? null,
      supported_mech: token.mechanism ?? null,
      response_token: hexOf(token.token),
      mech_list_mic: hexOf(token.mechListMic),
    }).toEqual(c.expected);
    const { neg_state: state, supported_mech: mechanism } = c.expected;
    expect(
      toHex(
        encodeNegTokenResp({
          ...(typeof state === 'number' ? { state: state as NegState } : {}),
          ...(typeof mechanism === 'string' ? { mechanism } : {}),
          ...(token.token === undefined ? {} : { token: token.token }),
        }),
      ),
    ).toBe(c.hex);
  });

  test.each(cases.filter((c) => c.mechTypes !== undefined))('$id', (c) => {
    expect(toHex(encodeMechTypes(c.mechTypes ?? []))).toBe(c.hex);
  });
});

interface BodyCase {
  readonly id: string;
  readonly protocol: keyof typeof BY_NAME;
  readonly contentType: string;
  readonly plainLength: number;
  readonly plainSha256: string;
  readonly plainHex: string | null;
  readonly bodyHex: string;
  readonly padding: number;
}

const BY_NAME = {
  spnego: SESSION_PROTOCOL.negotiate,
  kerberos: SESSION_PROTOCOL.kerberos,
  credssp: SESSION_PROTOCOL.credssp,
} as const;

/** The stand-in cipher of these vectors puts the text in angle brackets, and the same 16 bytes before it. */
describe.each(ntlmCases<BodyCase>('http-encryption'))('sealed body $id', (c) => {
  const protocol = BY_NAME[c.protocol];
  const body = fromHex(c.bodyHex);
  const type = `${c.contentType};protocol="${protocol}";boundary="Encrypted Boundary"`;
  const read = () => decodeSealed(type, body, protocol, ({ length }) => length + 2 - c.padding);

  test('is read', () => {
    const { parts, contentType } = read();
    expect(contentType).toBe('application/soap+xml;charset=UTF-8');
    const plain = Buffer.concat(parts.map(({ data }) => data.subarray(1, -1)));
    expect(plain).toHaveLength(c.plainLength);
    expect(createHash('sha256').update(plain).digest('hex')).toBe(c.plainSha256);
    for (const { header, data } of parts) {
      expect(Buffer.from(header).toString()).toBe('0123456789abcdef');
      expect([data.at(0), data.at(-1)]).toEqual([0x3c, 0x3e]);
    }
  });

  test('is written', () => {
    const sealed = encodeSealed(protocol, read().parts);
    expect(sealed.contentType).toBe(type);
    expect(Buffer.from(sealed.body).equals(body)).toBe(true);
  });
});
