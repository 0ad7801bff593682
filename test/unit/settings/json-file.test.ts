import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { JsonFile } from '../../../electron/settings/json-file.ts';
import { SettingsChange } from '../../../shared/settings.ts';
import { SettingsStore } from '../../../electron/settings/settings-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psdeck-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const Shape = z.object({ n: z.number() });
const file = () => new JsonFile(join(folder, 'deep', 'x.json'), Shape, () => ({ n: 0 }));

test('what is saved is what is loaded, in a file only its owner reads', async () => {
  await file().save({ n: 7 });
  expect(await file().load()).toEqual({ value: { n: 7 } });
  if (process.platform !== 'win32') {
    expect((await stat(join(folder, 'deep', 'x.json'))).mode & 0o077).toBe(0);
  }
  expect(await readdir(join(folder, 'deep'))).toEqual(['x.json']);
});

test('a missing file is the initial value', async () => {
  expect(await file().load()).toEqual({ value: { n: 0 } });
});

test.each([
  ['cut short', '{"n": 1'],
  ['of another shape', '{"n": "one"}'],
  ['empty', ''],
])('a file that is %s is set aside whole, and the app goes on', async (_name, text) => {
  await file().save({ n: 1 });
  await writeFile(join(folder, 'deep', 'x.json'), text);
  const loaded = await file().load();
  expect(loaded.value).toEqual({ n: 0 });
  expect(await readFile(join(folder, 'deep', loaded.setAside ?? ''), 'utf8')).toBe(text);
  await file().save({ n: 2 });
  expect((await file().load()).value).toEqual({ n: 2 });
});

test('saves asked for at once end with the last', async () => {
  const one = file();
  await Promise.all([1, 2, 3, 4, 5].map((n) => one.save({ n })));
  expect((await file().load()).value).toEqual({ n: 5 });
});

test('a change carries what it names and nothing else', () => {
  expect(SettingsChange.parse({ theme: 'light' })).toEqual({ theme: 'light' });
  expect(SettingsChange.safeParse({ fontSize: 500 }).success).toBe(false);
});

test('settings keep what was not changed, across a restart', async () => {
  const store = new SettingsStore(folder);
  await store.load();
  await store.update({ theme: 'light' });
  await store.update({ fontSize: 16, theme: undefined });
  const again = new SettingsStore(folder);
  await again.load();
  expect(again.value).toMatchObject({ theme: 'light', fontSize: 16 });
});
