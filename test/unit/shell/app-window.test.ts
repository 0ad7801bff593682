import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { appBrowserPaths, hasDesktop, showAddress } from '../../../electron/shell/app-window.ts';

describe('app window', () => {
  test.each([
    ['linux', {}, false],
    ['linux', { DISPLAY: '' }, false],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['linux', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: 'x' }, true],
    ['darwin', {}, true],
    ['darwin', { SSH_CONNECTION: 'x' }, false],
    ['win32', {}, true],
    ['win32', { SSH_CONNECTION: 'x' }, false],
  ] as const)('somebody sits in front of %s %j: %s', (platform, env, expected) => {
    expect(hasDesktop({ platform, env })).toBe(expected);
  });

  test('looks where each system keeps its browsers', () => {
    expect(appBrowserPaths({ platform: 'win32', env: { ProgramFiles: 'C:\\Program Files' } })).toEqual([
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe',
    ]);
    expect(appBrowserPaths({ platform: 'darwin', env: {} })[0]).toBe(
      join('/Applications', 'Google Chrome.app', 'Contents', 'MacOS', 'Google Chrome'),
    );
    expect(appBrowserPaths({ platform: 'linux', env: { PATH: ['/a', '', '/b'].join(delimiter) } })).toContain(
      join('/b', 'chromium'),
    );
    expect(appBrowserPaths({ platform: 'linux', env: {} })).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')(
    'opens the browser that is there as a window of the app',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'psdeck-browser-'));
      const told = join(folder, 'told');
      const program = join(folder, 'chromium');
      writeFileSync(program, `#!/bin/sh\nprintf '%s' "$*" > '${told}'\n`);
      chmodSync(program, 0o700);
      try {
        expect(
          await showAddress('http://127.0.0.1:1/?token=t', { platform: 'linux', env: { PATH: folder } }),
        ).toBe(true);
        await vi.waitFor(() => expect(readFileSync(told, 'utf8')).toBe('--app=http://127.0.0.1:1/?token=t'));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
