import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashOf } from '../../../build/lib/built.mjs';
import { readChoices } from '../../../build/lib/choices.mjs';
import { matches } from '../../../build/lib/dependencies.mjs';
import { electronProgram, noWindowHere, reasonIn } from '../../../build/lib/electron-runtime.mjs';
import { hasRightNode } from '../../../build/lib/right-node.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psdeck-build-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('what the person asked of npm start', () => {
  test('nothing', () => {
    expect(readChoices([])).toEqual({ browser: false, open: true, installElectron: false, help: false });
  });
  test('the browser shell, its port, and quiet', () => {
    expect(readChoices(['--browser', '--port', '8123', '--no-open'])).toMatchObject({
      browser: true,
      port: 8123,
      open: false,
    });
    expect(readChoices(['--port=0'])).toMatchObject({ browser: true, port: 0 });
  });
  test.each([
    [['--port'], /--port wants/],
    [['--port', '65536'], /--port wants/],
    [['--port', '-1'], /--port wants/],
    [['--port=x'], /--port wants/],
    [['--browser=yes'], /takes no value/],
    [['--brwser'], /--brwser is not known/],
    [['extra'], /extra is not known/],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => readChoices(args)).toThrow(sentence);
  });
});

describe('npm start', () => {
  test('tells what is wrong in one line, without a stack, and fails', () => {
    const script = join(import.meta.dirname, '..', '..', '..', 'build', 'start.mjs');
    const { status, stderr, stdout } = spawnSync(process.execPath, [script, '--nope'], { encoding: 'utf8' });
    expect(stderr).toBe('psdeck: --nope is not known; npm start -- --help says what is\n');
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

describe('the right Node', () => {
  test.each([
    ['18.20.0', false],
    ['23.11.1', false],
    ['24.0.0', true],
    ['26.1.0', true],
  ])('%s: %s', (version, right) => {
    expect(hasRightNode(version)).toBe(right);
  });
});

function lock(packages: object) {
  return JSON.stringify({ packages: { '': { name: 'psdeck' }, ...packages } });
}
function installed(packages: object) {
  return JSON.stringify({ packages });
}

describe('dependencies', () => {
  const wanted = lock({
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b-win32': { version: '2.0.0', optional: true },
  });
  test('are there when what npm installed is what the lock wants', () => {
    expect(matches(wanted, installed({ 'node_modules/a': { version: '1.0.0' } }))).toBe(true);
  });
  test('may have company', () => {
    const have = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/tried': { version: '1.0.0' } };
    expect(matches(wanted, installed(have))).toBe(true);
  });
  test.each([
    ['nothing is installed', undefined],
    ['what is installed cannot be read', '{'],
    ['one is missing', installed({})],
    ['one is older', installed({ 'node_modules/a': { version: '0.9.0' } })],
    [
      'an optional one is older',
      installed({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-win32': { version: '1.0.0' } }),
    ],
  ])('are stale when %s', (_what, have) => {
    expect(matches(wanted, have)).toBe(false);
  });
});

describe('what changed', () => {
  test('is seen by content, name and place, and nothing else', () => {
    mkdirSync(join(folder, 'src', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'src', 'deep', 'a.ts'), 'one');
    const first = hashOf(['src', 'absent'], folder);
    writeFileSync(join(folder, 'src', 'deep', 'a.ts'), 'one');
    mkdirSync(join(folder, 'src', 'obj'));
    writeFileSync(join(folder, 'src', 'obj', 'left.dll'), 'by a compiler');
    expect(hashOf(['src', 'absent'], folder)).toBe(first);
    writeFileSync(join(folder, 'src', 'deep', 'a.ts'), 'two');
    expect(hashOf(['src', 'absent'], folder)).not.toBe(first);
    writeFileSync(join(folder, 'src', 'deep', 'a.ts'), 'one');
    writeFileSync(join(folder, 'src', 'b.ts'), '');
    expect(hashOf(['src', 'absent'], folder)).not.toBe(first);
  });
});

describe("Electron's runtime", () => {
  test('is there when its program is', () => {
    expect(electronProgram(folder)).toBeUndefined();
    writeFileSync(join(folder, 'path.txt'), 'electron');
    expect(electronProgram(folder)).toBeUndefined();
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'electron'), '');
    expect(electronProgram(folder)).toBe(join(folder, 'dist', 'electron'));
  });

  test.each([
    [{ platform: 'linux', env: {}, uid: 1000 }, /DISPLAY is not set.*\.$/],
    [{ platform: 'linux', env: { DISPLAY: ':0' }, uid: 0 }, /as root.*\.$/],
  ])('could show no window on %j, and one line says why', (machine, why) => {
    expect(noWindowHere(machine)).toMatch(why);
    expect(noWindowHere(machine)).not.toContain('\n');
  });

  test.each([
    [{ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' }, uid: 1000 }],
    [{ platform: 'darwin', env: {}, uid: 501 }],
    [{ platform: 'win32', env: {}, uid: undefined }],
  ])('could show a window on %j', (machine) => {
    expect(noWindowHere(machine)).toBeUndefined();
  });

  test('a failed installation is told by its telling line', () => {
    expect(reasonIn('RequestError: getaddrinfo ENOTFOUND github.com\n    at x\n')).toBe(
      'getaddrinfo ENOTFOUND github.com',
    );
    expect(
      reasonIn('TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED 127.0.0.1:1\n'),
    ).toContain('ECONNREFUSED');
    expect(reasonIn('TypeError: fetch failed\n')).toBe('fetch failed');
    expect(reasonIn('\n  something else\n')).toBe('something else');
    expect(reasonIn('')).toBe('no reason given');
  });
});
