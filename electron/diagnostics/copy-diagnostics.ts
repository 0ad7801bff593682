import { homedir, hostname, release, userInfo } from 'node:os';
import type { Log } from './log.ts';

export interface DiagnosticsInfo {
  readonly version: string;
  readonly shell: 'electron' | 'browser';
  /** Counts and states, no names: `sessions: 3 (2 Opened, 1 Broken)`. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** A name of the person or the machine, and what stands in its place. */
type Hidden = readonly [name: string, replacement: string];

/** What a person pastes into a report: versions, the platform and the log's last lines. Names of the person and the machine are taken out. */
export function copyDiagnostics(
  log: Pick<Log, 'tail'>,
  info: DiagnosticsInfo,
  hidden: readonly Hidden[] = localNames(),
): string {
  const { electron } = process.versions;
  const about = [
    `PSDeck ${info.version} (${info.shell})`,
    `Node ${process.versions.node}${electron === undefined ? '' : `, Electron ${electron}`}`,
    `${process.platform} ${release()} ${process.arch}`,
  ];
  const facts = Object.entries(info.facts ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
  const told = [...facts, '', ...log.tail(), ''].join('\n');
  return `${about.join('\n')}\n${hidden.reduce(hide, told)}`;
}

function localNames(): Hidden[] {
  return [
    [homedir(), '~'],
    [userName(), '<user>'],
    [hostname(), '<computer>'],
  ];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // an account without an entry has no name to hide
  }
}

/** A second net: nothing that is logged should hold these in the first place. */
function hide(text: string, [name, replacement]: Hidden): string {
  // A name of one or two letters would garble the text, and tells nothing of anybody.
  if (name.length < 3) return text;
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.replaceAll(new RegExp(`(?<!\\w)${literal}(?!\\w)`, 'g'), replacement);
}
