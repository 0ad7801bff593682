import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appPaths } from '../../../electron/diagnostics/app-paths.ts';
import { copyDiagnostics } from '../../../electron/diagnostics/copy-diagnostics.ts';
import { createLog } from '../../../electron/diagnostics/log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psdeck-log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = new Date('2026-01-02T03:04:05.678Z');

describe('diagnostics log', () => {
  test('writes a line an event, fields as they were named, and keeps the level', async () => {
    const log = createLog({ file: { folder }, now: () => at });
    log.debug('not.this');
    log.info('session.opened', { id: 3, name: 'a b', ok: true, absent: undefined });
    log.warn('bridge.slow', { bytes: 12 });
    await log.flush();
    expect(readFileSync(join(folder, 'psdeck.log'), 'utf8')).toBe(
      '2026-01-02T03:04:05.678Z info session.opened id=3 name="a b" ok=true\n' +
        '2026-01-02T03:04:05.678Z warn bridge.slow bytes=12\n',
    );
    expect(log.tail()).toHaveLength(2);
  });

  test('a field cannot begin a line of its own, and a long one is cut', () => {
    const log = createLog({ now: () => at });
    log.info('x', { name: 'a\nb error forged', long: 'y'.repeat(1000) });
    const [line] = log.tail();
    expect(line).not.toContain('\n');
    expect(line?.length).toBeLessThan(300);
  });

  test('an unexpected error leaves its type, code and place, never its message', () => {
    const log = createLog({ now: () => at });
    const thrown = Object.assign(
      new TypeError('cannot parse "hunter2"\n    at hunter2 (secret.ts:1:1)', {
        cause: new RangeError('hunter2'),
      }),
      { code: 'EBAD' },
    );
    const id = log.failure('ipc.handler', thrown, { call: 'sessions.create' });
    const [line] = log.tail();
    expect(line).toContain(`id=${id}`);
    expect(line).toContain('call=sessions.create type=TypeError code=EBAD cause=RangeError');
    expect(line).toContain('log.test.ts:');
    expect(line).not.toContain('hunter2');
    expect(line).not.toContain('secret');
    expect(log.failure('ipc.handler', 'hunter2')).not.toBe(id);
    expect(log.tail()[1]).toContain('type=string');
    expect(log.tail().join('\n')).not.toContain('hunter2');
  });

  test('rotates by size, keeps two older files, loses no line of those it keeps', async () => {
    const log = createLog({ file: { folder, maxBytes: 2000, older: 2 }, now: () => at });
    for (let n = 0; n < 200; n += 1) {
      log.info('tick', { n });
      if (n % 5 === 0) await log.flush();
    }
    await log.flush();
    expect(readdirSync(folder).toSorted()).toEqual(['psdeck.1.log', 'psdeck.2.log', 'psdeck.log']);
    const kept = ['psdeck.2.log', 'psdeck.1.log', 'psdeck.log']
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
    const numbers = [...kept.matchAll(/n=(\d+)/g)].map((match) => Number(match[1]));
    expect(numbers.at(-1)).toBe(199);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThan(2600);
  });

  test('goes on with the file of an earlier run', async () => {
    writeFileSync(join(folder, 'psdeck.log'), 'earlier\n');
    const log = createLog({ file: { folder } });
    log.info('later');
    await log.flush();
    expect(readFileSync(join(folder, 'psdeck.log'), 'utf8')).toMatch(/^earlier\n.* info later\n$/);
  });

  test('a folder that cannot be written hurts nobody', async () => {
    writeFileSync(join(folder, 'in-the-way'), '');
    const log = createLog({ file: { folder: join(folder, 'in-the-way', 'logs') } });
    log.info('x');
    await log.flush();
    log.flushSync();
    expect(log.tail()).toHaveLength(1);
  });

  test('last words reach the file at once', () => {
    const log = createLog({ file: { folder } });
    log.error('process.crash');
    log.flushSync();
    expect(readFileSync(join(folder, 'psdeck.log'), 'utf8')).toContain('process.crash');
  });

  test('the memory for "copy diagnostics" is bounded', () => {
    const log = createLog();
    for (let n = 0; n < 1000; n += 1) log.info('tick', { n });
    expect(log.tail()).toHaveLength(300);
    expect(log.tail().at(-1)).toContain('n=999');
  });
});

describe('copy diagnostics', () => {
  test('tells versions and the last lines, and names neither person nor computer', () => {
    const log = createLog({ now: () => at });
    log.info('x', { path: '/home/ann/f', who: 'ann', where: 'ANNS-PC', other: 'planner' });
    const text = copyDiagnostics(log, { version: '1.2.3', shell: 'browser', facts: { sessions: 2 } }, [
      ['/home/ann', '~'],
      ['ann', '<user>'],
      ['ANNS-PC', '<computer>'],
      ['x', 'too short to be a name'],
    ]);
    expect(text).toContain('PSDeck 1.2.3 (browser)');
    expect(text).toContain(`Node ${process.versions.node}`);
    expect(text).toContain(process.platform);
    expect(text).toContain('sessions: 2');
    expect(text).toContain('info x path=~/f who=<user> where=<computer> other=planner');
  });

  test('takes out the names of whoever runs it', () => {
    const log = createLog();
    log.info('x', { path: join(homedir(), 'f') });
    expect(copyDiagnostics(log, { version: '1', shell: 'browser' })).toContain('path=~/f');
  });
});

describe('app paths', () => {
  test('one folder where PSDECK_DATA_DIR says so, else a folder of the platform that names psdeck', () => {
    expect(appPaths({ PSDECK_DATA_DIR: '/x' })).toEqual({ data: '/x', log: join('/x', 'logs') });
    expect(appPaths({}).data).toMatch(/psdeck/i);
  });
});
