// npm run practice-server: the practice server alone, for other WinRM clients. npm run practice-server -- [--http PORT] [--https PORT]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './lib/dependencies.mjs';
import { Problem, runMain, say } from './lib/problem.mjs';
import { hasRightNode, onParentGone, runUnderRightNode } from './lib/right-node.mjs';

const USAGE = `Usage: npm run practice-server -- [options]

A WinRM endpoint on loopback in front of a real PowerShell engine. Runs until Ctrl+C.

  --http PORT    port for HTTP (default: any free one)
  --https PORT   port for HTTPS (default: any free one)
  --help         this text
`;

await runMain(async () => {
  const args = process.argv.slice(2);
  const choices = readChoices(args);
  if (choices.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  await ensureDependencies(say);
  if (!hasRightNode()) return runUnderRightNode(fileURLToPath(import.meta.url), args);

  const { startPracticeServer } = await import('../electron/practice-server/index.ts');
  const server = await startPracticeServer({
    httpPort: choices.http,
    httpsPort: choices.https,
    engine: { onProgress: say },
  });
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-practice-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, server.certificatePem);
  describe(server, caFile);

  await ended();
  say('Ending the practice server…');
  await server.close();
  await rm(folder, { recursive: true, force: true });
  // What is left is at most a build of the engine that nobody waits for.
  process.exit(0);
});

/** @param {readonly string[]} args */
function readChoices(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { http: { type: 'string' }, https: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    return { help: values.help === true, http: port(values.http), https: port(values.https) };
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

/** @param {string | undefined} text */
function port(text) {
  if (text === undefined) return 0;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new Error(`"${text}" is no port.`);
}

/** @returns {Promise<void>} when somebody wants it to end */
function ended() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve());
    process.once('disconnect', () => resolve());
    onParentGone(() => resolve());
  });
}

/**
 * @param {import('../electron/practice-server/index.ts').PracticeServer} server
 * @param {string} caFile
 */
function describe(server, caFile) {
  const { engine, userName, password } = server;
  const name = engine.kind === 'pwsh' ? 'PowerShell' : "PowerShell's engine from NuGet (reduced)";
  say(`
The practice server runs: ${name} ${engine.version}.

  HTTP      ${server.httpUrl}
  HTTPS     https://localhost:${server.httpsPort}/wsman
  User      ${userName}
  Password  ${password}
  Authority ${caFile}
  SHA-256   ${server.fingerprint}

From Python (pip install pywinrm):

  import winrm
  session = winrm.Session('https://localhost:${server.httpsPort}/wsman', auth=('${userName}', '${password}'),
                          transport='basic', ca_trust_path='${caFile}')
  print(session.run_cmd('hostname').std_out)

From PowerShell on Windows:

  $password = ConvertTo-SecureString '${password}' -AsPlainText -Force
  $credential = [pscredential]::new('${userName}', $password)
  $option = New-PSSessionOption -SkipCACheck
  $session = New-PSSession localhost -Port ${server.httpsPort} -UseSSL -Authentication Basic -Credential $credential -SessionOption $option
  Enter-PSSession $session

Ctrl+C ends it, with every session and engine.
`);
}
