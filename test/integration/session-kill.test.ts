/**
 * kill -9 of the app in the middle of a pipeline of 10,000 objects, again and again: whoever starts it anew has every line that it had not
 * shown, or a word where some are missing. `PSDECK_KILLS` for as many points as one likes; they are drawn, and said.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import { noEngine, overWinRm } from './practice.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const KILLS = Number(process.env['PSDECK_KILLS'] ?? 20);
const LAST = 10_000;
const SIZE = { columns: 120, rows: 30 };
/** After so many lines; at least one early and one late among them. */
const points = Array.from({ length: KILLS }, (_, at) =>
  Math.max(1, Math.floor(((at + Math.random()) / KILLS) * (LAST - 500))),
);

describe.skipIf(noEngine !== undefined)('the app is killed while 10,000 objects come', () => {
  test.each(points.flatMap((point, at) => [[point, at % 2 === 0 ? 'again' : 'lost'] as const]))(
    'after %i lines, and the server sends what was on its way %s',
    async (point, inFlight) => {
      const folder = await mkdtemp(join(tmpdir(), 'psdeck-kill-'));
      const way = await overWinRm(undefined, { missAfterMs: 0, inFlight });
      try {
        const command = `foreach ($n in 1..${String(LAST)}) { "line $n" }`;
        const app = fork(join(import.meta.dirname, 'session-app.ts'), [String(way.port), folder, command]);
        await new Promise<void>((resolve, reject) => {
          app.on('message', (lines) => {
            if (lines === 'done' || Number(lines) >= point) resolve();
          });
          app.once('exit', (code) => reject(new Error(`The app ended by itself, with ${String(code)}.`)));
        });
        const gone = once(app, 'exit');
        app.kill('SIGKILL');
        await gone;

        const journal = await SessionJournal.open({
          folder: join(folder, 'sessions'),
          runId: 'next',
          pid: process.pid,
          isAlive: () => false,
          now: Date.now,
        });
        const person = new Person();
        const server = serverAt(way.port);
        const { registry } = registryFor(server, person, undefined, { journal });
        const [offered] = registry.offerLeft(() => server);
        expect(offered).toMatchObject({ name: 'Killed', state: 'Disconnected', left: 'earlier-run' });
        registry.get(1).attach({ write: (items) => void person.saw(items) }, SIZE);
        await registry.connect(1, { size: SIZE, enter: false });
        // Where its end came before it died, there is nothing left to receive.
        await person.until(() => registry.get(1).row.availability === 'Available');

        const shown = numbersIn(await readFile(join(folder, 'shown.txt'), 'utf8'));
        const after = person.page;
        const got = numbersIn(after);
        expect(got, 'in order, each once').toEqual([...new Set(got)].toSorted((a, b) => a - b));
        const both = new Set([...shown, ...got]);
        const missing = Array.from({ length: LAST }, (_, at) => at + 1).filter((n) => !both.has(n));
        if (missing.length > 0) expect(after.match(/.*missing here/g), missing.join()).not.toBeNull();
        if (shown.length < LAST) expect(both.has(LAST)).toBe(true);
        await registry.closeAll();
      } finally {
        await way.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

function numbersIn(text: string): number[] {
  return text.split('\n').flatMap((line) => {
    const number = /^line (\d+)$/.exec(line)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}
