/** The list of servers: what the person entered, kept in one file; the practice server stands in it too but is never written. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { AppFailure } from '../../shared/error.ts';
import { Server, type Allowance, type ServerDraft } from '../../shared/server.ts';
import { JsonFile } from '../settings/json-file.ts';

/**
 * Before there was a choice every server was signed in to with Basic, over HTTPS as a rule, because there was nothing else. Whoever turned
 * it on for plain HTTP chose it; for the others it is no choice, and Negotiate, which sends no password, takes its place.
 */
function withSignIn(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || 'signIn' in stored) return stored;
  const chose = 'allowPlainBasic' in stored && stored.allowPlainBasic === true;
  return { ...stored, signIn: chose ? { auth: 'basic' } : {} };
}

const FileShape = z.object({
  version: z.literal(1),
  servers: z.array(z.preprocess(withSignIn, Server)),
});

/** The id of the practice server, the same in every run. */
export const PRACTICE_SERVER_ID = 'practice';

export type PracticeStatus = NonNullable<Server['practice']>;

export class ServerStore {
  readonly #file: JsonFile<typeof FileShape>;
  readonly #changed: (servers: Server[]) => void;
  #servers: Server[] = [];
  #practice: Server;
  #changing: Promise<void> = Promise.resolve();

  constructor(dataDir: string, changed: (servers: Server[]) => void) {
    this.#file = new JsonFile(join(dataDir, 'servers.json'), FileShape, () => ({ version: 1, servers: [] }));
    this.#changed = changed;
    this.#practice = {
      id: PRACTICE_SERVER_ID,
      kind: 'practice',
      name: 'Practice server (this computer)',
      address: 'localhost',
      // As Enable-PSRemoting sets a server up: HTTP, where Negotiate encrypts every message. It never leaves this computer.
      port: 5985,
      https: false,
      userName: '',
      configuration: 'Microsoft.PowerShell',
      signIn: {},
      allowPlainBasic: false,
      allowNtlmOverHttp: true,
      practice: { state: 'stopped' },
    };
  }

  /** Returns the name of a damaged file that was set aside. */
  async load(): Promise<string | undefined> {
    const loaded = await this.#file.load();
    this.#servers = loaded.value.servers.filter((server) => server.kind === 'winrm');
    return loaded.setAside;
  }

  list(): Server[] {
    return [...this.#servers, this.#practice];
  }

  get(id: string): Server {
    const server = this.list().find((candidate) => candidate.id === id);
    if (!server) {
      throw new AppFailure({
        code: 'server.unknown',
        title: 'That server is no longer in the list',
        cure: { text: 'Choose another one.' },
      });
    }
    return server;
  }

  add(draft: ServerDraft): Promise<Server> {
    return this.#inTurn(async () => {
      const server: Server = { ...complete(draft), id: randomUUID(), kind: 'winrm' };
      this.#refuseTwin(server);
      await this.#replace([...this.#servers, server]);
      return server;
    });
  }

  update(id: string, draft: ServerDraft): Promise<Server> {
    return this.#inTurn(() => this.#update(id, draft));
  }

  async #update(id: string, draft: ServerDraft): Promise<Server> {
    const before = this.#owned(id);
    const sameTarget = before.address === draft.address && before.port === draft.port;
    const server: Server = {
      ...complete(draft),
      id,
      kind: 'winrm',
      // Trust was given to that address and port, not to whatever is typed there next.
      allowNtlmOverHttp: draft.allowNtlmOverHttp && sameTarget,
      ...(sameTarget && before.trustedFingerprint !== undefined
        ? { trustedFingerprint: before.trustedFingerprint }
        : {}),
    };
    this.#refuseTwin(server);
    await this.#replace(this.#servers.map((candidate) => (candidate.id === id ? server : candidate)));
    return server;
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#owned(id);
      await this.#replace(this.#servers.filter((candidate) => candidate.id !== id));
    });
  }

  trustCertificate(id: string, fingerprint: string): Promise<Server> {
    return this.#inTurn(() => this.#trust(id, fingerprint));
  }

  async #trust(id: string, fingerprint: string): Promise<Server> {
    if (!/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(fingerprint)) {
      throw new AppFailure({
        code: 'input.invalid',
        title: 'That is not a SHA-256 fingerprint',
        field: 'fingerprint',
      });
    }
    const server: Server = { ...this.#owned(id), trustedFingerprint: fingerprint };
    await this.#replace(this.#servers.map((candidate) => (candidate.id === id ? server : candidate)));
    return server;
  }

  /** What the person was asked and allowed, for this server alone. Editing the server takes it back. */
  allow(id: string, what: Allowance): Promise<Server> {
    return this.#inTurn(async () => {
      const change = what === 'ntlm-over-http' ? { allowNtlmOverHttp: true } : { allowPlainBasic: true };
      const server: Server = { ...this.#owned(id), ...change };
      await this.#replace(this.#servers.map((candidate) => (candidate.id === id ? server : candidate)));
      return server;
    });
  }

  setPractice(change: { practice: PracticeStatus; port?: number; userName?: string }): void {
    this.#practice = { ...this.#practice, ...change };
    this.#changed(this.list());
  }

  /** Changes are made one after the other, each to what the last one left, for a list that is being written is not the list yet. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change);
    this.#changing = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  #owned(id: string): Server {
    const server = this.get(id);
    if (server.kind === 'practice') {
      throw new AppFailure({
        code: 'server.practice',
        title: 'The practice server looks after itself',
        why: 'Its port, user and certificate are made anew at every start.',
      });
    }
    return server;
  }

  /** Two entries with the same name could not be told apart in the list. */
  #refuseTwin(server: Server): void {
    const twin = this.list().find(
      (other) => other.id !== server.id && other.name.toLowerCase() === server.name.toLowerCase(),
    );
    if (twin) {
      throw new AppFailure({
        code: 'server.duplicate-name',
        title: `There is already a server named ${twin.name}`,
        cure: { text: 'Give this one another name.' },
        field: 'name',
      });
    }
  }

  async #replace(servers: Server[]): Promise<void> {
    await this.#file.save({ version: 1, servers });
    this.#servers = servers;
    this.#changed(this.list());
  }
}

function complete(draft: ServerDraft): ServerDraft {
  return { ...draft, name: draft.name === '' ? draft.address : draft.name };
}
