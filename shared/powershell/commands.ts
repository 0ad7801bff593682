import { parse } from './parse.ts';
import type { CommandInfo } from './command-parser.ts';

/** Questions about the commands of a line. */

export function commandsIn(text: string): readonly CommandInfo[] {
  const { length } = text;
  return parse(text).commands.map((command) =>
    command.block.to <= length ? command : { ...command, block: { ...command.block, to: length } },
  );
}

/** The words of a line, as YankNthArg counts them: every token but line ends. */
export function argumentsOf(line: string): readonly string[] {
  return parse(line)
    .tokens.filter(({ kind }) => kind !== 'EndOfInput' && kind !== 'NewLine')
    .map(({ from, to }) => line.slice(from, to));
}

/** The innermost command the cursor is in or behind. */
export function commandAt(text: string, cursor: number): CommandInfo | undefined {
  const around = commandsIn(text).filter(
    (command) => command.from <= cursor && cursor <= endOf(text, command),
  );
  return around.toSorted((left, right) => right.from - left.from)[0];
}

/** White space behind a command still belongs to it: the next argument comes there. */
function endOf(text: string, command: CommandInfo): number {
  let to = command.to;
  while (text[to] === ' ' || text[to] === '\t') to++;
  return to;
}

/** The parameter the cursor is in or behind, or whose value it is in. */
export function parameterAt(text: string, cursor: number): string | undefined {
  const command = commandAt(text, cursor);
  return command?.parameters.findLast((parameter) => parameter.from < cursor)?.name;
}
