/** What went wrong, in words a person can act on. By codes alone, never by a message's text: that comes in the server's language. */
import { ProtocolError, UsageError } from '../protocol/errors.ts';
import { describeFault, WsmanFault } from '../protocol/wsman/faults.ts';
import type { ServerOptions } from './options.ts';
import { EXIT, Problem } from './problem.ts';
import { listed, SIGN_IN, type Coded, type Words } from './explain-sign-in.ts';
import type { PeerCertificate } from '../remoting/index.ts';

export function explain(error: unknown, server: ServerOptions | undefined): Problem {
  if (error instanceof Problem) return error;
  const name = server?.server ?? 'the server';
  if (error instanceof WsmanFault) {
    const { title, ...more } = faultWords(error.code, name, server);
    return new Problem(error.code === undefined ? 'fault' : `fault.${String(error.code)}`, title, {
      exit: EXIT.connection,
      ...more,
      details: describeFault(error),
    });
  }
  if (error instanceof ProtocolError) {
    return new Problem(error.code, `${name} sent something that PowerShell remoting does not allow.`, {
      exit: EXIT.connection,
      why: 'The session was ended so that nothing is misread.',
      details: error.message,
    });
  }
  if (error instanceof UsageError) return new Problem(error.code, error.message);
  if (isCoded(error) && server !== undefined) {
    const words = (SIGN_IN[error.code] ?? TRANSPORT[error.code])?.(server, error) ?? {
      title: `The connection to ${name} failed.`,
    };
    const { title, ...more } = words;
    return new Problem(error.code, title, {
      exit: EXIT.connection,
      ...more,
      details: [
        error.message,
        ...factLines(error),
        error.details ?? '',
        ...certificateLines(error.certificate),
      ]
        .filter((line) => line !== '')
        .join('\n'),
    });
  }
  return new Problem('unexpected', 'Something went wrong that PSDeck has no words for.', {
    details: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  });
}

const TRANSPORT: Readonly<Record<string, ((server: ServerOptions, error: Coded) => Words) | undefined>> = {
  'connect.name-not-found': ({ server }) => ({
    title: `The name ${server} has no address.`,
    why: 'It is misspelt, or this computer needs the full name with the DNS suffix.',
    cure: 'Check the spelling, or give the full name or the address.',
  }),
  'connect.refused': (server) => ({
    title: `${where(server)} refuses the connection.`,
    why: 'The machine answers, but WinRM is off there or listens on another port.',
    cure: 'Run Enable-PSRemoting -Force there, or give another --port (5985 HTTP, 5986 HTTPS).',
  }),
  'connect.timeout': (server) => ({
    title: `No answer from ${where(server)}.`,
    why: 'A firewall drops the connection, or the machine is off.',
    cure: 'Allow WinRM through the firewall there, or check --port; --timeout waits longer.',
  }),
  'connect.unreachable': ({ server }) => ({
    title: `There is no way from here to ${server}.`,
    why: 'This computer has no route to that network: it is offline, or a VPN is not connected.',
  }),
  'tls.old': ({ server }) => ({
    title: `${server} only speaks TLS 1.0 or 1.1, which is not safe any more.`,
    cure: 'Turn TLS 1.2 on there.',
  }),
  'tls.authority': () => ({
    title: 'The authority of --ca is no certificate.',
    cure: 'Give a .cer, .crt or .pem file.',
  }),
  'connect.reset': ({ server }) => ({
    title: `The connection to ${server} was cut.`,
    why: 'WinRM was restarted, the machine went down, or the port speaks something else.',
    cure: 'Try again in a moment; --http and --https choose what is spoken.',
  }),
  timeout: ({ server }) => ({
    title: `${server} stopped answering.`,
    why: 'The connection stood, but no answer came in time.',
  }),
  'tls.untrusted': ({ server }, { certificate }) => ({
    title: `The certificate of ${server} is not accepted. Nothing was sent.`,
    why:
      certificate === undefined
        ? 'No authority that this computer trusts has issued it.'
        : certificate.problems
            .map((problem) => CERTIFICATE[problem] ?? `It was refused: ${problem}.`)
            .join(' '),
    cure:
      certificate === undefined
        ? 'Give its authority with --ca FILE.'
        : `Give its authority with --ca FILE; or compare with the server and add --fingerprint ${certificate.fingerprint}`,
  }),
  'tls.changed': ({ server }, { certificate }) => ({
    title: `The certificate of ${server} is not the one of --fingerprint. Nothing was sent.`,
    why: `It was renewed, or somebody stands between. It is ${certificate?.fingerprint ?? 'another'} now.`,
    cure: 'Ask who runs the server before you trust the new one.',
  }),
  'tls.failed': (server) => ({
    title: `${where(server)} does not speak HTTPS.`,
    cure: 'Check --port (HTTPS is 5986), or use --http.',
  }),
  'http.not-winrm': (server) => ({
    title: `What answers at ${where(server)} is not WinRM.`,
    cure: 'Check --port: 5985 (HTTP) or 5986 (HTTPS).',
  }),
  'http.proxy': ({ server }) => ({
    title: `A proxy stands before ${server} and wants a sign-in of its own.`,
    cure: 'Connect without the proxy, or ask for an exception for this address.',
  }),
  'proxy.invalid': () => ({
    title: 'The address of the proxy is none.',
    why: 'It must be that of an HTTP proxy, such as http://proxy.example:3128; SOCKS and HTTPS proxies are not spoken.',
  }),
  'proxy.unreachable': (_server, { facts }) => ({
    title: `The proxy ${listed(facts?.['proxy'])} cannot be reached.`,
    cure: 'Check its address, or connect without it.',
  }),
  'proxy.sign-in': (_server, { facts }) => ({
    title:
      facts?.['given'] === true
        ? `The proxy ${listed(facts['proxy'])} rejected its user name or password.`
        : `The proxy ${listed(facts?.['proxy'])} wants a user name and a password.`,
    why: 'This sign-in is the proxy’s own; the server was not reached.',
  }),
  'proxy.no-common-scheme': (_server, { facts }) => ({
    title: `The proxy ${listed(facts?.['proxy'])} offers no way to sign in that PSDeck knows.`,
    why: `It offers ${listed(facts?.['offered'])}; PSDeck signs in to a proxy with Basic. No password was sent.`,
    cure: 'Ask for an exception for this address.',
  }),
  'proxy.refused-target': (server, { facts }) => ({
    title: `The proxy ${listed(facts?.['proxy'])} does not connect to ${where(server)}.`,
    why: `It answers HTTP ${listed(facts?.['status'])}: it forbids that address or port, or cannot reach it.`,
    cure: 'Ask who runs the proxy, or connect without it.',
  }),
  'proxy.not-http': (_server, { facts }) => ({
    title: `What answers at ${listed(facts?.['proxy'])} is no HTTP proxy.`,
  }),
  'http.redirect': ({ server }, { facts }) => ({
    title: `${server} sends you to ${listed(facts?.['location'])}.`,
    why: 'That is not followed: your password would go there.',
    cure: 'If that address is right, give it with --server.',
  }),
  'http.status': (target, { facts }) =>
    facts?.['status'] === 400
      ? {
          title: `${target.server} answered with HTTP 400, Bad Request.`,
          why: `Its web service does not know itself as ${where(target)}, because a port forwarder or a load balancer stands before it; or your Kerberos ticket is larger than it reads (MaxFieldLength).`,
          cure: 'Connect by the name and the port that WinRM listens on there.',
        }
      : {
          title: `${target.server} answered with HTTP ${listed(facts?.['status'])}.`,
          why: 'The web service there could not handle the request.',
          cure: 'Try again in a moment; if it stays, Restart-Service WinRM there.',
        },
  'http.too-large': ({ server }) => ({
    title: `${server} sent more than a WinRM answer may hold.`,
  }),
};

