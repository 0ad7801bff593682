import { describe, expect, test } from 'vitest';
import { checkAll, importsOf, violationsIn } from '../../../build/check-imports.mjs';

describe('import rules', () => {
  test('the sources keep them', () => {
    expect(checkAll()).toEqual([]);
  });

  test.each([
    ['electron/protocol/a.ts', "import { readFile } from 'node:fs';", /protocol may not import node:fs/],
    ['electron/protocol/a.ts', "import fs from 'fs';", /may not import fs/],
    ['electron/protocol/psrp/a.ts', "import { z } from 'zod';", /package zod/],
    ['electron/protocol/a.ts', "import type { X } from '../transport/x.ts';", /electron\/transport\/x\.ts/],
    ['electron/protocol/a.ts', "export * from '../../shared/error.ts';", /shared\/error\.ts/],
    ['electron/transport/a.ts', "import '../remoting/index.ts';", /electron\/remoting/],
    ['electron/remoting/a.ts', "await import('../sessions/x.ts');", /electron\/sessions/],
    ['electron/console/a.ts', "import { x } from 'node:os';", /node:os/],
    ['electron/sessions/a.ts', "import { x } from '../shell/core.ts';", /electron\/shell/],
    [
      'electron/ipc/a.ts',
      "import {\n  type A,\n  b,\n} from '../practice-server/index.ts';",
      /practice-server/,
    ],
    ['electron/practice-server/a.ts', "import '../transport/ssh/x.ts';", /transport\/ssh/],
    ['renderer/a.tsx', "import { x } from '../electron/ipc/peer.ts';", /electron\/ipc/],
    ['renderer/a.tsx', "import { join } from 'node:path';", /node:path/],
    ['shared/a.ts', "import React from 'react';", /package react/],
    ['shared/a.ts', "import x from '@scope/name/deep';", /@scope\/name$/],
    ['electron/shell/browser.ts', "import { app } from 'electron';", /only in electron\/shell\/main\.ts/],
    ['electron/shell/browser.ts', "const e = require('electron');", /only in/],
    ['electron/servers/a.ts', "import type { App } from 'electron';", /may not know of electron/],
    ['electron/newcomer/a.ts', '', /no rule/],
  ])('%s with %s is caught', (file, source, expected) => {
    const found = violationsIn(file, source);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test.each([
    ['electron/protocol/psrp/a.ts', "import { x } from '../clixml/value.ts';"],
    ['electron/shell/main.ts', "import * as electron from 'electron';"],
    ['electron/shell/window.ts', "import type { Event } from 'electron';"],
    ['electron/practice-server/a.ts', "import '../transport/child-process/x.ts';"],
    ['shared/a.ts', "import { z } from 'zod/v4';"],
    ['electron/protocol/a.ts', "// import 'node:fs'\n/* import x from 'node:fs' */ const s = 'https://x';"],
  ])('%s with %s is allowed', (file, source) => {
    expect(violationsIn(file, source)).toEqual([]);
  });

  test('finds every way to import', () => {
    const source = `
      import a from 'a'; import { b } from "b"; import * as c from 'c'; import 'd';
      import type { E } from 'e'; export { f } from 'f'; export * from 'g'; export type { H } from 'h';
      const i = await import('i'); const j = require('j'); this.#require('m'); step.import('n'); import k, { l } from 'k';
    `;
    const found = importsOf(source);
    expect(found.map((each) => each.specifier).toSorted()).toEqual('abcdefghijk'.split(''));
    expect(found.filter((each) => each.typeOnly).map((each) => each.specifier)).toEqual(['e', 'h']);
  });
});
