/** npm run bench -- start|clixml|remoting|sessions|editor|auth [--json]: figures to read, never to fail on. Each stands beside its reference from the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, in words; no test asserts it. */
  readonly aim?: string;
}

const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<Figure[]> | Figure[] }>>> = {
  start: () => import('./start.ts'),
  clixml: () => import('./clixml.ts'),
  remoting: () => import('./remoting.ts'),
  sessions: () => import('./sessions.ts'),
  auth: () => import('./auth.ts'),
  editor: () => import('./editor.ts'),
};

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const json = process.argv.includes('--json');
const [name] = names;
const load = name === undefined ? undefined : BENCHES[name];
if (load === undefined) {
  process.stderr.write(
    `Which one: ${Object.keys(BENCHES).join(', ')}. For example: npm run bench -- start\n`,
  );
  process.exit(1);
}
const figures = await (await load()).run();
if (json) {
  process.stdout.write(
    `${JSON.stringify({ bench: name, node: process.version, platform: process.platform, figures }, null, 2)}\n`,
  );
} else {
  for (const { name: what, value, unit, aim } of figures) {
    const shown = value >= 100 ? value.toFixed(0) : value.toFixed(2);
    process.stdout.write(
      `${what.padEnd(64)} ${shown.padStart(10)} ${unit}${aim === undefined ? '' : `   (${aim})`}\n`,
    );
  }
}
process.exit(0);
