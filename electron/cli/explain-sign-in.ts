/** Why signing in does not work, in the words of a command line. */
import type { PeerCertificate } from '../remoting/index.ts';
import type { ServerOptions } from './options.ts';

export interface Coded {
  readonly code: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly certificate?: PeerCertificate | undefined;
  readonly details?: string | undefined;
}

export interface Words {
  readonly title: string;
  readonly why?: string;
  readonly cure?: string;
}

export function listed(fact: unknown): string {
  if (Array.isArray(fact)) return fact.length === 0 ? 'nothing' : fact.join(', ');
  return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : 'something else';
}

const ticketed = 'Get a ticket (kinit), or say who you are with --user.';

export const SIGN_IN: Readonly<Record<string, ((server: ServerOptions, error: Coded) => Words) | undefined>> =
  {
    'signin.rejected': rejected,
    'kerberos.wrong-password': rejected,
    'signin.no-common-scheme': noCommonScheme,
    'signin.no-mechanism': noCommonScheme,
    'signin.plain-text': ({ server }) => ({
      title: `Signing in to ${server} over HTTP would send the password readable. Nothing was sent.`,
      cure: 'Use --https, or another --auth; or, on a network that you trust, --allow-plain-basic.',
    }),
    'signin.ntlm-over-http': ({ server }, error) => ({
      title: `NTLM over HTTP does not prove that this is ${server}. Nothing was sent.`,
      why: `What is done there would be encrypted, but who answers in its place could pass the sign-in on, or try out passwords on it.${noKerberos(error)}`,
      cure: 'Use --https, or the full name of the server for Kerberos; or --allow-ntlm-over-http.',
    }),
    'signin.forbidden': ({ server }, error) => ({
      title: `NTLM is the only way in to ${server}, and --forbid-ntlm forbids it. Nothing was sent.`,
      why: `Kerberos could not be had.${noKerberos(error)}`,
      cure: 'Give the full name of the server, and a user of its domain.',
    }),
    'signin.no-credentials': ({ server }, error) => ({
      title: `There is nothing to sign in to ${server} with.`,
      why: `No user was given.${noKerberos(error)}`,
      cure: ticketed,
    }),
    'signin.not-encrypted': ({ server }) => ({
      title: `${server} would have the session go on unencrypted.`,
      why: 'Nothing more was sent.',
      cure: 'Use --https; or there: Set-Item WSMan:\\localhost\\Service\\AllowUnencrypted $false',
    }),
    'signin.server-not-proved': ({ server }) => ({
      title: `${server} could not prove that it is ${server}.`,
      why: 'It does not know what only the real server can know, or somebody stands in between and changed it.',
      cure: 'Find out why before you try again on this network.',
    }),
    'ntlm.weak': ({ server }, { facts }) => ({
      title: `${server} can only do an NTLM that is not safe.`,
      why: `It lacks ${listed(facts?.['missing'])}.`,
      cure: 'Use --auth kerberos; or --https with another --auth.',
    }),
    'kerberos.unavailable': () => ({
      title: 'Kerberos is not available on this computer.',
      why: 'Its library is missing or cannot be loaded.',
      cure: 'Install it (Debian: libgssapi-krb5-2), or use --auth negotiate with --user.',
    }),
    'kerberos.no-credentials': ({ server }, error) =>
      reasonOf(error) ?? { title: `There is no Kerberos ticket for ${server}.`, cure: ticketed },
    'kerberos.unknown-service': ({ server, spn }, { facts }) => ({
      title: `The domain knows no service ${typeof facts?.['principal'] === 'string' ? facts['principal'] : `${spn?.service ?? 'HTTP'}/${spn?.host ?? server}`}.`,
      why: 'Kerberos goes by the name that the server is registered with, not by an address or an alias.',
      cure: 'Give the full name with --server, or the registered one with --spn HOST.',
    }),
    'kerberos.no-kdc': () => ({
      title: 'No domain controller can be found to get a Kerberos ticket from.',
      why: 'The domain is misspelt, or its DNS or its network cannot be reached from here.',
      cure: 'Check the user name and the network; --auth ntlm goes without.',
    }),
    'kerberos.expired': (_server, error) =>
      reasonOf(error) ?? {
        title: 'The Kerberos ticket has expired.',
        cure: 'Get a new one (kinit), or use --user and a password.',
      },
    'kerberos.clock-skew': ({ server }) => ({
      title: `The clocks here and in the domain of ${server} are more than five minutes apart.`,
      cure: 'Set the clock.',
    }),
    'kerberos.failed': ({ server }, error) =>
      reasonOf(error) ?? {
        title: `Kerberos could not sign in to ${server}.`,
        why: 'The details say what its library reports.',
        cure: `Try kvno HTTP/${server}, or --auth ntlm.`,
      },
    'credssp.tls': ({ server }) => ({
      title: `${server} and PSDeck agree on no TLS for CredSSP.`,
      why: 'PSDeck takes TLS 1.2 and 1.3.',
      cure: 'Turn TLS 1.2 on there, or use --auth kerberos --delegate.',
    }),
    'credssp.version': ({ server }, { facts }) => ({
      title: `${server} only knows an older, unsafe CredSSP. The password was not sent.`,
      why: `It speaks version ${listed(facts?.['version'])}; before 5 whoever stands between can misuse it (CVE-2018-0886).`,
      cure: 'Update the server; or accept it with --credssp-older.',
    }),
    'credssp.refused': ({ server }, { facts }) => ({
      title: `${server} refused the sign-in by CredSSP.`,
      why: `It gives the status ${hex(facts?.['status'])}${typeof facts?.['name'] === 'string' ? ` (${facts['name']})` : ''}.`,
      cure: 'Check user and password; if CredSSP is off there: Enable-WSManCredSSP -Role Server -Force',
    }),
    'certificate.unreadable': (_server, { facts }) => ({
      title: `The certificate of --cert cannot be read${UNREADABLE[String(facts?.['reason'])] ?? ''}.`,
      cure: 'Give a PFX, or a PEM with the certificate in it.',
    }),
    'certificate.passphrase': (_server, { facts }) => ({
      title:
        facts?.['given'] === true
          ? 'That is not the password of the certificate.'
          : 'The certificate of --cert is locked with a password.',
      cure: 'Set PSDECK_CERT_PASSWORD, or leave it out to be asked.',
    }),
    'certificate.no-key': () => ({
      title: 'The certificate of --cert has no private key with it.',
      cure: 'Give its file with --cert-key, or use a PFX.',
    }),
    'certificate.mismatch': () => ({
      title: 'The key is not that of the certificate.',
      cure: 'Check which of --cert-key belongs to --cert.',
    }),
    'certificate.old-encryption': () => ({
      title: 'The file is encrypted in a way that is not read any more (RC2 and the like).',
      cure: 'Export it anew with AES-256.',
    }),
    'certificate.expired': (_server, { facts }) => ({
      title: `The certificate has expired, on ${listed(facts?.['validTo']).slice(0, 10)}.`,
      cure: 'Get a new one, and map that on the server.',
    }),
    'certificate.not-yet-valid': (_server, { facts }) => ({
      title: `The certificate is not valid before ${listed(facts?.['validFrom']).slice(0, 10)}.`,
      cure: 'Check the clock of this computer.',
    }),
    'certificate.purpose': () => ({
      title: 'The certificate is not made for signing in: client authentication is missing.',
      cure: 'Get one with that purpose.',
    }),
    'certificate.store': (_server, { facts }) => ({
      title: 'The certificate cannot be taken from the store of Windows.',
      why: FROM_STORE[listed(facts?.['reason'])] ?? 'Windows gave no reason.',
      cure: 'Give a .pfx file with --cert; Get-ChildItem Cert:\\CurrentUser\\My lists what is in the store.',
    }),
    'certificate.required': ({ server }) => ({
      title: `${server} wants a certificate.`,
      cure: 'Use --auth certificate --cert FILE.',
    }),
    'certificate.refused': rejectedCertificate,
  };

