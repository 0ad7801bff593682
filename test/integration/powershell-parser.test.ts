/**
 * Our reading of PowerShell held against the engine's own parser: a corpus, every beginning of its lines, and lines damaged and thrown
 * together at random (seeded, so that a failure comes again).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayText } from '../../electron/protocol/clixml/display-text.ts';
import { psList } from '../../electron/protocol/clixml/value.ts';
import { PowerShell, type RunspacePool } from '../../electron/remoting/index.ts';
import { parse } from '../../shared/powershell/parse.ts';
import type { Token } from '../../shared/powershell/tokens.ts';
import { noEngine, overPipes, type Way } from './practice.ts';

/** One line of text for each input: its tokens and its errors, as ParseInput tells them. */
const ask = `
param([string[]]$inputs)
foreach ($text in $inputs) {
  $tokens = $null; $errors = $null
  $null = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
  $said = [System.Text.StringBuilder]::new()
  foreach ($t in $tokens) {
    $null = $said.Append($t.Kind).Append(' ').Append($t.Extent.StartOffset).Append(' ').Append($t.Extent.EndOffset).Append(' ').Append([int]$t.TokenFlags).Append(';')
  }
  $null = $said.Append('|')
  foreach ($e in $errors) { $null = $said.Append($e.ErrorId).Append(' ').Append($e.IncompleteInput).Append(';') }
  $said.ToString()
}`;

interface Real {
  readonly tokens: readonly string[];
  readonly errors: readonly { readonly id: string; readonly incomplete: boolean }[];
}

/** System.Management.Automation.Language.TokenFlags, as far as PSReadLine colours by them. */
const flag = {
  commandName: 0x80000,
  keyword: 0x10,
  operator: 0x2300,
  typeName: 0x200000,
  memberName: 0x100000,
};

function roleOf(kind: string, flags: number): string {
  if ((flags & flag.commandName) !== 0) return 'command';
  if (kind === 'Comment') return 'comment';
  if (kind === 'Parameter') return 'parameter';
  if (kind.endsWith('Variable')) return 'variable';
  if (kind.includes('String')) return 'string';
  if (kind === 'Number') return 'number';
  if ((flags & flag.keyword) !== 0) return 'keyword';
  if ((flags & flag.operator) !== 0) return 'operator';
  if ((flags & flag.typeName) !== 0) return 'type';
  if ((flags & flag.memberName) !== 0) return 'member';
  return 'plain';
}

/** What the engine checks after the syntax, or by what exists on its machine: parse.ts says that it does not. */
const meaning =
  /^(?:TypeNotFound|ModuleNotFoundDuringParse|ErrorLoadingAssembly|CustomAttributeTypeNotFound|InvalidLeftHandSide|OperatorRequiresVariableOrProperty|KeywordParameterReservedForFutureUse|DuplicateKeyInHashLiteral|InvalidNamespaceValue|VariableNotLocal|WorkflowNotSupportedInPowerShellCore|ParameterAttributeArgumentNeedsToBeConstantOrScriptBlock|OpenBraceNeedsToBeBackTickedInVariableName|BadNumericConstant)/;

function read(line: string): Real {
  const bar = line.lastIndexOf('|');
  return {
    tokens: line
      .slice(0, bar)
      .split(';')
      .filter(Boolean)
      .map((said) => said.split(' '))
      .filter(([kind]) => kind !== 'EndOfInput')
      .map(
        ([kind = '', from, to, flags]) =>
          `${kind} ${String(from)}-${String(to)} ${roleOf(kind, Number(flags))}`,
      ),
    errors: line
      .slice(bar + 1)
      .split(';')
      .filter(Boolean)
      .map((said) => ({ id: said.split(' ')[0] ?? '', incomplete: said.endsWith('True') }))
      .filter(({ id }) => !meaning.test(id)),
  };
}

function ours(tokens: readonly Token[]): string[] {
  return tokens
    .filter(({ kind }) => kind !== 'EndOfInput')
    .map(({ kind, from, to, role }) => `${kind} ${String(from)}-${String(to)} ${role}`);
}

const folder = join(import.meta.dirname, '..', 'vectors', 'powershell-syntax');
const constructs = JSON.parse(readFileSync(join(folder, 'constructs.json'), 'utf8')) as string[];
const corpus = readFileSync(join(folder, 'corpus.txt'), 'utf8');
const lines = [
  ...corpus.split('\n').filter((line) => line !== ''),
  ...(corpus.match(/Write-Output @'[\s\S]*?'@/g) ?? []),
  '@"\nhere $x $(1 + 1)\n"@',
];

