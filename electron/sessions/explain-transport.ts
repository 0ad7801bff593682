/** What it means for a person that a server cannot be reached, or that something else answers. */
import type { AppError } from '../../shared/error.ts';
import type { PeerCertificate } from '../remoting/index.ts';
import { fact, type CodedError, type Explanation } from './explain-words.ts';

function theProxy(error: CodedError): string {
  return `The proxy ${fact(error, 'proxy', '')}`.trim();
}

export const TRANSPORT: Readonly<Record<string, Explanation | undefined>> = {
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
  'tls.old': (server) => ({
    title: `${server.name} only speaks a TLS that is not safe any more`,
    why: 'It offers TLS 1.0 or 1.1 at most; PSDeck takes 1.2 and 1.3.',
    cure: { text: 'Turn TLS 1.2 on there: Windows Server 2012 R2 and older have it, but may have it off.' },
  }),
  'tls.authority': (server) => ({
    title: `An authority that is to be trusted for ${server.name} is no certificate`,
    why: 'The file does not hold a certificate in PEM form.',
    cure: { text: 'Export the authority’s certificate as Base-64 (PEM).' },
  }),
  'connect.reset': (server) => ({
    title: `The connection to ${server.name} was cut`,
    why: 'The other side, or something on the way, closed it: WinRM was restarted, the machine went down, or the port speaks something else.',
    cure: { text: 'Try again in a moment.' },
  }),
  'send.uncertain': (server) => ({
    title: `The connection to ${server.name} failed while input for a command was sent, and the command was given up`,
    why: 'Nobody can say whether the input arrived. Sent again it might be there twice, so it was not.',
    cure: { text: 'Look at what the command has done, and run it again for the rest. The session goes on.' },
  }),
  'pipeline.output-lost': (server) => ({
    title: `The end of the output was lost on the way from ${server.name}`,
    why: 'The server has handed it out, and keeps no copy. Whether the command succeeded is not known.',
    cure: { text: 'Look at what the command has done. The session goes on.' },
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
    cure: { text: 'Correct it where the server, or the session, has it; or connect without one.' },
  }),
  'proxy.unreachable': (_server, _where, error) => ({
    title: `${theProxy(error)} can't be reached`,
    why: 'Its name has no address, nothing listens there, or there is no way to it from this network.',
    cure: { text: 'Check it where the server, or the session, has it; or connect without one.' },
  }),
  'proxy.sign-in': (_server, _where, error) => ({
    title:
      error.facts?.['given'] === true
        ? `${theProxy(error)} rejected its user name or password`
        : `${theProxy(error)} wants a user name and a password`,
    why: 'This sign-in is the proxy’s own; the server was not reached.',
    cure: { text: 'Type the proxy’s user name and password.' },
  }),
  'proxy.no-common-scheme': (_server, _where, error) => ({
    title: `${theProxy(error)} offers no way to sign in that PSDeck can use`,
    why: `It offers ${fact(error, 'offered', 'nothing')}; PSDeck signs in to a proxy with Basic. No password was sent.`,
    cure: { text: 'Ask for an exception for this address, or for a proxy that takes Basic.' },
  }),
  'proxy.refused-target': (_server, where, error) => ({
    title: `${theProxy(error)} doesn't connect to ${where}`,
    why:
      fact(error, 'status', '') === '403'
        ? 'It forbids it (HTTP 403): many proxies tunnel to port 443 alone.'
        : `It answers HTTP ${fact(error, 'status', 'error')}: as a rule, it could not reach the server either.`,
    cure: { text: 'Ask who runs the proxy to allow this server and port, or connect without it.' },
  }),
  'proxy.not-http': (_server, _where, error) => ({
    title: `What answers at ${fact(error, 'proxy', 'that address')} is no HTTP proxy`,
    why: 'It closed the connection, or answered in another language.',
    cure: { text: 'Check the address and the port of the proxy, of the server or of the session.' },
  }),
  'http.redirect': (server, _where, error) => ({
    title: `${server.name} sends you to another address`,
    why: `It names ${fact(error, 'location', 'another address')}. PSDeck does not follow by itself: your password would go there.`,
    cure: { text: 'If that address is right, add it as a server.' },
  }),
  'http.status': (server, where, error) =>
    fact(error, 'status', '') === '400'
      ? {
          title: `${server.name} answered with HTTP 400, Bad Request`,
          why: `Its web service does not know itself as ${where}, because a port forwarder or a load balancer stands before it; or your Kerberos ticket is larger than it reads (MaxFieldLength).`,
          cure: {
            text: 'Connect by the name and the port that WinRM listens on there; or let HTTP.sys read larger headers.',
            command: 'netsh http show iplisten; netsh http show urlacl',
          },
        }
      : {
          title: `${server.name} answered with HTTP ${fact(error, 'status', 'error')}`,
          why: 'The web service on that machine could not handle the request.',
          cure: {
            text: 'Try again in a moment; if it stays, restart WinRM there.',
            command: 'Restart-Service WinRM',
          },
        },
  'http.too-large': (server) => ({
    title: `${server.name} sent more than a WinRM answer may hold`,
    why: 'An answer was larger than the limit that was agreed, so it was not read.',
    cure: { text: 'Open a new session.' },
  }),
};

const PROBLEMS: Readonly<Record<string, string>> = {
  'self-signed': 'It is signed by itself, not by an authority',
  'unknown-issuer': 'It was issued by an authority that this computer does not trust',
  expired: 'It has expired',
  'not-yet-valid': 'It is not valid yet: compare the clocks of both computers',
  'wrong-name': 'It is for another name than the one you connect to',
  revoked: 'It was revoked',
  'revocation-unknown': 'Whether it was revoked can’t be found out',
  'incomplete-chain': 'The server leaves out the certificates between it and its authority',
  'wrong-purpose': 'It is not made for servers',
  weak: 'It is signed or keyed too weakly to prove anything',
};

function problemsOf(certificate: PeerCertificate): string {
  if (certificate.problems.length === 0)
    return 'It would be accepted, but is not the one you trusted. Nothing was sent.';
  return `${certificate.problems.map((problem) => PROBLEMS[problem] ?? `It was refused (${problem})`).join('. ')}. Nothing was sent.`;
}

export function shown(certificate: PeerCertificate): NonNullable<AppError['certificate']> {
  const { subject, issuer, validFrom, validTo, fingerprint } = certificate;
  return {
    subject,
    issuer,
    validFrom,
    validTo,
    fingerprint,
    names: [...certificate.names],
    problems: [...certificate.problems],
    problem: problemsOf(certificate),
  };
}
