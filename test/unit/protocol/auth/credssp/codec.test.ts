/** CredSSP's structures against those that pyspnego reads and writes (test/vectors/ntlm/credssp.json). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  publicKeyProof,
  subjectPublicKey,
} from '../../../../../electron/protocol/auth/credssp/public-key.ts';
import {
  isRecordStart,
  recordEnd,
  splitRecords,
  trailerLength,
} from '../../../../../electron/protocol/auth/credssp/records.ts';
import { encodeTsCredentials } from '../../../../../electron/protocol/auth/credssp/ts-credentials.ts';
import {
  decodeTsRequest,
  encodeTsRequest,
  type TsRequest,
} from '../../../../../electron/protocol/auth/credssp/ts-request.ts';
import { ProtocolError } from '../../../../../electron/protocol/errors.ts';
import { nodeAuthCrypto } from '../../../../../electron/transport/winrm-http/auth-crypto.ts';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';

interface Hex {
  readonly hex: string;
}

interface Case {
  readonly id: string;
  readonly hex?: string;
  readonly function?: string;
  readonly expected?: {
    readonly type: string;
    readonly version: number;
    readonly nego_tokens: readonly { readonly nego_token: Hex }[] | null;
    readonly auth_info: Hex | null;
    readonly pub_key_auth: Hex | null;
    readonly error_code: number | null;
    readonly client_nonce: Hex | null;
  };
  readonly publicKeyHex?: string;
  readonly usage?: 'initiate' | 'accept';
  readonly nonceHex?: string | null;
  readonly resultHex?: string;
  readonly protocol?: string;
  readonly cipher?: string;
  readonly plainLength?: number;
  readonly result?: number;
}

const file = new URL('../../../../vectors/ntlm/credssp.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

function hexOf(value: Uint8Array | undefined): Hex | null {
  return value === undefined ? null : { hex: Buffer.from(value).toString('hex') };
}

const requests = cases.filter((c) => c.expected?.type === 'TSRequest');

test('the vectors are all there', () => {
  expect(requests).toHaveLength(4);
  expect(cases.filter((c) => c.function === 'pubKeyAuth')).toHaveLength(5);
  expect(cases.filter((c) => c.function === 'credsspTrailerLength')).toHaveLength(5);
});

describe.each(requests)('TSRequest $id', ({ hex = '', expected }) => {
  test('is read', () => {
    const { version, negoTokens, authInfo, pubKeyAuth, errorCode, clientNonce } = decodeTsRequest(bytes(hex));
    expect({
      version,
      tokens: negoTokens?.map(hexOf) ?? null,
      authInfo: hexOf(authInfo),
      pubKeyAuth: hexOf(pubKeyAuth),
      errorCode: errorCode ?? null,
      clientNonce: hexOf(clientNonce),
    }).toEqual({
      version: expected?.version,
      tokens: expected?.nego_tokens?.map((t) => t.nego_token) ?? null,
      authInfo: expected?.auth_info,
      pubKeyAuth: expected?.pub_key_auth,
      errorCode: expected?.error_code,
      clientNonce: expected?.client_nonce,
    });
  });

  test('is written the same', () => {
    expect(hexOf(encodeTsRequest(decodeTsRequest(bytes(hex))))).toEqual({ hex });
  });

  test('is refused at every cut, and with more behind it', () => {
    const whole = bytes(hex);
    for (let at = 0; at < whole.length; at++) {
      expect(() => decodeTsRequest(whole.subarray(0, at))).toThrow(ProtocolError);
    }
    expect(() => decodeTsRequest(Buffer.concat([whole, Buffer.of(0)]))).toThrow(ProtocolError);
  });
});

describe('TSRequest', () => {
  // As Windows writes it: the status is a negative INTEGER of four bytes.
  test('reads a status as a number of 32 bits', () => {
    expect(decodeTsRequest(bytes('300da003020106a4060204c000006d')).errorCode).toBe(0xc000006d);
    expect(decodeTsRequest(bytes('300ea003020106a407020500c000006d')).errorCode).toBe(0xc000006d);
    expect(decodeTsRequest(bytes('300aa003020106a40302010a')).errorCode).toBe(10);
    expect(() => decodeTsRequest(bytes('300ea003020106a407020501c000006d'))).toThrow(ProtocolError);
    expect(() => decodeTsRequest(bytes('3009a003020106a4020200'))).toThrow(ProtocolError);
  });

  test('passes over fields of later versions, but takes no order for another', () => {
    expect(decodeTsRequest(bytes('300aa003020107a603020101')).version).toBe(7);
    expect(() => decodeTsRequest(bytes('300ba50404027878a003020106'))).toThrow(ProtocolError);
    expect(() => decodeTsRequest(bytes('300aa003020106a003020106'))).toThrow(ProtocolError);
  });

  test('comes back as it went, whatever is in it', () => {
    const octets = fc.uint8Array({ maxLength: 300 });
    const request = fc.record(
      {
        version: fc.integer({ min: 0, max: 0xffffffff }),
        negoTokens: fc.array(octets, { maxLength: 3 }),
        authInfo: octets,
        pubKeyAuth: octets,
        errorCode: fc.integer({ min: 0, max: 0xffffffff }),
        clientNonce: octets,
      },
      { requiredKeys: ['version'] },
    );
    fc.assert(
      fc.property(request, (value: TsRequest) => {
        const back = decodeTsRequest(encodeTsRequest(value));
        expect(plain(back)).toEqual(plain(value));
      }),
    );
  });

  test('damaged gives a TSRequest or a ProtocolError', () => {
    const whole = requests.map((c) => bytes(c.hex ?? ''));
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (good, where, flip) => {
          const bad = Uint8Array.from(good);
          bad[where % bad.length] = (bad[where % bad.length] ?? 0) ^ flip;
          try {
            decodeTsRequest(bad);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

function plain(request: TsRequest): unknown {
  const fields = Object.entries(request).map(([key, value]) => [
    key,
    value instanceof Uint8Array
      ? [...value]
      : Array.isArray(value)
        ? value.map((v: Uint8Array) => [...v])
        : value,
  ]);
  return Object.fromEntries(fields);
}

test('smart cards and Remote Credential Guard, which WinRM does not take, are the only ones left out', () => {
  const others = cases.filter((c) => c.expected !== undefined && c.expected.type !== 'TSRequest');
  expect(others.map((c) => c.id)).toEqual([
    'credssp_ts_credential_password',
    'credssp_ts_credential_remote_guard_empty_supplemental',
    'credssp_ts_credential_remote_guard_no_supplemental',
    'credssp_ts_credential_smart_card',
    'credssp_ts_remote_guard_ms_example',
  ]);
});

test('TSCredentials is written as others write it', () => {
  const expected = cases.find((c) => c.id === 'credssp_ts_credential_password')?.hex;
  const written = encodeTsCredentials({ domain: 'domain name', userName: 'username', password: 'password' });
  expect(hexOf(written)).toEqual({ hex: expected });
});

test.each(cases.filter((c) => c.function === 'pubKeyAuth'))('$id', (c) => {
  const nonce = c.nonceHex == null ? undefined : bytes(c.nonceHex);
  const direction = c.usage === 'accept' ? 'Server-To-Client' : 'Client-To-Server';
  const key = bytes(c.publicKeyHex ?? '');
  expect(hexOf(publicKeyProof(nodeAuthCrypto, direction, key, nonce))).toEqual({ hex: c.resultHex });
  // The key itself stays as it was.
  expect(hexOf(key)).toEqual({ hex: c.publicKeyHex });
});

test.each(cases.filter((c) => c.function === 'credsspTrailerLength'))('$id', (c) => {
  expect(trailerLength(c.protocol ?? '', c.cipher ?? '', c.plainLength ?? 0)).toBe(c.result);
});

describe('the public key', () => {
  test('is what Node exports as PKCS#1', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(hexOf(subjectPublicKey(spki))).toEqual(hexOf(publicKey.export({ type: 'pkcs1', format: 'der' })));
  });

  test('of an elliptic curve is its point', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const spki = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({
      type: 'spki',
      format: 'der',
    });
    expect(hexOf(subjectPublicKey(spki))).toEqual(hexOf(point));
  });

  test('that is none is refused', () => {
    expect(() => subjectPublicKey(bytes('3000'))).toThrow(ProtocolError);
    expect(() => subjectPublicKey(bytes('30053000030104'))).toThrow(ProtocolError);
  });
});

describe('TLS records', () => {
  const one = bytes('170303000548656c6c6f');
  const alert = bytes('15030300020100');

  test('are told apart by their headers', () => {
    const both = Buffer.concat([one, alert, one]);
    expect(splitRecords(both).map((r) => Buffer.from(r).toString('hex'))).toEqual(
      [one, alert, one].map((r) => Buffer.from(r).toString('hex')),
    );
    expect(recordEnd(both, one.length)).toBe(one.length + alert.length);
    expect(isRecordStart('-'.charCodeAt(0))).toBe(false);
    expect(splitRecords(new Uint8Array())).toEqual([]);
  });

  test('cut anywhere, or without a header, are none', () => {
    for (let at = 1; at < one.length; at++) {
      expect(() => splitRecords(one.subarray(0, at))).toThrow(ProtocolError);
    }
    expect(() => splitRecords(bytes('2d2d456e63'))).toThrow(ProtocolError);
    expect(() => splitRecords(bytes('1703030000ff'))).toThrow(ProtocolError);
    expect(() => splitRecords(Buffer.concat([bytes('170303ffff'), Buffer.alloc(0xffff)]))).toThrow(
      ProtocolError,
    );
  });
});
