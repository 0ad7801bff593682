/** The server's Get-Help, as text for a pane beside the terminal. */
import { displayText } from '../protocol/clixml/display-text.ts';
import { PsObject, type PsValue } from '../protocol/clixml/value.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { PipelineCommand, PipelineSpec } from '../protocol/psrp/pipeline-spec.ts';
import type { CommandHelp } from '../../shared/terminal.ts';

/** Help of more is a book; what is cut is said. */
const MOST_CHARS = 500_000;

/** Get-Help of a command, or of one of its parameters, as text; commands and no script, so that it runs where scripts are not allowed. */
export function helpSpec(
  command: string,
  parameter: string | undefined,
  columns: number,
  host: HostInfo,
): PipelineSpec {
  const help: PipelineCommand = {
    text: 'Get-Help',
    arguments: [
      { name: 'Name', value: command },
      parameter === undefined ? { name: 'Full', value: true } : { name: 'Parameter', value: parameter },
    ],
  };
  return {
    commands: [
      help,
      {
        text: 'Out-String',
        arguments: [
          { name: 'Stream', value: true },
          { name: 'Width', value: columns },
        ],
      },
    ],
    redirectShellErrorOutputPipe: false,
    addToHistory: false,
    hostInfo: host,
  };
}

/** Without Out-String (a JEA endpoint has none): the help object itself, of which its name and synopsis are plain. */
export function bareHelpSpec(command: string, parameter: string | undefined, host: HostInfo): PipelineSpec {
  const spec = helpSpec(command, parameter, 80, host);
  return { ...spec, commands: spec.commands.slice(0, 1) };
}

export function readHelp(title: string, output: readonly PsValue[]): CommandHelp {
  const lines = output.map((value) => displayText(value).replaceAll(/\s+$/g, ''));
  const text = lines.join('\n').replaceAll(/^\n+|\n+$/g, '');
  if (text === '') return nothingKnown(title);
  return {
    title,
    text: text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}\n…` : text,
    found: true,
  };
}

export function readBareHelp(title: string, output: readonly PsValue[]): CommandHelp {
  const sections: string[] = [];
  for (const value of output) {
    if (!(value instanceof PsObject)) continue;
    for (const [heading, name] of [
      ['NAME', 'Name'],
      ['SYNOPSIS', 'Synopsis'],
      ['DESCRIPTION', 'description'],
      ['SYNTAX', 'syntax'],
    ] as const) {
      const said = value.get(name);
      const text = said === undefined || said === null ? '' : displayText(said).trim();
      // What is deeper than the server serialises is only its type's name.
      if (text !== '' && !/^(?:@\{|System\.)/.test(text)) {
        sections.push(`${heading}\n${text.replaceAll(/^/gm, '    ')}`);
      }
    }
  }
  const text = sections.join('\n\n');
  return text === '' ? nothingKnown(title) : { title, text, found: true };
}

export function nothingKnown(title: string): CommandHelp {
  return {
    title,
    text: `The server has no help for ${title}.\n\nWhere help files are missing, Update-Help on the server fetches them.`,
    found: false,
  };
}
