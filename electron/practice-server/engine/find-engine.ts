/** Which PowerShell the practice server runs: the machine's own where there is one, else the engine we build. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { buildEngine } from './build-engine.ts';
import type { EngineCommand } from './engine-command.ts';
import { findOnPath, plainEnvironment, runTool } from './tools.ts';

const VERSION_TIMEOUT_MS = 15_000;

export interface FindOptions {
  /** `auto`: pwsh if there is one. */
  readonly prefer?: 'auto' | 'built';
  /** False: the engine as NuGet has it, core commands only. For tests that claim independence of our commands. */
  readonly reducedModule?: boolean;
  readonly sourceFolder?: string;
  readonly cacheFolder?: string;
  /** See build-engine.ts; false by default. */
  readonly upgrade?: boolean;
  readonly onProgress?: (text: string) => void;
}

/** @throws EngineUnavailableError that says what to install. */
export async function findEngine(options: FindOptions = {}): Promise<EngineCommand> {
  return (options.prefer === 'built' ? undefined : await findPwsh()) ?? (await builtEngine(options));
}

async function findPwsh(): Promise<EngineCommand | undefined> {
  const file = await findOnPath('pwsh');
  if (file === undefined) return undefined;
  const answer = await runTool(file, ['--version'], {
    env: plainEnvironment(),
    timeoutMs: VERSION_TIMEOUT_MS,
  }).catch(() => undefined);
  const version = /PowerShell (\d+\.\S+)/.exec(answer?.output ?? '')?.[1];
  if (version === undefined || Number.parseInt(version, 10) < 7) return undefined;
  return {
    kind: 'pwsh',
    file,
    args: ['-s', '-NoProfile', '-NoLogo'],
    warmArgs: [],
    // Since 7.3.
    ...(/^7\.[0-2]\b/.test(version) ? {} : { configurationOption: '-ConfigurationFile' }),
    version,
    banner: undefined,
  };
}

async function builtEngine(options: FindOptions): Promise<EngineCommand> {
  const built = await buildEngine({
    sourceFolder: options.sourceFolder ?? import.meta.dirname,
    cacheFolder: options.cacheFolder ?? (await defaultCacheFolder()),
    upgrade: options.upgrade ?? false,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  return {
    kind: 'reduced',
    file: built.dotnet,
    args: [built.program, ...(options.reducedModule === false ? [] : ['--reduced'])],
    warmArgs: ['--warm'],
    configurationOption: '--configuration',
    version: built.version,
    banner:
      `Reduced engine: PowerShell ${built.version}'s own engine from NuGet, with PSDeck's stand-ins for the everyday commands. ` +
      'Install PowerShell 7 to practise on the whole of it.',
  };
}

/** A checkout keeps its builds to itself; an installed app has a folder per user. */
async function defaultCacheFolder(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..', '..');
  const isCheckout = await access(join(root, 'tsconfig.base.json'), constants.W_OK).then(
    () => true,
    () => false,
  );
  return isCheckout
    ? join(root, '.cache', 'engine')
    : join(envPaths('psdeck', { suffix: '' }).cache, 'engine');
}
