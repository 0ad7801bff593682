import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

const wishes = pathToFileURL(join(import.meta.dirname, '../../../electron/shell/last-wishes.ts')).href;

/** A program that lives until it is asked to end, and tells what it does. */
function program(end: string, before = ''): ChildProcess {
  const source = `
    import { endOnSignals, logUncaught } from ${JSON.stringify(wishes)};
    const say = (line) => process.stdout.write(line + '\\n');
    ${before}
    endOnSignals(${end});
    setInterval(() => undefined, 1000);
    say('ready');
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, npm_lifecycle_event: undefined },
  });
}

/** Resolves when the program has said so. */
async function said(child: ChildProcess, wanted: string): Promise<string> {
  let text = '';
  for await (const piece of child.stdout!.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes(wanted)) return text;
  }
  return text;
}

async function exit(child: ChildProcess): Promise<unknown[]> {
  return once(child, 'exit');
}

describe.skipIf(process.platform === 'win32')('last wishes', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends what was started, then the program',
    async (signal) => {
      const child = program(`async () => say('ended')`);
      await said(child, 'ready');
      const exited = exit(child);
      child.kill(signal);
      expect(await said(child, 'ended')).toContain('ended');
      expect(await exited).toEqual([0, null]);
    },
  );

  test('one Ctrl+C that arrives twice is one', async () => {
    const child = program(
      `async () => { say('ending'); await new Promise((r) => setTimeout(r, 100)); say('ended'); }`,
    );
    await said(child, 'ready');
    const exited = exit(child);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await said(child, 'ended')).toBe('ending\nended\n');
    expect(await exited).toEqual([0, null]);
  });

  test('a second Ctrl+C does not wait for an end that does not come', async () => {
    const child = program(`() => { setTimeout(() => say('patient'), 600); return new Promise(() => {}); }`);
    await said(child, 'ready');
    const exited = exit(child);
    child.kill('SIGINT');
    await said(child, 'patient');
    const began = performance.now();
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    // Well before the four seconds after which it would have ended by itself.
    expect(performance.now() - began).toBeLessThan(2500);
  });

  test('a parent that is gone counts as a wish', async () => {
    const child = program(`async () => say('ended')`);
    await said(child, 'ready');
    const exited = exit(child);
    child.disconnect();
    expect(await said(child, 'ended')).toContain('ended');
    expect(await exited).toEqual([0, null]);
  });

  test('what nobody caught is written down by its id, and the program goes on', async () => {
    const child = program(
      `async () => undefined`,
      `logUncaught({ failure: (event, thrown) => { say(event + ' ' + thrown.message); return 'abc-1'; } });
       setTimeout(() => { throw new Error('one'); });
       setTimeout(() => { Promise.reject(new Error('two')); });
       setTimeout(() => say('goes on'), 100);`,
    );
    const errors: string[] = [];
    child.stderr!.on('data', (piece: Buffer) => errors.push(piece.toString()));
    const text = await said(child, 'goes on');
    expect(text).toContain('process.exception one');
    expect(text).toContain('process.rejection two');
    expect(errors.join('')).toContain('psdeck: an unexpected error was logged (abc-1)');
    const exited = exit(child);
    child.kill('SIGTERM');
    await exited;
  });

  test('nobody who reads its errors is no error that would be told for ever', async () => {
    const child = program(
      `async () => undefined`,
      `let failures = 0;
       logUncaught({ failure: () => { failures += 1; return 'abc-1'; } });
       process.once('message', () => {
         setTimeout(() => { throw new Error('one'); });
         setTimeout(() => say('failures: ' + failures + '.'), 300);
       });`,
    );
    await said(child, 'ready');
    child.stderr!.destroy();
    await once(child.stderr!, 'close');
    child.send('go');
    expect(await said(child, '.')).toContain('failures: 1.');
    const exited = exit(child);
    child.kill('SIGTERM');
    await exited;
  });
});
