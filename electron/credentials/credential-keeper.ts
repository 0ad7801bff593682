/**
 * Passwords for this run only: in memory, given out to the connection that signs in and to nothing else. Keeping them on disk comes with a
 * vault that the operating system protects; a file of our own would not.
 */
export interface Credential {
  readonly userName: string;
  readonly password: string;
}

export class CredentialKeeper {
  readonly #byServer = new Map<string, Credential>();

  get(serverId: string): Credential | undefined {
    return this.#byServer.get(serverId);
  }

  keep(serverId: string, credential: Credential): void {
    this.#byServer.set(serverId, credential);
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
