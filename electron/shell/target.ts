/** Servers and wishes of the app as the remoting library takes them. */
import type { Credential } from '../credentials/credential-keeper.ts';
import { passwordText, type ClientCertificate, type WinRmTarget } from '../remoting/index.ts';
import type { Destination, ShellWish } from '../sessions/registry.ts';
import { effectiveSignIn } from '../../shared/server.ts';

/** Without a credential a ticket, the system's own log-on or a certificate is to serve. */
export function targetOf(
  { server, ca, certificate, proxyCredential }: Destination,
  credential: Credential | undefined,
): WinRmTarget {
  const signIn = effectiveSignIn(server.signIn);
  const { spnService, spnHost, proxy } = signIn;
  return {
    server: server.address,
    port: server.port,
    https: server.https,
    configurationName: server.configuration,
    auth: signIn.auth,
    forbidNtlm: signIn.forbidNtlm,
    delegate: signIn.delegate,
    credssp: { allowOlderVersions: signIn.credSspOlder },
    spn: {
      ...(spnService === undefined ? {} : { service: spnService }),
      ...(spnHost === undefined ? {} : { host: spnHost }),
    },
    allowPlainBasic: server.allowPlainBasic,
    allowNtlmOverHttp: server.allowNtlmOverHttp,
    ...whoOf(certificate, credential),
    ...(proxy === undefined ? {} : { proxy: proxyOf(proxy, proxyCredential) }),
    ...(ca === undefined ? {} : { ca }),
    ...(server.trustedFingerprint === undefined ? {} : { trustedFingerprint: server.trustedFingerprint }),
  };
}

function proxyOf(proxy: string, credential: Credential | undefined): NonNullable<WinRmTarget['proxy']> {
  if (proxy === 'system') return proxy;
  const url = /^http:/i.test(proxy) ? proxy : `http://${proxy}`;
  if (credential === undefined) return { url };
  const { userName, password } = credential;
  return {
    url,
    userName,
    // Read when a tunnel is asked for, and not kept.
    get password() {
      return passwordText(password);
    },
  };
}

/** A certificate says who it is itself; what was typed for it is its own password. */
function whoOf(
  certificate: ClientCertificate | undefined,
  credential: Credential | undefined,
): Partial<WinRmTarget> {
  if (certificate === undefined) {
    return credential === undefined ? {} : { userName: credential.userName, password: credential.password };
  }
  if (credential === undefined || certificate.kind === 'store') return { certificate };
  return { certificate: { ...certificate, passphrase: passwordText(credential.password) } };
}

/** What New-PSSession was asked for. Configuration and proxy go with the server. */
export function wishedFor(wish: ShellWish): Partial<WinRmTarget> {
  return {
    ...(wish.name === undefined ? {} : { shellName: wish.name }),
    ...(wish.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: wish.idleTimeoutMs }),
    ...(wish.bufferMode === undefined ? {} : { bufferMode: wish.bufferMode }),
    ...(wish.operationTimeoutMs === undefined ? {} : { operationTimeoutMs: wish.operationTimeoutMs }),
    ...(wish.culture === undefined ? {} : { locale: wish.culture }),
    ...(wish.noMachineProfile === undefined ? {} : { noProfile: wish.noMachineProfile }),
  };
}
