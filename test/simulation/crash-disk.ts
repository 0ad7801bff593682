/**
 * A disk that remembers every step and can say what is left of it after a crash between any two of them.
 *
 * The model is POSIX's, at its worst: what was written to a file and what was made, renamed or removed in a folder is safe only after the
 * file's, or the folder's, own flush; until then each such change may have reached the platter or not, whatever became of those before
 * and after it in other files and folders, and an unflushed file may hold any beginning of its text. A process that is killed loses
 * nothing that it handed over; a power cut does.
 */
import { dirname } from 'node:path';
import type { Disk } from '../../electron/settings/disk.ts';

type Step =
  | { readonly kind: 'create'; readonly path: string; readonly node: number }
  | { readonly kind: 'write'; readonly node: number; readonly text: string }
  | { readonly kind: 'sync'; readonly node: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly node: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'syncFolder'; readonly path: string };

/** What a disk holds: texts by path, and the folders. */
export interface DiskImage {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlySet<string>;
}

export class CrashDisk implements Disk {
  readonly steps: Step[] = [];
  readonly #files = new Map<string, { node: number; text: string }>();
  readonly #folders: Set<string>;
  readonly #before: DiskImage;
  #nextNode = 1;
  /** Called before each step; a rejection is a step that fails, a promise that never resolves a process that is gone. */
  onStep: ((step: number) => Promise<void> | undefined) | undefined;

  constructor(before: DiskImage = { files: new Map(), folders: new Set(['/']) }) {
    this.#before = before;
    this.#folders = new Set(before.folders);
    for (const [path, text] of before.files) this.#files.set(path, { node: this.#nextNode++, text });
  }

  async readText(path: string): Promise<string | undefined> {
    await Promise.resolve();
    return this.#files.get(path)?.text;
  }

  async list(folder: string): Promise<string[]> {
    await Promise.resolve();
    return [...this.#files.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async makeFolder(path: string): Promise<string | undefined> {
    let topmost: string | undefined;
    const missing: string[] = [];
    for (let folder = path; !this.#folders.has(folder); folder = dirname(folder)) missing.unshift(folder);
    for (const folder of missing) {
      await this.#step({ kind: 'folder', path: folder });
      this.#folders.add(folder);
      topmost ??= folder;
    }
    return topmost;
  }

  async create(path: string) {
    this.#mustBeFolder(dirname(path));
    const node = this.#nextNode++;
    await this.#step({ kind: 'create', path, node });
    const file = { node, text: '' };
    this.#files.set(path, file);
    return {
      write: async (text: string) => {
        await this.#step({ kind: 'write', node, text });
        file.text += text;
      },
      sync: () => this.#step({ kind: 'sync', node }),
      close: () => Promise.resolve(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (!file) throw new Error(`ENOENT ${from}`);
    await this.#step({ kind: 'rename', from, to, node: file.node });
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    if (!this.#files.has(path)) throw new Error(`ENOENT ${path}`);
    await this.#step({ kind: 'remove', path });
    this.#files.delete(path);
  }

  async syncFolder(path: string): Promise<void> {
    this.#mustBeFolder(path);
    await this.#step({ kind: 'syncFolder', path });
  }

  #mustBeFolder(path: string): void {
    if (!this.#folders.has(path)) throw new Error(`ENOENT ${path}`);
  }

  async #step(step: Step): Promise<void> {
    await this.onStep?.(this.steps.length);
    this.steps.push(step);
  }

  /** What a killed process leaves behind after its first `count` steps. */
  killed(count: number): DiskImage {
    const left = this.steps.slice(0, count);
    return this.#replay(left, new Set(left.keys()), () => Infinity);
  }

  /** Every image that a power cut after the first `count` steps may leave. Unflushed texts are cut at none, half and all of their length. */
  *powerCuts(count: number): Generator<DiskImage> {
    const left = this.steps.slice(0, count);
    const open: number[] = [];
    for (const [at, step] of left.entries()) if (isChange(step) && !isFlushed(left, at)) open.push(at);
    for (let some = 0; some < 2 ** open.length; some++) {
      const done = new Set(left.keys());
      for (const [bit, at] of open.entries()) if ((some & (2 ** bit)) === 0) done.delete(at);
      for (const part of [0, 0.5, 1]) {
        yield this.#replay(left, done, (text, at) =>
          isFlushed(left, at) ? text.length : Math.floor(text.length * part),
        );
      }
    }
  }

  #replay(
    steps: readonly Step[],
    done: ReadonlySet<number>,
    kept: (text: string, at: number) => number,
  ): DiskImage {
    const folders = new Set(this.#before.folders);
    const nodes = new Map<number, string>();
    const names = new Map<string, number>();
    let before = -1;
    for (const [path, text] of this.#before.files) {
      nodes.set(before, text);
      names.set(path, before);
      before -= 1;
    }
    // A node made before these steps is known by the number that the constructor gave it.
    for (const [at] of [...this.#before.files].entries()) nodes.set(at + 1, nodes.get(-1 - at) ?? '');
    for (const [at, step] of steps.entries()) {
      if (!done.has(at)) continue;
      switch (step.kind) {
        case 'folder':
          folders.add(step.path);
          break;
        case 'create':
          names.set(step.path, step.node);
          if (!nodes.has(step.node)) nodes.set(step.node, '');
          break;
        case 'write':
          nodes.set(step.node, (nodes.get(step.node) ?? '') + step.text.slice(0, kept(step.text, at)));
          break;
        case 'rename':
          names.delete(step.from);
          names.set(step.to, step.node);
          break;
        case 'remove':
          names.delete(step.path);
          break;
        default:
          break;
      }
    }
    const files = new Map<string, string>();
    for (const [path, node] of names) {
      // A folder that was not kept takes with it what stands in it.
      if (hasFolder(folders, dirname(path))) files.set(path, nodes.get(node) ?? '');
    }
    return { files, folders: new Set([...folders].filter((folder) => hasFolder(folders, folder))) };
  }
}

function hasFolder(folders: ReadonlySet<string>, path: string): boolean {
  return folders.has(path) && (path === '/' || hasFolder(folders, dirname(path)));
}

function isChange(step: Step): boolean {
  return step.kind !== 'sync' && step.kind !== 'syncFolder';
}

/** Whether a later step has made this one safe. */
function isFlushed(steps: readonly Step[], at: number): boolean {
  const step = steps[at];
  return steps.slice(at + 1).some((later) => {
    switch (step?.kind) {
      case 'write':
        return later.kind === 'sync' && later.node === step.node;
      case 'create':
      case 'folder':
      case 'remove':
        return later.kind === 'syncFolder' && later.path === dirname(step.path);
      case 'rename':
        return later.kind === 'syncFolder' && later.path === dirname(step.to);
      default:
        return true;
    }
  });
}
