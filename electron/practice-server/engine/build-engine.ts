/**
 * Builds the engine's host program on first use, where a .NET SDK is present, into `<cache>/<hash of its sources>-quick`: some seconds.
 * A second build, `…-ready`, holds native code ahead of time (ReadyToRun); it takes half a minute, is made in the background at the
 * lowest priority, and is preferred from then on. Measured on two cores: pool opened after 255 ms instead of 600.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineUnavailableError, HOW_TO_GET_AN_ENGINE } from './engine-command.ts';
import { isRunning } from '../../transport/child-process/running-process.ts';
import { isStale, withFolderLock } from './folder-lock.ts';
import { buildEnvironment, findOnPath, runTool } from './tools.ts';

/** A cold restore downloads 95 MB; on a slow line that takes minutes, and beyond this something is stuck. */
const BUILD_TIMEOUT_MS = 10 * 60_000;
/** Longer than an engine of it runs, so that none loses its files. */
const KEEP_MS = 14 * 24 * 3_600_000;
const SDK_LIST_TIMEOUT_MS = 30_000;
const SDK_MAJOR = 10;

export interface BuildOptions {
  /** Holds engine.csproj and what belongs to it. */
  readonly sourceFolder: string;
  /** Where builds are kept. */
  readonly cacheFolder: string;
  /** Also make the ahead-of-time build, in the background, when there is none yet. */
  readonly upgrade: boolean;
  /** One line for a person, when something takes long. */
  readonly onProgress?: (text: string) => void;
}

export interface BuiltEngine {
  readonly dotnet: string;
  /** The program to give to `dotnet`. */
  readonly program: string;
  /** Of System.Management.Automation. */
  readonly version: string;
  /** Resolves when the background build, if any, is done, whatever came of it. */
  readonly upgraded: Promise<void>;
}

/** @throws EngineUnavailableError */
export async function buildEngine(options: BuildOptions): Promise<BuiltEngine> {
  const dotnet = await findSdk();
  const sources = await readSources(options.sourceFolder);
  const builder = new Builder(dotnet, options, sources.hash);
  const ready = await builder.existing('ready');
  const program = ready ?? (await builder.build('quick'));
  const upgraded = ready === undefined && options.upgrade ? builder.upgrade() : Promise.resolve();
  return { dotnet, program, version: sources.version, upgraded };
}

async function findSdk(): Promise<string> {
  const dotnet = await findOnPath('dotnet');
  if (dotnet === undefined) throw new EngineUnavailableError('engine.none', HOW_TO_GET_AN_ENGINE);
  const list = await runTool(dotnet, ['--list-sdks'], {
    env: buildEnvironment(),
    timeoutMs: SDK_LIST_TIMEOUT_MS,
  }).catch(() => ({ exitCode: null, output: '' }));
  const majors = [...list.output.matchAll(/^(\d+)\.\d/gm)].map((match) => Number(match[1]));
  if (!majors.some((major) => major >= SDK_MAJOR)) {
    throw new EngineUnavailableError(
      'engine.none',
      HOW_TO_GET_AN_ENGINE,
      `SDKs found: ${list.output || 'none'}`,
    );
  }
  return dotnet;
}

/** What the build reads. The TypeScript beside it is not part of it. */
const SOURCE = /\.(?:cs|csproj|json|psd1|psm1|ps1|ps1xml|txt|xml)$/;

async function readSources(folder: string): Promise<{ hash: string; version: string }> {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { recursive: true })).filter(isSource).toSorted();
  let version = '';
  for (const name of names) {
    const text = await readFile(join(folder, name));
    hash.update(`${name.replaceAll('\\', '/')}\0${text.length}\0`).update(text);
    const pinned = /Include="System\.Management\.Automation" Version="([^"]+)"/.exec(text.toString());
    if (name.endsWith('.csproj') && pinned?.[1] !== undefined) version = pinned[1];
  }
  // Sixteen characters tell any number of versions apart, and keep Windows paths short.
  return { hash: hash.digest('hex').slice(0, 16), version };
}

function isSource(name: string): boolean {
  return SOURCE.test(name) && !/^(?:bin|obj)[\\/]/.test(name);
}

type Variant = 'quick' | 'ready';

class Builder {
  readonly #dotnet: string;
  readonly #options: BuildOptions;
  readonly #hash: string;

  constructor(dotnet: string, options: BuildOptions, hash: string) {
    this.#dotnet = dotnet;
    this.#options = options;
    this.#hash = hash;
  }

