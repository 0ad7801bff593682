/** A window that does not draw: the engine's output stops, nothing grows, and when it draws again nothing is missing. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HIGH_WATER } from '../../electron/ipc/output-flow.ts';
import { TerminalPeers } from '../../electron/ipc/terminal-peers.ts';
import type { Peer } from '../../electron/ipc/peer.ts';
import type { OutputItem } from '../../shared/terminal.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const SIZE = { columns: 80, rows: 24 };
const LINES = 20_000;
const LINE_CHARS = 1000;

test.skipIf(noEngine !== undefined)('a paused window stops the engine, and loses nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'psdeck-flow-'));
  const mark = join(folder, 'mark');
  const way = await overWinRm();
  const person = new Person();
  const { registry } = registryFor(serverAt(way.port), person);
  try {
    const row = await registry.create({ serverId: 'z', size: SIZE, enter: false });
    const drawn: string[] = [];
    let owed = 0;
    let drawing = false;
    // However long this computer takes for what follows, the window is not given up.
    const terminals = new TerminalPeers(() => () => undefined);
    const peer: Peer = {
      id: 1,
      send: (event, payload) => {
        if (event !== 'terminal.output') return;
        const { items } = payload as { items: OutputItem[] };
        drawn.push(...items.map((item) => item.vt));
        const chars = items.reduce((sum, item) => sum + item.vt.length, 0);
        if (drawing) setImmediate(() => terminals.ack(peer, row.id, chars));
        else owed += chars;
      },
    };
    terminals.attach(peer, registry.get(row.id), SIZE);
    const done = registry
      .get(row.id)
      .invoke(
        `foreach ($i in 1..${String(LINES)}) { if ($i % 50 -eq 0) { [IO.File]::WriteAllText('${mark}', $i) }; '{0:d6}' -f $i + 'x' * ${String(LINE_CHARS)} }`,
        SIZE,
      );

    // How far the engine got, once it gets no further: three looks in a row that say the same.
    let at = '';
    for (let same = 0; same < 3;) {
      await pause(200);
      const now = await readFile(mark, 'utf8').catch(() => '');
      same = now !== '' && now === at && owed > 0 ? same + 1 : 0;
      at = now;
    }
    expect(Number(at)).toBeLessThan(LINES * 0.8);
    expect(owed).toBeLessThanOrEqual(HIGH_WATER * 2);

    drawing = true;
    terminals.ack(peer, row.id, owed);
    expect((await done).state).toBe('completed');
    await person.until(() => person.rows.at(-1)?.availability === 'Available');
    // The last batch waits a few milliseconds for others.
    const last = `${String(LINES).padStart(6, '0')}x`;
    while (!drawn.slice(-2).join('').includes(last)) await pause(5);
    const numbers = [...drawn.join('').matchAll(/^(\d{6})x/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
  } finally {
    await registry.closeAll();
    await way.close();
    await rm(folder, { recursive: true, force: true });
  }
});
