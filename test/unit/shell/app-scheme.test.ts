import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOwnPage, serveAppFile } from '../../../electron/shell/app-scheme.ts';
import { reachableBounds } from '../../../electron/shell/window-state.ts';

let outer: string;
let folder: string;
beforeAll(() => {
  outer = mkdtempSync(join(tmpdir(), 'psdeck-scheme-'));
  folder = join(outer, 'renderer');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), 'page');
  writeFileSync(join(folder, 'assets', 'a b.js'), 'script');
  writeFileSync(join(outer, 'secret.json'), 'secret');
});
afterAll(() => {
  rmSync(outer, { recursive: true, force: true });
});

async function get(url: string, method = 'GET') {
  const response = await serveAppFile({ url, method }, folder);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
    response,
  };
}

describe('app scheme', () => {
  test('serves the page and its files, fenced in', async () => {
    expect(await get('psdeck://app/')).toMatchObject({
      status: 200,
      body: 'page',
      type: 'text/html; charset=utf-8',
    });
    const script = await get('psdeck://app/assets/a%20b.js');
    expect(script).toMatchObject({ status: 200, body: 'script', type: 'text/javascript; charset=utf-8' });
    expect(script.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(script.response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    'psdeck://app/../secret.json',
    'psdeck://app/%2e%2e/secret.json',
    'psdeck://app/..%2fsecret.json',
    'psdeck://app/assets/..%2f..%2fsecret.json',
    'psdeck://app/%2fetc%2fpasswd.json',
    'psdeck://app//secret.json',
    'psdeck://app/index.html%00.js',
    'psdeck://app/%E0%A4%A',
    'psdeck://app/C:%5Csecret.json',
    'psdeck://app/nothing.js',
    'psdeck://app/assets',
    'psdeck://other/index.html',
    'file:///etc/passwd',
    'nonsense',
  ])('serves nothing else: %s', async (url) => {
    expect(await get(url)).toMatchObject({ status: 404, body: '' });
  });

  test('answers nothing but GET', async () => {
    expect((await get('psdeck://app/', 'POST')).status).toBe(404);
  });

  test('knows its own page from what looks like it', () => {
    expect(isOwnPage('psdeck://app/index.html')).toBe(true);
    for (const url of [
      'psdeck://app.evil/',
      'psdeck://evil@other/',
      'https://app/',
      'psdeck:app',
      '',
      'about:blank',
    ]) {
      expect(isOwnPage(url)).toBe(false);
    }
  });
});

describe('window bounds', () => {
  const screen = { x: 0, y: 0, width: 1000, height: 800 };
  test.each([
    ['inside', { x: 10, y: 10, width: 500, height: 400 }, true],
    ['mostly beyond the right edge', { x: 870, y: 10, width: 500, height: 400 }, true],
    ['too far beyond the right edge', { x: 900, y: 10, width: 500, height: 400 }, false],
    ['above the screen', { x: 10, y: -20, width: 500, height: 400 }, false],
    ['below the screen', { x: 10, y: 790, width: 500, height: 400 }, false],
    ['on the second screen', { x: -900, y: 100, width: 500, height: 400 }, true],
  ])('%s', (_what, bounds, reachable) => {
    const second = { x: -1000, y: 0, width: 1000, height: 800 };
    expect(reachableBounds(bounds, [screen, second])).toEqual(reachable ? bounds : undefined);
  });
});
