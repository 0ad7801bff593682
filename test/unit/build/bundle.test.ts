import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from 'vite';

/** What Electron would run, built as `npm start` builds it, and looked at: there is no Electron here to run it. */
let dist: string;
beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'psdeck-bundle-'));
  const root = join(import.meta.dirname, '..', '..', '..');
  for (const name of ['main', 'preload']) {
    await build({
      configFile: join(root, 'build', `vite.${name}.config.ts`),
      logLevel: 'error',
      build: { outDir: dist },
    });
  }
});
afterAll(() => {
  rmSync(dist, { recursive: true, force: true });
});

describe('the native shell as built', () => {
  test('the preload is one CommonJS file that requires Electron and nothing else', () => {
    const code = readFileSync(join(dist, 'preload.cjs'), 'utf8');
    expect([...code.matchAll(/require\(([^)]*)\)/g)].map((match) => match[1])).toEqual(['"electron"']);
    expect(code).not.toMatch(/^\s*(import|export)\b/m);
  });

  test('main keeps the layout of the sources and names only files that are there', () => {
    expect(existsSync(join(dist, 'electron', 'shell', 'main.js'))).toBe(true);
    const engine = readdirSync(join(dist, 'electron', 'practice-server', 'engine'));
    expect(engine).toEqual(
      expect.arrayContaining(['find-engine.js', 'engine.csproj', 'Program.cs', 'modules']),
    );
    expect(engine.filter((name) => name.endsWith('.ts'))).toEqual([]);
    const missing: string[] = [];
    for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
      const code = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      for (const [, path] of code.matchAll(/(?:from |import |import\()"(\.[^"]+)"/g)) {
        if (!existsSync(join(entry.parentPath, path!))) missing.push(`${entry.name}: ${path!}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
