/** A key press as .NET's KeyInfo ([MS-PSRP] 2.2.3.26), from what the terminal sent for it. */
import type { KeyInfo } from '../protocol/psrp/host-values.ts';

/** Windows virtual key codes of keys that send an escape sequence. */
const SEQUENCES: Readonly<Record<string, number>> = {
  '\x1b[A': 38,
  '\x1b[B': 40,
  '\x1b[C': 39,
  '\x1b[D': 37,
  '\x1b[H': 36,
  '\x1b[F': 35,
  '\x1b[2~': 45,
  '\x1b[3~': 46,
  '\x1b[5~': 33,
  '\x1b[6~': 34,
  '\x1bOP': 112,
  '\x1bOQ': 113,
  '\x1bOR': 114,
  '\x1bOS': 115,
  '\x1b[15~': 116,
  '\x1b[17~': 117,
  '\x1b[18~': 118,
  '\x1b[19~': 119,
  '\x1b[20~': 120,
  '\x1b[21~': 121,
  '\x1b[23~': 122,
  '\x1b[24~': 123,
};

/** ControlKeyStates flags. */
const SHIFT = 0x10;
const LEFT_CTRL = 0x08;

export function keyInfoOf(text: string): KeyInfo {
  const known = SEQUENCES[text];
  if (known !== undefined) return { virtualKeyCode: known, character: '', controlKeyState: 0, keyDown: true };
  const character = text.charAt(0);
  const code = character.charCodeAt(0);
  if (Number.isNaN(code)) return { virtualKeyCode: 13, character: '\r', controlKeyState: 0, keyDown: true };
  if (character === '\r' || character === '\n')
    return { virtualKeyCode: 13, character: '\r', controlKeyState: 0, keyDown: true };
  if (character === '\x7f') return { virtualKeyCode: 8, character: '\b', controlKeyState: 0, keyDown: true };
  if (character === '\t' || character === '\b' || character === '\x1b') {
    return { virtualKeyCode: code, character, controlKeyState: 0, keyDown: true };
  }
  if (code < 32) return { virtualKeyCode: code + 64, character, controlKeyState: LEFT_CTRL, keyDown: true };
  const upper = character.toUpperCase();
  const isLetter = upper !== character.toLowerCase();
  return {
    virtualKeyCode: /^[A-Z0-9 ]$/.test(upper) ? upper.charCodeAt(0) : 0,
    character,
    controlKeyState: isLetter && character === upper ? SHIFT : 0,
    keyDown: true,
  };
}