const UNREADABLE: Readonly<Record<string, string>> = {
  'not-found': ': there is no such file',
  'not-allowed': ': you may not read it',
  folder: ': it is a folder',
  'too-large': ': it is far too large for one',
};

function rejectedCertificate({ server }: ServerOptions): Words {
  return {
    title: `${server} does not accept the certificate.`,
    why: 'No account is mapped to it there, its issuer is not trusted, or certificates are off.',
    cure: 'There: Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true, and map it.',
  };
}

function rejected(options: ServerOptions): Words {
  const { server, auth } = options;
  if (auth === 'certificate') return rejectedCertificate(options);
  return {
    title: `${server} rejected the user name or the password.`,
    why: 'A local account wants the machine before it (SERVER\\user), a domain account its domain.',
    cure: 'Check both. Nothing is tried again by itself, so that no account is locked.',
  };
}

const TURN_ON: Readonly<Record<NonNullable<ServerOptions['auth']>, string>> = {
  negotiate: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Negotiate $true',
  kerberos: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Kerberos $true',
  ntlm: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Negotiate $true',
  basic: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Basic $true',
  credssp: 'Enable-WSManCredSSP -Role Server -Force',
  certificate: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true',
};

function noCommonScheme({ server, auth = 'negotiate' }: ServerOptions, { facts }: Coded): Words {
  return {
    title: `${server} offers no way to sign in that could be used.`,
    why: `It offers ${listed(facts?.['offered'])}; this was --auth ${auth}.`,
    cure: `Choose another --auth, or turn it on there: ${TURN_ON[auth]}`,
  };
}

