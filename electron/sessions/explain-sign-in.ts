/** What it means for a person that signing in does not work: theirs, the server's or the domain's doing, and what to change on which side. */
import type { AuthChoice } from '../../shared/server.ts';
import { fact, machineName, type CodedError, type Explanation, type Words } from './explain-words.ts';
import type { ServerFacts } from './server-facts.ts';

type Saying = Omit<Words, 'code'> & { readonly code?: string };

const NAMES: Readonly<Record<AuthChoice, string>> = {
  negotiate: 'Negotiate',
  kerberos: 'Kerberos',
  ntlm: 'NTLM',
  basic: 'Basic',
  credssp: 'CredSSP',
  certificate: 'certificates',
};

export const SIGN_IN: Readonly<Record<string, Explanation | undefined>> = {
  'signin.rejected': (server, _where, error) => rejected(server, error),
  'kerberos.wrong-password': (server, _where, error) => rejected(server, error),
  'signin.no-common-scheme': (server, _where, error) => noCommonScheme(server, error),
  'signin.no-mechanism': (server, _where, error) => noCommonScheme(server, error),
  'signin.plain-text': (server) => ({
    title: `Signing in to ${server.name} over HTTP would send the password readable`,
    why: 'Basic over plain HTTP is not encrypted: everyone on the way can read the password, and all that you do there. Nothing has been sent.',
    cure: { text: 'Use HTTPS, or sign in with Negotiate: its messages are encrypted over HTTP, too.' },
  }),
  'signin.ntlm-over-http': (server, _where, error) => ({
    title: `NTLM over HTTP does not prove that this is ${server.name}`,
    why: `What you do there is encrypted, and the password does not cross the network. But who answers in its place could pass your sign-in on, or try out passwords on it. ${noKerberos(error)}Nothing has been sent.`,
    cure: { text: 'Better: HTTPS, or Kerberos by the full name of the server in its domain.' },
  }),
  'signin.forbidden': (server, _where, error) => ({
    title: `${server.name} may not be signed in to with NTLM`,
    why: `It is set so here. ${noKerberos(error)}Nothing has been sent.`.replace('  ', ' '),
    cure: {
      text: 'Make Kerberos possible: the full name of the server as its address, and a ticket or a password of its domain. Or edit the server and allow NTLM.',
    },
  }),
  'signin.user-name': (server) => ({
    title: 'Basic takes no user name with a colon in it',
    why: 'The colon is where the password begins.',
    cure: { text: `Check the name, or edit ${server.name} and sign in with Negotiate.` },
  }),
  'signin.no-credentials': (server, _where, error) => required(server, error),
  'kerberos.no-credentials': (server, _where, error) => required(server, error),
  'signin.not-encrypted': (server) => ({
    title: `${server.name} would have the session go on unencrypted`,
    why: 'Over HTTP every message is encrypted with the key of the sign-in; the server does not agree, so nothing more was sent.',
    cure: {
      text: 'Use HTTPS, or have the server insist on encryption, too.',
      command: 'Set-Item WSMan:\\localhost\\Service\\AllowUnencrypted $false',
    },
  }),
  'signin.server-not-proved': (server) => ({
    title: `${server.name} could not prove that it is ${server.name}`,
    why: 'Its half of the sign-in does not hold: it does not know what only the real server can know, or somebody stands in between and changed it.',
    cure: {
      text: 'Don’t try again on this network before you know why. Ask who runs the server; a proxy that opens TLS is the harmless cause.',
    },
  }),
  'ntlm.weak': (server) => ({
    title: `${server.name} can only do an NTLM that is not safe`,
    why: 'It knows no extended session security, no 128-bit keys or no encryption: NTLM as it was before Windows 2000 SP4.',
    cure: { text: 'Use Kerberos or HTTPS with another way to sign in; or bring the server up to date.' },
  }),

  'kerberos.unavailable': (server) => ({
    title: 'Kerberos is not available on this computer',
    why: 'The system’s Kerberos library is missing or cannot be loaded.',
    cure: {
      text:
        process.platform === 'linux'
          ? `Install it, or edit ${server.name} and sign in with Negotiate, which then goes on with NTLM. On Debian and Ubuntu:`
          : `Edit ${server.name} and sign in with Negotiate, which then goes on with NTLM.`,
      ...(process.platform === 'linux' ? { command: 'sudo apt install libgssapi-krb5-2 krb5-user' } : {}),
    },
  }),
  'kerberos.unknown-service': (server, _where, error) => ({
    title: `The domain knows no service ${fact(error, 'principal', `HTTP/${server.address}`)}`,
    why: 'Kerberos goes by the name that the server is registered with: an IP address, an alias or a short name is not enough.',
    cure: {
      text: `Use the full name of the server, or set the SPN host under Edit server. To register another name, as a domain administrator:`,
      command: `setspn -S HTTP/${server.address} ${machineName(server.address)}`,
    },
  }),
  'kerberos.no-kdc': (server, _where, error) => ({
    title: 'No domain controller can be found to get a Kerberos ticket from',
    why: `The domain ${fact(error, 'realm', 'of the user name')} has none that answers from here: the VPN is off, the DNS server is another network’s, or the name is misspelt.`,
    cure: {
      text: `Check the user name and the network; ${server.name} itself was not asked.`,
      command:
        process.platform === 'win32'
          ? 'nltest /dsgetdc:DOMAIN'
          : `host -t SRV _kerberos._tcp.${fact(error, 'realm', 'DOMAIN').toLowerCase()}`,
    },
  }),
  'kerberos.expired': (server, _where, error) =>
    REASONS[fact(error, 'reason', '')]?.(server) ?? {
      title: 'Your Kerberos ticket has expired',
      why: 'Tickets last ten hours as a rule.',
      cure:
        process.platform === 'win32'
          ? {
              text: 'Lock this computer and unlock it with your password: that gets a new one. Then try again.',
            }
          : { text: 'Get a new one and try again; or sign in with a password.', command: 'kinit' },
    },
  'kerberos.clock-skew': (server) => ({
    title: `The clocks of this computer and of the domain of ${server.name} are too far apart`,
    why: 'Kerberos allows five minutes.',
    cure: {
      text: 'Set the clock, then try again.',
      command: process.platform === 'win32' ? 'w32tm /resync' : 'timedatectl set-ntp true',
    },
  }),
  'kerberos.failed': (server, _where, error) =>
    REASONS[fact(error, 'reason', '')]?.(server) ?? {
      title: `Kerberos could not sign you in to ${server.name}`,
      why: 'The Kerberos library gives a reason that PSDeck has no words for; it stands in the details.',
      cure: { text: 'Check that a ticket for it can be had:', command: ticketCommand(server) },
    },

  'credssp.tls': (server) => ({
    title: `${server.name} and PSDeck agree on no TLS for CredSSP`,
    why: 'CredSSP hands the password over inside a TLS connection of its own. PSDeck takes TLS 1.2 and 1.3.',
    cure: { text: 'Turn TLS 1.2 on there, or sign in with Kerberos and delegation instead.' },
  }),
  'credssp.version': (server, _where, error) => ({
    title: `${server.name} only knows an older, unsafe CredSSP`,
    why: `It speaks version ${fact(error, 'version', 'below 5')}; before version 5 whoever stands between can misuse the sign-in (CVE-2018-0886). The password was not sent.`,
    cure: {
      text: 'Install the security update of May 2018 there; or accept older versions under Edit server.',
    },
  }),
  'credssp.refused': (server, _where, error) => credSspRefused(server, error),

  'certificate.unreadable': (server, _where, error) => ({
    title: 'Your certificate can’t be read',
    why:
      UNREADABLE[fact(error, 'reason', '')] ??
      'The file is neither a PFX nor a PEM with a certificate in it.',
    cure: {
      text: `Edit ${server.name}: check the file. A .pfx holds certificate and key; a .pem needs its key in it or beside it.`,
    },
  }),
  'certificate.passphrase': (server, _where, error) => ({
    code: error.facts?.['given'] === true ? 'signin.rejected' : 'credential.required',
    title:
      error.facts?.['given'] === true
        ? `That is not the password of the certificate for ${server.name}`
        : `The certificate for ${server.name} is locked`,
    why: 'The file is protected by a password of its own.',
    cure: { text: 'Type the password of the certificate.' },
  }),
  'certificate.no-key': (server) => ({
    title: 'Your certificate is there, its key is not',
    why: 'Signing in takes the private key.',
    cure: { text: `Edit ${server.name}: name the file of the key, or use a .pfx, which holds both.` },
  }),
  'certificate.mismatch': (server) => ({
    title: 'The key is not that of your certificate',
    why: 'They were made apart: the one cannot be used with the other.',
    cure: { text: `Edit ${server.name}: check which key belongs to the certificate.` },
  }),
  'certificate.old-encryption': () => ({
    title: 'Your certificate’s file is encrypted in a way that is not read any more',
    why: 'RC2 and the like, which older programs write.',
    cure: {
      text: 'Export it anew with AES-256, on a Windows that has it:',
      command:
        'Export-PfxCertificate -Cert Cert:\\CurrentUser\\My\\THUMBPRINT -FilePath me.pfx -CryptoAlgorithmOption AES256_SHA256 -Password (Read-Host -AsSecureString)',
    },
  }),
  'certificate.expired': (_server, _where, error) => ({
    title: 'Your certificate has expired',
    why: `It was valid until ${fact(error, 'validTo', 'some time ago').slice(0, 10)}.`,
    cure: { text: 'Get a new one from who issued it, and map that on the server.' },
  }),
  'certificate.not-yet-valid': (_server, _where, error) => ({
    title: 'Your certificate is not valid yet',
    why: `It begins on ${fact(error, 'validFrom', 'a later day').slice(0, 10)}.`,
    cure: { text: 'Check the clock of this computer.' },
  }),
  'certificate.purpose': () => ({
    title: 'Your certificate is not made for signing in',
    why: 'It is for servers or for mail only: client authentication is missing from its purposes.',
    cure: { text: 'Get one with the purpose Client Authentication (1.3.6.1.5.5.7.3.2).' },
  }),
  'certificate.store': (server, _where, error) => notFromStore(server, error),
  'certificate.required': (server) => ({
    title: `${server.name} wants a certificate of yours`,
    why: 'It accepts connections from who shows one only.',
    cure: { text: `Edit ${server.name} and sign in with Certificate.` },
  }),
  'certificate.refused': (server, _where, error) => certificateRefused(server, error),
};

