/** The end of a process while a library sits on one of its threads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const NATIVE = pathToFileURL(join(import.meta.dirname, '../../../../electron/transport/gss/native.ts')).href;

async function end(source: string): Promise<{ code: unknown; said: string }> {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { endProcess, loadKoffi, nativeCall } from ${JSON.stringify(NATIVE)};
       process.on('exit', (code) => process.stdout.write('told ' + String(code)));
       ${source}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, said };
}

// Windows has another function for it, which no test here can run.
test.skipIf(process.platform === 'win32')(
  'waits for no library, and everybody who listens is told',
  async () => {
    // sleep(3), in a library, on another thread, for longer than any test lasts.
    const { code, said } = await end(`
      const koffi = await loadKoffi();
      const sleep = nativeCall(koffi.load(null).func('unsigned int sleep(unsigned int seconds)'), 'slow');
      void sleep(3600);
      setTimeout(() => endProcess(7), 100);
    `);
    expect({ code, said }).toEqual({ code: 7, said: 'told 7' });
  },
);

test('without such a call is that of every process', async () => {
  expect(await end('endProcess(3);')).toEqual({ code: 3, said: 'told 3' });
  const after = await end(`
    const koffi = await loadKoffi();
    if (process.platform !== 'win32') {
      const sleep = nativeCall(koffi.load(null).func('unsigned int sleep(unsigned int seconds)'));
      if ((await sleep(0)) !== 0) throw new Error('sleep');
    }
    endProcess(4);
  `);
  expect(after).toEqual({ code: 4, said: 'told 4' });
});
