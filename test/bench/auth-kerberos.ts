/**
 * Kerberos of the system: sealed by our client, unsealed by an accepting context of the same library, and whole requests against the lab's
 * service (Python, MIT Kerberos), whose own time is in the round trips.
 */
import { existsSync } from 'node:fs';
import * as koffi from 'koffi';
import type { AuthPeer } from '../../electron/protocol/auth/authenticator.ts';
import { decodeSealed, SESSION_PROTOCOL } from '../../electron/protocol/auth/mime.ts';
import { createNegotiateAuthenticator } from '../../electron/protocol/auth/negotiate.ts';
import { joinToken } from '../../electron/transport/gss/cfx.ts';
import { loadGssApi } from '../../electron/transport/gss/gssapi.ts';
import { kerberosContexts } from '../../electron/transport/gss/kerberos.ts';
import type { Pointer } from '../../electron/transport/gss/native.ts';
import { nodeAuthCrypto } from '../../electron/transport/winrm-http/auth-crypto.ts';
import { WinRmHttpClient } from '../../electron/transport/winrm-http/client.ts';
import { startAuthLab, type AuthLab } from '../lab/auth/lab.ts';
import type { MechanismBench } from './auth-mechanisms.ts';

const LIBRARY = 'libgssapi_krb5.so.2';

async function begin(): Promise<{
  lab: AuthLab;
  client: (peer: AuthPeer) => ReturnType<typeof createNegotiateAuthenticator>;
}> {
  const lab = await startAuthLab();
  // The accepting side is in this process, too.
  Object.assign(process.env, lab.env, { KRB5_KTNAME: lab.realm.serviceKeytab, KRB5RCACHENAME: 'none:' });
  const create = kerberosContexts({ credentials: { kind: 'cache', name: `FILE:${await lab.ticket()}` } });
  const client = (peer: AuthPeer) =>
    createNegotiateAuthenticator(peer, {
      mechanisms: [{ name: 'kerberos', create }],
      crypto: nodeAuthCrypto,
      host: 'localhost',
      bare: true,
    });
  return { lab, client };
}

/** Takes a log-on with the keys of the keytab: the context, and what to answer. */
function accept(token: Uint8Array): { context: Pointer; answer: Uint8Array } {
  const library = koffi.load(LIBRARY);
  const buffer = koffi.struct({ length: 'size_t', value: 'void *' });
  const gssAccept = library.func('gss_accept_sec_context', 'uint32_t', [
    koffi.out(koffi.pointer('uint32_t')),
    koffi.inout(koffi.pointer('void *')),
    'void *',
    koffi.pointer(buffer),
    'void *',
    'void *',
    'void *',
    koffi.out(koffi.pointer(buffer)),
    'void *',
    'void *',
    'void *',
  ]);
  const context: Pointer[] = [null];
  const out: { length?: number; value?: Pointer } = {};
  const given = { length: token.length, value: token };
  const major: unknown = gssAccept([0], context, null, given, null, null, null, out, null, null, null);
  if (major !== 0) throw new Error(`The log-on is not accepted: ${String(major)}`);
  const answer = koffi.decode(out.value, 'uint8_t', Number(out.length)) as Uint8Array;
  return { context: context[0] ?? null, answer };
}

export const kerberos: MechanismBench = {
  name: 'Kerberos',
  unavailable: () =>
    process.platform === 'linux' && existsSync('/usr/sbin/krb5kdc') && existsSync('/usr/bin/kinit')
      ? undefined
      : 'it needs MIT Kerberos with its key distribution centre; npm test -- --yes installs it',
  async session() {
    const { lab, client } = await begin();
    const api = await loadGssApi({ flavour: 'mit', file: LIBRARY });
    const one = client({ host: 'localhost', port: 5985, https: false });
    const first = await one.start();
    if (first.kind !== 'header') throw new Error('does not begin');
    const { context, answer } = accept(Buffer.from(first.value.split(' ')[1] ?? '', 'base64'));
    await one.step(Buffer.from(answer).toString('base64'));
    const { wrap } = one;
    if (wrap === undefined) throw new Error('does not seal');
    return {
      seal: async (body) => wrap(body),
      async unseal(contentType, body) {
        const { parts } = decodeSealed(contentType, body, SESSION_PROTOCOL.negotiate, ({ length }) => length);
        const [part] = parts;
        if (part === undefined) throw new Error('no part');
        const { major, message } = await api.unwrap(context, joinToken(part));
        if (major !== 0) throw new Error(`does not open: ${major}`);
        return message;
      },
      close() {
        one.close?.();
        api.deleteContext(context);
        void lab.stop();
      },
    };
  },
  async serve() {
    const { lab, client } = await begin();
    const { port } = lab.http;
    return {
      client: () => new WinRmHttpClient({ host: '127.0.0.1', port, https: false, auth: client }),
      close: () => lab.stop(),
    };
  },
};
