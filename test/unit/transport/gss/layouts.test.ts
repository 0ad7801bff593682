/**
 * The structures that the system's libraries read and write, against the offsets that their headers give: RFC 2744 and GSS/gssapi.h (Apple
 * packs to two bytes for Intel), sspi.h and rpcdce.h of the Windows SDK for 64 bits.
 */
import * as koffi from 'koffi';
import type { TypeObject } from 'koffi';
import { describe, expect, test } from 'vitest';
import { gssTypes } from '../../../../electron/transport/gss/gssapi.ts';
import { sspiTypes } from '../../../../electron/transport/gss/sspi.ts';

function layout(type: TypeObject): (number | string)[] {
  const members = Object.values(type.members ?? {}).map(({ name }) => koffi.offsetof(type, name));
  return [koffi.sizeof(type), ...members];
}

describe.skipIf(koffi.sizeof('void *') !== 8)('64 bits', () => {
  test('GSS-API on Linux and on Apple’s own processors', () => {
    const types = gssTypes(koffi, false);
    expect(layout(types.buffer)).toEqual([16, 0, 8]);
    expect(layout(types.oid)).toEqual([16, 0, 8]);
    expect(layout(types.oidSet)).toEqual([16, 0, 8]);
    expect(layout(types.bufferSet)).toEqual([16, 0, 8]);
    expect(layout(types.bindings)).toEqual([64, 0, 8, 24, 32, 48]);
    expect(layout(types.storeElement)).toEqual([16, 0, 8]);
    expect(layout(types.store)).toEqual([16, 0, 8]);
  });

  test('GSS-API on macOS for Intel', () => {
    const types = gssTypes(koffi, true);
    expect(layout(types.buffer)).toEqual([16, 0, 8]);
    expect(layout(types.oid)).toEqual([12, 0, 4]);
    expect(layout(types.oidSet)).toEqual([16, 0, 8]);
    expect(layout(types.bufferSet)).toEqual([16, 0, 8]);
    expect(layout(types.bindings)).toEqual([56, 0, 4, 20, 24, 40]);
  });

  test('SSPI', () => {
    const types = sspiTypes(koffi);
    expect(layout(types.handle)).toEqual([16, 0, 8]);
    expect(layout(types.timeStamp)).toEqual([8, 0]);
    expect(layout(types.buffer)).toEqual([16, 0, 4, 8]);
    expect(layout(types.bufferDesc)).toEqual([16, 0, 4, 8]);
    expect(layout(types.identity)).toEqual([48, 0, 8, 16, 24, 32, 40, 44]);
    expect(layout(types.channelBindings)).toEqual([32, 0, 4, 8, 12, 16, 20, 24, 28]);
    expect(layout(types.sizes)).toEqual([16, 0, 4, 8, 12]);
    expect(layout(types.keyInfo)).toEqual([32, 0, 8, 16, 20, 24]);
  });
});
