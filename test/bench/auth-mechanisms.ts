/** The mechanisms that are measured: a pair that seals and unseals without a network, and a server with a client for it. */
import { generate } from 'selfsigned';
import { createNegotiateAuthenticator } from '../../electron/protocol/auth/negotiate.ts';
import type { SealedBody } from '../../electron/protocol/auth/authenticator.ts';
import { decodeSealed, SESSION_PROTOCOL } from '../../electron/protocol/auth/mime.ts';
import { createNtlmAcceptor } from '../../electron/protocol/auth/ntlm/acceptor.ts';
import { ntlmFactory } from '../../electron/protocol/auth/ntlm/client.ts';
import { ntHash } from '../../electron/protocol/auth/ntlm/keys.ts';
import { createSpnegoAcceptor } from '../../electron/protocol/auth/spnego/acceptor.ts';
import { nodeAuthCrypto } from '../../electron/transport/winrm-http/auth-crypto.ts';
import { WinRmHttpClient } from '../../electron/transport/winrm-http/client.ts';
import { listen } from '../../electron/transport/winrm-http/listener.ts';
import type { AcceptingContext } from '../../electron/protocol/auth/security-context.ts';
import { createSpnegoContext } from '../../electron/protocol/auth/spnego/client.ts';
import { createCredSspAuthenticator } from '../../electron/transport/winrm-http/credssp.ts';
import type { AuthPeer } from '../../electron/protocol/auth/authenticator.ts';
import { CredSspServer, serveCredSsp, type ServerPair } from './auth-credssp.ts';
import { kerberos } from './auth-kerberos.ts';

export const USER = 'bench';
export const PASSWORD = 'not a secret';

export interface MechanismBench {
  readonly name: string;
  /** Why it cannot be measured here. */
  unavailable?(): string | undefined;
  /** Seals as a client, unseals as its server. */
  session(): Promise<{
    seal(body: Uint8Array): Promise<SealedBody>;
    unseal(contentType: string, body: Uint8Array): Promise<Uint8Array>;
    close(): void;
  }>;
  /** A server that answers with what it was asked, and clients for it, each with connections of its own. */
  serve(): Promise<{ client(): WinRmHttpClient; close(): Promise<void> }>;
}

const lookup = (user: string): Uint8Array | undefined => (user === USER ? ntHash(PASSWORD) : undefined);

function authenticator(peer: AuthPeer) {
  return createNegotiateAuthenticator(peer, {
    mechanisms: [
      { name: 'ntlm', create: ntlmFactory({ user: USER, domain: '', password: PASSWORD }, nodeAuthCrypto) },
    ],
    crypto: nodeAuthCrypto,
  });
}

const ntlm: MechanismBench = {
  name: 'NTLM',
  async session() {
    const client = authenticator({ host: 'bench', port: 5985, https: false });
    const server = acceptor();
    for (let move = await client.start(); move.kind === 'header';) {
      const [, token = ''] = move.value.split(' ');
      // oxlint-disable-next-line no-await-in-loop
      const answer = await server.step(Buffer.from(token, 'base64'));
      // oxlint-disable-next-line no-await-in-loop
      move = await client.step(Buffer.from(answer.token ?? []).toString('base64'));
    }
    const { wrap } = client;
    if (wrap === undefined) throw new Error('does not seal');
    return {
      seal: async (body) => wrap(body),
      unseal: async (contentType, body) => {
        const { parts } = decodeSealed(contentType, body, SESSION_PROTOCOL.negotiate, ({ length }) => length);
        const [part] = parts;
        if (part === undefined) throw new Error('no part');
        return server.unseal(part);
      },
      close: () => client.close?.(),
    };
  },
  async serve() {
    const listener = await listen({
      negotiate: { lookup },
      handle: (request) => Promise.resolve({ status: 200, body: request.body }),
    });
    return {
      client: () =>
        new WinRmHttpClient({ host: '127.0.0.1', port: listener.port, https: false, auth: authenticator }),
      close: () => listener.close(),
    };
  },
};

/** Made once: a key takes longer than all that is measured. */
let pair: Promise<ServerPair> | undefined;

function serverPair(): Promise<ServerPair> {
  pair ??= generate([{ name: 'commonName', value: 'bench' }]).then(({ private: key, cert }) => ({
    key,
    cert,
  }));
  return pair;
}

function acceptor(): AcceptingContext {
  return createSpnegoAcceptor([
    {
      name: 'ntlm',
      create: () =>
        createNtlmAcceptor({ lookup, names: { computer: 'B', domain: 'B' }, crypto: nodeAuthCrypto }),
    },
  ]);
}

/** NTLM inside; what is sealed is sealed by TLS. */
function credSsp(version: 'TLSv1.2' | 'TLSv1.3'): MechanismBench {
  const create = ntlmFactory({ user: USER, domain: '', password: PASSWORD }, nodeAuthCrypto);
  const client = () =>
    createCredSspAuthenticator({
      context: () => createSpnegoContext([{ name: 'ntlm', create }], { service: 'HTTP', host: 'bench' }),
      credentials: { domain: '', userName: USER, password: PASSWORD },
      crypto: nodeAuthCrypto,
      tls: { minVersion: version, maxVersion: version },
    });
  return {
    name: `CredSSP with ${version}`,
    async session() {
      const one = client();
      const server = new CredSspServer(await serverPair(), acceptor());
      for (let move = await one.start(); move.kind === 'header';) {
        const [, token = ''] = move.value.split(' ');
        // oxlint-disable-next-line no-await-in-loop
        const answer = await server.step(Buffer.from(token, 'base64'));
        if (server.signedIn) break;
        // oxlint-disable-next-line no-await-in-loop
        move = await one.step(Buffer.from(answer).toString('base64'));
      }
      const { wrap } = one;
      if (wrap === undefined) throw new Error('does not seal');
      return {
        seal: async (body) => wrap(body),
        unseal: (contentType, body) => Promise.resolve(server.unseal(contentType, body)),
        close() {
          one.close?.();
          server.close();
        },
      };
    },
    async serve() {
      const server = await serveCredSsp(await serverPair(), acceptor);
      return {
        client: () =>
          new WinRmHttpClient({ host: '127.0.0.1', port: server.port, https: false, auth: client }),
        close: () => server.close(),
      };
    },
  };
}

export const MECHANISMS: readonly MechanismBench[] = [ntlm, kerberos, credSsp('TLSv1.2'), credSsp('TLSv1.3')];
