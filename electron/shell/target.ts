/** Servers and wishes of the app as the remoting library takes them. */
import type { Credential } from '../credentials/credential-keeper.ts';
import type { WinRmTarget } from '../remoting/index.ts';
import type { Destination, ShellWish } from '../sessions/registry.ts';

export function targetOf({ server, ca }: Destination, credential: Credential): WinRmTarget {
  return {
    server: server.address,
    port: server.port,
    https: server.https,
    userName: credential.userName,
    password: credential.password,
    configurationName: server.configuration,
    allowPlainBasic: server.allowPlainBasic,
    ...(ca === undefined ? {} : { ca }),
    ...(server.trustedFingerprint === undefined ? {} : { trustedFingerprint: server.trustedFingerprint }),
  };
}

/** What New-PSSession was asked for. Configuration and buffer mode go other ways: with the server, and with Disconnect. */
export function wishedFor(wish: ShellWish): Partial<WinRmTarget> {
  return {
    ...(wish.name === undefined ? {} : { shellName: wish.name }),
    ...(wish.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: wish.idleTimeoutMs }),
    ...(wish.operationTimeoutMs === undefined ? {} : { operationTimeoutMs: wish.operationTimeoutMs }),
    ...(wish.culture === undefined ? {} : { locale: wish.culture }),
    ...(wish.noMachineProfile === undefined ? {} : { noProfile: wish.noMachineProfile }),
  };
}