  async existing(variant: Variant): Promise<string | undefined> {
    const program = join(this.#folder(variant), 'engine.dll');
    return (await exists(program)) ? program : undefined;
  }

  async build(variant: Variant): Promise<string> {
    const existing = await this.existing(variant);
    if (existing !== undefined) return existing;
    await mkdir(this.#options.cacheFolder, { recursive: true });
    return withFolderLock(
      `${this.#folder(variant)}.lock`,
      () => this.existing(variant),
      () => this.#publish(variant),
    );
  }

  async upgrade(): Promise<void> {
    // Where the compiler's package cannot be had, asking again at every start would not help.
    const failed = `${this.#folder('ready')}.failed`;
    if (await exists(failed)) return;
    try {
      await this.build('ready');
    } catch (error) {
      await writeFile(failed, error instanceof Error ? error.message : String(error)).catch(() => undefined);
    }
  }

  #folder(variant: Variant): string {
    return join(this.#options.cacheFolder, `${this.#hash}-${variant}`);
  }

  /** What builds that were killed left behind, and builds of sources that nobody had for a while. */
  async #tidy(): Promise<void> {
    for (const name of await readdir(this.#options.cacheFolder).catch(() => [])) {
      const path = join(this.#options.cacheFolder, name);
      const builder = /\.(\d+)\.tmp$/.exec(name)?.[1];
      const made = await stat(path).catch(() => undefined);
      const old = made !== undefined && Date.now() - made.mtimeMs > KEEP_MS;
      const dead = builder !== undefined ? !isRunning(Number(builder)) : await this.#isDeadLock(name);
      if (dead || (old && !name.startsWith(this.#hash))) await rm(path, { recursive: true, force: true });
    }
  }

  /** Of a build of other sources: the locks of ours are for whoever wants them. */
  async #isDeadLock(name: string): Promise<boolean> {
    if (!name.endsWith('.lock') || name.startsWith(this.#hash)) return false;
    return isStale(join(this.#options.cacheFolder, name));
  }

  /** Build in a folder of its own and publish by renaming, so that nobody ever sees half of it. */
  async #publish(variant: Variant): Promise<string> {
    if (variant === 'quick') {
      this.#options.onProgress?.('Building the PowerShell engine: only this once, about ten seconds…');
    }
    const work = join(this.#options.cacheFolder, `${this.#hash}-${variant}.${process.pid}.tmp`);
    try {
      await this.#tidy();
      await copySources(this.#options.sourceFolder, work, variant);
      const output = join(work, 'out');
      const result = await runTool(this.#dotnet, publishArguments(variant, output), {
        cwd: work,
        env: {
          ...buildEnvironment(),
          DOTNET_CLI_TELEMETRY_OPTOUT: '1',
          DOTNET_NOLOGO: '1',
          // No server process stays behind.
          MSBUILDDISABLENODEREUSE: '1',
          DOTNET_CLI_USE_MSBUILD_SERVER: '0',
        },
        timeoutMs: BUILD_TIMEOUT_MS,
        background: variant === 'ready',
      });
      if (result.exitCode !== 0) throw buildError(result.output, result.exitCode);
      await rename(output, this.#folder(variant)).catch(async (error: unknown) => {
        // Somebody with another idea of the lock was faster: theirs is as good.
        if ((await this.existing(variant)) === undefined) throw error;
      });
      return join(this.#folder(variant), 'engine.dll');
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
}

async function copySources(from: string, to: string, variant: Variant): Promise<void> {
  await rm(to, { recursive: true, force: true });
  const names = (await readdir(from, { recursive: true })).filter(isSource);
  for (const name of names) {
    // The lock file names no platform; what the ahead-of-time build restores was checked against it by the quick build before.
    if (variant === 'ready' && name === 'packages.lock.json') continue;
    await cp(join(from, name), join(to, name));
  }
  // MSBuild and NuGet look for these upwards: an outer project's settings have no business here.
  await writeFile(join(to, 'Directory.Build.props'), '<Project />\n');
  await writeFile(join(to, 'Directory.Build.targets'), '<Project />\n');
  await writeFile(join(to, 'Directory.Packages.props'), '<Project />\n');
}

function publishArguments(variant: Variant, output: string): string[] {
  const common = ['publish', 'engine.csproj', '-c', 'Release', '-o', output, '--nologo', '-v', 'quiet'];
  const quiet = ['-p:UseSharedCompilation=false', '-nodeReuse:false'];
  if (variant === 'quick') return [...common, ...quiet, '-p:RestoreLockedMode=true'];
  return [
    ...common,
    ...quiet,
    '-r',
    runtimeIdentifier(),
    '-p:PublishReadyToRun=true',
    '-p:RestorePackagesWithLockFile=false',
    // One core: somebody is working on this machine.
    '-p:PublishReadyToRunCrossgen2ExtraArgs=--parallelism:1',
  ];
}

/** .NET's name for this platform. */
function runtimeIdentifier(): string {
  if (process.platform === 'win32') return `win-${process.arch}`;
  if (process.platform === 'darwin') return `osx-${process.arch}`;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return `linux-${report.header?.glibcVersionRuntime === undefined ? 'musl-' : ''}${process.arch}`;
}

function buildError(output: string, exitCode: number | null): EngineUnavailableError {
  if (exitCode === null) {
    return new EngineUnavailableError(
      'engine.build-failed',
      'Building the PowerShell engine took too long. Check the connection to your NuGet source, or install PowerShell 7 instead.',
      output,
    );
  }
  // NU…: NuGet's own errors; NETSDK1064 and 1127: a package or pack that restore did not bring.
  if (/\bNU\d{4}\b|NETSDK1064|NETSDK1127|Unable to load the service index/.test(output)) {
    return new EngineUnavailableError(
      'engine.restore-failed',
      'The NuGet packages of the PowerShell engine could not be fetched. Check that this machine reaches its NuGet source ' +
        '(`dotnet nuget list source`), or install PowerShell 7 instead: https://aka.ms/install-powershell.',
      output,
    );
  }
  return new EngineUnavailableError(
    'engine.build-failed',
    'Building the PowerShell engine failed. Update the .NET SDK, or install PowerShell 7 instead: https://aka.ms/install-powershell.',
    output,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
