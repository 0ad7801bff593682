/** WS-Management without PSRP, against the practice server: what it is, whose shells are there, programs and their streams. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wsmanClient, type WsmanClient } from '../../electron/remoting/index.ts';
import { noEngine, overWinRm, PASSWORD, USER } from './practice.ts';

describe.skipIf(noEngine !== undefined)('a WS-Management client', () => {
  let way: Awaited<ReturnType<typeof overWinRm>>;
  let client: WsmanClient;
  beforeAll(async () => {
    way = await overWinRm();
    client = wsmanClient({
      server: '127.0.0.1',
      port: way.port,
      https: false,
      auth: 'basic',
      allowPlainBasic: true,
      userName: USER,
      password: PASSWORD,
    });
  });
  afterAll(async () => {
    client?.close();
    await way?.close();
  });

  test('learns what answers there', async () => {
    const identity = await client.identify();
    expect(identity.protocolVersion).toBe('http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd');
    expect(identity.productVersion).toMatch(/Stack: 3\.0/);
    expect((await client.serviceConfig()).maxEnvelopeSizeKb).toBe(500);
  });

  test('sees the shells that are there, and removes one', async () => {
    const pool = await way.pool();
    await pool.open();
    const mine = (await client.enumerateShells()).filter((shell) => shell.shellId.toLowerCase() === pool.id);
    expect(mine).toHaveLength(1);
    expect(mine[0]?.resourceUri).toContain('/powershell/Microsoft.PowerShell');
    if (mine[0]) await client.removeShell(mine[0]);
    expect((await client.enumerateShells()).map((shell) => shell.shellId.toLowerCase())).not.toContain(
      pool.id,
    );
    await pool.close();
  });

  test.skipIf(process.platform === 'win32')(
    'runs programs: output, errors, exit code, input, Ctrl+C',
    async () => {
      const shell = await client.openCommandShell({
        environment: { GREETING: 'hällo' },
        workingDirectory: '/',
      });
      const run = async (line: string) => (await shell.run(line)).collect();
      expect(await run('echo "$GREETING"; pwd; echo oops >&2; exit 3')).toEqual({
        stdout: 'hällo\n/\n',
        stderr: 'oops\n',
        exitCode: 3,
      });

      const cat = await shell.run('cat');
      await cat.write(Buffer.from('first '));
      await cat.write(Buffer.alloc(300_000, 'x'), true);
      const echoed = await cat.collect();
      expect(echoed.stdout).toBe(`first ${'x'.repeat(300_000)}`);
      expect(echoed.exitCode).toBe(0);

      // A child of the shell that has proved that it runs: a signal between dash's fork and exec is lost.
      const endless = await shell.run('cat; sleep 600');
      await endless.write(Buffer.from('started\n'));
      for await (const output of endless) {
        expect(Buffer.from(output.data).toString()).toBe('started\n');
        await endless.interrupt();
      }
      expect(await endless.exitCode).not.toBe(0);

      const left = await shell.run('while true; do echo again; done');
      for await (const output of left) {
        expect(output.stream).toBe('stdout');
        break;
      }
      await expect(left.exitCode).rejects.toThrow();
      await shell.close();
      await expect(shell.run('true')).rejects.toMatchObject({ code: 2150858843 });
    },
  );
});
