/** What a WSMan fault means for a person. */
import { FAULT } from '../protocol/wsman/fault-codes.ts';
import { LEAST_IDLE_MS } from '../../shared/session.ts';
import type { Words } from './explain-words.ts';
import type { ServerFacts } from './server-facts.ts';
import { roundTime } from './session-words.ts';

/** WSMan fault codes with words of their own. Sources: [MS-WSMV] 2.2.4, winerror.h's ERROR_WSMAN_*, recorded faults. */
export function explainFault(code: number | undefined, server: ServerFacts, said = ''): Words {
  switch (code) {
    case 5:
      return {
        code: 'fault.access-denied',
        title: `Signed in, but not allowed to use ${server.configuration} on ${server.name}`,
        why: 'The account is neither an administrator there nor in Remote Management Users, or the endpoint allows others only. A local administrator may be filtered by LocalAccountTokenFilterPolicy.',
        cure: {
          text: 'Add the account to the group, in an elevated PowerShell on the server.',
          command: `Add-LocalGroupMember -Group 'Remote Management Users' -Member ${server.userName === '' ? 'USER' : server.userName}`,
        },
      };
    case 2150858811:
    case 2150859003:
      return {
        code: 'fault.no-configuration',
        title: `${server.name} has no session configuration named ${server.configuration}`,
        why: 'It was never registered there, or under another name.',
        cure: {
          text: 'List them on the server; Enable-PSRemoting registers those of the PowerShell it is run in.',
          command: 'Get-PSSessionConfiguration',
        },
      };
    case 2150859027:
      return {
        code: 'fault.not-winrm',
        title: `${server.name} has no WinRM at that path`,
        cure: { text: 'The path is /wsman unless it was changed there.' },
      };
    case 2150858843:
      return {
        code: 'fault.shell-gone',
        title: `The session on ${server.name} is gone`,
        why: 'It expired, was removed, or the process behind it ended.',
        cure: { text: 'Open a new session.' },
      };
    case 2150859213:
      return {
        code: 'fault.in-use',
        title: 'Another client uses that session',
        cure: { text: 'Disconnect it there first.' },
      };
    case 2150859161:
      return {
        code: 'fault.redirect',
        title: `${server.name} sends you to another address`,
        cure: { text: 'If the address in the details is right, add it as a server.' },
      };
    case 995:
      return {
        code: 'fault.ended-there',
        title: `The session was ended on ${server.name}`,
        why: 'It was removed there, its process ended, or WinRM was restarted.',
        cure: { text: 'Open a new session.' },
      };
    default:
      if (code === undefined) {
        return {
          code: 'fault.unknown',
          title: `${server.name} refused`,
          cure: { text: 'The details say why, in the language of the server.' },
        };
      }
      if (code === FAULT.idleTimeoutOutOfBounds.code) return idleTimeout(server, said);
      if ((code >= 2150859173 && code <= 2150859179) || (code >= 2150859236 && code <= 2150859242)) {
        return quota(code, server, said);
      }
      return {
        code: `fault.${String(code)}`,
        title: `${server.name} refused`,
        why: `WSMan fault ${String(code)}. The server's own words are in the details.`,
        cure: { text: 'The details say why, in the language of the server.' },
      };
  }
}

/** What is limited, by the fault; the number is in the server's words, in every language the same. */
function quota(code: number, server: ServerFacts, said: string): Words {
  const limit = numbersIn(said)[0];
  const allows = limit === undefined ? '' : `: it allows ${String(limit)}`;
  const commands = code === FAULT.quotaMaxCommands.code;
  const shells = code === FAULT.quotaMaxShells.code || code === FAULT.quotaMaxShellsPlugin.code;
  return {
    code: 'fault.quota',
    title: shells
      ? `Too many sessions of yours on ${server.name}${allows}`
      : commands
        ? `Too many commands in one session on ${server.name}${allows}`
        : `Too many sessions or commands of yours on ${server.name}${allows}`,
    why: shells
      ? 'Those count that other computers and tools left there, also disconnected ones.'
      : 'The server limits how many shells and operations one user may have.',
    cure: {
      text: 'Remove those you no longer need: “On the server” lists them all, the stale ones to be chosen at once. The limits are listed by the command.',
      command: 'Get-ChildItem WSMan:\\localhost\\Shell',
    },
  };
}

function idleTimeout(server: ServerFacts, said: string): Words {
  const bounds = numbersIn(said).filter((ms) => ms >= LEAST_IDLE_MS);
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  return {
    code: 'fault.idle-timeout',
    title: `${server.name} does not keep a session for as long as that`,
    why:
      bounds.length > 1 && least < most
        ? `It takes an idle timeout from ${roundTime(least)} to ${roundTime(most)}.`
        : 'The idle timeout is outside of what it allows; its own words are in the details.',
    cure: {
      text: 'Choose another time, or none for the server’s own. An administrator sets the most by the command.',
      command: 'Set-Item WSMan:\\localhost\\Shell\\IdleTimeout 7200000',
    },
  };
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d{1,15}/g)].map(([digits]) => Number(digits));
}
