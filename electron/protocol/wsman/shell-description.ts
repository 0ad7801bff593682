/** The `rsp:Shell` element by which a server describes a shell: in the answers to Create, Get and Enumerate ([MS-WSMV] 2.2.4.37). */
import { attributeOf, find, findAll, textOf, type XmlElement } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { NS } from './names.ts';
import { present } from './present.ts';
import { leaf } from './write.ts';

export interface ShellDescription {
  readonly shellId: string;
  readonly name?: string;
  readonly resourceUri?: string;
  /** `DOMAIN\user`. */
  readonly owner?: string;
  readonly clientIp?: string;
  readonly processId?: number;
  readonly idleTimeoutMs?: number;
  readonly maxIdleTimeoutMs?: number;
  readonly lifetimeMs?: number;
  readonly inputStreams: readonly string[];
  readonly outputStreams: readonly string[];
  readonly workingDirectory?: string;
  readonly environment?: readonly EnvironmentVariable[];
  readonly locale?: string;
  readonly dataLocale?: string;
  readonly compressionMode?: string;
  readonly profileLoaded?: string;
  readonly encoding?: string;
  /** `Block` or `Drop`: what happens to output while nobody receives. */
  readonly bufferMode?: string;
  /** `Connected` or `Disconnected`; Connected by another client means busy. */
  readonly state?: string;
  readonly runTimeMs?: number;
  readonly inactivityMs?: number;
  /** As the server writes it: `46MB`. */
  readonly memoryUsed?: string;
  readonly childProcesses?: number;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

export function readShellDescription(shell: XmlElement): ShellDescription {
  const value = (name: string): string | undefined => textOf(shell, name, NS.shell)?.trim();
  const duration = (name: string): number | undefined => {
    const text = value(name);
    return text === undefined || text === '' ? undefined : parseDuration(text);
  };
  const count = (name: string): number | undefined => {
    const text = value(name);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  return {
    shellId: value('ShellId') ?? attributeOf(shell, 'ShellId') ?? '',
    ...present('name', value('Name') ?? attributeOf(shell, 'Name')),
    ...present('resourceUri', value('ResourceUri')),
    ...present('owner', value('Owner')),
    ...present('clientIp', value('ClientIP')),
    ...present('processId', count('ProcessId')),
    ...present('idleTimeoutMs', duration('IdleTimeOut')),
    ...present('maxIdleTimeoutMs', duration('MaxIdleTimeOut')),
    ...present('lifetimeMs', duration('Lifetime')),
    inputStreams: readStreamNames(value('InputStreams')),
    outputStreams: readStreamNames(value('OutputStreams')),
    ...present('workingDirectory', value('WorkingDirectory')),
    ...present('environment', readEnvironment(shell)),
    ...present('locale', value('Locale')),
    ...present('dataLocale', value('DataLocale')),
    ...present('compressionMode', value('CompressionMode')),
    ...present('profileLoaded', value('ProfileLoaded')),
    ...present('encoding', value('Encoding')),
    ...present('bufferMode', value('BufferMode')),
    ...present('state', value('State')),
    ...present('runTimeMs', duration('ShellRunTime')),
    ...present('inactivityMs', duration('ShellInactivity')),
    ...present('memoryUsed', value('MemoryUsed')),
    ...present('childProcesses', count('ChildProcesses')),
  };
}

/** As Windows writes it, in its order. */
export function writeShellDescription(shell: ShellDescription): string {
  return element(
    'rsp:Shell',
    {},
    leaf('rsp:ShellId', shell.shellId),
    leaf('rsp:Name', shell.name),
    leaf('rsp:ResourceUri', shell.resourceUri),
    leaf('rsp:Owner', shell.owner),
    leaf('rsp:ClientIP', shell.clientIp),
    leaf('rsp:ProcessId', shell.processId?.toString()),
    writeEnvironment(shell.environment),
    leaf('rsp:WorkingDirectory', shell.workingDirectory),
    leaf('rsp:IdleTimeOut', longDuration(shell.idleTimeoutMs)),
    leaf('rsp:Lifetime', longDuration(shell.lifetimeMs)),
    leaf('rsp:InputStreams', shell.inputStreams.join(' ')),
    leaf('rsp:OutputStreams', shell.outputStreams.join(' ')),
    leaf('rsp:MaxIdleTimeOut', longDuration(shell.maxIdleTimeoutMs)),
    leaf('rsp:Locale', shell.locale),
    leaf('rsp:DataLocale', shell.dataLocale),
    leaf('rsp:CompressionMode', shell.compressionMode),
    leaf('rsp:ProfileLoaded', shell.profileLoaded),
    leaf('rsp:Encoding', shell.encoding),
    leaf('rsp:BufferMode', shell.bufferMode),
    leaf('rsp:State', shell.state),
    leaf('rsp:ShellRunTime', longDuration(shell.runTimeMs)),
    leaf('rsp:ShellInactivity', longDuration(shell.inactivityMs)),
    leaf('rsp:MemoryUsed', shell.memoryUsed),
    leaf('rsp:ChildProcesses', shell.childProcesses?.toString()),
  );
}

function longDuration(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(ms);
}

/** Stream names stand in one element, apart by white space. */
export function readStreamNames(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((name) => name !== '');
}

/** [MS-WSMV] 2.2.4.11. */
export function readEnvironment(shell: XmlElement): EnvironmentVariable[] | undefined {
  const environment = find(shell, 'Environment', NS.shell);
  return (
    environment &&
    findAll(environment, 'Variable', NS.shell).map((variable) => ({
      name: attributeOf(variable, 'Name') ?? '',
      value: variable.text,
    }))
  );
}

export function writeEnvironment(variables: readonly EnvironmentVariable[] | undefined): string {
  if (variables === undefined || variables.length === 0) return '';
  return element(
    'rsp:Environment',
    {},
    ...variables.map((v) => leaf('rsp:Variable', v.value, { Name: v.name })),
  );
}
