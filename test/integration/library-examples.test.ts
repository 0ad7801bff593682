/** Every TypeScript example of docs/library.md and of the entry point's header: compiled as it stands, run against the real engine, and held to what it says it prints. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify, format } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { startEngine } from '../../electron/practice-server/engine/engine-process.ts';
import { createWsmanEndpoint } from '../../electron/practice-server/wsman/endpoint.ts';
import { listen } from '../../electron/transport/winrm-http/listener.ts';
import { noEngine, PASSWORD, USER } from './practice.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.cache/library-examples');
const UP = '../..';

interface Example {
  readonly name: string;
  readonly code: string;
  /** The lines it says it prints. */
  readonly prints: readonly string[];
  readonly runs: boolean;
}

/** The fenced examples of a page; those after the first begin where the first one's target is known. */
function examplesOf(page: string): Example[] {
  const found = [...page.matchAll(/^```ts( no-run)?\n([\s\S]*?)^```$/gm)];
  return found.map(([, noRun, code = ''], i) => ({
    name: `example-${String(i + 1)}`,
    code,
    prints: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line = '']) => line),
    runs: noRun === undefined,
  }));
}

/** `const target … };` of the first example, for the others. */
function targetOf(first: string): string {
  const declaration = /^const target: WinRmTarget = \{[\s\S]*?^\};$/m.exec(first)?.[0] ?? '';
  expect(declaration).not.toBe('');
  return `import type { WinRmTarget } from './electron/remoting/index.ts';\n${declaration}\n`;
}

const page = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
const examples = examplesOf(page);
const entry = await readFile(join(ROOT, 'electron/remoting/index.ts'), 'utf8');
/** ` * ` before every line of the header's example. */
const headerExample: Example = {
  name: 'entry-point',
  code: (/```ts\n([\s\S]*?)```/.exec(entry)?.[1] ?? '').replaceAll(/^ \* ?/gm, ''),
  prints: [],
  runs: false,
};

function moduleOf(example: Example): string {
  const needs = /\btarget\b/.test(example.code) && !example.code.includes('const target:');
  const prelude = needs ? targetOf(examples[0]?.code ?? '') : '';
  const source = example === headerExample ? `${HEADER_PRELUDE}${example.code}` : prelude + example.code;
  return `${source.replaceAll("'./electron/", `'${UP}/electron/`)}\nexport {};\n`;
}

const HEADER_PRELUDE =
  "import { connect, PowerShell } from './electron/remoting/index.ts';\nconst password: string = process.env['PASSWORD'] ?? '';\n";

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const all = [...examples, headerExample];
  await Promise.all(all.map((example) => writeFile(join(FOLDER, `${example.name}.ts`), moduleOf(example))));
  await writeFile(
    join(FOLDER, 'tsconfig.json'),
    JSON.stringify({
      extends: `${UP}/tsconfig.base.json`,
      compilerOptions: { composite: false, emitDeclarationOnly: false, noEmit: true, rootDir: UP },
      include: ['*.ts'],
    }),
  );
});

test('there are examples, and they say what they print', () => {
  expect(examples.length).toBeGreaterThanOrEqual(7);
  for (const { runs, prints } of examples) expect(prints.length > 0).toBe(runs);
  expect(headerExample.code).toContain('await connect(');
});

test('they compile as strictly as the library does', async () => {
  // TypeScript's own entry, by the Node that runs this: no shell, no PATH.
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const compiling = promisify(execFile)(process.execPath, [tsc, '-p', FOLDER], { cwd: ROOT });
  const { stdout } = await compiling.catch((error: unknown) => error as { stdout: string });
  // The library's own files are compiled with it, and their errors are for others to tell.
  expect(stdout.split('\n').filter((line) => line.startsWith('.cache'))).toEqual([]);
});

describe.skipIf(noEngine !== undefined)('they run', () => {
  let close = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const command = await findEngine({ prefer: 'built' });
    const endpoint = createWsmanEndpoint({ engineFactory: (events) => startEngine({ command }, events) });
    const listener = await listen({
      verify: (user, password) => user === USER && password === PASSWORD,
      handle: (request) => endpoint.handle(request),
    });
    const { port } = listener;
    Object.assign(process.env, {
      SERVER: '127.0.0.1',
      PORT: String(port),
      PLAIN: '1',
      USER_NAME: USER,
      PASSWORD,
    });
    close = async () => {
      await listener.close();
      await endpoint.close();
    };
  });
  afterAll(() => close());

  test.each(examples.filter(({ runs }) => runs).map((example) => [example.name, example] as const))(
    '%s',
    async (name, { prints }) => {
      const printed: string[] = [];
      const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
        printed.push(format(...values).trim());
      });
      try {
        await import(/* @vite-ignore */ pathToFileURL(join(FOLDER, `${name}.ts`)).href);
      } finally {
        log.mockRestore();
      }
      expect(printed).toEqual(prints);
    },
  );
});
