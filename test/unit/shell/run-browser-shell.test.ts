import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runBrowserShell, type CoreOptions } from '../../../electron/shell/run-browser-shell.ts';
import { fakeCore } from './fake-core.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psdeck-run-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function setUp() {
  const made = fakeCore();
  const lines: string[] = [];
  const given: CoreOptions[] = [];
  const setting = {
    open: false,
    dataDir: folder,
    log: made.log,
    rendererDir: folder,
    createCore: async (options: CoreOptions) => {
      given.push(options);
      return made.core;
    },
    print: (line: string) => void lines.push(line),
  };
  return { ...made, lines, given, setting };
}

describe('browser shell', () => {
  test('prints one address, and why there is no window where one was asked for', async () => {
    const { setting, lines, given, told } = setUp();
    const shell = await runBrowserShell({ ...setting, windowNote: 'No window: because.' });
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`^PSDeck is at http://127\\.0\\.0\\.1:${String(shell.port)}/\\?token=[\\w-]{43}$`),
      ),
      'No window: because.',
    ]);
    expect(given).toMatchObject([{ shell: 'browser', dataDir: folder, windowNote: 'No window: because.' }]);
    await shell.end();
    await shell.end();
    expect(told).toEqual(['shutdown']);
  });

  test('stays quiet where the browser shell was asked for, and offers the next browser an address of its own', async () => {
    const { setting, lines } = setUp();
    const shell = await runBrowserShell(setting);
    expect(lines).toHaveLength(1);
    const address = lines[0]!.replace('PSDeck is at ', '');
    const answer = await fetch(address, { redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(lines[1]).toMatch(/^To let another browser in: http:\/\/127\.0\.0\.1:/);
    const next = await fetch(lines[1]!.replace('To let another browser in: ', ''), { redirect: 'manual' });
    expect(next.status).toBe(303);
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
    await shell.end();
  });

  test('a port that is taken is a sentence, and leaves nothing running', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { setting, told, given } = setUp();
    await expect(runBrowserShell({ ...setting, port })).rejects.toThrow(
      `Port ${String(port)} is taken by another program. Choose one with --port, or leave it out.`,
    );
    expect(told).toEqual([]);
    expect(given).toEqual([]);
    other.close();
  });

  test('a second one on the same data sends the person to the first, and touches nothing', async () => {
    const first = setUp();
    const shell = await runBrowserShell(first.setting);
    const second = setUp();
    const other = await runBrowserShell(second.setting);
    expect(other.port).toBeUndefined();
    expect(second.given).toEqual([]);
    const pattern = new RegExp(
      `^PSDeck runs already, as process ${String(process.pid)}\\. It is at (http://127\\.0\\.0\\.1:${String(shell.port)}/\\?token=[\\w-]{43})$`,
    );
    expect(second.lines).toEqual([expect.stringMatching(pattern)]);
    const [, address = ''] = pattern.exec(second.lines[0] ?? '') ?? [];
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
    await other.end();
    await shell.end();
    // Whoever comes now is the first again.
    const third = await runBrowserShell(setUp().setting);
    expect(third.port).toBeTypeOf('number');
    await third.end();
  });

  test('one that could not start leaves the data to the next', async () => {
    const { setting } = setUp();
    const fails = { ...setting, createCore: () => Promise.reject(new Error('no disk')) };
    await expect(runBrowserShell(fails)).rejects.toThrow('no disk');
    const shell = await runBrowserShell(setting);
    await shell.end();
  });
});
