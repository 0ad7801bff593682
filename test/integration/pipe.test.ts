/** Into a running PowerShell process through its named pipe, as Enter-PSHostProcess goes. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { connectPipe, pipePath, PowerShell, RunspacePool } from '../../electron/remoting/index.ts';
import { noEngine, overPipes } from './practice.ts';

test.skipIf(noEngine !== undefined)(
  'a second client goes into the same process by its pipe, and leaves it running',
  async () => {
    const way = await overPipes();
    try {
      const first = await way.pool();
      await first.open();
      const name = `psdeck-test-${randomUUID()}`;
      const script = (pool: RunspacePool, text: string) =>
        new PowerShell(pool).addScript(text).invoke().collect();
      await script(
        first,
        `[System.Management.Automation.Remoting.RemoteSessionNamedPipeServer]::CreateCustomNamedPipeServer('${name}')`,
      );
      const { output: pid } = await script(first, '$PID');

      const second = new RunspacePool(await connectPipe(pipePath(name)));
      await second.open();
      expect((await script(second, '$PID')).output).toEqual(pid);
      expect((await script(second, '1..3')).output).toEqual([1, 2, 3]);
      const endless = new PowerShell(second).addScript('while ($true) { }').invoke();
      await endless.stop();
      expect((await endless.finished).state).toBe('Stopped');
      await second.close();

      expect((await script(first, '"still here"')).output).toEqual(['still here']);
      await first.close();
    } finally {
      await way.close();
    }
  },
);

test('a pipe that is not there is told as one', async () => {
  await expect(connectPipe(pipePath(`psdeck-none-${randomUUID()}`))).rejects.toMatchObject({
    name: 'TransportError',
  });
});

test('pipes are where .NET puts them', () => {
  expect(pipePath('x', 'win32')).toBe('\\\\.\\pipe\\x');
  expect(pipePath('x', 'linux', '/tmp')).toBe('/tmp/CoreFxPipe_x');
});
