/**
 * happy-dom lays nothing out and paints nothing. What asks for a size gets one that fits 80 columns and 24 rows; what asks for a canvas gets
 * one that takes every stroke and shows none.
 */
const canvas = new Proxy(
  {},
  {
    get: (_target, name) =>
      name === 'getImageData' || name === 'createImageData'
        ? () => ({ data: new Uint8ClampedArray(4) })
        : name === 'measureText'
          ? () => ({ width: 8, fontBoundingBoxAscent: 15, fontBoundingBoxDescent: 5 })
          : () => ({ addColorStop: () => undefined }),
    set: () => true,
  },
);

export function givePageSizes(): void {
  for (const [name, value] of [
    ['clientHeight', 480],
    ['clientWidth', 640],
    ['offsetHeight', 20],
    ['offsetWidth', 8],
  ] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
  }
  Object.defineProperty(HTMLCanvasElement.prototype, 'getContext', {
    configurable: true,
    value: (kind: string) => (kind === '2d' ? canvas : null),
  });
}