const WHY_NOT: Readonly<Record<string, string>> = {
  'kerberos.unavailable': 'Kerberos is not available on this computer.',
  'kerberos.no-credentials': 'There is no Kerberos ticket.',
  'kerberos.unknown-service': 'Kerberos does not know the server by this name.',
  'kerberos.no-kdc': 'Kerberos found no domain controller.',
  'kerberos.expired': 'The Kerberos ticket has expired.',
  'kerberos.clock-skew': 'Kerberos finds the clocks too far apart.',
  'kerberos.failed': 'Kerberos failed.',
};

function noKerberos({ facts }: Coded): string {
  const why = WHY_NOT[String(facts?.['kerberos'])];
  return why === undefined ? '' : ` ${why}`;
}

/** Where Kerberos says more precisely what is wrong. */
const REASONS: Readonly<Record<string, Words | undefined>> = {
  'local-account': {
    title: 'Kerberos knows no local accounts.',
    cure: 'Give --user DOMAIN\\USER or USER@DOMAIN, or use --auth ntlm.',
  },
  'unknown-user': { title: 'The domain does not know that user.', cure: 'Check --user and its domain.' },
  'account-revoked': {
    title: 'The account is switched off, locked, or not allowed at this hour.',
    cure: 'Ask who runs the domain.',
  },
  'password-expired': {
    title: 'The password has expired and has to be changed first.',
    cure: 'Change it (kpasswd), then try again.',
  },
  'encryption-type': {
    title: 'The ticket is of an encryption that is not safe any more (RC4).',
    cure: 'Let the server’s account have AES: Set-ADComputer NAME -KerberosEncryptionType AES128,AES256',
  },
};

function reasonOf({ facts }: Coded): Words | undefined {
  return REASONS[String(facts?.['reason'])];
}

function hex(status: unknown): string {
  return typeof status === 'number'
    ? `0x${(status >>> 0).toString(16).toUpperCase().padStart(8, '0')}`
    : 'none';
}

const FROM_STORE: Readonly<Record<string, string>> = {
  platform: 'This system has none.',
  library: 'Windows’ certificate functions could not be loaded.',
  thumbprint: 'A thumbprint has 40 digits, 0 to 9 and A to F.',
  store: 'It could not be opened.',
  'not-found': 'No certificate in it has this thumbprint.',
  'no-key': 'The certificate has no private key there.',
  'not-exportable': 'Its key may not leave the store (a smart card, a TPM, or “not exportable”).',
};
