/** PowerShell read again where it changed, held against the same text read from its beginning: nothing may tell the two apart. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, parseAfresh, type Parsed } from '../../shared/powershell/parse.ts';
import type { Node } from '../../shared/powershell/parser-core.ts';

const folder = join(import.meta.dirname, '..', 'vectors', 'powershell-syntax');
const pieces = [
  ...(JSON.parse(readFileSync(join(folder, 'constructs.json'), 'utf8')) as string[]),
  ...readFileSync(join(folder, 'corpus.txt'), 'utf8').split('\n'),
].filter((piece) => piece !== '');

/** What may change the meaning of everything behind it, and what changes nothing. */
const typed = [
  ...' \n;{}()[]"\'`$@#,|&=.:-+1a>%?!',
  ...'<#  #>  $(  @(  @{  "$(  --%  ::  ??  ..  if (1) {  else {  function f {  param(  begin {  class A {  try {  catch {}  [A(  -eq   in'.split(
    '  ',
  ),
  '@"\n',
  '\n"@',
  "@'\n",
  "\n'@",
  '\r\n',
  '`\n',
  '# c\n',
];

/** Statements in blocks, in strings and by themselves. */
const part = fc
  .tuple(fc.constantFrom(...pieces), fc.constantFrom(...pieces), fc.nat(7))
  .map(([one, other, kind]) => {
    if (kind === 0) return `if ($x) {\n${one}\n${other}\n}`;
    if (kind === 1) return `function Get-It {\n  ${one}\n  ${other}\n}`;
    if (kind === 2) return `$x = "a $(\n${one}\n) b"`;
    if (kind === 3) return `Get-Item | ForEach-Object { ${one}\n${other} }`;
    return one;
  });

/** Longer than what is read anew without looking for what is the same. */
const script = fc
  .tuple(fc.array(part, { minLength: 10, maxLength: 20 }), fc.constantFrom('\n', '\r\n'))
  .map(([parts, lineEnd]) => [...parts, `Write-Output '${'a longer text '.repeat(30)}'`].join(lineEnd));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.constantFrom(0, 0, 0, 1, 1, 2, 9, 40),
  inserted: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...typed) },
    { weight: 1, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constant('') },
  ),
});

function whole(node: Node): object {
  return { kind: node.kind, from: node.from, to: node.to, parts: node.parts.map(whole) };
}

function all(parsed: Parsed): object {
  return { ...parsed, tree: whole(parsed.tree) };
}

test('a text that was changed again and again is read as if it had been written at once', () => {
  fc.assert(
    fc.property(script, fc.array(edit, { minLength: 1, maxLength: 25 }), (written, edits) => {
      let text = written;
      parse(text);
      for (const { at, removed, inserted } of edits) {
        const from = Math.round(at * text.length);
        text = text.slice(0, from) + inserted + text.slice(from + removed);
        expect(all(parse(text))).toEqual(all(parseAfresh(text)));
      }
    }),
    { numRuns: 150 },
  );
});

test('what follows a change moves with it, and what stands before it stays', () => {
  const lines = Array.from(
    { length: 60 },
    (_, index) => `Get-Item -Path C:\\Logs\\${String(index)} | Where-Object { $_.Length }`,
  );
  parse(lines.join('\n'));
  const changed = lines.with(30, 'if (1) { Get-Date }').join('\n');
  const before = parse(lines.join('\n')).tokens;
  const after = parse(changed).tokens;
  // The very tokens: they were not read again.
  expect(after[0]).toBe(before[0]);
  expect(after.at(-2)?.to).toBe(changed.length);
  expect(changed.slice(after.at(-3)?.from, after.at(-3)?.to)).toBe('Length');
});
