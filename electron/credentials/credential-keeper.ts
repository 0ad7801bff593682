/**
 * Passwords for this run only: in memory, given out to the connection that signs in and to nothing else. Keeping them on disk comes with a
 * vault that the operating system protects; a file of our own would not.
 *
 * In memory they are sealed. The key is made by the crypto library and stays in its memory, outside of what V8 manages: a heap snapshot or
 * a core of the JavaScript heap shows no password that is not in use. It is no protection from who can read all of the process's memory.
 */
import type { Password } from '../remoting/index.ts';
import { SealingKey } from './sealing-key.ts';

export interface Credential {
  readonly userName: string;
  readonly password: Password;
}

/** What the keeper calls the credential of a proxy, which several servers may share. */
export function proxyId(proxy: string): string {
  return `proxy ${proxy.toLowerCase()}`;
}

export class CredentialKeeper {
  readonly #byServer = new Map<string, Credential>();
  readonly #key = new SealingKey();

  get(serverId: string): Credential | undefined {
    return this.#byServer.get(serverId);
  }

  keep(serverId: string, credential: Credential): void {
    // The same object where it is sealed already: who holds it can tell that it is still the one.
    this.#byServer.set(
      serverId,
      typeof credential.password === 'string' ? this.seal(credential) : credential,
    );
  }

  /** The same credential with its password sealed, for whoever holds it longer than a call. */
  seal({ userName, password }: Credential): Credential {
    return { userName, password: typeof password === 'string' ? this.#key.sealText(password) : password };
  }

  /** After a refusal: the next try asks again instead of locking the account with the same wrong password. */
  forget(serverId: string): void {
    this.#byServer.delete(serverId);
  }

  /** So that an inspected or logged keeper shows nothing. */
  toJSON(): { servers: number } {
    return { servers: this.#byServer.size };
  }
}
