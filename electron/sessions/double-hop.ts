/**
 * The double hop: a server that somebody signed in to by a proof cannot go on to a third machine as them, because it was given nothing to
 * prove it with there. Windows says "Access is denied" or "A specified logon session does not exist" at the third machine, which sends people
 * looking in the wrong place. Told by codes and types alone: messages come in the server's language.
 */
import type { ErrorRecord } from '../protocol/psrp/error-record.ts';
import { PsObject } from '../protocol/clixml/value.ts';
import type { AppError } from '../../shared/error.ts';
import { machineName } from './explain-words.ts';
import type { ServerFacts } from './server-facts.ts';

export interface SecondHop {
  /** The machine that refused. */
  readonly machine: string;
  readonly way: 'share' | 'remoting';
  /** `\\machine\share`, where it is one. */
  readonly share?: string;
}

/** HRESULT_FROM_WIN32 of ERROR_ACCESS_DENIED and ERROR_NO_SUCH_LOGON_SESSION, and SEC_E_NO_CREDENTIALS (winerror.h). */
const DENIED = new Set([0x80070005, 0x80070520, 0x8009030e]);

/**
 * What stands before `,PSSessionOpenFailed` where a session inside a session is refused: `AccessDenied`, or the client's error:
 * ERROR_ACCESS_DENIED, ERROR_NO_SUCH_LOGON_SESSION, and 0x8033809D, which wraps SEC_E_NO_CREDENTIALS and its like.
 */
const OPEN_FAILED = /^(?:AccessDenied|5|1312|-2144108387),PSSession(?:OpenFailed|StateBroken)/;

/** A path on another machine, with the provider before it where PowerShell writes that. What it names is shown: no control characters. */
const UNC = /(?:^|::)\\\\([\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254})\\([^\\/\p{Cc}]{1,80})/u;

/** Which machine refused, if it is a second hop that an error tells of. */
export function secondHop(record: ErrorRecord, server: ServerFacts): SecondHop | undefined {
  const { fullyQualifiedErrorId = '', category, exceptionType = '' } = record;
  if (OPEN_FAILED.test(fullyQualifiedErrorId)) {
    const machine = machineOf(record);
    return machine === undefined || isItself(machine, server) ? undefined : { machine, way: 'remoting' };
  }
  const denied =
    category.name === 'PermissionDenied' ||
    /(?:^|\.)UnauthorizedAccessException$/.test(exceptionType) ||
    DENIED.has(hresultOf(record));
  if (!denied) return undefined;
  const [, machine, name] = UNC.exec(targetOf(record) ?? '') ?? [];
  if (machine === undefined || name === undefined || isItself(machine, server)) return undefined;
  return { machine, way: 'share', share: `\\\\${machine}\\${name}` };
}

/** Whether what the server was given can be used elsewhere: then a refusal there is something else. */
export function canHopOn(server: ServerFacts): boolean {
  return server.auth === 'credssp' || server.auth === 'basic';
}

/** What it is and the ways on, the one that gives least away first. */
export function explainDoubleHop(hop: SecondHop, server: ServerFacts): AppError {
  const here = machineName(server.address);
  const there = machineName(hop.machine);
  return {
    code: 'session.double-hop',
    title: `${server.name} may not go on to ${hop.machine} as you`,
    why: `Your sign-in stops at ${server.name}: it saw a proof of who you are, and has nothing to prove it with elsewhere. This is called the double hop; ${hop.machine} may well let you in from here.`,
    cure: {
      text: 'Best, and once for all: let a domain administrator allow it (resource-based Kerberos delegation). PSDeck then has to sign in with Kerberos.',
      command: `Set-ADComputer ${there} -PrincipalsAllowedToDelegateToAccount (Get-ADComputer ${here})`,
    },
  };
}

/** As lines for a page: what happened, then each way on with its command. */
export function doubleHopLines(hop: SecondHop, server: ServerFacts): string[] {
  const { title, why = '', cure } = explainDoubleHop(hop, server);
  const pass =
    hop.way === 'share'
      ? `New-PSDrive S FileSystem ${hop.share ?? ''} -Credential (Get-Credential)`
      : `Invoke-Command ${hop.machine} -Credential (Get-Credential) { … }`;
  return [
    `${title}. ${why}`,
    `  1. ${cure?.text ?? ''}`,
    `     ${cure?.command ?? ''}`,
    '  2. Pass a credential along, for this command alone:',
    `     ${pass}`,
    `  3. If the domain trusts ${server.name} for delegation: Edit server, “Let the server act for you elsewhere”.`,
    `  4. CredSSP, under Edit server: ${server.name} then gets your password. It has to be turned on there:`,
    '     Enable-WSManCredSSP -Role Server -Force',
  ];
}

function targetOf(record: ErrorRecord): string | undefined {
  const object = record.raw.get('TargetObject');
  if (typeof object === 'string') return object;
  return (object instanceof PsObject ? object.text : undefined) ?? record.category.targetName;
}

/** The machine a remoting command was for: its error carries it as the origin, or as what it was done to. */
function machineOf(record: ErrorRecord): string | undefined {
  const target = targetOf(record)?.trim();
  return target === undefined || !/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254}$/u.test(target) ? undefined : target;
}

function hresultOf(record: ErrorRecord): number {
  const exception = record.raw.get('Exception');
  const code = exception instanceof PsObject ? exception.get('HResult') : undefined;
  return typeof code === 'number' ? code >>> 0 : 0;
}

/** A server's own shares and sessions are no hop. */
function isItself(machine: string, server: ServerFacts): boolean {
  const wanted = machine.toLowerCase();
  return (
    ['localhost', '127.0.0.1', '::1', server.address.toLowerCase()].includes(wanted) ||
    (!/^[\d.]+$/.test(wanted) && firstLabel(wanted) === firstLabel(server.address))
  );
}

function firstLabel(name: string): string {
  return name.toLowerCase().split('.')[0] ?? '';
}