const UNREADABLE: Readonly<Record<string, string>> = {
  'not-found': 'There is no such file on this computer.',
  'not-allowed': 'You may not read the file.',
  folder: 'It is a folder.',
  'too-large': 'The file is far too large for a certificate.',
};

function certificateRefused(server: ServerFacts, error: CodedError): Saying {
  const alert = fact(error, 'alert', '');
  return {
    title: `${server.name} does not accept your certificate`,
    why:
      alert === 'unknown-ca'
        ? 'It does not trust who issued it.'
        : alert === 'certificate-expired' || alert === 'certificate-revoked'
          ? `It takes it for ${alert === 'certificate-expired' ? 'expired' : 'revoked'}.`
          : 'No account there is mapped to it, its issuer is not trusted there, or signing in by certificate is off.',
    cure: {
      text: 'On the server: turn it on, trust the issuer, and map the certificate to a local account.',
      command:
        'Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true; Get-ChildItem WSMan:\\localhost\\ClientCertificate',
    },
  };
}

function rejected(server: ServerFacts, error: CodedError): Saying {
  const mechanism = fact(error, 'mechanism', '').toLowerCase();
  if (server.auth === 'certificate') {
    return { ...certificateRefused(server, error), code: 'certificate.refused' };
  }
  const cure = {
    text: `Sign in again as DOMAIN\\user, or ${machineName(server.address)}\\user for a local account. Nothing is retried by itself, so that no account is locked.`,
  };
  if (error.facts?.['ticket'] === true) {
    return {
      code: 'signin.rejected',
      title: `${server.name} rejected your Kerberos ticket`,
      why: 'It may not sign in there, or the service’s key in the domain is not the server’s any more.',
      cure,
    };
  }
  const bound =
    server.https && (mechanism === 'ntlm' || mechanism === 'kerberos' || server.auth === 'ntlm')
      ? ' If both are right, something between may open TLS: the sign-in is bound to the certificate that PSDeck saw, and the server then refuses it.'
      : '';
  return {
    code: 'signin.rejected',
    title: `${server.name} rejected the user name or the password`,
    why: `A local account wants the name of the machine before it, a domain account its domain.${bound}`,
    cure,
  };
}

