import type { ITheme } from '@xterm/xterm';

/** The terminal's colours out of the tokens in force. PowerShell draws with the eight colours and their bright twins, which look the same here: weight says "bright". */
export function terminalTheme(element: Element = document.documentElement): ITheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const [fg, dim, well] = [token('--t-fg'), token('--t-dim'), token('--well')];
  const [red, green, yellow, blue] = [
    token('--t-red'),
    token('--t-green'),
    token('--t-yellow'),
    token('--t-blue'),
  ];
  const [magenta, cyan] = [token('--t-magenta'), token('--t-cyan')];
  return {
    foreground: fg,
    background: well,
    cursor: token('--t-cursor'),
    cursorAccent: well,
    selectionBackground: token('--t-select'),
    selectionInactiveBackground: token('--t-select'),
    black: well,
    red,
    green,
    yellow,
    blue,
    magenta,
    cyan,
    white: fg,
    brightBlack: dim,
    brightRed: red,
    brightGreen: green,
    brightYellow: yellow,
    brightBlue: blue,
    brightMagenta: magenta,
    brightCyan: cyan,
    brightWhite: fg,
    // The tokens are six-digit colours; two more digits are their opacity.
    scrollbarSliderBackground: `${dim ?? '#888888'}40`,
    scrollbarSliderHoverBackground: `${dim ?? '#888888'}70`,
    scrollbarSliderActiveBackground: `${dim ?? '#888888'}90`,
    overviewRulerBorder: '#00000000',
  };
}
