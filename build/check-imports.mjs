// Checks every import of the sources against lib/import-rules.mjs: node build/check-imports.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ELECTRON_AT_RUN_TIME, RULES } from './lib/import-rules.mjs';
import { root } from './lib/paths.mjs';

/**
 * Every module a source names: static and dynamic imports, re-exports, require. `typeOnly` where nothing is loaded at run time.
 * @param {string} source
 * @returns {{ specifier: string, typeOnly: boolean }[]}
 */
export function importsOf(source) {
  const code = withoutComments(source);
  const found = [];
  const from = /\b(import|export)\s+(type\s+)?(?:[\w*${}\s,]+?\s+from\s*)?(['"])([^'"\n]+)\3/g;
  for (const [, , type, , specifier] of code.matchAll(from)) {
    found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, , , specifier] of code.matchAll(/(?<![.#\w])(import|require)\s*\(\s*(['"`])([^'"`\n]+)\2/g)) {
    found.push({ specifier, typeOnly: false });
  }
  return found;
}

/**
 * Comments out, strings left alone: a path in a string may hold `//`, and a comment may name an import.
 * @param {string} source
 */
function withoutComments(source) {
  return source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_all, string) => string ?? ' ',
  );
}

/**
 * What is wrong with the imports of one file, a sentence each.
 * @param {string} file path from the root, with slashes
 * @param {string} source
 */
export function violationsIn(file, source) {
  const rule = RULES.filter((each) => isBelow(file, each.folder)).toSorted(
    (a, b) => b.folder.length - a.folder.length,
  )[0];
  if (rule === undefined) return [`${file}: no rule in build/lib/import-rules.mjs says what it may import`];
  return importsOf(source).flatMap(({ specifier, typeOnly }) => {
    const why = refusal(rule, file, specifier, typeOnly);
    return why === undefined ? [] : [`${file}: ${why}`];
  });
}

function refusal(rule, file, specifier, typeOnly) {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    const allowed = [rule.folder, ...rule.ours].some((folder) => isBelow(target, folder));
    return allowed ? undefined : `${rule.folder} may not import ${target}`;
  }
  if (isBuiltin(specifier)) {
    return rule.node === '*' || rule.node.includes(specifier)
      ? undefined
      : `${rule.folder} may not import ${specifier}`;
  }
  const name = packageOf(specifier);
  if (name === 'electron' && !typeOnly) {
    return ELECTRON_AT_RUN_TIME.includes(file)
      ? undefined
      : `electron is imported at run time only in ${ELECTRON_AT_RUN_TIME.join(', ')}`;
  }
  if (name === 'electron') {
    return rule.folder === 'electron/shell' ? undefined : `${rule.folder} may not know of electron`;
  }
  return rule.npm === '*' || rule.npm.includes(name)
    ? undefined
    : `${rule.folder} may not import the package ${name}`;
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isBelow(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Every source of the product, tests and build scripts left out: they may import anything. */
export function checkAll(base = root) {
  return ['shared', 'electron', 'renderer'].flatMap((folder) =>
    readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .flatMap((entry) => {
        const path = join(entry.parentPath, entry.name);
        const file = path
          .slice(base.length + 1)
          .split('\\')
          .join('/');
        return violationsIn(file, readFileSync(path, 'utf8'));
      }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = checkAll();
  for (const line of violations) process.stdout.write(`${line}\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
