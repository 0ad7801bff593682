/** What the app's own files ask of a disk, in steps as small as a crash can fall between. Tests put one of their own in its place. */
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface DiskFile {
  write(text: string): Promise<void>;
  /** Until this has resolved, a power cut may lose any part of what was written. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Undefined where there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** With its parents, for the owner's eyes only. Returns the topmost folder that was made; undefined where all were there. */
  makeFolder(path: string): Promise<string | undefined>;
  /** A new file, or an old one emptied, for the owner's eyes only. */
  create(path: string): Promise<DiskFile>;
  /** In one step: whoever looks sees the old file or the new one. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Until this has resolved, a power cut may take back what was made, renamed and removed in the folder. */
  syncFolder(path: string): Promise<void>;
}

/** How often a rename is tried on Windows, where a virus scanner may hold the file that was just written for a moment. */
const RENAME_TRIES = 6;

export const nodeDisk: Disk = {
  async readText(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },

  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  },

  makeFolder: (path) => mkdir(path, { recursive: true, mode: 0o700 }),

  async create(path) {
    const file = await open(path, 'w', 0o600);
    return {
      write: (text) => file.writeFile(text, 'utf8'),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },

  async rename(from, to) {
    for (let tried = 1; ; tried++) {
      try {
        await rename(from, to);
        return;
      } catch (error) {
        const held = process.platform === 'win32' && hasCode(error, 'EPERM', 'EACCES', 'EBUSY');
        if (tried >= RENAME_TRIES || !held) throw error;
        await delay(10 * 2 ** tried);
      }
    }
  },

  remove: (path) => unlink(path),

  async syncFolder(path) {
    if (process.platform === 'win32') return; // Windows has no handle on a folder to flush; NTFS journals the rename
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } catch (error) {
      // Some network file systems flush no folders. The file is whole in its place; only a power cut right now could bring the old one back.
      if (!hasCode(error, 'EINVAL', 'ENOTSUP', 'EPERM')) throw error;
    } finally {
      await handle.close();
    }
  },
};

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