const CERTIFICATE: Readonly<Record<string, string>> = {
  'self-signed': 'It is signed by itself, not by an authority.',
  'unknown-issuer': 'It was issued by an authority that this computer does not trust.',
  expired: 'It has expired.',
  'not-yet-valid': 'It is not valid yet: compare the clocks of both computers.',
  'wrong-name': 'It is for another name than the one you connect to.',
  revoked: 'It was revoked.',
  'revocation-unknown': 'Whether it was revoked cannot be found out.',
  'incomplete-chain': 'The server leaves out the certificates between it and its authority.',
  'wrong-purpose': 'It is not made for servers.',
  weak: 'It is signed or keyed too weakly to prove anything.',
};

/** [MS-WSMV] 2.2.4.43; the codes are ERROR_WSMAN_* of winerror.h. */
function faultWords(code: number | undefined, name: string, server: ServerOptions | undefined): Words {
  const configuration = server?.configuration ?? 'Microsoft.PowerShell';
  switch (code) {
    case 5:
      return {
        title: `Signed in to ${name}, but access is denied.`,
        why: 'The account is neither an administrator there nor in Remote Management Users, or the endpoint allows others only.',
        cure: "Add it there: Add-LocalGroupMember -Group 'Remote Management Users' -Member USER",
      };
    case 2150858811:
    case 2150859003:
      return {
        title: `${name} has no session configuration named ${configuration}.`,
        cure: 'Get-PSSessionConfiguration lists them there.',
      };
    case 2150858843:
      return {
        title: `${name} has no such shell.`,
        why: 'It expired, was removed, or the process behind it ended.',
        cure: 'psdeck shells lists those that are there.',
      };
    case 995:
      return {
        title: `The session was ended on ${name}.`,
        why: 'It was removed there, its process ended, or WinRM was restarted.',
        cure: 'Try again.',
      };
    default:
      if (
        code !== undefined &&
        ((code >= 2150859173 && code <= 2150859179) || (code >= 2150859236 && code <= 2150859242))
      ) {
        return {
          title: `Too many sessions or commands of yours on ${name}.`,
          cure: 'psdeck shells lists the sessions, --remove ID ends one.',
        };
      }
      return { title: `${name} refused.`, why: 'The server says why in the details, in its own language.' };
  }
}

/** What was found on the way, for who reads raw faults. None of it is secret. */
function factLines({ facts = {} }: Coded): string[] {
  return Object.entries(facts)
    .filter(([name]) => name !== 'host' && name !== 'port')
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
}

function certificateLines(certificate: PeerCertificate | undefined): string[] {
  if (certificate === undefined) return [];
  const { subject, issuer, names, validFrom, validTo, fingerprint } = certificate;
  return [
    `Subject: ${subject}`,
    `Names: ${names.join(', ')}`,
    `Issuer: ${issuer}`,
    `Valid: ${validFrom} to ${validTo}`,
    `SHA-256: ${fingerprint}`,
  ];
}

function where({ server, port, https }: ServerOptions): string {
  return `${server.includes(':') ? `[${server}]` : server}:${String(port ?? (https ? 5986 : 5985))}`;
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
