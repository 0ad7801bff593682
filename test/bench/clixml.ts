/** How fast CLIXML is read and written: the hot path of everything a session shows. */
import { readFileSync } from 'node:fs';
import { deserialize, deserializeDocument } from '../../electron/protocol/clixml/deserialize.ts';
import { serializeDocument } from '../../electron/protocol/clixml/serialize.ts';
import type { PsValue } from '../../electron/protocol/clixml/value.ts';

interface Vectors {
  cases: { clixml: string; document: boolean; refuse: boolean }[];
}

const files = ['pwsh-objects', 'pwsh-records', 'pwsh-containers', 'winps-payloads'];

/** A document of about `length` characters made of what real servers wrote. */
export function sampleDocument(length: number): string {
  const values: PsValue[] = [];
  let size = 0;
  while (size < length) {
    for (const file of files) {
      const url = new URL(`../vectors/clixml/${file}.json`, import.meta.url);
      for (const c of (JSON.parse(readFileSync(url, 'utf8')) as Vectors).cases) {
        // Secure strings of a session are nothing another reader could compare with.
        if (c.refuse || c.clixml.includes('<SS') || size >= length) continue;
        size += c.clixml.length;
        if (c.document) values.push(...deserializeDocument(c.clixml).values);
        else values.push(deserialize(c.clixml));
      }
    }
  }
  return serializeDocument(values);
}

/** The best of some runs, in milliseconds. */
function best(runs: number, what: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    what();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

export function run(): { name: string; value: number; unit: string }[] {
  const text = sampleDocument(2_000_000);
  const { values } = deserializeDocument(text);
  const megabytes = text.length / 1e6;
  const read = best(30, () => deserializeDocument(text));
  // Into bytes, because a string in pieces is only put together then.
  const write = best(30, () => Buffer.from(serializeDocument(values)));
  return [
    { name: `clixml: read ${megabytes.toFixed(1)} MB`, value: read, unit: 'ms' },
    { name: 'clixml: read', value: (megabytes / read) * 1000, unit: 'MB/s' },
    { name: `clixml: write ${megabytes.toFixed(1)} MB`, value: write, unit: 'ms' },
    { name: 'clixml: write', value: (megabytes / write) * 1000, unit: 'MB/s' },
  ];
}
