/** What every explanation is made of. */
import { isIP } from 'node:net';
import type { AppError } from '../../shared/error.ts';
import type { PeerCertificate } from '../remoting/index.ts';
import type { ServerFacts } from './server-facts.ts';

/** The shape of the transport's and the log-on's errors, as far as explaining needs them. */
export interface CodedError {
  readonly code: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly certificate?: PeerCertificate | undefined;
  readonly details?: string | undefined;
  readonly message: string;
}

export type Words = Omit<AppError, 'details'>;

/** What is said of one code. A code of its own goes before the error's: several may be one thing to a person. */
export type Explanation = (
  server: ServerFacts,
  where: string,
  error: CodedError,
) => Omit<Words, 'code'> & { readonly code?: string };

export function fact(error: CodedError, name: string, otherwise: string): string {
  const value = error.facts?.[name];
  if (Array.isArray(value)) return value.length === 0 ? otherwise : value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

/** As Windows knows the machine: the first label of a name; an address says nothing of it. */
export function machineName(address: string): string {
  return isIP(address) === 0 ? (address.split('.')[0] ?? '').toUpperCase() || 'SERVER' : 'SERVER';
}
