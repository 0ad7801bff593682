import type { AuthChoice } from '../../shared/server.ts';

/** What explaining and connecting need to know of a server; never a secret. */
export interface ServerFacts {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly https: boolean;
  readonly userName: string;
  readonly configuration: string;
  /** How it is set to be signed in to; Negotiate where not given. */
  readonly auth?: AuthChoice;
}