/** Where Kerberos says more precisely what is wrong. Those with a code of their own are asked about again, with the reason before it. */
const REASONS: Readonly<Record<string, ((server: ServerFacts) => Saying) | undefined>> = {
  'local-account': (server) => ({
    code: 'signin.user-name',
    title: 'Kerberos knows no local accounts',
    why: 'It is for accounts of a domain: DOMAIN\\user, or user@domain.',
    cure: { text: `Sign in with one, or edit ${server.name} and sign in with Negotiate.` },
  }),
  'unknown-user': (server) => ({
    code: 'signin.rejected',
    title: 'The domain does not know that user',
    why: 'The name is misspelt, or it is of another domain.',
    cure: {
      text: `Sign in again as DOMAIN\\user or user@domain; for an account of ${server.name} itself with Negotiate.`,
    },
  }),
  'account-revoked': () => ({
    title: 'The account is switched off, locked, or not allowed at this hour',
    why: 'So says the domain. Nothing is retried by itself.',
    cure: { text: 'Ask who runs the domain.', command: 'Unlock-ADAccount USER' },
  }),
  'password-expired': () => ({
    title: 'Your password has expired',
    why: 'It has to be changed before it can be used again.',
    cure:
      process.platform === 'win32'
        ? { text: 'Change it with Ctrl+Alt+Del, then sign in again.' }
        : { text: 'Change it, then sign in again.', command: 'kpasswd USER@DOMAIN' },
  }),
  'encryption-type': (server) => ({
    title: `The ticket for ${server.name} is of an encryption that is not safe`,
    why: 'The domain gives tickets for it with RC4 or older only; PSDeck takes AES.',
    cure: {
      text: 'Let its account have AES, as a domain administrator; then restart it.',
      command: `Set-ADComputer ${machineName(server.address)} -KerberosEncryptionType AES128,AES256`,
    },
  }),
};

