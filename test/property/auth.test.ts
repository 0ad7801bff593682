/** Signing in, changed on the way: by one bit anywhere, by a cut anywhere, by somebody who takes mechanisms off a list. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeOid,
  decodeSmallInteger,
  DER,
  der,
  DerReader,
  encodeOid,
} from '../../electron/protocol/auth/der.ts';
import {
  decodeSealed,
  encodeSealed,
  SESSION_PROTOCOL,
  type SealedPart,
} from '../../electron/protocol/auth/mime.ts';
import { createNtlmAcceptor } from '../../electron/protocol/auth/ntlm/acceptor.ts';
import { createNtlmContext } from '../../electron/protocol/auth/ntlm/client.ts';
import { ntHash } from '../../electron/protocol/auth/ntlm/keys.ts';
import type { AcceptingContext, SecurityContext } from '../../electron/protocol/auth/security-context.ts';
import { SignInError } from '../../electron/protocol/auth/sign-in-error.ts';
import { createSpnegoAcceptor } from '../../electron/protocol/auth/spnego/acceptor.ts';
import { createSpnegoContext } from '../../electron/protocol/auth/spnego/client.ts';
import { decodeNegTokenResp } from '../../electron/protocol/auth/spnego/tokens.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../electron/transport/winrm-http/auth-crypto.ts';
import { fromHex, ntlmCases, type SessionCase } from '../vectors/ntlm-vectors.ts';

const PASSWORD = 'pa55';

function ntlmClient(): SecurityContext {
  return createNtlmContext({
    user: 'ada',
    domain: 'LAB',
    password: PASSWORD,
    workstation: 'W',
    crypto: nodeAuthCrypto,
    target: { service: 'HTTP', host: 'z002' },
  });
}

function ntlmServer(): AcceptingContext {
  return createNtlmAcceptor({
    lookup: () => ntHash(PASSWORD),
    names: { computer: 'Z002', domain: 'LAB' },
    crypto: nodeAuthCrypto,
  });
}

const WAYS: Readonly<Record<string, () => { client: SecurityContext; server: AcceptingContext }>> = {
  ntlm: () => ({ client: ntlmClient(), server: ntlmServer() }),
  spnego: () => ({
    client: createSpnegoContext([{ name: 'ntlm', create: ntlmClient }], { service: 'HTTP', host: 'z002' }),
    server: createSpnegoAcceptor([{ name: 'ntlm', create: ntlmServer }]),
  }),
};

type Change = (token: Uint8Array, leg: number) => Uint8Array;

/** Whether both sides are content at the end, each token changed on its way. */
async function signsIn(way: keyof typeof WAYS, change: Change): Promise<boolean> {
  const made = WAYS[way]?.();
  if (made === undefined) throw new Error('no such way');
  const { client, server } = made;
  let token: Uint8Array | undefined;
  try {
    for (let leg = 0; leg < 6; leg += 2) {
      // oxlint-disable-next-line no-await-in-loop
      const asked = await client.step(token);
      if (asked.token === undefined) return asked.complete && server.identity !== undefined;
      // oxlint-disable-next-line no-await-in-loop
      const answered = await server.step(change(asked.token, leg));
      if (answered.token === undefined) return answered.complete && asked.complete;
      token = change(answered.token, leg + 1);
    }
    return false;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SignInError) return false;
    throw error;
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return out;
}

function sameButState(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [decodeNegTokenResp(Uint8Array.from(a)), decodeNegTokenResp(b)];
  return isDeepStrictEqual({ ...one, state: 0 }, { ...other, state: 0 });
}

describe.each([
  ['ntlm', 3],
  ['spnego', 4],
] as const)('a log-on with %s', (way, legs) => {
  test('comes about unchanged', async () => {
    let seen = 0;
    expect(
      await signsIn(way, (token, leg) => {
        seen = leg + 1;
        return token;
      }),
    ).toBe(true);
    expect(seen).toBe(legs);
  });

  test('never with a bit changed in any token', async () => {
    const lengths: number[] = [];
    await signsIn(way, (token, leg) => {
      lengths[leg] = token.length;
      return token;
    });
    for (const [leg, length] of lengths.entries()) {
      // Several bits of every byte, or one: those steps have no divisor in common with eight, so that all places come up.
      for (let bit = 0; bit < length * 8; bit += way === 'ntlm' ? 3 : 7) {
        let right: Uint8Array = new Uint8Array();
        let sent = right;
        // oxlint-disable-next-line no-await-in-loop
        const came = await signsIn(way, (token, at) => {
          if (at !== leg) return token;
          right = token;
          sent = flipped(token, bit);
          return sent;
        });
        if (!came) continue;
        // How far SPNEGO is, both sides know without being told.
        const harmless = leg > 0 && way === 'spnego' && sameButState(right, sent);
        if (!harmless) expect.fail(`leg ${leg}, bit ${bit}`);
      }
    }
  });

  test('never with a token cut short', async () => {
    for (let leg = 0; leg < legs; leg++) {
      for (let length = 0; length < 600; length += 1) {
        let cut = false;
        // oxlint-disable-next-line no-await-in-loop
        const came = await signsIn(way, (token, at) => {
          if (at !== leg || length >= token.length) return token;
          cut = true;
          return token.subarray(0, length);
        });
        if (cut && came) expect.fail(`leg ${leg}, ${length} bytes`);
        if (!cut) break;
      }
    }
  });
});

