/** Enumerate and Pull: the shells of a server, or the commands of one shell ([MS-WSMV] 3.1.4.3; DSP0226 8). */
import { attributeOf, find, findAll, isElement, textOf, type XmlElement } from '../xml/tree.ts';
import { element } from '../xml/writer.ts';
import {
  bodyElement,
  readCount,
  readSelectors,
  resourceUriOf,
  writeRequest,
  writeResponse,
  writeSelectors,
  type Envelope,
  type RequestContext,
  type ResponseContext,
} from './envelope.ts';
import { ACTION, FILTER_DIALECT, NS, responseAction } from './names.ts';
import { present } from './present.ts';
import { readShellDescription, writeShellDescription, type ShellDescription } from './shell-description.ts';
import { leaf } from './write.ts';

export interface EnumerateRequest {
  /** RESOURCE.shell or RESOURCE.command. */
  readonly resourceUri: string;
  /** For the commands of one shell. */
  readonly shellId?: string;
  readonly maxElements?: number;
  /** Items in the first answer already, instead of by Pull only. */
  readonly optimize?: boolean;
  /** Dialect of a filter other than ours. */
  readonly filterDialect?: string;
}

export interface PullRequest {
  readonly resourceUri: string;
  readonly context: string;
  readonly maxElements?: number;
}

/** One command of a shell ([MS-WSMV] 2.2.4.6). */
export interface CommandDescription {
  readonly commandId: string;
  readonly shellId?: string;
  /** `Connected`, `Disconnected`. */
  readonly state?: string;
  readonly commandLine?: string;
}

export interface EnumerationItems {
  /** Names the place to go on from; empty when there is none. */
  readonly context: string;
  readonly shells: readonly ShellDescription[];
  readonly commands: readonly CommandDescription[];
  readonly endOfSequence: boolean;
}

export function encodeEnumerateRequest(context: RequestContext, request: EnumerateRequest): string {
  const filter =
    request.shellId === undefined
      ? ''
      : element(
          'w:Filter',
          { Dialect: FILTER_DIALECT.selector },
          writeSelectors([{ name: 'ShellId', value: request.shellId }]),
        );
  const body = element(
    'n:Enumerate',
    {},
    (request.optimize ?? true) ? element('w:OptimizeEnumeration') : '',
    leaf('w:MaxElements', request.maxElements?.toString()),
    filter,
  );
  return writeRequest(context, ACTION.enumerate, { resourceUri: request.resourceUri }, body, ['n']);
}

export function decodeEnumerateRequest(envelope: Envelope): EnumerateRequest {
  const enumerate = bodyElement(envelope, NS.enumeration, 'Enumerate');
  const filter = find(enumerate, 'Filter', NS.wsman);
  const dialect = filter && attributeOf(filter, 'Dialect')?.trim();
  const set = filter && find(filter, 'SelectorSet', NS.wsman);
  const shellId = set && readSelectors(set).find((s) => s.name.toLowerCase() === 'shellid')?.value;
  const max = find(enumerate, 'MaxElements', NS.wsman);
  return {
    resourceUri: resourceUriOf(envelope.header),
    ...present('shellId', shellId),
    ...present('maxElements', max && readCount(max)),
    optimize: find(enumerate, 'OptimizeEnumeration', NS.wsman) !== undefined,
    ...present('filterDialect', dialect === FILTER_DIALECT.selector ? undefined : dialect),
  };
}

export function encodePullRequest(context: RequestContext, request: PullRequest): string {
  const body = element(
    'n:Pull',
    {},
    leaf('n:EnumerationContext', request.context),
    leaf('n:MaxElements', request.maxElements?.toString()),
  );
  return writeRequest(context, ACTION.pull, { resourceUri: request.resourceUri }, body, ['n']);
}

export function decodePullRequest(envelope: Envelope): PullRequest {
  const pull = bodyElement(envelope, NS.enumeration, 'Pull');
  const max = find(pull, 'MaxElements', NS.enumeration);
  return {
    resourceUri: resourceUriOf(envelope.header),
    context: textOf(pull, 'EnumerationContext', NS.enumeration)?.trim() ?? '',
    ...present('maxElements', max && readCount(max)),
  };
}

export function encodeEnumerateResponse(context: ResponseContext, items: EnumerationItems): string {
  const content = writeItems(items);
  const body = element(
    'n:EnumerateResponse',
    {},
    leaf('n:EnumerationContext', items.context),
    content === '' ? '' : element('w:Items', {}, content),
    items.endOfSequence ? element('w:EndOfSequence') : '',
  );
  return writeResponse(context, responseAction(ACTION.enumerate), body, ['n']);
}

export function encodePullResponse(context: ResponseContext, items: EnumerationItems): string {
  const body = element(
    'n:PullResponse',
    {},
    items.endOfSequence ? '' : leaf('n:EnumerationContext', items.context),
    element('n:Items', {}, writeItems(items)),
    items.endOfSequence ? element('n:EndOfSequence') : '',
  );
  return writeResponse(context, responseAction(ACTION.pull), body, ['n']);
}

function writeItems(items: EnumerationItems): string {
  const commands = items.commands.map((command) =>
    element(
      'rsp:Command',
      {},
      leaf('rsp:ShellId', command.shellId),
      leaf('rsp:CommandId', command.commandId),
      leaf('rsp:State', command.state),
      leaf('rsp:CommandLine', command.commandLine),
    ),
  );
  return items.shells.map(writeShellDescription).join('') + commands.join('');
}

export function decodeEnumerateResponse(envelope: Envelope): EnumerationItems {
  return readItems(bodyElement(envelope, NS.enumeration, 'EnumerateResponse'), NS.wsman);
}

export function decodePullResponse(envelope: Envelope): EnumerationItems {
  return readItems(bodyElement(envelope, NS.enumeration, 'PullResponse'), NS.enumeration);
}

/** The items of an optimized Enumerate stand in WS-Management's namespace, those of a Pull in WS-Enumeration's (DSP0226 8.2.3). */
function readItems(response: XmlElement, namespace: string): EnumerationItems {
  const items = find(response, 'Items', namespace)?.children ?? [];
  return {
    context: textOf(response, 'EnumerationContext', NS.enumeration)?.trim() ?? '',
    shells: items.filter((item) => isElement(item, 'Shell', NS.shell)).map(readShellDescription),
    commands: items.filter((item) => isElement(item, 'Command', NS.shell)).map(readCommand),
    endOfSequence: findAll(response, 'EndOfSequence', namespace).length > 0,
  };
}

function readCommand(command: XmlElement): CommandDescription {
  const value = (name: string): string | undefined => textOf(command, name, NS.shell)?.trim();
  return {
    commandId: value('CommandId') ?? attributeOf(command, 'CommandId') ?? '',
    ...present('shellId', value('ShellId')),
    ...present('state', value('State')),
    ...present('commandLine', value('CommandLine')),
  };
}
