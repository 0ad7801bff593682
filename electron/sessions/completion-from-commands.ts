/**
 * Completion where the endpoint has no TabExpansion2, as in JEA: names out of Get-Command, which such an endpoint has, and the parameters it
 * tells of. Asked once, because a JEA endpoint's commands do not change while a session lasts.
 */
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import { commandAt } from '../../shared/powershell/commands.ts';
import { parse } from '../../shared/powershell/parse.ts';
import type { Completion } from '../../shared/terminal.ts';
import { NO_COMPLETION } from './completion.ts';

/** An endpoint that shows more is no restricted one, and has TabExpansion2. */
const MOST_COMMANDS = 2000;
/** Commands whose parameters are remembered: more than a role offers. */
const MOST_REMEMBERED = 500;

/** The common parameters, which Get-Command tells of and nobody completes to by hand. */
const common: ReadonlySet<string> = new Set(
  'verbose debug erroraction warningaction informationaction progressaction errorvariable warningvariable informationvariable outvariable outbuffer pipelinevariable'.split(
    ' ',
  ),
);

interface Known {
  readonly name: string;
  readonly type: string;
}

export function commandsSpec(name: string | undefined, host: HostInfo): PipelineSpec {
  return {
    commands: [
      { text: 'Get-Command', ...(name === undefined ? {} : { arguments: [{ name: 'Name', value: name }] }) },
    ],
    redirectShellErrorOutputPipe: false,
    addToHistory: false,
    hostInfo: host,
  };
}

export class CommandCompletions {
  #commands: readonly Known[] | undefined;
  readonly #parameters = new Map<string, readonly string[]>();

  /** `ask` runs Get-Command for one name, or for all. */
  async complete(
    text: string,
    cursor: number,
    ask: (name: string | undefined) => Promise<readonly PsValue[]>,
  ): Promise<Completion> {
    const before = text.slice(0, cursor);
    const last = parse(before).tokens.findLast(({ kind }) => kind !== 'EndOfInput' && kind !== 'NewLine');
    const word = last?.to === cursor ? last : undefined;
    const command = commandAt(before, cursor);
    if (command === undefined || word?.role === 'command' || before.trim() === '') {
      this.#commands ??= readCommands(await ask(undefined));
      const typed = word?.role === 'command' ? before.slice(word.from) : '';
      const fitting = this.#commands.filter(({ name }) => startsAlike(name, typed));
      return answer(
        cursor - typed.length,
        typed.length,
        fitting.map(({ name, type }) => match(name, 'Command', type)),
      );
    }
    const typed = word === undefined ? '' : before.slice(word.from);
    if (!typed.startsWith('-') || command.name === undefined) return NO_COMPLETION;
    const key = command.name.toLowerCase();
    let names = this.#parameters.get(key);
    if (names === undefined) {
      names = readParameters(await ask(command.name));
      if (this.#parameters.size >= MOST_REMEMBERED) this.#parameters.clear();
      this.#parameters.set(key, names);
    }
    const fitting = names.filter((name) => startsAlike(`-${name}`, typed));
    return answer(
      cursor - typed.length,
      typed.length,
      fitting.map((name) => match(`-${name}`, 'ParameterName', name)),
    );
  }
}

function startsAlike(name: string, typed: string): boolean {
  return name.toLowerCase().startsWith(typed.toLowerCase());
}

function match(text: string, kind: string, toolTip: string): Completion['matches'][number] {
  return { text, label: text, kind, toolTip };
}

function answer(
  replacementIndex: number,
  replacementLength: number,
  matches: Completion['matches'],
): Completion {
  return { replacementIndex, replacementLength, matches, source: 'commands' };
}

function readCommands(output: readonly PsValue[]): readonly Known[] {
  const known: Known[] = [];
  for (const value of output) {
    if (!(value instanceof PsObject) || known.length >= MOST_COMMANDS) continue;
    const name = value.get('Name');
    const type = value.get('CommandType');
    if (typeof name !== 'string' || name === '') continue;
    known.push({
      name,
      type: type instanceof PsObject ? (type.text ?? '') : typeof type === 'string' ? type : '',
    });
  }
  return known.toSorted((left, right) => left.name.localeCompare(right.name));
}

/** The keys of `Parameters`: a dictionary, or what a proxy made of one. */
function readParameters(output: readonly PsValue[]): readonly string[] {
  const first = output.find((value) => value instanceof PsObject);
  const parameters = first instanceof PsObject ? first.get('Parameters') : undefined;
  if (!(parameters instanceof PsObject)) return [];
  const { container } = parameters;
  const keys =
    container?.kind === 'DCT'
      ? container.entries.map(([key]) => key)
      : [...(parameters.extended ?? []), ...(parameters.adapted ?? [])].map(([key]) => key);
  return keys
    .filter((key) => typeof key === 'string')
    .filter((key) => !common.has(key.toLowerCase()))
    .toSorted();
}
