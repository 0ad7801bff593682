/**
 * Why a connection or a session failed, in words a person can act on. Classified by codes alone (ours, WSMan's, HTTP's), never by a message's
 * text: messages arrive in the server's language.
 */
import { ProtocolError } from '../protocol/errors.ts';
import { describeFault, WsmanFault } from '../protocol/wsman/faults.ts';
import { AppFailure, type AppError } from '../../shared/error.ts';
import { explainFault } from './explain-fault.ts';
import { SIGN_IN } from './explain-sign-in.ts';
import { shown, TRANSPORT } from './explain-transport.ts';
import { fact, type CodedError, type Words } from './explain-words.ts';
import type { ServerFacts } from './server-facts.ts';

export function explain(error: unknown, server: ServerFacts): AppError {
  if (error instanceof AppFailure) return error.error;
  if (error instanceof WsmanFault)
    return withDetails(
      explainFault(error.code, server, error.message),
      describeFault(error).slice(0, MOST_DETAILS),
    );
  if (error instanceof ProtocolError) {
    return withDetails(
      {
        code: 'protocol.violation',
        title: `${server.name} sent something that PowerShell remoting does not allow`,
        why: 'The session was ended so that nothing is misread.',
        cure: { text: 'Open a new session. If it happens again, copy the diagnostics and report it.' },
      },
      `${error.code}: ${error.message}`,
    );
  }
  if (isCoded(error)) {
    const raw = RAW_FACTS.map((name) => ({ name, value: fact(error, name, '') }))
      .filter(({ value }) => value !== '')
      .map(({ name, value }) => (name === 'systemCode' ? value : `${name}: ${value}`));
    const details = [`${error.code}: ${error.message}`, ...raw, error.details ?? '']
      .filter((line) => line !== '')
      .join('\n');
    return withDetails(explainCode(error, server), details);
  }
  return withDetails(
    {
      code: 'session.failed',
      title: `The session on ${server.name} ended`,
      why: 'Something went wrong that PSDeck has no words for.',
      cure: { text: 'Open a new session. If it happens again, copy the diagnostics and report it.' },
    },
    error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : '',
  );
}

function explainCode(error: CodedError, server: ServerFacts): Words {
  const where = `${server.address}:${String(server.port)}`;
  const words = (SIGN_IN[error.code] ?? TRANSPORT[error.code])?.(server, where, error);
  if (words)
    return {
      code: error.code,
      ...words,
      ...(error.certificate ? { certificate: shown(error.certificate) } : {}),
    };
  return {
    code: error.code,
    title: `The connection to ${server.name} failed`,
    cure: { text: 'Try again. The details below say what the network reported.' },
  };
}

/** What was found on the way, for who reads raw faults. None of them is secret. */
const RAW_FACTS = [
  'systemCode',
  'scheme',
  'mechanism',
  'offered',
  'principal',
  'kerberos',
  'status',
  'major',
  'minor',
  'version',
  'missing',
  'reason',
] as const;

/** Characters of a fault's own words that are kept: some screens full, and no more. */
const MOST_DETAILS = 4000;

function withDetails(words: Words, details: string): AppError {
  return details === '' ? words : { ...words, details };
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
