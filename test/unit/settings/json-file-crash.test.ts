/** Crash at every step of a save, in every way a disk can lose what it was not told to keep: what is read back is the old value or the new one. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { JsonFile } from '../../../electron/settings/json-file.ts';
import { CrashDisk, type DiskImage } from '../../simulation/crash-disk.ts';

const Shape = z.object({ text: z.string() });
const open = (disk: CrashDisk) => new JsonFile('/home/psdeck/x.json', Shape, () => ({ text: 'none' }), disk);

async function readBack(image: DiskImage): Promise<{ text: string; setAside: string | undefined }> {
  const { value, setAside } = await open(new CrashDisk(image)).load();
  return { text: value.text, setAside };
}

async function saved(before: DiskImage | undefined, text: string): Promise<CrashDisk> {
  const disk = new CrashDisk(before);
  await open(disk).save({ text });
  return disk;
}

test.each([
  ['the first save ever, into folders that have to be made', undefined, 'none'],
  ['a save over an older one', 'old', 'old'],
])('%s', async (_name, earlier, old) => {
  const before = earlier === undefined ? undefined : (await saved(undefined, earlier)).killed(Infinity);
  const disk = await saved(before, 'new');
  const kinds = disk.steps.map((step) => step.kind);
  expect(kinds).toEqual(expect.arrayContaining(['create', 'write', 'sync', 'rename', 'syncFolder']));
  const seen = new Set<string>();
  for (let count = 0; count <= disk.steps.length; count++) {
    for (const image of [disk.killed(count), ...disk.powerCuts(count)]) {
      const back = await readBack(image);
      expect(back.setAside).toBeUndefined();
      expect([old, 'new']).toContain(back.text);
      seen.add(back.text);
    }
  }
  expect(seen).toEqual(new Set([old, 'new']));
  // What was reported as saved is saved.
  for (const image of disk.powerCuts(disk.steps.length)) expect((await readBack(image)).text).toBe('new');
});

test('the disk of these tests does lose what was not flushed', async () => {
  const disk = new CrashDisk();
  const file = await disk.create('/a');
  await file.write('whole');
  const left = [...disk.powerCuts(2)].map((image) => image.files.get('/a'));
  expect(left).toEqual(expect.arrayContaining([undefined, '', 'wh', 'whole']));
  await file.sync();
  expect([...disk.powerCuts(3)].map((image) => image.files.get('/a'))).toEqual(
    expect.arrayContaining([undefined, 'whole']),
  );
  expect([...disk.powerCuts(3)].map((image) => image.files.get('/a'))).not.toContain('wh');
});

test.each(['create', 'write', 'sync', 'rename', 'syncFolder'])(
  'a save whose %s fails says so, and the old value stays readable',
  async (kind) => {
    const before = (await saved(undefined, 'old')).killed(Infinity);
    const disk = new CrashDisk(before);
    const probe = await saved(before, 'new');
    const at = probe.steps.findIndex((step) => step.kind === kind);
    disk.onStep = (step) => (step === at ? Promise.reject(new Error('no space left')) : undefined);
    await expect(open(disk).save({ text: 'new' })).rejects.toThrow('no space left');
    disk.onStep = undefined;
    expect(['old', 'new']).toContain((await open(disk).load()).value.text);
    await open(disk).save({ text: 'newer' });
    expect((await open(disk).load()).value.text).toBe('newer');
  },
);
