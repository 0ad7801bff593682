/** NTLM where it has to say no, and what of it nobody else's vectors show. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { md5, hmacMd5 } from '../../../../electron/protocol/auth/md5.ts';
import { parseUserName } from '../../../../electron/protocol/auth/ntlm/account.ts';
import {
  createNtlmAcceptor,
  type NtlmAcceptorOptions,
} from '../../../../electron/protocol/auth/ntlm/acceptor.ts';
import {
  decodeAuthenticate,
  encodeAuthenticate,
} from '../../../../electron/protocol/auth/ntlm/authenticate.ts';
import { decodeChallenge, encodeChallenge } from '../../../../electron/protocol/auth/ntlm/challenge.ts';
import { createNtlmContext, type NtlmClientOptions } from '../../../../electron/protocol/auth/ntlm/client.ts';
import { NTLM_FLAG } from '../../../../electron/protocol/auth/ntlm/flags.ts';
import { ntHash, ntowfV2 } from '../../../../electron/protocol/auth/ntlm/keys.ts';
import { NtlmSession } from '../../../../electron/protocol/auth/ntlm/session.ts';
import { decodeNegotiate, encodeNegotiate } from '../../../../electron/protocol/auth/ntlm/negotiate.ts';
import { AV, avValue, decodeTargetInfo } from '../../../../electron/protocol/auth/ntlm/target-info.ts';
import type { SecurityContext } from '../../../../electron/protocol/auth/security-context.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';
import { UsageError } from '../../../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../../../electron/transport/winrm-http/auth-crypto.ts';

const NONE = new Uint8Array();

function client(more: Partial<NtlmClientOptions> = {}): SecurityContext {
  return createNtlmContext({
    user: 'ada',
    domain: 'LAB',
    password: 'pa55',
    crypto: nodeAuthCrypto,
    target: { service: 'HTTP', host: 'z002' },
    ...more,
  });
}

function server(more: Partial<NtlmAcceptorOptions> = {}) {
  return createNtlmAcceptor({
    lookup: (user, domain) => (user === 'ada' && domain === 'LAB' ? ntHash('pa55') : undefined),
    names: { computer: 'Z002', domain: 'LAB' },
    crypto: nodeAuthCrypto,
    ...more,
  });
}

async function first(context: SecurityContext): Promise<Uint8Array> {
  return (await context.step(undefined)).token ?? NONE;
}

async function answer(context: SecurityContext, token: Uint8Array): Promise<Uint8Array> {
  return (await context.step(token)).token ?? NONE;
}

describe('a client', () => {
  test('asks for all that safe NTLM needs and for nothing of NTLMv1', async () => {
    const { flags, domain, workstation } = decodeNegotiate(await first(client({ workstation: 'W' })));
    const named = Object.entries(NTLM_FLAG).filter(([, flag]) => (flags & flag) !== 0);
    expect(named.map(([name]) => name).join(' ')).toBe(
      'unicode oem requestTarget sign seal ntlm alwaysSign extendedSessionSecurity version key128 keyExchange key56',
    );
    // LM_KEY, DATAGRAM, anonymous: bits 7, 6 and 11.
    expect(flags & 0x8c0).toBe(0);
    // Nothing of ours is told before the server has shown itself.
    expect([domain, workstation]).toEqual(['', '']);
  });

  test.each<[string, number]>([
    ['extendedSessionSecurity', NTLM_FLAG.extendedSessionSecurity],
    ['key128', NTLM_FLAG.key128],
    ['seal', NTLM_FLAG.seal],
    ['sign', NTLM_FLAG.sign],
    ['unicode', NTLM_FLAG.unicode],
  ])('refuses a server without %s, and says nothing of the password', async (name, flag) => {
    const ours = client();
    const challenge = decodeChallenge(await answer(server(), await first(ours)));
    const weak = encodeChallenge({ ...challenge, flags: challenge.flags & ~flag, targetName: '' });
    await expect(async () => ours.step(weak)).rejects.toMatchObject({
      code: 'ntlm.weak',
      facts: { missing: [name] },
    });
    await expect(async () => ours.seal(NONE)).rejects.toThrow(UsageError);
  });

  test('sends no LM response, not even to servers that say nothing of themselves, and signs all three messages', async () => {
    const ours = client({ crypto: { ...nodeAuthCrypto, now: () => Date.UTC(2026, 0, 1) } });
    const negotiate = await first(ours);
    const { flags } = decodeChallenge(await answer(server(), negotiate));
    const challenge = encodeChallenge({ flags, serverChallenge: new Uint8Array(8), targetName: 'Z' });
    const message = decodeAuthenticate(await answer(ours, challenge));
    expect([...message.lmResponse]).toEqual(Array.from({ length: 24 }, () => 0));
    expect(message.mic?.some((byte) => byte !== 0)).toBe(true);
    // FILETIME of the first of January 2026, from our own clock.
    expect(Buffer.from(message.ntResponse).readBigUInt64LE(24)).toBe(134_116_992_000_000_000n);
    const pairs = decodeTargetInfo(message.ntResponse.subarray(44));
    expect(Buffer.from(avValue(pairs, AV.targetName) ?? NONE).toString('utf16le')).toBe('HTTP/z002');
    expect([...(avValue(pairs, AV.flags) ?? [])]).toEqual([2, 0, 0, 0]);
    expect(avValue(pairs, AV.channelBindings)).toBeUndefined();
  });

  test('writes its own into the target information, whatever the server put there', async () => {
    const ours = client({ target: { service: 'HTTP', host: 'z002', channelBinding: Buffer.from('tls') } });
    const { flags, serverChallenge } = decodeChallenge(await answer(server(), await first(ours)));
    const challenge = encodeChallenge({
      flags,
      serverChallenge,
      targetName: 'Z',
      targetInfo: [
        { id: AV.targetName, value: Buffer.from('evil') },
        { id: AV.channelBindings, value: new Uint8Array(16) },
        { id: AV.flags, value: Uint8Array.of(1, 0, 0, 0) },
        { id: 77, value: Buffer.from('kept') },
      ],
    });
    const { ntResponse } = decodeAuthenticate(await answer(ours, challenge));
    const pairs = decodeTargetInfo(ntResponse.subarray(44));
    expect(pairs.map(({ id }) => id)).toEqual([77, AV.channelBindings, AV.targetName, AV.flags]);
    expect([...(avValue(pairs, AV.flags) ?? [])]).toEqual([3, 0, 0, 0]);
    const packed = Buffer.concat([new Uint8Array(16), Uint8Array.of(3, 0, 0, 0), Buffer.from('tls')]);
    expect(Buffer.from(avValue(pairs, AV.channelBindings) ?? NONE)).toEqual(
      createHash('md5').update(packed).digest(),
    );
  });

  test('does without a key exchange where the server does: the key is that of the log-on', async () => {
    const ours = client();
    const negotiate = await first(ours);
    const offered = decodeChallenge(await answer(server(), negotiate));
    const challenge = encodeChallenge({
      ...offered,
      flags: offered.flags & ~NTLM_FLAG.keyExchange,
      targetName: 'Z002',
    });
    const token = await answer(ours, challenge);
    const { ntResponse, encryptedSessionKey, mic } = decodeAuthenticate(token);
    expect(encryptedSessionKey).toHaveLength(0);
    const hmac = (key: Uint8Array, ...parts: Uint8Array[]) =>
      createHmac('md5', key).update(Buffer.concat(parts)).digest();
    const exported = hmac(ntowfV2(ntHash('pa55'), 'ada', 'LAB'), ntResponse.subarray(0, 16));
    const withoutMic = Buffer.from(token).fill(0, 72, 88);
    expect(Buffer.from(mic ?? NONE)).toEqual(hmac(exported, negotiate, challenge, withoutMic));
    const theirs = new NtlmSession(exported, 'server', false);
    expect(Buffer.from(theirs.unseal(await ours.seal(Buffer.from('hi')))).toString()).toBe('hi');
  });

  test('refuses target information that no answer could hold, and does nothing once closed', async () => {
    const ours = client();
    const { flags, serverChallenge } = decodeChallenge(await answer(server(), await first(ours)));
    const targetInfo = [{ id: 77, value: new Uint8Array(0xffff - 8) }];
    const challenge = encodeChallenge({ flags, serverChallenge, targetName: 'Z', targetInfo });
    await expect(async () => ours.step(challenge)).rejects.toMatchObject({ code: 'ntlm.size' });
    ours.close();
    await expect(async () => ours.step(challenge)).rejects.toThrow(UsageError);
  });

  test('makes upper case as Windows does', () => {
    const key = (user: string) => Buffer.from(ntowfV2(ntHash('x'), user, 'D'));
    const expected = (upper: string) =>
      createHmac('md5', ntHash('x'))
        .update(Buffer.from(`${upper}D`, 'utf16le'))
        .digest();
    expect(key('jürgen.weiß')).toEqual(expected('JÜRGEN.WEIß'));
    expect(key('ıſ-é-ж-ÿ')).toEqual(expected('ıſ-É-Ж-Ÿ'));
    expect(key('a\u{10428}')).toEqual(expected('A\u{10428}'));
  });
});

describe('a server', () => {
  test.each<[string, Partial<NtlmClientOptions>]>([
    ['another password', { password: 'pa55 ' }],
    ['another user', { user: 'eve' }],
    ['another domain', { domain: 'lab' }],
    ['nobody', { user: '', domain: '', password: '' }],
  ])('refuses %s', async (_what, more) => {
    const ours = client(more);
    const theirs = server();
    const token = await answer(ours, await answer(theirs, await first(ours)));
    await expect(async () => theirs.step(token)).rejects.toMatchObject({ code: 'signin.rejected' });
    expect(theirs.identity).toBeUndefined();
    // What was computed for this nonce is not tried again: the next token would have to begin anew.
    await expect(async () => theirs.step(token)).rejects.toMatchObject({ code: 'ntlm.type' });
  });

  test('refuses NTLMv1 and LM', async () => {
    const theirs = server();
    const challenge = await answer(theirs, await first(client()));
    const message = encodeAuthenticate({
      flags: decodeChallenge(challenge).flags,
      user: 'ada',
      domain: 'LAB',
      workstation: '',
      lmResponse: new Uint8Array(24).fill(1),
      ntResponse: new Uint8Array(24).fill(2),
      encryptedSessionKey: new Uint8Array(16),
      mic: new Uint8Array(16),
    });
    await expect(async () => theirs.step(message)).rejects.toMatchObject({ code: 'signin.rejected' });
  });

  test.each([NTLM_FLAG.extendedSessionSecurity, NTLM_FLAG.key128])(
    'refuses a client without %i',
    async (flag) => {
      const { flags } = decodeNegotiate(await first(client()));
      const weak = encodeNegotiate({ flags: flags & ~flag, domain: '', workstation: '' });
      await expect(async () => server().step(weak)).rejects.toThrow(SignInError);
    },
  );
});

test.each([
  ['LAB\\ada', { domain: 'LAB', user: 'ada' }],
  ['ada@lab.example', { domain: '', user: 'ada@lab.example' }],
  ['ada', { domain: '', user: 'ada' }],
  ['.\\ada', { domain: '.', user: 'ada' }],
  ['lab.example\\ada\\b', { domain: 'lab.example', user: 'ada\\b' }],
])('%s is read as Windows reads it', (name, expected) => {
  expect(parseUserName(name)).toEqual(expected);
});

/** Node's own MD5, for every length around the ends of blocks. */
test('MD5 and HMAC-MD5 are MD5 and HMAC-MD5, in whatever pieces', () => {
  for (let length = 0; length < 300; length++) {
    const data = Uint8Array.from({ length }, (_, i) => i * 31 + length);
    const cut = length % 7;
    expect(Buffer.from(md5(data.subarray(0, cut), data.subarray(cut)))).toEqual(
      createHash('md5').update(data).digest(),
    );
    const key = data.subarray(0, length % 130);
    expect(Buffer.from(hmacMd5(key, data.subarray(0, cut), data.subarray(cut)))).toEqual(
      createHmac('md5', key).update(data).digest(),
    );
  }
});
