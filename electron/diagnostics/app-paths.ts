import { join } from 'node:path';
import envPaths from 'env-paths';

export interface AppPaths {
  /** Servers, settings, window bounds. */
  readonly data: string;
  readonly log: string;
}

/** Where this person's files live, as the platform wants it. `PSDECK_DATA_DIR` moves everything into one folder (tests, portable use). */
export function appPaths(environment: NodeJS.ProcessEnv = process.env): AppPaths {
  const own = environment['PSDECK_DATA_DIR'];
  if (own !== undefined && own !== '') return { data: own, log: join(own, 'logs') };
  const paths = envPaths('psdeck', { suffix: '' });
  return { data: paths.data, log: paths.log };
}
