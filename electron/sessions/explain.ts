/**
 * Why a connection or a session failed, in words a person can act on. Classified by codes alone (ours, WSMan's, HTTP's), never by a message's
 * text: messages arrive in the server's language.
 */
import { isIP } from 'node:net';
import { ProtocolError } from '../protocol/errors.ts';
import { describeFault, WsmanFault } from '../protocol/wsman/faults.ts';
import { AppFailure, type AppError } from '../../shared/error.ts';
import type { PeerCertificate } from '../remoting/index.ts';
import type { ServerFacts } from './server-facts.ts';

/** The shape of the transport's errors and of WSMan faults, as far as explaining needs them. */
interface CodedError {
  readonly code: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly certificate?: PeerCertificate | undefined;
  readonly details?: string | undefined;
  readonly message: string;
}

type Words = Omit<AppError, 'details'>;

function fact(error: CodedError, name: string, otherwise: string): string {
  const value = error.facts?.[name];
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

export function explain(error: unknown, server: ServerFacts): AppError {
  if (error instanceof AppFailure) return error.error;
  if (error instanceof WsmanFault)
    return withDetails(explainFault(error.code, server), describeFault(error).slice(0, MOST_DETAILS));
  if (error instanceof ProtocolError) {
    return withDetails(
      {
        code: 'protocol.violation',
        title: `${server.name} sent something that PowerShell remoting does not allow`,
        why: 'The session was ended so that nothing is misread.',
        cure: { text: 'Open a new session. If it happens again, copy the diagnostics and report it.' },
      },
      `${error.code}: ${error.message}`,
    );
  }
  if (isCoded(error)) {
    const system = fact(error, 'systemCode', '');
    const details = [`${error.code}: ${error.message}`, system, error.details ?? '']
      .filter((line) => line !== '')
      .join('\n');
    return withDetails(explainTransport(error, server), details);
  }
  return withDetails(
    {
      code: 'session.failed',
      title: `The session on ${server.name} ended`,
      why: 'Something went wrong that PSDeck has no words for.',
      cure: { text: 'Open a new session. If it happens again, copy the diagnostics and report it.' },
    },
    error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : '',
  );
}

function explainTransport(error: CodedError, server: ServerFacts): Words {
  const where = `${server.address}:${String(server.port)}`;
  const words = TRANSPORT[error.code]?.(server, where, error);
  if (words)
    return {
      ...words,
      code: error.code,
      ...(error.certificate ? { certificate: shown(error.certificate) } : {}),
    };
  return {
    code: error.code,
    title: `The connection to ${server.name} failed`,
    cure: { text: 'Try again. The details below say what the network reported.' },
  };
}

const TRANSPORT: Readonly<
  Record<string, ((server: ServerFacts, where: string, error: CodedError) => Omit<Words, 'code'>) | undefined>
> = {
  'connect.name-not-found': (server) => ({
    title: `We can't find the name ${server.address}`,
    why: 'The name is misspelt, or this computer needs its full name with the DNS suffix.',
    cure: {
      text: 'Check the spelling, or try the full name or the address.',
      command: `Resolve-DnsName ${server.address}`,
    },
  }),
  'connect.refused': (_server, where) => ({
    title: `Reached the machine, but WinRM isn't listening at ${where}`,
    why: 'Remoting is off there, or it listens on another port.',
    cure: {
      text: 'Turn remoting on, in an elevated PowerShell on that machine; or check the port (5985 HTTP, 5986 HTTPS).',
      command: 'Enable-PSRemoting -Force',
    },
  }),
  'connect.timeout': (_server, where) => ({
    title: `No answer from ${where}`,
    why: 'A firewall drops the connection, or the machine is off. On a public network Windows lets in the same subnet only.',
    cure: {
      text: 'Allow WinRM through the firewall on that machine.',
      command: "Enable-NetFirewallRule -Name 'WINRM-HTTP-In-TCP*'",
    },
  }),
  'connect.unreachable': (_server, where) => ({
    title: `There is no way from here to ${where}`,
    why: 'This computer has no route to that network: it is offline, or a VPN is not connected.',
    cure: { text: 'Check the network or the VPN, then try again.' },
  }),
  'connect.reset': (server) => ({
    title: `The connection to ${server.name} was cut`,
    why: 'The other side, or something on the way, closed it: WinRM was restarted, the machine went down, or the port speaks something else.',
    cure: { text: 'Try again in a moment.' },
  }),
  'pool.state': (server) => ({
    title: `The session on ${server.name} is not open any more`,
    why: 'It was closed while something was still under way in it.',
    cure: { text: 'Open a new session.' },
  }),
  timeout: (server) => ({
    title: `${server.name} stopped answering`,
    why: 'The connection stood, but no answer came in the time that was agreed.',
    cure: { text: 'Check that the machine is up, then try again.' },
  }),
  'tls.untrusted': (server, _where, error) => ({
    title: `The certificate of ${server.name} isn't accepted`,
    why: error.certificate
      ? problemsOf(error.certificate)
      : 'It was not issued by an authority that this computer trusts.',
    cure: {
      text: 'Compare the fingerprint with the one on the server. If it is the same, trust it for this server only.',
    },
  }),
  'tls.changed': (server, _where, error) => ({
    title: `The certificate of ${server.name} has changed`,
    why: `You trusted ${fact(error, 'expected', 'another one')}; the server now shows ${error.certificate?.fingerprint ?? 'a different one'}. It was renewed, or somebody stands between you and the server. Nothing was sent.`,
    cure: { text: 'Ask who runs the server before you trust the new one.' },
  }),
  'tls.failed': (_server, where) => ({
    title: `${where} does not speak HTTPS`,
    why: 'Something answers there, but not with TLS. Plain WinRM listens on 5985, HTTPS on 5986.',
    cure: { text: 'Edit the server: check the port, or switch to HTTP if the server has no HTTPS listener.' },
  }),
  'signin.rejected': (server) => ({
    title: `${server.name} rejected the user name or the password`,
    why: 'A local account wants the name of the machine before it, a domain account its domain.',
    cure: {
      text: `Sign in again as DOMAIN\\user, or ${machineName(server.address)}\\user for a local account. Nothing is retried by itself, so that no account is locked.`,
    },
  }),
  'signin.no-common-scheme': (server, _where, error) => ({
    title: `${server.name} offers no way to sign in that PSDeck can use here`,
    why: `The server offers ${fact(error, 'offered', 'nothing')}; this connection is set to Basic.`,
    cure: {
      text: 'On the server, allow Basic over HTTPS.',
      command: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Basic $true',
    },
  }),
  'signin.plain-text': (server) => ({
    title: `Signing in to ${server.name} over HTTP would send the password readable`,
    why: 'Basic over plain HTTP is not encrypted. Nothing has been sent.',
    cure: { text: 'Use HTTPS, or allow it for this server alone under Edit server.' },
  }),
  'http.not-winrm': (_server, where) => ({
    title: `What answers at ${where} is not WinRM`,
    why: 'A web server or a proxy answered instead.',
    cure: { text: 'Check the port: WinRM listens on 5985 (HTTP) or 5986 (HTTPS), path /wsman.' },
  }),
  'http.proxy': (server) => ({
    title: `A proxy stands between you and ${server.name}`,
    why: 'It wants a sign-in of its own (HTTP 407).',
    cure: { text: 'Connect without the proxy, or ask for an exception for this address.' },
  }),
  'proxy.invalid': () => ({
    title: 'The address of the proxy is none',
    why: 'It must be that of an HTTP proxy, such as http://proxy.example:3128. SOCKS and HTTPS proxies are not spoken.',
    cure: { text: 'Edit the server: correct the proxy, or connect without one.' },
  }),
  'proxy.unreachable': (_server, _where, error) => ({
    title: `The proxy ${fact(error, 'proxy', '')} can't be reached`,
    why: 'Its name has no address, nothing listens there, or there is no way to it from this network.',
    cure: { text: 'Edit the server: check the proxy, or connect without one.' },
  }),
  'proxy.sign-in': (_server, _where, error) => ({
    title:
      error.facts?.['given'] === true
        ? `The proxy ${fact(error, 'proxy', '')} rejected its user name or password`
        : `The proxy ${fact(error, 'proxy', '')} wants a user name and a password`,
    why: 'This sign-in is the proxy’s own; the server was not reached.',
    cure: { text: 'Edit the server: give the proxy’s user name and password.' },
  }),
  'proxy.no-common-scheme': (_server, _where, error) => ({
    title: `The proxy ${fact(error, 'proxy', '')} offers no way to sign in that PSDeck can use`,
    why: `It offers ${fact(error, 'offered', 'nothing')}; PSDeck signs in to a proxy with Basic. No password was sent.`,
    cure: { text: 'Ask for an exception for this address, or for a proxy that takes Basic.' },
  }),
  'proxy.refused-target': (_server, where, error) => ({
    title: `The proxy ${fact(error, 'proxy', '')} doesn't connect to ${where}`,
    why:
      fact(error, 'status', '') === '403'
        ? 'It forbids it (HTTP 403): many proxies tunnel to port 443 alone.'
        : `It answers HTTP ${fact(error, 'status', 'error')}: as a rule, it could not reach the server either.`,
    cure: { text: 'Ask who runs the proxy to allow this server and port, or connect without it.' },
  }),
  'proxy.not-http': (_server, _where, error) => ({
    title: `What answers at ${fact(error, 'proxy', 'that address')} is no HTTP proxy`,
    why: 'It closed the connection, or answered in another language.',
    cure: { text: 'Edit the server: check the address and the port of the proxy.' },
  }),
  'http.redirect': (server, _where, error) => ({
    title: `${server.name} sends you to another address`,
    why: `It names ${fact(error, 'location', 'another address')}. PSDeck does not follow by itself: your password would go there.`,
    cure: { text: 'If that address is right, add it as a server.' },
  }),
  'http.status': (server, _where, error) => ({
    title: `${server.name} answered with HTTP ${fact(error, 'status', 'error')}`,
    why: 'The web service on that machine could not handle the request.',
    cure: {
      text: 'Try again in a moment; if it stays, restart WinRM there.',
      command: 'Restart-Service WinRM',
    },
  }),
  'http.too-large': (server) => ({
    title: `${server.name} sent more than a WinRM answer may hold`,
    why: 'An answer was larger than the limit that was agreed, so it was not read.',
    cure: { text: 'Open a new session.' },
  }),
};

/** WSMan fault codes with words of their own. Sources: [MS-WSMV] 2.2.4, winerror.h's ERROR_WSMAN_*, recorded faults. */
function explainFault(code: number | undefined, server: ServerFacts): Words {
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

/** Characters of a fault's own words that are kept: some screens full, and no more. */
const MOST_DETAILS = 4000;

/** As Windows knows the machine: the first label of a name; an address says nothing of it. */
function machineName(address: string): string {
  return isIP(address) === 0 ? (address.split('.')[0] ?? '').toUpperCase() || 'SERVER' : 'SERVER';
}

const PROBLEMS: Readonly<Record<string, string>> = {
  'self-signed': 'It is signed by itself, not by an authority',
  'unknown-issuer': 'It was issued by an authority that this computer does not trust',
  expired: 'It has expired',
  'not-yet-valid': 'It is not valid yet: compare the clocks of both computers',
  'wrong-name': 'It is for another name than the one you connect to',
  revoked: 'It was revoked',
};

function problemsOf(certificate: PeerCertificate): string {
  return `${certificate.problems.map((problem) => PROBLEMS[problem] ?? `It was refused (${problem})`).join('. ')}. Nothing was sent.`;
}

function shown(certificate: PeerCertificate): NonNullable<AppError['certificate']> {
  const { subject, issuer, validFrom, validTo, fingerprint } = certificate;
  return {
    subject,
    issuer,
    validFrom,
    validTo,
    fingerprint,
    names: [...certificate.names],
    problem: problemsOf(certificate),
  };
}

function withDetails(words: Words, details: string): AppError {
  return details === '' ? words : { ...words, details };
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
