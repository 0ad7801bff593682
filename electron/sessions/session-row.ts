/** The row of a session: the one thing that the table, the tab, the badges and the window title read. */
import type { RunspacePool } from '../remoting/index.ts';
import type { AppError } from '../../shared/error.ts';
import type { BufferMode, Retrying, SessionRow } from '../../shared/session.ts';
import { keptUntil } from './session-words.ts';
import type { SessionOptions } from './session-options.ts';
import { availabilityOf, type SessionStatus } from './state.ts';

/** What a session knows of itself beside its state. */
export interface SessionFacts {
  /** Why it is Broken or Closed, or Disconnected though nobody asked for that. */
  reason?: AppError | undefined;
  retrying?: Retrying | undefined;
  /** Milliseconds since 1970. */
  disconnectedAt?: number | undefined;
  /** When its server may end it, as far as an earlier run knew. */
  keptBefore?: number | undefined;
  bufferMode?: BufferMode | undefined;
  idleTimeoutMs?: number | undefined;
  psVersion?: string | undefined;
  os?: string | undefined;
  endsOnExit: boolean;
  /** Somebody was inside when it was disconnected. */
  insideBefore: boolean;
  /** The endpoint has neither prompt nor, as a rule, scripts. */
  restricted: boolean;
  /** Messages of the server that are proved to be missing. */
  missed: number;
}

export function factsAtFirst(
  options: Pick<SessionOptions, 'endsOnExit' | 'idleTimeoutMs' | 'bufferMode' | 'left'>,
): SessionFacts {
  const { endsOnExit, idleTimeoutMs, bufferMode, left } = options;
  return {
    endsOnExit,
    idleTimeoutMs,
    bufferMode,
    keptBefore: left?.keptUntil,
    insideBefore: false,
    restricted: false,
    missed: 0,
  };
}

export function rowOf(
  options: Pick<SessionOptions, 'id' | 'name' | 'serverId' | 'server' | 'left' | 'proxy'>,
  status: SessionStatus,
  facts: SessionFacts,
  pool: RunspacePool | undefined,
  entered: boolean,
): SessionRow {
  const { id, name, serverId, server, left, proxy } = options;
  const { state } = status;
  const target = pool?.connection.target;
  const { reason, retrying, psVersion, os, idleTimeoutMs, bufferMode, endsOnExit } = facts;
  return {
    id,
    instanceId: pool?.id ?? left?.shellId.toLowerCase() ?? '',
    name,
    serverId,
    serverName: server.name,
    computerName: target?.computerName ?? server.address,
    state,
    configurationName: server.configuration,
    availability: availabilityOf(status),
    entered,
    endsOnExit,
    ...defined({
      userName: target?.userName ?? left?.userName,
      security: target?.security,
      psVersion,
      os,
      reason,
      retrying,
      canDisconnect: pool?.canDisconnect === true && state === 'Opened' ? true : undefined,
      idleTimeoutMs,
      bufferMode,
      proxy,
      keptUntil: state === 'Disconnected' ? endOf(facts) : undefined,
      left: pool === undefined ? left?.by : undefined,
      insideBefore: facts.insideBefore ? true : undefined,
      restricted: facts.restricted ? true : undefined,
      missed: facts.missed > 0 ? facts.missed : undefined,
    }),
  };
}

function endOf({ disconnectedAt, idleTimeoutMs, keptBefore }: SessionFacts): number | undefined {
  return disconnectedAt === undefined ? keptBefore : keptUntil(disconnectedAt, idleTimeoutMs);
}

/** What is not undefined: the schemas tell an absent field from an undefined one. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
