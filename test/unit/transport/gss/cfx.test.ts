/** RFC 4121 4.2.4 and 4.2.5: a token as MIT (RRC 0) and Heimdal (RRC 28) write it becomes the one form that WinRM takes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinToken, splitToken } from '../../../../electron/transport/gss/cfx.ts';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { SignInError } from '../../../../electron/protocol/auth/sign-in-error.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Header with a rotation, then whatever is rotated already. */
function token(rotation: number, rest: string, flags = 7, extra = 0): Uint8Array {
  const head = Buffer.from('050407ff00000000000000000000002a', 'hex');
  head[2] = flags;
  head.writeUInt16BE(extra, 4);
  head.writeUInt16BE(rotation, 6);
  return Buffer.concat([head, Buffer.from(rest, 'latin1')]);
}

const CONFOUNDER = 'c'.repeat(16);
const AFTER = 'h'.repeat(16) + 'm'.repeat(12);

describe('splitToken', () => {
  test.each([
    ['MIT', 0, `${CONFOUNDER}hello${AFTER}`],
    ['Heimdal', 28, `${AFTER}${CONFOUNDER}hello`],
    ['one byte', 1, `m${CONFOUNDER}hello${AFTER.slice(0, -1)}`],
    // RRC is taken modulo what there is to rotate.
    ['more than all', 49 + 28, `${AFTER}${CONFOUNDER}hello`],
  ])('%s', (_who, rotation, rest) => {
    const { header, data } = splitToken(token(rotation, rest), 5);
    expect(text(data)).toBe('hello');
    expect(text(header.subarray(16))).toBe(`${AFTER}${CONFOUNDER}`);
    // RRC is what stands before the confounder.
    expect(Buffer.from(header.subarray(0, 16)).toString('hex')).toBe('050407ff0000001c000000000000002a');
  });

  test('whatever the lengths and the rotation, nothing but the order changes', () => {
    const lengths = fc.record({
      message: fc.integer({ min: 0, max: 300 }),
      checksum: fc.constantFrom(12, 16, 24),
      rotation: fc.integer({ min: 0, max: 0xffff }),
    });
    fc.assert(
      fc.property(lengths, ({ message, checksum, rotation }) => {
        const plain = Array.from({ length: 32 + checksum + message }, (_, i) => String.fromCharCode(i % 251));
        const by = rotation % plain.length;
        const turned = [...plain.slice(plain.length - by), ...plain.slice(0, plain.length - by)].join('');
        const { header, data } = splitToken(token(rotation, turned), message);
        expect(header.length).toBe(48 + checksum);
        expect(text(header.subarray(16))).toBe(
          [...plain.slice(16 + message), ...plain.slice(0, 16)].join(''),
        );
        expect(text(data)).toBe(plain.slice(16, 16 + message).join(''));
        expect(text(joinToken({ header, data }))).toBe(text(header) + text(data));
      }),
    );
  });

  test.each([
    ['RC4 and DES (RFC 1964)', Buffer.from('602b06092a864886f71201020202011100ffffffff', 'hex')],
    ['nothing', new Uint8Array()],
    ['only signed', token(0, `${CONFOUNDER}hello${AFTER}`, 5)],
    ['filled up', token(0, `${CONFOUNDER}hello${AFTER}`, 7, 3)],
    ['too short', token(0, `${CONFOUNDER}hello`)],
    ['too long', token(0, `${CONFOUNDER}hello${AFTER}${'x'.repeat(200)}`)],
  ])('refuses %s', (_what, bytes) => {
    expect(() => splitToken(bytes, 5)).toThrow(SignInError);
  });
});

test('joinToken refuses what is no sealed token', () => {
  const data = Buffer.from('hello');
  for (const header of [new Uint8Array(), Buffer.alloc(60), token(28, 'short')]) {
    expect(() => joinToken({ header, data })).toThrow(ProtocolError);
  }
});