/** The same numbers each time: no failure that comes once. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
}

const bits =
  ' |\n|{|}|(|)|"|\'|$|;|,|-|@|`|#|[|]|=|.|:|&|<#|#>|1|a|>|%|?|!|+|*|/|\\|$(|@{|@(|--%|-eq | if |else|..|::|??|~|^|_'.split(
    '|',
  );
const words =
  'if|else|foreach|in|while|do|function|param|try|catch|return|(|)|{|}|[int]|$x|$x.y|1|2.5|\'a\'|"b $x"|"$(1)"|;|,|\n|-eq|-foo|-join|-not|!|=|+=|+|-|*|/|%|..|.|::|a|Get-X|@{|@(|$(|&|&&|>|2>&1|#c|<#c#>|`|@x|++|--|?|:|??|class|enum|switch|default|A'.split(
    '|',
  );

function damaged(seed: number): string[] {
  const next = numbers(seed);
  return lines.flatMap((line) =>
    Array.from({ length: 25 }, () => {
      const at = next(line.length);
      return line.slice(0, at) + (bits[next(bits.length)] ?? '') + line.slice(at + next(6));
    }),
  );
}

function thrownTogether(seed: number): string[] {
  const next = numbers(seed);
  return Array.from({ length: 2000 }, () =>
    Array.from({ length: 1 + next(9) }, () => words[next(words.length)] ?? '').join(next(3) === 0 ? '' : ' '),
  );
}

describe.skipIf(noEngine !== undefined)('our reading of PowerShell', () => {
  let way: Way;
  let pool: RunspacePool;
  beforeAll(async () => {
    way = await overPipes();
    pool = await way.pool();
    await pool.open();
  });
  afterAll(async () => {
    await pool?.close();
    await way?.close();
  });

  async function real(inputs: readonly string[]): Promise<Real[]> {
    const list = psList([...inputs], ['System.Object[]', 'System.Array', 'System.Object']);
    const { output } = await new PowerShell(pool)
      .addScript(ask)
      .addParameter('inputs', list)
      .invoke()
      .collect();
    expect(output).toHaveLength(inputs.length);
    return output.map((value) => read(displayText(value)));
  }

  /** Everything alike: tokens, colours, whether it is right, whether more is wanted. */
  async function sameInAll(inputs: readonly string[]): Promise<void> {
    const said = await real(inputs);
    for (const [index, input] of inputs.entries()) {
      const { tokens, errors } = said[index] ?? { tokens: [], errors: [] };
      const parsed = parse(input);
      expect({ input, incomplete: parsed.incomplete, right: parsed.errors.length === 0 }).toEqual({
        input,
        incomplete: errors.some((error) => error.incomplete),
        right: errors.length === 0,
      });
      // Where the engine has given up, what it makes of the rest is its own affair.
      if (errors.every((error) => error.incomplete)) expect(ours(parsed.tokens), input).toEqual(tokens);
    }
  }

  test('every line of the corpus', async () => {
    await sameInAll(lines);
  });

  test('every construct by itself', async () => {
    await sameInAll(constructs);
  });

  test('every beginning of every line, as it is while somebody types', async () => {
    const beginnings = new Set(
      lines.flatMap((line) => Array.from({ length: line.length }, (_, at) => line.slice(0, at + 1))),
    );
    await sameInAll([...beginnings]);
  });

  test('every line after Enter, and the beginnings that end with a word', async () => {
    const entered = new Set(
      lines.flatMap((line) => [
        line,
        ...Array.from(line.matchAll(/\S+/g), (word) => line.slice(0, word.index + word[0].length)),
      ]),
    );
    await sameInAll([...entered].map((line) => `${line}\n`));
  });

  test.each([
    ['damaged lines', damaged(7)],
    ['words thrown together', thrownTogether(11)],
  ])(
    '%s: what is right is never called wrong or unfinished, the rest seldom differs',
    async (_name, inputs) => {
      const said = await real(inputs);
      let differing = 0;
      const wronged: string[] = [];
      for (const [index, input] of inputs.entries()) {
        const { errors } = said[index] ?? { errors: [] };
        const parsed = parse(input);
        if (errors.length === 0 && parsed.errors.length > 0) wronged.push(input);
        if (errors.some((error) => error.incomplete) !== parsed.incomplete) differing++;
      }
      // Of broken input the engine's recovery decides much that is nowhere written: one in forty may be judged otherwise.
      expect(differing).toBeLessThanOrEqual(inputs.length / 40);
      // A line that would run is never held back, but for what is so odd that nobody types it.
      expect(wronged.length, wronged.slice(0, 5).join('\n')).toBeLessThanOrEqual(inputs.length / 400);
    },
  );
});
