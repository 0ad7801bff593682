/** Pools over a line that fails as a test wants it, and what their runs bring. */
import { PowerShell } from '../../../electron/remoting/powershell.ts';
import type { PipelineRun } from '../../../electron/remoting/pipeline-run.ts';
import type { RunspacePool } from '../../../electron/remoting/runspace-pool.ts';
import { FaultyLine, type Fate } from './faulty-line.ts';

export const ROUTES = ['Receive', 'Send', 'Command', 'Signal', 'Reconnect'];

export async function opened(
  line: FaultyLine,
  more: Parameters<FaultyLine['pool']>[0] = {},
): Promise<RunspacePool> {
  const pool = line.pool(more);
  const opening = pool.open();
  await line.until(() => pool.state === 'Opened');
  await opening;
  line.told.length = 0;
  return pool;
}

/** What a run brings, as it comes: numbers, and gaps as text. */
export function reading(run: PipelineRun): { seen: unknown[]; over: () => boolean; failure: () => unknown } {
  const seen: unknown[] = [];
  let over = false;
  let failure: unknown;
  const read = async (): Promise<void> => {
    for await (const record of run.records()) {
      if (record.kind === 'output') seen.push(record.value);
      else if (record.kind === 'gap') {
        const count = record.missing.reduce((sum, [first, last]) => sum + Number(last - first) + 1, 0);
        seen.push(`${record.certain ? 'lost' : 'perhaps'} ${count}`);
      }
    }
  };
  void read()
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      over = true;
    });
  return { seen, over: () => over, failure: () => failure };
}

/** So many requests of one kind meet a fate, the others arrive. */
export function firstOf(action: string, fate: Fate, count = 1): (asked: string) => Fate {
  let left = count;
  return (asked) => (asked === action && left-- > 0 ? fate : 'arrives');
}

export function started(pool: RunspacePool, more: { input?: AsyncIterable<number> } = {}): PipelineRun {
  return new PowerShell(pool).addScript('x').invoke(more);
}
