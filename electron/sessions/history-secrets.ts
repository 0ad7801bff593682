/**
 * PSReadLine's rule for what is not written to its history file (about_PSReadLine, “Command History”): a line that holds one of five words
 * is looked at by its syntax, and only what cannot be the secret itself passes.
 */
import { parse } from '../../shared/powershell/parse.ts';
import type { Node } from '../../shared/powershell/parser-core.ts';
import type { Token } from '../../shared/powershell/tokens.ts';

const alarming = /password|asplaintext|token|apikey|secret/gi;

/** SecretManagement's commands that name a secret and never hold one. */
const allowed: ReadonlySet<string> = new Set(
  [
    'Get-Secret',
    'Get-SecretInfo',
    'Get-SecretVault',
    'Register-SecretVault',
    'Remove-Secret',
    'Set-SecretInfo',
    'Set-SecretVaultDefault',
    'Test-SecretVault',
    'Unlock-SecretVault',
    'Unregister-SecretVault',
    'Get-AzAccessToken',
  ].map((name) => name.toLowerCase()),
);

/** `az account get-access-token` and its like print a token and are given none. */
const cloudCommands: ReadonlySet<string> = new Set([
  'gcloud auth print-access-token',
  'az account get-access-token',
  'kubectl get secret',
  'kubectl get secrets',
  'kubectl describe secret',
  'kubectl describe secrets',
]);

/** A line of more is data that was pasted; what is in it is not looked for. */
const mostJudged = 100_000;

/** Whether the line must stay in memory. What cannot be parsed for certain is taken for a secret. */
export function mayHoldSecret(line: string): boolean {
  const first = line.search(alarming);
  if (first < 0) return false;
  if (line.length > mostJudged) return true;
  const { errors, tree, tokens } = parse(line);
  if (errors.length > 0) return true;
  let done = 0;
  for (const match of line.matchAll(alarming)) {
    if (match.index < done) continue;
    const end = match.index + match[0].length;
    const judged = judge(line, pathTo(tree, match.index, end), tokenAt(tokens, match.index, end));
    if (judged === 'secret') return true;
    done = Math.max(end, judged);
  }
  return false;
}

/** From the whole down to the smallest node that holds all of it. */
function pathTo(tree: Node, from: number, to: number): readonly Node[] {
  const path = [tree];
  for (;;) {
    const inner = path.at(-1)?.parts.find((part) => part.from <= from && part.to >= to);
    if (inner === undefined) return path;
    path.push(inner);
  }
}

function tokenAt(tokens: readonly Token[], from: number, to: number): Token | undefined {
  const found = tokens.find((token) => token.from <= from && token.to >= to);
  return found === undefined ? undefined : (tokenAt(found.nested ?? [], from, to) ?? found);
}

/** Where to look on, or that it may be a secret. */
function judge(line: string, path: readonly Node[], token: Token | undefined): number | 'secret' {
  const node = path.at(-1);
  const parent = path.at(-2);
  if (node === undefined) return 'secret';
  switch (node.kind) {
    case 'variable':
      return isTarget(path) && !safeValue(assignedTo(path)) ? 'secret' : node.to;
    case 'expandable':
      // A variable inside of the text is only used.
      return token?.kind === 'Variable' ? token.to : 'secret';
    case 'string': {
      const command = parent?.kind === 'command' ? parent : undefined;
      if (command !== undefined && isAllowed(line, command, node)) return command.to;
      if (parent?.kind === 'member' || parent?.kind === 'invocation')
        return safeMember(path) ? node.to : 'secret';
      return 'secret';
    }
    case 'parameter':
      return judgeParameter(line, node, parent);
    default:
      return 'secret';
  }
}

/** The assignment on whose left side it stands. */
function assignmentOf(path: readonly Node[]): Node | undefined {
  const index = path.findLastIndex(({ kind }) => kind === 'assignment');
  const assignment = path[index];
  return assignment !== undefined && path[index + 1] === assignment.parts[0] ? assignment : undefined;
}

function isTarget(path: readonly Node[]): boolean {
  return assignmentOf(path) !== undefined;
}

function assignedTo(path: readonly Node[]): Node | undefined {
  return bare(assignmentOf(path)?.parts[1]);
}

/** A pipeline of one element is that element. */
function bare(node: Node | undefined): Node | undefined {
  let inner = node;
  while (inner?.kind === 'pipeline' && inner.parts.length === 1) inner = inner.parts[0];
  return inner;
}

/** The value of a variable with such a name may come from a command, from a property or a method; written out it is the secret. */
function safeValue(value: Node | undefined): boolean {
  return (
    value !== undefined && ['pipeline', 'command', 'member', 'invocation', 'statement'].includes(value.kind)
  );
}

function safeMember(path: readonly Node[]): boolean {
  if (!isTarget(path)) return true;
  const value = assignedTo(path);
  return value !== undefined && ['pipeline', 'command', 'variable', 'statement'].includes(value.kind);
}

function words(line: string, command: Node, count: number): string {
  return command.parts
    .slice(0, count)
    .map((part) => line.slice(part.from, part.to))
    .join(' ')
    .toLowerCase();
}

function isAllowed(line: string, command: Node, node: Node): boolean {
  const place = command.parts.indexOf(node);
  if (place === 0) return allowed.has(words(line, command, 1));
  return place === 2 && cloudCommands.has(words(line, command, 3));
}

function judgeParameter(line: string, node: Node, command: Node | undefined): number | 'secret' {
  const name = line.slice(node.from + 1, node.to).replace(/:[\s\S]*$/, '');
  if (name.toLowerCase() === 'asplaintext') return 'secret';
  const place = command?.parts.indexOf(node) ?? -1;
  const next = command?.parts[place + 1];
  const value = node.parts[0] ?? (next?.kind === 'parameter' ? undefined : next);
  // Without a value it is a switch.
  if (value === undefined) return node.to;
  if (value.kind === 'variable') return value.to;
  // The output of a command, as in `-Token (Get-Secret x)`.
  if (value.kind === 'parentheses') {
    const inner = value.parts[0];
    const first = inner?.kind === 'pipeline' ? inner.parts[0] : inner;
    if (first?.kind === 'command') return node.to;
  }
  return 'secret';
}
