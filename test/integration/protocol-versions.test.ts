/**
 * Clients of every protocol version against the real engine: what is negotiated, secrets both ways (with the key exchange that 2.4 does
 * without), calls to the pool, events and private data.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { PsObject, PsPrimitive, psRecord, type PsValue } from '../../electron/protocol/clixml/value.ts';
import type { UserEvent } from '../../electron/protocol/psrp/messages/user-event.ts';
import { PowerShell, type RunspacePool } from '../../electron/remoting/index.ts';
import { noEngine, overPipes, type Way } from './practice.ts';

const SECRET = 'pä$$w0rd \u{1F511} "quoted"';
const CREDENTIAL = ['System.Management.Automation.PSCredential', 'System.Object'];

describe.skipIf(noEngine !== undefined).each(['2.1', '2.2', '2.3', '2.4'] as const)(
  'protocol %s',
  (version) => {
    let way: Way;
    let pool: RunspacePool;
    const events: UserEvent[] = [];
    let noticed = (): void => undefined;

    beforeAll(async () => {
      way = await overPipes();
      pool = await way.pool(
        { protocolVersion: version, maxRunspaces: 3, applicationArguments: { Who: 'ada', Since: 42n } },
        {
          userEvent: ({ event }) => {
            events.push(event);
            noticed();
          },
        },
      );
      await pool.open();
    });
    afterAll(async () => {
      await pool?.close();
      await way?.close();
    });

    const run = async (script: string, ...values: PsValue[]): Promise<PsValue[]> => {
      const shell = new PowerShell(pool).addScript(script);
      for (const value of values) shell.addArgument(value);
      const { output, result } = await shell.invoke().collect();
      expect(result.errorText).toBeUndefined();
      return output;
    };

    test('is what the two agree on, and what the server says of itself is there', () => {
      expect(pool.protocolVersion).toBe(version);
      const table = (pool.applicationPrivateData as PsObject).entry('PSVersionTable') as PsObject;
      expect(toPlain(table.entry('PSVersion') ?? null)).toMatch(/^7\./);
    });

    test('tells the server who we are', async () => {
      const [args] = await run('$PSSenderInfo.ApplicationArguments');
      expect((args as PsObject).entry('Who')).toBe('ada');
      expect((args as PsObject).entry('Since')).toBe(42n);
    });

    test('carries a secret there and back', async () => {
      const sealed = await pool.encryptSecureString(SECRET);
      expect(sealed.value).not.toContain(SECRET);
      const [type, text] = await run(
        'param($s) $s.GetType().FullName; [System.Net.NetworkCredential]::new("", $s).Password',
        sealed,
      );
      expect([type, text]).toEqual(['System.Security.SecureString', SECRET]);
      const [back] = await run('param($s) $s', sealed);
      expect(back).toBeInstanceOf(PsPrimitive);
      expect(await pool.decryptSecureString(back as PsPrimitive<'SS'>)).toBe(SECRET);
      const [made] = await run(
        '$s = [securestring]::new(); "made there".ToCharArray().ForEach({ $s.AppendChar($_) }); $s',
      );
      expect(await pool.decryptSecureString(made as PsPrimitive<'SS'>)).toBe('made there');
    });

    test('carries an empty secret', async () => {
      const sealed = await pool.encryptSecureString('');
      expect(await run('param($s) $s.Length', sealed)).toEqual([0]);
    });

    test('carries a credential there and back', async () => {
      const password = await pool.encryptSecureString(SECRET);
      const credential = new PsObject({
        typeNames: CREDENTIAL,
        text: 'System.Management.Automation.PSCredential',
        adapted: [
          ['UserName', 'CORP\\ada'],
          ['Password', password],
        ],
      });
      const [type, name, text, back] = await run(
        'param($c) $c.GetType().FullName; $c.UserName; $c.GetNetworkCredential().Password; $c',
        credential,
      );
      expect([type, name, text]).toEqual(['System.Management.Automation.PSCredential', 'CORP\\ada', SECRET]);
      expect((back as PsObject).isOfType('System.Management.Automation.PSCredential')).toBe(true);
      expect((back as PsObject).get('UserName')).toBe('CORP\\ada');
      const returned = (back as PsObject).get('Password') as PsPrimitive<'SS'>;
      expect(await pool.decryptSecureString(returned)).toBe(SECRET);
    });

    test('asks and changes how many runspaces there are', async () => {
      expect(await pool.setMaxRunspaces(5)).toBe(true);
      expect(await pool.setMinRunspaces(2)).toBe(true);
      expect(await pool.availableRunspaces()).toBe(5);
      // More at least than at most is refused, and changes nothing.
      expect(await pool.setMinRunspaces(6)).toBe(false);
      expect(await pool.setMaxRunspaces(3)).toBe(true);
      expect(await pool.availableRunspaces()).toBe(3);
      await expect(pool.setMaxRunspaces(0)).rejects.toMatchObject({ code: 'psrp.pool.limits' });
    });

    test('runs pipelines beside one another', async () => {
      const wait =
        'while (-not [AppDomain]::CurrentDomain.GetData("both")) { [System.Threading.Thread]::Sleep(20) }; "waited"';
      const waiting = run(wait);
      expect(await run('[AppDomain]::CurrentDomain.SetData("both", $true); "raised"')).toEqual(['raised']);
      expect(await waiting).toEqual(['waited']);
    });

    test('brings events that the server forwards', async () => {
      const raised = new Promise<void>((resolve) => {
        noticed = resolve;
      });
      await run(
        `$null = $ExecutionContext.Events.SubscribeEvent($null, $null, 'Deck.Raised', $null, $null, $true, $true)
       $null = $ExecutionContext.Events.GenerateEvent('Deck.Raised', $null, @(1, 'two'), [psobject]'about')`,
      );
      await raised;
      const [event] = events;
      expect(event?.sourceId).toBe('Deck.Raised');
      expect(event?.arguments).toEqual([1, 'two']);
      expect(event?.messageData).toBe('about');
    });

    test('clears a runspace, where the protocol can', async () => {
      const single = await way.pool({ protocolVersion: version });
      await single.open();
      try {
        const one = async (script: string): Promise<PsValue[]> =>
          (await new PowerShell(single).addScript(script).invoke().collect()).output;
        await one('$global:left = 1');
        if (version === '2.1' || version === '2.2') {
          await expect(single.resetRunspaceState()).rejects.toMatchObject({ code: 'psrp.pool.reset' });
          expect(await one('$global:left')).toEqual([1]);
        } else {
          expect(await single.resetRunspaceState()).toBe(true);
          expect(await one('$null -eq $global:left')).toEqual([true]);
        }
      } finally {
        await single.close();
      }
    });

    test('streams input and reads records', async () => {
      const session = new PowerShell(pool).addScript('$input | ForEach-Object { $_.N * 2 }');
      const { output } = await session.invoke({ input: [psRecord({ N: 1 }), psRecord({ N: 21 })] }).collect();
      expect(output).toEqual([2, 42]);
    });
  },
);