/** No password is known, and nothing served without one: the person is asked, not told off. */
function required(server: ServerFacts, error: CodedError): Saying {
  const reason = REASONS[fact(error, 'reason', '')]?.(server);
  if (reason !== undefined) return reason;
  const kerberosOnly = server.auth === 'kerberos';
  return {
    code: 'credential.required',
    title: `Sign in to ${server.name}`,
    why: kerberosOnly
      ? 'There is no Kerberos ticket for it.'
      : `No password is known for this server. ${noKerberos(error)}`.trim(),
    cure: { text: 'Type the user name and the password. They are kept in memory until PSDeck ends.' },
  };
}

const WHY_NO_KERBEROS: Readonly<Record<string, string>> = {
  'kerberos.unavailable': 'Kerberos is not available on this computer.',
  'kerberos.no-credentials': 'There is no Kerberos ticket.',
  'kerberos.wrong-password': 'Kerberos took the password for wrong.',
  'kerberos.unknown-service': 'Kerberos does not know the server by this name.',
  'kerberos.no-kdc': 'Kerberos found no domain controller.',
  'kerberos.expired': 'The Kerberos ticket has expired.',
  'kerberos.clock-skew': 'Kerberos finds the clocks too far apart.',
  'kerberos.failed': 'Kerberos failed.',
};

function noKerberos(error: CodedError): string {
  const why = WHY_NO_KERBEROS[fact(error, 'kerberos', '')];
  return why === undefined ? '' : `${why} `;
}

/** What turns a scheme on at the server. */
const TURN_ON: Readonly<Record<AuthChoice, string>> = {
  negotiate: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Negotiate $true',
  kerberos: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Kerberos $true',
  ntlm: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Negotiate $true',
  basic: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Basic $true',
  credssp: 'Enable-WSManCredSSP -Role Server -Force',
  certificate: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true',
};

