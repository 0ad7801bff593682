/**
 * The practice server's endpoint as a process of its own, in front of the real engine, to be killed, started again and counted. Argument: a
 * {@link ServerWish} as JSON. Ends when whoever started it does.
 */
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import { startEngine } from '../../electron/practice-server/engine/engine-process.ts';
import { createWsmanEndpoint, type EndpointEvent } from '../../electron/practice-server/wsman/endpoint.ts';
import { listen } from '../../electron/transport/winrm-http/listener.ts';
import { holdings, type Holdings } from './holdings.ts';

export interface ServerWish {
  readonly port?: number;
  readonly user: string;
  readonly password: string;
  readonly missAfterMs: number;
  readonly inFlight: 'again' | 'lost';
  readonly maxShells: number;
}

export type ServerWord =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'event'; readonly event: EndpointEvent['kind']; readonly shellId?: string }
  | { readonly kind: 'report'; readonly report: ServerReport };

export interface ServerReport extends Holdings {
  readonly shells: readonly { readonly shellId: string; readonly state: string }[];
}

const wish = JSON.parse(process.argv[2] ?? '{}') as ServerWish;
const say = (word: ServerWord): void => void process.send?.(word);

const command = await findEngine({ reducedModule: false });
const endpoint = createWsmanEndpoint({
  missAfterMs: wish.missAfterMs,
  inFlight: wish.inFlight,
  shellLimits: { maxShellsPerUser: wish.maxShells },
  onEvent: (event) =>
    say({ kind: 'event', event: event.kind, ...('shellId' in event ? { shellId: event.shellId } : {}) }),
  engineFactory: (events, configurationName) => startEngine({ command, configurationName }, events),
});
const listener = await listen({
  ...(wish.port === undefined ? {} : { port: wish.port }),
  verify: (user, password) => user === wish.user && password === wish.password,
  handle: (request) => endpoint.handle(request),
});
process.on('message', () => {
  const shells = endpoint.shells().map(({ shellId, state }) => ({ shellId, state: state ?? '' }));
  say({ kind: 'report', report: { ...holdings(), shells } });
});
process.once('disconnect', () => process.exit(0));
say({ kind: 'ready', port: listener.port });
