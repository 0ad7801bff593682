import { FRAGMENT_HEADER_BYTES } from '../protocol/psrp/fragment.ts';

const START = 1;
const END = 2;

/** Whether a payload of fragments holds whole messages only, none that began before it or goes on after it ([MS-PSRP] 2.2.4). */
export function isWholeMessages(payload: Uint8Array): boolean {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = 0;
  let inside = false;
  while (at + FRAGMENT_HEADER_BYTES <= payload.length) {
    const flags = view.getUint8(at + 16);
    if (inside === ((flags & START) !== 0)) return false;
    inside = (flags & END) === 0;
    at += FRAGMENT_HEADER_BYTES + view.getUint32(at + 17);
  }
  return at === payload.length && !inside;
}
