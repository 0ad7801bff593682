/** What New-PSSession is asked for, as the server's end of the wire receives it: a bare HTTP server, which keeps what it is sent and refuses. */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createPool } from '../../../electron/remoting/index.ts';
import { targetOf, wishedFor } from '../../../electron/shell/target.ts';
import { NewSessionOptions } from '../../../shared/session.ts';
import { serverAt } from '../../integration/registry.ts';

const REFUSAL =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>' +
  '</s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** The first request of a session with these options. */
async function asked(options: NewSessionOptions): Promise<string> {
  const bodies: string[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(500, { 'Content-Type': 'application/soap+xml;charset=UTF-8' }).end(REFUSAL);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const wish = NewSessionOptions.parse(options);
  const { configurationName } = wish;
  const entry = serverAt(
    (server.address() as AddressInfo).port,
    configurationName === undefined ? {} : { configuration: configurationName },
  );
  const target = targetOf({ server: entry }, { userName: 'ada', password: 'x' });
  const pool = createPool({ ...target, ...wishedFor({ ...wish, name: 'Nightly' }) });
  await expect(pool.open()).rejects.toThrow('no');
  const [body] = bodies;
  if (body === undefined) throw new Error('Nothing was sent.');
  return body;
}

test('without a word leaves everything to the server', async () => {
  const body = await asked({});
  expect(body).not.toMatch(/IdleTimeOut|BufferMode|WINRS_NOPROFILE/);
  expect(body).toContain('http://schemas.microsoft.com/powershell/Microsoft.PowerShell<');
});

describe('New-PSSessionOption on the wire ([MS-WSMV] 2.2.4.37, 3.1.4.5.2; DSP0226 6.1, 6.3)', () => {
  test.each<[string, NewSessionOptions, RegExp]>([
    ['the name', {}, /<rsp:Shell [^>]*Name="Nightly"/],
    [
      'the configuration',
      { configurationName: 'Contoso.Jea' },
      /<w:ResourceURI s:mustUnderstand="true">http:\/\/schemas\.microsoft\.com\/powershell\/Contoso\.Jea</,
    ],
    ['the idle timeout', { idleTimeoutMs: 5_400_000 }, /<rsp:IdleTimeOut>PT5400(\.000)?S</],
    ['the language', { culture: 'de-DE' }, /<w:Locale [^>]*xml:lang="de-DE"/],
    ['the language of data', { culture: 'de-DE' }, /<p:DataLocale [^>]*xml:lang="de-DE"/],
    ['no profile', { noMachineProfile: true }, /<w:Option Name="WINRS_NOPROFILE"[^>]*>TRUE</],
    ['that output is dropped', { bufferMode: 'Drop' }, /<rsp:BufferMode>Drop</],
    ['that output is waited for', { bufferMode: 'Block' }, /<rsp:BufferMode>Block</],
  ])('%s', async (_what, options, expected) => {
    expect(await asked(options)).toMatch(expected);
  });
});
