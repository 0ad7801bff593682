/**
 * The app as it is, with a way for a test to hand it passwords and to look into it. On stdin: a line of JSON for each request, answered by a
 * line on stdout. Not part of the product.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { createLog } from '../../electron/diagnostics/log.ts';
import { createPeer } from '../../electron/ipc/peer.ts';
import { createCore } from '../../electron/shell/core.ts';
import type { Core } from '../../electron/shell/core-interface.ts';
import { runBrowserShell } from '../../electron/shell/run-browser-shell.ts';

const [dataDir = '', messages = '', planted = ''] = process.argv.slice(2);

/** What a search must find, or it proves nothing: kept as a password would be that somebody forgot about. */
const kept = { planted };
Object.assign(globalThis, { kept });

const log = createLog({ file: { folder: join(dataDir, 'logs') } });
let core: Core | undefined;
const shell = await runBrowserShell({
  open: false,
  dataDir,
  log,
  rendererDir: join(import.meta.dirname, '..', '..', 'dist', 'renderer'),
  createCore: async (options) => (core = await createCore(options)),
  print: (line) => process.stdout.write(`${line}\n`),
});

/** A page of its own: what main would send to a window is written down. */
const note = (what: unknown): void => appendFileSync(messages, `${JSON.stringify(what)}\n`);
const connection = core?.connect(
  createPeer({ post: (event, payload) => note({ event, payload }), onInvalid: (event) => note({ event }) }),
);

interface Request {
  readonly call?: string;
  readonly input?: unknown;
  readonly snapshot?: string;
  readonly end?: boolean;
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  let ok = true;
  if (request.call !== undefined) {
    const answer = await connection?.handle(request.call, request.input);
    note(answer);
    ok = answer?.ok ?? false;
  }
  if (request.snapshot !== undefined) writeHeapSnapshot(request.snapshot);
  if (request.end === true) {
    await shell.end();
    process.stdout.write('{"ended":true}\n', () => process.exit(0));
    break;
  }
  process.stdout.write(`${JSON.stringify({ ok })}\n`);
}
