import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedExchange {
  direction: 'request' | 'response';
  status: number | null;
  body: string | null;
  action: string | null;
  wsmanFaultCode?: string | number;
  connectionFailed?: boolean;
}

export interface Recording {
  id: string;
  shell: 'powershell' | 'winrs' | 'none';
  exchanges: RecordedExchange[];
}

const FOLDER = join(import.meta.dirname, 'wsman');

export function loadRecordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Recording);
}
