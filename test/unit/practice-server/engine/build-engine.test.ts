/** Building with a `dotnet` that a script plays, so that every outcome can be had. The real one is in test/integration/engine.test.ts. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildEngine, type BuildOptions } from '../../../../electron/practice-server/engine/build-engine.ts';
import { findEngine } from '../../../../electron/practice-server/engine/find-engine.ts';

const PROJECT = '<PackageReference Include="System.Management.Automation" Version="7.6.9" />';

// The stand-in is a shell script.
describe.skipIf(process.platform === 'win32')('building the engine', () => {
  let folder: string;
  let options: BuildOptions;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psdeck-build-'));
    options = { sourceFolder: join(folder, 'source'), cacheFolder: join(folder, 'cache'), upgrade: false };
    await mkdir(join(options.sourceFolder, 'obj'), { recursive: true });
    await mkdir(join(folder, 'bin'));
    await writeFile(join(options.sourceFolder, 'engine.csproj'), PROJECT);
    await writeFile(join(options.sourceFolder, 'packages.lock.json'), '{}');
    await writeFile(join(options.sourceFolder, 'obj', 'left.cs'), 'rubbish');
    await writeFile(join(options.sourceFolder, 'build.ts'), 'not part of it');
    vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  async function program(name: string, body: string): Promise<void> {
    const file = join(folder, 'bin', name);
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
  }

  /** Plays an SDK; `publish` is what it does when asked to build, with the output folder in $out. */
  const dotnet = (publish: string, sdks = '10.0.100 [/usr/share/dotnet/sdk]') =>
    program(
      'dotnet',
      `if [ "$1" = --list-sdks ]; then echo '${sdks}'; exit 0; fi
       echo "$@" >> '${folder}/asked'
       while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
       ${publish}`,
    );
  const WORKS = 'mkdir -p "$out"; ls > "$out/engine.dll"; env > "$out/env"';
  const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trimEnd().split('\n');
  const builds = async () => (await readdir(options.cacheFolder)).toSorted();

  test('builds once, from the sources alone, with the locked packages, and says so', async () => {
    await dotnet(WORKS);
    const said: string[] = [];
    const first = await buildEngine({ ...options, onProgress: (text) => said.push(text) });
    expect(first).toMatchObject({ dotnet: join(folder, 'bin', 'dotnet'), version: '7.6.9' });
    expect((await readFile(first.program, 'utf8')).split('\n')).toEqual(
      expect.arrayContaining(['engine.csproj', 'packages.lock.json']),
    );
    expect(await readFile(first.program, 'utf8')).not.toMatch(/obj|build\.ts/);
    expect(await asked()).toEqual([expect.stringContaining('-p:RestoreLockedMode=true')]);
    expect(said).toHaveLength(1);
    expect(await builds()).toEqual([expect.stringMatching(/^[0-9a-f]{16}-quick$/)]);

    expect((await buildEngine(options)).program).toBe(first.program);
    expect(await asked()).toHaveLength(1);
  });

  test('other sources are another build', async () => {
    await dotnet(WORKS);
    const { program: first } = await buildEngine(options);
    await writeFile(join(options.sourceFolder, 'Program.cs'), 'class X;');
    const { program: second } = await buildEngine(options);
    expect(second).not.toBe(first);
    await writeFile(join(options.sourceFolder, 'build.ts'), 'changed');
    expect((await buildEngine(options)).program).toBe(second);
  });

  test('two that want it at once build it once', async () => {
    await dotnet(`sleep 0.3; ${WORKS}`);
    const [one, two] = await Promise.all([buildEngine(options), buildEngine(options)]);
    expect(one.program).toBe(two.program);
    expect(await asked()).toHaveLength(1);
  });

  test('the build ahead of time follows in the background and is preferred from then on', async () => {
    await dotnet(WORKS);
    const first = await buildEngine({ ...options, upgrade: true });
    expect(first.program).toContain('-quick');
    await first.upgraded;
    expect((await asked())[1]).toMatch(/-r (?:linux|osx)-\S+ .*PublishReadyToRun=true/);
    const second = await buildEngine({ ...options, upgrade: true });
    expect(second.program).toContain('-ready');
    await second.upgraded;
    expect(await asked()).toHaveLength(2);
  });

  test('where that fails the plain build stays, and it is not tried at every start', async () => {
    await dotnet(
      `case "$*" in *) ;; esac; if grep -q ReadyToRun '${folder}/asked'; then echo 'error NU1101'; exit 1; fi; ${WORKS}`,
    );
    await (
      await buildEngine({ ...options, upgrade: true })
    ).upgraded;
    const again = await buildEngine({ ...options, upgrade: true });
    await again.upgraded;
    expect(again.program).toContain('-quick');
    expect(await asked()).toHaveLength(2);
  });

  test('nothing secret of our environment reaches the build, and what NuGet needs does', async () => {
    vi.stubEnv('PSDECK_TEST_SECRET', 'hunter2');
    vi.stubEnv('NUGET_PACKAGES', '/somewhere');
    vi.stubEnv('HTTPS_PROXY', 'http://proxy:1');
    await dotnet(WORKS);
    const { program: built } = await buildEngine(options);
    const env = await readFile(join(built, '..', 'env'), 'utf8');
    expect(env).not.toContain('hunter2');
    expect(env).toMatch(/^NUGET_PACKAGES=\/somewhere$/m);
    expect(env).toMatch(/^HTTPS_PROXY=http:\/\/proxy:1$/m);
    expect(env).toMatch(/^DOTNET_CLI_TELEMETRY_OPTOUT=1$/m);
  });

  test('what a build left that was killed is swept, its lock too, and a whole build is not', async () => {
    await dotnet(WORKS);
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    await mkdir(join(options.cacheFolder, `aaaa-ready.${String(gone)}.tmp`, 'out'), { recursive: true });
    await mkdir(join(options.cacheFolder, 'aaaa-ready.lock'));
    await writeFile(join(options.cacheFolder, 'aaaa-ready.lock', 'pid'), String(gone));
    await mkdir(join(options.cacheFolder, 'bbbb-ready.lock'));
    await writeFile(join(options.cacheFolder, 'bbbb-ready.lock', 'pid'), String(process.pid));
    await mkdir(join(options.cacheFolder, 'aaaa-quick'));
    await buildEngine(options);
    const left = (await builds()).filter((name) => !/^[0-9a-f]{16}-quick$/.test(name));
    expect(left).toEqual(['aaaa-quick', 'bbbb-ready.lock']);
  });

  test('half of a build is never taken for one', async () => {
    await dotnet('mkdir -p "$out"; echo half > "$out/engine.dll"; kill -KILL $$');
    await expect(buildEngine(options)).rejects.toMatchObject({ code: 'engine.build-failed' });
    expect(await builds()).toEqual([]);
    await dotnet(WORKS);
    expect(await readFile((await buildEngine(options)).program, 'utf8')).not.toContain('half');
  });

  describe('what fails says what to do', () => {
    test.each([
      [
        'the packages cannot be had',
        'echo "error NU1301: Unable to load the service index"; exit 1',
        'engine.restore-failed',
        /NuGet source/,
      ],
      [
        'the compiler fails',
        'echo "Program.cs(1,1): error CS1002: ; expected"; exit 1',
        'engine.build-failed',
        /PowerShell 7/,
      ],
    ])('%s', async (_what, publish, code, message) => {
      await dotnet(publish);
      await expect(buildEngine(options)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
        details: expect.stringContaining('error') as string,
      });
      // Nothing half done stays, and the next try is a new one.
      expect(await builds()).toEqual([]);
      await dotnet(WORKS);
      expect((await buildEngine(options)).program).toContain('-quick');
    });

    test('the SDK is too old', async () => {
      await dotnet(WORKS, '8.0.400 [/usr/share/dotnet/sdk]');
      await expect(buildEngine(options)).rejects.toMatchObject({
        code: 'engine.none',
        details: expect.stringContaining('8.0.400') as string,
      });
    });

    test('there is neither PowerShell nor an SDK', async () => {
      vi.stubEnv('PATH', join(folder, 'bin'));
      await expect(findEngine({ ...options })).rejects.toMatchObject({
        code: 'engine.none',
        message: expect.stringMatching(/PowerShell 7 .*\.NET 10 SDK/) as string,
      });
    });
  });

  describe('PowerShell on PATH', () => {
    test('is used as it is', async () => {
      await program('pwsh', 'echo PowerShell 7.5.2');
      expect(await findEngine({ ...options })).toEqual({
        kind: 'pwsh',
        file: join(folder, 'bin', 'pwsh'),
        args: ['-s', '-NoProfile', '-NoLogo'],
        warmArgs: [],
        configurationOption: '-ConfigurationFile',
        version: '7.5.2',
        banner: undefined,
      });
    });

    test('takes no session configuration file before 7.3', async () => {
      await program('pwsh', 'echo PowerShell 7.2.24');
      expect(await findEngine({ ...options })).not.toHaveProperty('configurationOption');
    });

    test.each([
      ['too old', 'echo PowerShell 6.2.0'],
      ['broken', 'exit 1'],
    ])('is passed over where it is %s', async (_what, body) => {
      await program('pwsh', body);
      await dotnet(WORKS);
      const found = await findEngine({ ...options });
      expect(found).toMatchObject({
        kind: 'reduced',
        version: '7.6.9',
        args: [expect.stringContaining('engine.dll') as string, '--reduced'],
      });
      expect(found.banner).toContain('7.6.9');
    });

    test('our commands stay out where independence of them is claimed', async () => {
      await dotnet(WORKS);
      const found = await findEngine({ ...options, prefer: 'built', reducedModule: false });
      expect(found.args).toHaveLength(1);
    });
  });
});
