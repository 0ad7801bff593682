/** Where the window stood last, so that it stands there again: if a screen is still there. */
import { join } from 'node:path';
import { z } from 'zod';
import { JsonFile } from '../settings/json-file.ts';

const WindowState = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().min(480), height: z.int().min(320) }).optional(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class WindowStateStore {
  readonly #file: JsonFile<typeof WindowState>;

  constructor(dataDir: string) {
    this.#file = new JsonFile(join(dataDir, 'window.json'), WindowState, () => ({ maximized: false }));
  }

  async load(): Promise<WindowState> {
    return (await this.#file.load()).value;
  }

  async save(state: WindowState): Promise<void> {
    await this.#file.save(state);
  }
}

/** As much of the title bar as a hand needs to take hold of the window. */
const GRIP = { width: 120, height: 32 };

/** The bounds, if their title bar can be reached on one of the screens; undefined where the system shall choose. */
export function reachableBounds(
  bounds: Rectangle | undefined,
  screens: readonly Rectangle[],
): Rectangle | undefined {
  if (bounds === undefined) return undefined;
  const reachable = screens.some((screen) => {
    const width = Math.min(bounds.x + bounds.width, screen.x + screen.width) - Math.max(bounds.x, screen.x);
    const top = bounds.y >= screen.y && bounds.y + GRIP.height <= screen.y + screen.height;
    return width >= GRIP.width && top;
  });
  return reachable ? bounds : undefined;
}
