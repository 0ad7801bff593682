/** The session key exchange with recorded keys. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PsPrimitive } from '../../electron/protocol/clixml/value.ts';
import { ProtocolError } from '../../electron/protocol/errors.ts';
import {
  decodePublicKeyBlob,
  decryptSessionKey,
  encodePublicKeyBlob,
  encodeSessionKeyBlob,
  openSecureString,
  sealSecureString,
} from '../../electron/protocol/psrp/session-key.ts';
import { NodeSessionKeyCrypto, sessionKeyPair } from '../../electron/remoting/session-key-crypto.ts';
import { readVectors } from './psrp-vectors.ts';

interface KeyExchange {
  id: string;
  rsaPrivateKeyPem: string;
  publicKeyBase64: string;
  encryptedSessionKeyBase64: string;
  sessionKeyHex: string;
  secureStrings: { encryptedBase64: string; plain: string }[];
}

const { cases } = readVectors('key-exchange.json') as { cases: KeyExchange[] };
const crypto = new NodeSessionKeyCrypto();

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'no error';
}

describe.each(cases)('$id', (vector) => {
  const pair = sessionKeyPair(createPrivateKey(vector.rsaPrivateKeyPem));
  const key = Buffer.from(vector.sessionKeyHex, 'hex');

  test('the public key goes out as recorded', () => {
    expect(encodePublicKeyBlob(pair)).toBe(vector.publicKeyBase64);
    const { publicModulus, exponent } = decodePublicKeyBlob(vector.publicKeyBase64);
    expect(Buffer.from(publicModulus).equals(pair.publicModulus)).toBe(true);
    expect(exponent).toBe(pair.exponent);
  });

  test('the session key comes in as recorded', () => {
    expect(Buffer.from(decryptSessionKey(vector.encryptedSessionKeyBase64, pair)).toString('hex')).toBe(
      vector.sessionKeyHex,
    );
  });

  test('an endpoint wraps the session key as recorded', () => {
    const recorded = Buffer.from(vector.encryptedSessionKeyBase64, 'base64');
    expect(encodeSessionKeyBlob(recorded.subarray(12).toReversed())).toBe(vector.encryptedSessionKeyBase64);
  });

  test.each(vector.secureStrings)('secure string $plain', ({ encryptedBase64, plain }) => {
    const sealed = new PsPrimitive('SS', encryptedBase64);
    expect(openSecureString(sealed, key, crypto)).toBe(plain);
    expect(sealSecureString(plain, key, crypto)).toEqual(sealed);
  });

  test('a session key with a changed byte is refused, never taken for another key', () => {
    const blob = Buffer.from(vector.encryptedSessionKeyBase64, 'base64');
    for (let i = 0; i < blob.length; i += 17) {
      const changed = Buffer.from(blob);
      changed[i] = (changed[i] ?? 0) ^ 0x40;
      expect(codeOf(() => decryptSessionKey(changed.toString('base64'), pair))).toMatch(
        /^psrp\.session-key\.(simple-blob|padding)$/,
      );
    }
  });

  test('a secure string under another key is refused or is other text', () => {
    const other = randomBytes(32);
    for (const { encryptedBase64, plain } of vector.secureStrings) {
      let text: string | undefined;
      const code = codeOf(() => {
        text = openSecureString(new PsPrimitive('SS', encryptedBase64), other, crypto);
      });
      if (text === undefined) expect(code).toBe('psrp.secure-string.sealed');
      else expect(text).not.toBe(plain);
    }
  });
});

test('a prepared key is handed out once', async () => {
  const own = new NodeSessionKeyCrypto();
  await own.prepare();
  const first = own.generateKeyPair();
  const second = own.generateKeyPair();
  expect(first.publicModulus).toHaveLength(256);
  expect(Buffer.from(first.publicModulus).equals(second.publicModulus)).toBe(false);
});

test('a key of another size is refused', () => {
  expect(() => encodePublicKeyBlob({ publicModulus: new Uint8Array(128), exponent: 65537 })).toThrow('RSA-2048');
});

test('what is no blob is refused', () => {
  const pair = { publicModulus: new Uint8Array(256), exponent: 3, decryptNoPadding: (b: Uint8Array) => b };
  expect(codeOf(() => decryptSessionKey('AQIAAA==', pair))).toBe('psrp.session-key.simple-blob');
  expect(codeOf(() => decryptSessionKey('not base64!', pair))).toBe('psrp.base64');
  expect(codeOf(() => decodePublicKeyBlob('BgIAAA=='))).toBe('psrp.session-key.public-blob');
});
