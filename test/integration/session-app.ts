/**
 * The app's session code as a process of its own, to be killed: opens a session on the endpoint it is told of, runs a command in it, and writes
 * down every line that its page shows before it shows the next. Arguments: port, folder, command.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '../../electron/console/vt.ts';
import { SessionJournal } from '../../electron/sessions/journal.ts';
import { Person, registryFor, serverAt } from './registry.ts';

const [port = '', folder = '', command = ''] = process.argv.slice(2);
const SIZE = { columns: 120, rows: 30 };

const journal = await SessionJournal.open({
  folder: join(folder, 'sessions'),
  runId: String(process.pid),
  pid: process.pid,
  isAlive: () => false,
  now: Date.now,
});
const { registry } = registryFor(serverAt(Number(port)), new Person(), undefined, { journal });
const { id } = await registry.create({ serverId: 'z', size: SIZE, enter: false, name: 'Killed' });
let lines = 0;
registry.get(id).attach(
  {
    write(items) {
      const text = plainText(items.map((item) => item.vt).join('')).replaceAll('\r\n', '\n');
      appendFileSync(join(folder, 'shown.txt'), text);
      lines += text.split('\n').length - 1;
      process.send?.(lines);
      return undefined;
    },
  },
  SIZE,
);
await registry.get(id).invoke(command, SIZE);
process.send?.('done');
