/** Whole log-ons made by pyspnego with fixed chance and time: our client must send its very bytes, our server must take them. */
import { describe, expect, test } from 'vitest';
import type { AuthCrypto } from '../../electron/protocol/auth/crypto.ts';
import { parseUserName } from '../../electron/protocol/auth/ntlm/account.ts';
import { createNtlmAcceptor } from '../../electron/protocol/auth/ntlm/acceptor.ts';
import { createNtlmContext } from '../../electron/protocol/auth/ntlm/client.ts';
import { ntHash, sessionKey } from '../../electron/protocol/auth/ntlm/keys.ts';
import type { SecurityContext } from '../../electron/protocol/auth/security-context.ts';
import { fromHex, ntlmCases, toHex, type SessionCase } from './ntlm-vectors.ts';

/** The time in the challenges: FILETIME 133500000000000000. */
const NOW = (133_500_000_000_000_000 - 116_444_736_000_000_000) / 10_000;

function fixed(...chance: readonly string[]): AuthCrypto {
  const left = [...chance];
  return {
    randomBytes(length) {
      const next = fromHex(left.shift() ?? '');
      expect(next).toHaveLength(length);
      return next;
    },
    now: () => NOW,
    hash: () => new Uint8Array(),
  };
}

/** The NTLM message within SPNEGO or alone; what follows it is a MIC of SPNEGO's. */
function message(token: SessionCase['tokens'][number]): Uint8Array {
  const bytes = fromHex(token.hex).subarray(token.ntlmOffset ?? 0);
  return token.hex.startsWith('a1') && token.ntlmType === 'AUTHENTICATE' ? bytes.subarray(0, 356) : bytes;
}

describe.each(ntlmCases<SessionCase>('sessions'))('$id', (c) => {
  const [negotiate, challenge, authenticate] = c.tokens;
  if (negotiate === undefined || challenge === undefined || authenticate === undefined) throw new Error('tokens');
  const binding =
    c.channelBindings === undefined ? {} : { channelBinding: fromHex(c.channelBindings.applicationDataHex) };

  function client(): SecurityContext {
    const context = createNtlmContext({
      ...parseUserName(c.username),
      password: c.password,
      workstation: c.workstation,
      crypto: fixed(authenticate?.clientChallengeHex ?? '', c.sessionKeyHex),
      target: { service: c.service, host: c.hostname, ...binding },
      version: { major: 0, minor: 12, build: 0 },
    });
    return context;
  }

  async function both(): Promise<{ client: SecurityContext; server: SecurityContext }> {
    const server = createNtlmAcceptor({
      lookup: (user, domain) =>
        `${domain}\\${user}` === c.username ? ntHash(c.password) : undefined,
      names: { computer: 'SERVER01', domain: 'WORKSTATION', dnsComputer: 'server01.domain.test' },
      crypto: fixed(challenge?.serverChallengeHex ?? ''),
      ...binding,
    });
    const ours = client();
    const first = await ours.step(undefined);
    expect(toHex(first.token ?? new Uint8Array())).toBe(toHex(message(negotiate ?? { sender: 'client', hex: '' })));
    const second = await server.step(first.token);
    expect(toHex(second.token ?? new Uint8Array())).toBe(toHex(message(challenge ?? { sender: 'client', hex: '' })));
    const third = await ours.step(second.token);
    expect(toHex(third.token ?? new Uint8Array())).toBe(toHex(message(authenticate ?? { sender: 'client', hex: '' })));
    expect(third.complete).toBe(true);
    expect(await server.step(third.token)).toEqual({ complete: true });
    expect(server.identity).toEqual({
      ...parseUserName(c.username),
      channelBound: c.channelBindings !== undefined,
    });
    if (c.protocol === 'negotiate') {
      // The exchange of mechListMIC takes the first number of each side.
      const list = fromHex('300c060a2b06010401823702020a');
      await server.verify(list, await ours.sign(list));
      await ours.verify(list, await server.sign(list));
      for (const context of [ours, server]) {
        context.resetCipher?.('sending');
        context.resetCipher?.('receiving');
      }
    }
    return { client: ours, server };
  }

  test('sends and takes the same tokens', async () => {
    await both();
  });

  test('seals and unseals the same messages', async () => {
    const { client: ours, server } = await both();
    for (const step of c.wrapWinrm) {
      const [sender, receiver] = step.sender === 'client' ? [ours, server] : [server, ours];
      const sealed = await sender.seal(fromHex(step.plainHex));
      expect({ header: toHex(sealed.header), data: toHex(sealed.data) }).toEqual({
        header: step.headerHex,
        data: step.sealedHex,
      });
      expect(toHex(await receiver.unseal(sealed))).toBe(step.plainHex);
    }
  });

  test('derives the same keys', () => {
    const key = fromHex(c.sessionKeyHex);
    expect({
      clientSignKeyHex: toHex(sessionKey('sign', key, 'client')),
      serverSignKeyHex: toHex(sessionKey('sign', key, 'server')),
      clientSealKeyHex: toHex(sessionKey('seal', key, 'client')),
      serverSealKeyHex: toHex(sessionKey('seal', key, 'server')),
    }).toEqual(c.keys);
  });
});
