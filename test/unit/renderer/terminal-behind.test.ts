/** A page that was left behind, because it did not draw, catches up. */
import { expect, test } from 'vitest';
import { createBridge } from '../../../renderer/bridge/client.ts';
import { createFakeMain, fakeRow, fakeServer } from '../../../renderer/bridge/fake.ts';
import { createCellWidths } from '../../../renderer/features/terminal/cell-width.ts';
import { createHistoryStore } from '../../../renderer/features/terminal/history-store.ts';
import { TerminalView } from '../../../renderer/features/terminal/terminal-view.ts';
import { createSettingsStore } from '../../../renderer/stores/settings.ts';
import { givePageSizes } from './page-without-layout.ts';

/** As long as a slow computer may take. */
const SOON = { timeout: 20_000 };

test('what a page that was left behind has not got, it draws from a new snapshot, once', async () => {
  givePageSizes();
  const fake = createFakeMain([fakeServer()], [fakeRow({ entered: true })]);
  const bridge = createBridge(fake.port);
  const view = new TerminalView(1, {
    bridge,
    settings: createSettingsStore({
      watch: () => undefined,
      recall: () => 'system',
      remember: () => undefined,
      show: () => undefined,
    }),
    widths: createCellWidths(),
    fail: (error) => expect.unreachable(error.title),
    confirmPaste: () => undefined,
    history: createHistoryStore(bridge),
    serverOf: () => 's1',
    showKeys: () => undefined,
    predictionView: () => undefined,
    announce: () => undefined,
  });
  document.body.append(view.element);
  const page = () => view.text().filter((line) => line.trim() !== '');
  fake.say(1, { commandId: 1, kind: 'output', vt: 'one\r\n' });
  await view.attach();
  await expect.poll(page, SOON).toEqual(['one']);

  // Main sends nothing of this to a page that it has left behind: it is in the next snapshot alone.
  const snapshot = fake.snapshot(1);
  snapshot.items.push({ seq: snapshot.seq + 1, commandId: 1, kind: 'output', vt: 'two\r\n' });
  snapshot.seq += 1;
  fake.emit('terminal.behind', { sessionId: 2 });
  fake.emit('terminal.behind', { sessionId: 1 });
  await expect.poll(page, SOON).toEqual(['one', 'two']);
  fake.say(1, { commandId: 1, kind: 'output', vt: 'three\r\n' });
  await expect.poll(page, SOON).toEqual(['one', 'two', 'three']);
  view.dispose();
});