function noCommonScheme(server: ServerFacts, error: CodedError): Saying {
  const auth = server.auth ?? 'negotiate';
  const offered = fact(error, 'offered', 'nothing');
  const usual = /\b(?:negotiate|kerberos)\b/i.test(offered) && auth !== 'negotiate';
  return {
    title: `${server.name} offers no way to sign in that PSDeck can use here`,
    why: `The server offers ${offered}; PSDeck is set to ${NAMES[auth]} for it.`,
    cure: {
      text: usual
        ? `Edit ${server.name} and sign in with Negotiate; or turn ${NAMES[auth]} on there, in an elevated PowerShell.`
        : `Turn ${NAMES[auth]} on there, in an elevated PowerShell${/\bbasic\b/i.test(offered) ? '; or edit the server and sign in with Basic, over HTTPS only' : ''}.`,
      command: TURN_ON[auth],
    },
  };
}

/** [MS-ERREF] 2.3.1, as servers send them in TSRequest.errorCode. */
const STATUS: Readonly<Record<number, Saying>> = {
  0xc000006d: { code: 'signin.rejected', title: 'rejected the user name or the password' },
  0xc0000064: { code: 'signin.rejected', title: 'does not know that user' },
  0xc000006a: { code: 'signin.rejected', title: 'rejected the password' },
  0xc000006e: {
    title: 'does not let this account in',
    why: 'The account is restricted: an empty password, hours or computers.',
  },
  0xc0000070: {
    title: 'does not let this account in from here',
    why: 'The account may sign in from certain computers only.',
  },
  0xc0000071: {
    title: 'says that the password has expired',
    why: 'It has to be changed before it can be used again.',
  },
  0xc0000072: { title: 'says that the account is disabled' },
  0xc0000193: { title: 'says that the account has expired' },
  0xc0000224: { title: 'wants the password to be changed first' },
  0xc0000234: {
    title: 'says that the account is locked',
    why: 'Too many wrong passwords were typed for it.',
  },
};

function credSspRefused(server: ServerFacts, error: CodedError): Saying {
  const number = Number(error.facts?.['status']);
  const status = Number.isFinite(number) ? number >>> 0 : 0;
  const known = STATUS[status];
  return {
    ...(known?.code === undefined ? {} : { code: known.code }),
    title:
      known === undefined ? `${server.name} refused the sign-in by CredSSP` : `${server.name} ${known.title}`,
    why:
      known?.why ??
      (known === undefined
        ? `It gives the status 0x${status.toString(16).toUpperCase().padStart(8, '0')}.`
        : 'CredSSP passes its reason on. Nothing is retried by itself, so that no account is locked.'),
    cure: {
      text:
        known?.code === 'signin.rejected'
          ? `Sign in again as DOMAIN\\user, or ${machineName(server.address)}\\user for a local account.`
          : 'Ask who runs the account. For a server that forbids CredSSP:',
      ...(known === undefined ? { command: TURN_ON.credssp } : {}),
    },
  };
}

function ticketCommand({ address }: ServerFacts): string {
  return process.platform === 'win32' ? `klist get HTTP/${address}` : `kvno HTTP/${address}`;
}

const FROM_STORE: Readonly<Record<string, string>> = {
  platform: 'Certificates by their thumbprint are in the store of Windows; this is another system.',
  library: 'Windows’ certificate functions could not be loaded.',
  thumbprint: 'A thumbprint has 40 digits, 0 to 9 and A to F.',
  store: 'The personal store could not be opened.',
  'not-found': 'No certificate in that store has this thumbprint.',
  'no-key': 'The certificate is there, but without its private key.',
  'not-exportable':
    'Its key may not leave the store (a smart card, a TPM, or “not exportable”), and PSDeck signs in with keys that it can read only.',
};

function notFromStore(server: ServerFacts, error: CodedError): Saying {
  return {
    title: 'Your certificate can’t be taken from the store of Windows',
    why: FROM_STORE[fact(error, 'reason', '')] ?? 'Windows gave no reason.',
    cure: {
      text: `Edit ${server.name}: check the thumbprint, or name a .pfx file. With a key that may not leave, sign in with Negotiate.`,
      command: 'Get-ChildItem Cert:\\CurrentUser\\My',
    },
  };
}
