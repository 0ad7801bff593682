/**
 * A line as the commands it consists of, for endpoints that take no scripts (NoLanguage, as JEA's). PowerShell's own client does the same
 * with every line that is simple enough (ScriptBlock.GetPowerShell); the server binds the parameters, because only it knows them.
 */
import { psList, type PsValue } from '../protocol/clixml/value.ts';
import type { CommandArgument, PipelineCommand } from '../protocol/psrp/pipeline-spec.ts';
import { parse } from '../../shared/powershell/parse.ts';
import type { Token } from '../../shared/powershell/tokens.ts';

interface Word {
  readonly value: PsValue;
}

const CONSTANTS: ReadonlyMap<string, PsValue> = new Map<string, PsValue>([
  ['$true', true],
  ['$false', false],
  ['$null', null],
]);

/** Each statement's commands in order; undefined where the line is more than commands with parameters and constants. */
export function commandsOfLine(line: string): PipelineCommand[][] | undefined {
  const { tokens, errors } = parse(line);
  if (errors.length > 0) return undefined;
  const statements: PipelineCommand[][] = [];
  let rest = tokens.filter(({ kind }) => kind !== 'Comment' && kind !== 'EndOfInput');
  while (rest.length > 0) {
    const end = rest.findIndex(endsStatement);
    const statement = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? [] : rest.slice(end + 1);
    if (statement.length === 0) continue;
    const commands = pipelineOf(line, statement);
    if (commands === undefined) return undefined;
    statements.push(commands);
  }
  return statements.length === 0 ? undefined : statements;
}

function endsStatement({ kind }: Token): boolean {
  return kind === 'Semi' || kind === 'NewLine';
}

function pipelineOf(line: string, tokens: readonly Token[]): PipelineCommand[] | undefined {
  const commands: PipelineCommand[] = [];
  let rest = tokens;
  for (;;) {
    const pipe = rest.findIndex(({ kind }) => kind === 'Pipe');
    const command = commandOf(line, pipe < 0 ? rest : rest.slice(0, pipe));
    if (command === undefined) return undefined;
    commands.push(command);
    if (pipe < 0) return commands;
    rest = rest.slice(pipe + 1);
  }
}

function commandOf(line: string, tokens: readonly Token[]): PipelineCommand | undefined {
  const invoked = tokens[0]?.kind === 'Ampersand';
  const [name, ...rest] = invoked ? tokens.slice(1) : tokens;
  if (name === undefined || (!invoked && name.role !== 'command')) return undefined;
  const text = wordOf(line, name)?.value;
  if (typeof text !== 'string' || text === '') return undefined;
  const args = argumentsOf(line, rest);
  return args === undefined ? undefined : { text, arguments: args };
}

/** Parameters keep their dash: that tells the server that their value, if they have one, is the argument behind them. */
function argumentsOf(line: string, tokens: readonly Token[]): CommandArgument[] | undefined {
  const args: CommandArgument[] = [];
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at];
    if (token?.kind === 'Parameter' && !line.slice(token.from, token.to).endsWith(':')) {
      args.push({ name: line.slice(token.from, token.to), value: null });
      at += 1;
      continue;
    }
    const name = token?.kind === 'Parameter' ? line.slice(token.from, token.to) : undefined;
    const list = listOf(line, tokens.slice(name === undefined ? at : at + 1));
    if (list === undefined) return undefined;
    args.push({ ...(name === undefined ? {} : { name }), value: list.value });
    at += list.tokens + (name === undefined ? 0 : 1);
  }
  return args;
}

/** `a` or `a,b,c`, and how many tokens it is. */
function listOf(line: string, tokens: readonly Token[]): { value: PsValue; tokens: number } | undefined {
  const items: PsValue[] = [];
  for (let at = 0; ; at += 2) {
    const token = tokens[at];
    const word = token && wordOf(line, token);
    if (word === undefined) return undefined;
    items.push(word.value);
    const next = tokens[at + 1];
    if (next?.kind === 'Comma') continue;
    // Two words without a space between them are one to PowerShell, in ways of its own.
    if (next !== undefined && token !== undefined && next.from === token.to) return undefined;
    return { value: items.length === 1 ? word.value : psList(items), tokens: at + 1 };
  }
}

function wordOf(line: string, token: Token): Word | undefined {
  const text = line.slice(token.from, token.to);
  switch (token.kind) {
    case 'StringLiteral':
      return { value: text.slice(1, -1).replaceAll("''", "'") };
    case 'StringExpandable':
      if ((token.nested?.length ?? 0) > 0 || /[`$]/.test(text)) return undefined;
      return { value: text.slice(1, -1).replaceAll('""', '"') };
    case 'Number':
      return numberOf(text);
    case 'Variable': {
      const value = CONSTANTS.get(text.toLowerCase());
      return value === undefined ? undefined : { value };
    }
    case 'Generic':
      if (/^-?\d+$/.test(text)) return numberOf(text);
      return /[`$'"“”‘’]|^--/.test(text) ? undefined : { value: text };
    case 'Identifier':
      return { value: text };
    default:
      // A keyword as an argument is a word like any other.
      return token.role === 'plain' && /^[\p{L}\p{N}_]+$/u.test(text) ? { value: text } : undefined;
  }
}

/** As the parser reads it, where that is an Int32; the server makes a number of any other when a parameter wants one. */
function numberOf(text: string): Word {
  const number = Number(text);
  return { value: /^-?\d+$/.test(text) && number === (number | 0) ? number : text };
}
