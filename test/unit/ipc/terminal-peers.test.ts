/** Pages that show one session: one that draws nothing must not hold up the others. */
import { expect, test } from 'vitest';
import { HIGH_WATER } from '../../../electron/ipc/output-flow.ts';
import type { Peer } from '../../../electron/ipc/peer.ts';
import { TerminalPeers, type ShownSession } from '../../../electron/ipc/terminal-peers.ts';
import { Page } from '../../../electron/sessions/page.ts';
import type { OutputItem } from '../../../shared/terminal.ts';

/** As long as a slow computer may take. */
const SOON = { timeout: 20_000 };

const SIZE = { columns: 80, rows: 24 };
const LINE = `${'x'.repeat(999)}\n`;

let nextPeer = 1;

class Window implements Peer {
  readonly id = nextPeer++;
  text = '';
  behind = 0;
  draws: boolean;
  readonly #peers: TerminalPeers;

  constructor(peers: TerminalPeers, draws: boolean) {
    this.#peers = peers;
    this.draws = draws;
  }

  send(event: string, payload: unknown): void {
    if (event === 'terminal.behind') this.behind += 1;
    if (event !== 'terminal.output') return;
    const { items } = payload as { items: OutputItem[] };
    const vt = items.map((item) => item.vt).join('');
    this.text += vt;
    if (this.draws) setImmediate(() => this.#peers.ack(this, 1, vt.length));
  }

  attach(session: ShownSession): void {
    this.text = this.#peers
      .attach(this, session, SIZE)
      .items.map((item) => item.vt)
      .join('');
  }
}

function shownSession(page: Page): ShownSession {
  return {
    id: 1,
    page,
    attach: (sink) => ({ ...page.attach(sink), request: null, progress: [], history: [], commands: [] }),
  };
}

test('a page that draws nothing is left behind, the others get everything, and it catches up by a snapshot', async () => {
  const page = new Page();
  const session = shownSession(page);
  const patience = new Set<() => void>();
  const peers = new TerminalPeers((fire) => {
    patience.add(fire);
    return () => patience.delete(fire);
  });
  const awake = new Window(peers, true);
  const asleep = new Window(peers, false);
  awake.attach(session);
  asleep.attach(session);
  const lines = Math.ceil(HIGH_WATER / LINE.length) * 3;
  let written = 0;
  const writer = (async () => {
    // Waits for every page, as the writer of a session does.
    for (; written < lines; written++) await page.append(1, [{ kind: 'output', vt: LINE }]);
  })();
  // It stands, and the page that draws is not why.
  await expect.poll(() => awake.text.length > 0 && patience.size === 1, SOON).toBe(true);
  const [givesUp] = patience;
  await expect.poll(() => awake.text.length / LINE.length, SOON).toBe(written + 1);
  expect(written).toBeLessThan(lines);
  givesUp?.();
  await writer;
  await expect.poll(() => awake.text.length, SOON).toBe(lines * LINE.length);
  expect(awake.behind).toBe(0);
  expect(asleep.behind).toBe(1);
  expect(asleep.text.length).toBeLessThan(HIGH_WATER * 1.5);

  asleep.draws = true;
  asleep.attach(session);
  expect(asleep.text).toBe(awake.text);
  await page.append(1, [{ kind: 'output', vt: 'and on' }]);
  await expect.poll(() => asleep.text.endsWith('and on'), SOON).toBe(true);
  expect(asleep.text).toBe(awake.text);
});