/** Both sides signed in, for sealing. */
async function session(): Promise<{ client: SecurityContext; server: AcceptingContext }> {
  const client = ntlmClient();
  const server = ntlmServer();
  const second = await server.step((await client.step(undefined)).token);
  await server.step((await client.step(second.token)).token);
  return { client, server };
}

describe('a sealed body', () => {
  const type = `multipart/encrypted;protocol="${SESSION_PROTOCOL.negotiate}";boundary="Encrypted Boundary"`;
  const read = (body: Uint8Array) =>
    decodeSealed(type, body, SESSION_PROTOCOL.negotiate, ({ length }) => length);

  test('with a bit changed anywhere gives the same text or none', async () => {
    const text = Buffer.from('<x>request</x>');
    const { client } = await session();
    const { header, data } = await client.seal(text);
    const { body } = encodeSealed(SESSION_PROTOCOL.negotiate, [{ length: text.length, header, data }]);
    let refused = 0;
    const STEP = 5;
    for (let bit = 0; bit < body.length * 8; bit += STEP) {
      // oxlint-disable-next-line no-await-in-loop
      const { client: sender, server } = await session();
      // oxlint-disable-next-line no-await-in-loop
      const sealed = await sender.seal(text);
      const whole = encodeSealed(SESSION_PROTOCOL.negotiate, [{ length: text.length, ...sealed }]).body;
      try {
        const [part] = read(flipped(whole, bit)).parts;
        if (part === undefined) throw new ProtocolError('test.none', 'no part');
        // oxlint-disable-next-line no-await-in-loop
        expect(Buffer.from(await server.unseal(part)).equals(text)).toBe(true);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refused++;
      }
    }
    // All of the content and most of what stands around it.
    expect(refused).toBeGreaterThan(((16 + 4 + text.length) * 8) / STEP);
  });

  test('repeated, left out or in another order is refused, and so is all that follows', async () => {
    const orders: number[][] = [[0, 0], [1], [0, 2], [1, 0]];
    for (const order of orders) {
      // oxlint-disable-next-line no-await-in-loop
      const { client, server } = await session();
      // oxlint-disable-next-line no-await-in-loop
      const sealed = [
        await client.seal(Buffer.from('0')),
        await client.seal(Buffer.from('1')),
        await client.seal(Buffer.from('2')),
      ];
      let refused = 0;
      for (const [i, n] of [...order, 2].entries()) {
        const message = sealed[n];
        if (message === undefined) throw new Error('none');
        try {
          // oxlint-disable-next-line no-await-in-loop
          await server.unseal(message);
          expect(i).toBeLessThan(order.length - 1);
        } catch {
          refused++;
        }
      }
      expect(refused).toBeGreaterThanOrEqual(2);
    }
  });

  test('comes back in its parts, whatever is in them', () => {
    const part: fc.Arbitrary<SealedPart> = fc
      .record({
        header: fc.uint8Array({ maxLength: 80 }),
        // Delimiters in ciphertext must be nothing but ciphertext.
        data: fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc
            .constantFrom(
              '--Encrypted Boundary',
              '--Encrypted Boundary--\r\n',
              '\r\n--Encrypted Boundary\r\n',
            )
            .map((text) => Uint8Array.from(Buffer.from(text))),
        ),
      })
      .map(({ header, data }) => ({ header, data, length: data.length }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const { contentType, body } = encodeSealed(SESSION_PROTOCOL.credssp, parts);
        const back = decodeSealed(contentType, body, SESSION_PROTOCOL.credssp, ({ length }) => length).parts;
        expect(back.map(({ header, data, length }) => [[...header], [...data], length])).toEqual(
          parts.map(({ header, data, length }) => [[...header], [...data], length]),
        );
      }),
    );
  });

  test.each(ntlmCases<SessionCase>('sessions'))('$id cut anywhere is refused', (c) => {
    const body = fromHex(c.httpBody.bodyHex);
    expect(read(body).parts).toHaveLength(1);
    for (let length = 0; length < body.length; length++) {
      let code = '';
      try {
        read(body.subarray(0, length));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        ({ code } = error);
      }
      // Without the last line's end it is still whole.
      if (length < body.length - 2) expect(code).toMatch(/^sealed\./);
    }
  });
});

describe('DER', () => {
  const oid = fc
    .tuple(fc.constantFrom(0, 1, 2), fc.nat(39), fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 6 }))
    .map(([first, second, rest]) => [first, second, ...rest].join('.'));

  test('object identifiers come back', () => {
    fc.assert(
      fc.property(oid, (text) => {
        expect(decodeOid(encodeOid(text))).toBe(text);
      }),
    );
  });

  test('items come back, of every length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70_000 }), { maxLength: 3 }), (contents) => {
        const reader = new DerReader(Buffer.concat(contents.map((content) => der(DER.octetString, content))));
        for (const content of contents)
          expect(Buffer.from(reader.expect(DER.octetString)).equals(content)).toBe(true);
        reader.end();
      }),
    );
  });

  test('any bytes give items that lie within them, or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reader = new DerReader(bytes);
        let length = 0;
        try {
          while (!reader.done) length += reader.next().whole.length;
          expect(length).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
        for (const read of [decodeOid, decodeSmallInteger]) {
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});
