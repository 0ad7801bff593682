/** What a WSMan fault means for a person. */
import type { Words } from './explain-words.ts';
import type { ServerFacts } from './server-facts.ts';

/** WSMan fault codes with words of their own. Sources: [MS-WSMV] 2.2.4, winerror.h's ERROR_WSMAN_*, recorded faults. */
export function explainFault(code: number | undefined, server: ServerFacts): Words {
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
        code: 'fault.winrm-restarted',
        title: `WinRM on ${server.name} was restarted`,
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
      if ((code >= 2150859173 && code <= 2150859179) || (code >= 2150859236 && code <= 2150859242)) {
        return {
          code: 'fault.quota',
          title: `Too many sessions or commands of yours on ${server.name}`,
          why: 'The server limits how many shells and operations one user may have.',
          cure: {
            text: 'Remove those you no longer need; the limits are listed by the command.',
            command: 'Get-ChildItem WSMan:\\localhost\\Shell',
          },
        };
      }
      return {
        code: `fault.${String(code)}`,
        title: `${server.name} refused`,
        why: `WSMan fault ${String(code)}. The server's own words are in the details.`,
        cure: { text: 'The details say why, in the language of the server.' },
      };
  }
}
